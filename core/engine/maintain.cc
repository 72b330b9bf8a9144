#include "core/engine/maintain.h"

#include <algorithm>

#include "core/engine/maintenance_steps.h"
#include "core/segment/segment_reader.h"

namespace pomai {
namespace {

using Kind = MaintenanceStep::Kind;

uint32_t PagesOf(const std::vector<RetiredPages>& retired) {
  uint32_t pages = 0;
  for (const RetiredPages& batch : retired) {
    for (const BlockRun& run : batch.runs) pages += run.count;
  }
  return pages;
}

// The segment that reaches farthest back, if there are as many free pages
// before its first one as it has.
size_t MovableSegment(const Space& space) {
  const auto& segments = space.snapshot().view->manifest.segments;
  size_t last = SIZE_MAX;
  BlockNumber last_end = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    for (const BlockRun& run : segments[i].extent.runs) {
      if (run.first + run.count <= last_end) continue;
      last_end = run.first + run.count;
      last = i;
    }
  }
  if (last == SIZE_MAX) return last;
  BlockNumber first = kNoBlock;
  for (const BlockRun& run : segments[last].extent.runs) {
    first = std::min(first, run.first);
  }
  const uint32_t wanted = segments[last].extent.page_count();
  return space.FreeBelow(first) > wanted ? last : SIZE_MAX;
}

}  // namespace

const char* StepName(Kind kind) {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kSeal:
      return "sealing";
    case Kind::kMove:
      return "moving to a new codebook";
    case Kind::kTrain:
      return "training";
    case Kind::kSwitch:
      return "switching shards";
    case Kind::kMerge:
      return "merging";
    case Kind::kCalibrate:
      return "calibrating";
    case Kind::kGiveBack:
      return "giving pages back";
  }
  return "unknown";
}

Result<uint64_t> Maintenance::CountDead(const View& view,
                                        size_t segment) const {
  constexpr uint64_t kRowsPerPoll = 16384;
  const SegmentRef& ref = view.manifest.segments[segment];
  SegmentReader reader(host_.store, view.meta.shape(), &ref, host_.sealed);
  uint64_t dead = 0;
  for (uint64_t row = view.directories[segment].first_live_row();
       row < ref.rows; ++row) {
    POMAI_ASSIGN_OR_RETURN(const bool is_dead,
                           reader.IsDead(static_cast<uint32_t>(row)));
    dead += is_dead ? 1 : 0;
    if (row % kRowsPerPoll != 0) continue;
    reader.Release();
    POMAI_RETURN_IF_ERROR(host_.store->Poll());
  }
  return dead;
}

Result<PlanInput> Maintenance::Look(const Space& space) const {
  const View& view = *space.snapshot().view;
  PlanInput input;
  input.view = &view;
  for (uint32_t shard = 0; shard < space.tails().size(); ++shard) {
    const TailState& tail = space.tails()[shard];
    PlanInput::Tail seen{tail.rows(), false, tail.head.codebook_version};
    for (const TailExtentInfo& extent : tail.extents) {
      if (extent.codebook_version != view.manifest.current_codebook()) {
        seen.earlier_codebook = true;
      }
    }
    const bool done = shard < sealed_.size() && sealed_[shard];
    if (done && !seen.earlier_codebook) seen.rows = 0;
    input.tails.push_back(seen);
  }
  const bool merges =
      goal_ != MaintenanceGoal::kSeal && goal_ != MaintenanceGoal::kForceSeal;
  for (size_t i = 0; i < view.manifest.segments.size(); ++i) {
    uint64_t dead = 0;
    if (merges) {
      POMAI_ASSIGN_OR_RETURN(dead, CountDead(view, i));
    }
    input.dead.push_back(dead);
  }
  input.pages = space.pages();
  input.free_pages = space.free_pages();
  input.retired_pages = PagesOf(space.retired());
  input.free_at_end = space.pages() - space.FreeEnd();
  input.movable_segment = MovableSegment(space);
  input.may_give_back = !gave_back_;
  return input;
}

Result<bool> Maintenance::Step() {
  POMAI_ASSIGN_OR_RETURN(auto space, Space::Open(host_.store, host_.sealed,
                                                 host_.cache, host_.key));
  POMAI_ASSIGN_OR_RETURN(const PlanInput input, Look(*space));
  MaintenanceStep step = PlanStep(input, goal_);
  const bool can_train = input.view->meta.dimensions != 0;
  if (goal_ == MaintenanceGoal::kForceRetrain && !trained_ && can_train) {
    step.kind = Kind::kTrain;
  }
  if (step.kind == Kind::kNone) return false;
  POMAI_RETURN_IF_ERROR(Do(space.get(), step));
  last_ = std::move(step);
  return true;
}

Status Maintenance::Do(Space* space, const MaintenanceStep& step) {
  host_.Report(StepName(step.kind), 0, 0);
  switch (step.kind) {
    case Kind::kNone:
      return Status::Ok();
    case Kind::kSeal:
      sealed_.resize(space->tails().size());
      sealed_[step.shard] = goal_ != MaintenanceGoal::kSeal &&
                            goal_ != MaintenanceGoal::kTidy &&
                            goal_ != MaintenanceGoal::kAll;
      return SealTail(host_, step.shard);
    case Kind::kMove:
      return MoveSegments(host_, space, step);
    case Kind::kTrain:
      trained_ = true;
      return TrainCodebook(host_, space);
    case Kind::kSwitch:
      return SwitchShards(host_, space);
    case Kind::kMerge:
      return MergeSegments(host_, space, step);
    case Kind::kCalibrate:
      return CalibrateCodebook(host_, space);
    case Kind::kGiveBack:
      return GiveBack(*space);
  }
  return Status::Ok();
}

Status Maintenance::GiveBack(const Space& space) {
  gave_back_ = true;
  return host_.store->Truncate(space.FreeEnd(), space.pages()).status();
}

}  // namespace pomai
