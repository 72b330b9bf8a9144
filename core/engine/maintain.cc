#include "core/engine/maintain.h"

#include <algorithm>

#include "core/base/fault_point.h"
#include "core/engine/list_lengths.h"
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

// A segment or a tail, and where it ends.
struct Reach {
  size_t number = SIZE_MAX;
  BlockNumber end = 0;
  uint32_t pages = 0;
};

Reach FarthestSegment(const Space& space) {
  Reach farthest;
  const auto& segments = space.snapshot().view->manifest.segments;
  for (size_t i = 0; i < segments.size(); ++i) {
    BlockNumber end = 0;
    for (const BlockRun& run : segments[i].extent.runs) {
      end = std::max(end, run.first + run.count);
    }
    if (end <= farthest.end) continue;
    farthest = {i, end, segments[i].extent.page_count()};
  }
  return farthest;
}

Reach FarthestTail(const Space& space) {
  Reach farthest;
  for (size_t i = 0; i < space.tails().size(); ++i) {
    Reach tail{i};
    for (const TailExtentInfo& extent : space.tails()[i].extents) {
      tail.end = std::max(tail.end, extent.directory + 1);
      for (const BlockNumber block : extent.payload) {
        tail.end = std::max(tail.end, block + 1);
      }
      tail.pages += 1 + static_cast<uint32_t>(extent.payload.size());
    }
    if (tail.end > farthest.end) farthest = tail;
  }
  return farthest;
}

// What reaches farthest back, if free pages so far before its end can take it
// that moving it is worth while.
void FindMovable(const Space& space, PlanInput* input) {
  const Reach segment = FarthestSegment(space);
  const Reach tail = FarthestTail(space);
  const Reach& last = tail.end > segment.end ? tail : segment;
  const uint32_t gain = WorthGivingBack(space.pages());
  if (last.end <= gain || space.FreeBelow(last.end - gain) <= last.pages) {
    return;
  }
  (&last == &tail ? input->movable_tail : input->movable_segment) = last.number;
}

Result<uint64_t> CountDead(const MaintenanceHost& host, const View& view,
                           size_t segment) {
  SegmentReader reader(host.store, view.meta.shape(),
                       &view.manifest.segments[segment], host.sealed);
  const SegmentDirectory& directory = view.directories[segment];
  POMAI_ASSIGN_OR_RETURN(
      const uint32_t dead,
      reader.CountDead(directory.first_live_row(), directory.live_rows()));
  reader.Release();
  POMAI_RETURN_IF_ERROR(host.store->Poll());
  return uint64_t{dead};
}

// For progress.
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
    case Kind::kWait:
      return "waiting for transactions";
  }
  return "unknown";
}

}  // namespace

Result<PlanInput> Maintenance::Look(const MaintenanceHost& host,
                                    const Space& space) const {
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
  input.coded_rows = CodedRows(view);
  for (const TailState& tail : space.tails()) {
    input.coded_rows += tail.coded_rows();
  }
  const bool counts =
      view.manifest.codebooks.empty() ||
      (goal_ != MaintenanceGoal::kSeal && goal_ != MaintenanceGoal::kForceSeal);
  for (size_t i = 0; i < view.manifest.segments.size(); ++i) {
    uint64_t dead = 0;
    if (counts) {
      POMAI_ASSIGN_OR_RETURN(dead, CountDead(host, view, i));
    }
    input.dead.push_back(dead);
    // Some of the dead have no distance: what is left is too few, never too
    // many.
    input.coded_rows -= std::min(dead, input.coded_rows);
  }
  input.pages = space.pages();
  input.free_pages = space.free_pages();
  input.retired_pages = PagesOf(space.retired());
  input.free_at_end = space.pages() - space.FreeEnd();
  FindMovable(space, &input);
  input.may_give_back = may_give_back_;
  input.has_trained = has_trained_;
  return input;
}

Result<bool> Maintenance::Step(const MaintenanceHost& host) {
  POMAI_RETURN_IF_ERROR(host.store->Poll());
  POMAI_ASSIGN_OR_RETURN(
      auto space, Space::Open(host.store, host.sealed, host.cache, host.key));
  POMAI_ASSIGN_OR_RETURN(const PlanInput input, Look(host, *space));
  const MaintenanceStep step = PlanStep(input, goal_);
  waits_ = step.kind == Kind::kWait;
  if (waits_ || step.kind == Kind::kNone) return false;
  POMAI_RETURN_IF_ERROR(Do(host, space.get(), step));
  return true;
}

Status Maintenance::Do(const MaintenanceHost& host, Space* space,
                       const MaintenanceStep& step) {
  host.Report(StepName(step.kind), 0, 0);
  switch (step.kind) {
    case Kind::kNone:
    case Kind::kWait:
      return Status::Ok();
    case Kind::kSeal:
      sealed_.resize(space->tails().size());
      sealed_[step.shard] = IsForced(goal_);
      return SealTail(host, step.shard);
    case Kind::kMove:
      return MoveSegments(host, space, step);
    case Kind::kTrain:
      has_trained_ = true;
      return TrainCodebook(host, space);
    case Kind::kSwitch:
      return SwitchShards(host, space);
    case Kind::kMerge:
      return MergeSegments(host, space, step);
    case Kind::kCalibrate:
      return CalibrateCodebook(host, space);
    case Kind::kGiveBack:
      break;
  }
  return GiveBack(host, *space);
}

// Others may use the store: then the pages wait for another time.
Status Maintenance::GiveBack(const MaintenanceHost& host, const Space& space) {
  POMAI_FAULT_STEP("give-back");
  POMAI_FAULT_POINT("planned");
  POMAI_ASSIGN_OR_RETURN(may_give_back_,
                         host.store->Truncate(space.FreeEnd(), space.pages()));
  POMAI_FAULT_POINT("truncated");
  return Status::Ok();
}

}  // namespace pomai
