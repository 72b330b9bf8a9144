#include "core/engine/maintenance_plan.h"

#include <algorithm>
#include <span>

#include "core/engine/list_lengths.h"

namespace pomai {
namespace {

using Kind = MaintenanceStep::Kind;

// Dead entries of a segment from which on it is written anew.
constexpr double kMostDead = 0.2;
// A run joins a merge when it has at most r times the rows of the smaller runs
// together: each row is rewritten about log(rows) / log(1 + 1 / r) times, and
// at most log(rows) / log(r) runs are left. While rows pour in writing less
// counts for more; runs of about the same rows are merged even then.
constexpr double kMergeRatio = 4;
constexpr double kHastyMergeRatio = 1.5;

// Segments of one shard that share no list.
struct SegmentRun {
  std::vector<size_t> segments;
  uint64_t rows = 0;
};

class Planner {
 public:
  Planner(const PlanInput& input, MaintenanceGoal goal)
      : input_(input),
        view_(*input.view),
        manifest_(view_.manifest),
        goal_(goal),
        current_(manifest_.current_codebook()) {}

  MaintenanceStep Plan() const {
    MaintenanceStep step;
    if (Switch(&step) || Train(&step) || Seal(&step)) return step;
    if (goal_ == MaintenanceGoal::kSeal || goal_ == MaintenanceGoal::kForceSeal)
      return step;
    if (Move(&step) || Calibrate(&step)) return step;
    if (goal_ == MaintenanceGoal::kForceRetrain) return step;
    if ((Merge(&step) || Rewrite(&step) || GiveBack(&step)) &&
        TooMuchRetired()) {
      step.kind = Kind::kWait;
    }
    return step;
  }

 private:
  bool Switch(MaintenanceStep* step) const {
    for (const PlanInput::Tail& tail : input_.tails) {
      if (tail.codebook_version != current_) step->kind = Kind::kSwitch;
    }
    return step->kind != Kind::kNone;
  }

  bool Train(MaintenanceStep* step) const {
    if (input_.coded_rows == 0) return false;
    bool due = false;
    if (goal_ == MaintenanceGoal::kForceRetrain) {
      due = !input_.has_trained;
    } else if (current_ == 0) {
      due = !input_.has_trained && input_.coded_rows >= kMinTrainingRows &&
            ListsFor(view_.meta, input_.coded_rows) > 1;
    } else if (goal_ == MaintenanceGoal::kAll) {
      due = CodebookIsOutgrown(view_);
    }
    if (due) step->kind = Kind::kTrain;
    return due;
  }

  bool SealIsDue(const PlanInput::Tail& tail) const {
    if (tail.rows == 0 || view_.meta.dimensions == 0) return false;
    if (IsForced(goal_)) return true;
    if (goal_ != MaintenanceGoal::kSeal && tail.earlier_codebook) return true;
    return tail.rows >= TailLimit(view_);
  }

  // The longest first, or a shard that fills up as fast as it is sealed would
  // keep the others waiting.
  bool Seal(MaintenanceStep* step) const {
    uint64_t most = 0;
    for (uint32_t shard = 0; shard < input_.tails.size(); ++shard) {
      const PlanInput::Tail& tail = input_.tails[shard];
      if (tail.rows <= most || !SealIsDue(tail)) continue;
      most = tail.rows;
      step->kind = Kind::kSeal;
      step->shard = shard;
    }
    return most > 0;
  }

  bool Move(MaintenanceStep* step) const {
    for (size_t i = 0; i < manifest_.segments.size(); ++i) {
      const SegmentRef& ref = manifest_.segments[i];
      if (ref.codebook_version == current_) continue;
      if (step->segments.empty()) step->shard = ref.shard;
      if (ref.shard != step->shard) continue;
      step->kind = Kind::kMove;
      step->segments.push_back(i);
    }
    return step->kind == Kind::kMove;
  }

  bool Calibrate(MaintenanceStep* step) const {
    if (current_ == 0) return false;
    const bool due =
        manifest_.calibrated_codebook != current_ ||
        (goal_ == MaintenanceGoal::kAll && CalibrationIsOutgrown(view_));
    if (!due) return false;
    for (const PlanInput::Tail& tail : input_.tails) {
      if (tail.earlier_codebook) return false;
    }
    step->kind = Kind::kCalibrate;
    return true;
  }

  // Only a worker can wait: the transaction of anybody else is among those that
  // keep the pages.
  bool TooMuchRetired() const {
    return goal_ == MaintenanceGoal::kAll &&
           input_.retired_pages > std::max(16u, input_.pages / 16);
  }

  bool Rewrite(MaintenanceStep* step) const {
    for (size_t i = 0; i < manifest_.segments.size(); ++i) {
      const double most = goal_ == MaintenanceGoal::kForceMerge
                              ? 0
                              : kMostDead * view_.directories[i].live_rows();
      if (static_cast<double>(input_.dead[i]) > most) return One(i, step);
    }
    return false;
  }

  bool One(size_t segment, MaintenanceStep* step) const {
    const SegmentRef& ref = manifest_.segments[segment];
    *step = {Kind::kMerge,
             ref.shard,
             {segment},
             ref.first_live_list(),
             ref.end_list()};
    return true;
  }

  // Of segments whose lists begin at `first` or behind it. Each goes into the
  // first run in which it meets no other; large segments first.
  std::vector<SegmentRun> RunsOf(uint32_t shard, uint32_t first) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < manifest_.segments.size(); ++i) {
      const SegmentRef& ref = manifest_.segments[i];
      if (ref.shard == shard && ref.first_live_list() >= first) {
        order.push_back(i);
      }
    }
    std::stable_sort(order.begin(), order.end(), [this](size_t a, size_t b) {
      return view_.directories[a].live_rows() >
             view_.directories[b].live_rows();
    });
    std::vector<SegmentRun> runs;
    for (const size_t segment : order) {
      auto run = runs.begin();
      while (run != runs.end() && Meets(*run, segment)) ++run;
      if (run == runs.end()) run = runs.emplace(runs.end());
      run->segments.push_back(segment);
      run->rows += view_.directories[segment].live_rows();
    }
    return runs;
  }

  bool Meets(const SegmentRun& run, size_t segment) const {
    return std::any_of(run.segments.begin(), run.segments.end(),
                       [&](size_t other) {
                         const SegmentRef& a = manifest_.segments[other];
                         const SegmentRef& b = manifest_.segments[segment];
                         return a.first_live_list() < b.end_list() &&
                                b.first_live_list() < a.end_list();
                       });
  }

  // Rows of a run in lists [first, end).
  uint64_t RowsIn(const SegmentRun& run, uint32_t first, uint32_t end) const {
    uint64_t rows = 0;
    for (const size_t segment : run.segments) {
      rows += view_.directories[segment].RowsIn(first, end);
    }
    return rows;
  }

  // A merge goes from list to list, and more segments come meanwhile, which
  // have all lists. If they joined it, it would begin with the first list
  // again, and never get to the last.
  bool Merge(MaintenanceStep* step) const {
    for (uint32_t shard = 0; shard < view_.meta.shards; ++shard) {
      const uint32_t first = FirstBegun(shard);
      if (MergeFrom(shard, first, step)) return true;
      if (first > 0 && MergeFrom(shard, 0, step)) return true;
    }
    return false;
  }

  // The first list of a segment that has left lists to others; 0 when none has.
  uint32_t FirstBegun(uint32_t shard) const {
    uint32_t first = 0;
    for (size_t i = 0; i < manifest_.segments.size(); ++i) {
      const SegmentRef& ref = manifest_.segments[i];
      if (ref.shard != shard || !IsBegun(ref)) continue;
      first = first == 0 ? ref.live_from : std::min(first, ref.live_from);
    }
    return first;
  }

  bool MergeFrom(uint32_t shard, uint32_t first, MaintenanceStep* step) const {
    std::vector<SegmentRun> runs = RunsOf(shard, first);
    std::stable_sort(runs.begin(), runs.end(),
                     [](const SegmentRun& a, const SegmentRun& b) {
                       return a.rows < b.rows;
                     });
    for (size_t i = 0; i + 1 < runs.size(); ++i) {
      if (!MergeRuns({runs.begin() + static_cast<long>(i), runs.end()}, step)) {
        continue;
      }
      step->shard = shard;
      return true;
    }
    return false;
  }

  // The first run and those behind it that it pays to merge it with.
  bool MergeRuns(std::span<const SegmentRun> runs,
                 MaintenanceStep* step) const {
    std::vector<size_t> chosen = runs[0].segments;
    uint64_t rows = runs[0].rows;
    uint32_t first = UINT32_MAX, end = 0;
    const auto widen = [&](const SegmentRun& run) {
      for (const size_t segment : run.segments) {
        first = std::min(first, manifest_.segments[segment].first_live_list());
        end = std::max(end, manifest_.segments[segment].end_list());
      }
    };
    widen(runs[0]);
    size_t count = 1;
    const double ratio =
        goal_ == MaintenanceGoal::kKeepUp ? kHastyMergeRatio : kMergeRatio;
    for (; count < runs.size(); ++count) {
      const uint64_t next = RowsIn(runs[count], first, end);
      const bool pays =
          goal_ == MaintenanceGoal::kForceMerge ||
          static_cast<double>(next) <= ratio * static_cast<double>(rows) ||
          (count == 1 && AnyIsBegun(chosen));
      if (!pays) break;
      rows += next;
      chosen.insert(chosen.end(), runs[count].segments.begin(),
                    runs[count].segments.end());
    }
    if (count == 1) return false;
    first = FirstShared(chosen);
    Restrict(&chosen, &first, end);
    *step = {Kind::kMerge, 0, std::move(chosen), first, end};
    return true;
  }

  // Whether it has left lists to others: the pages of these stay its own until
  // it is used up.
  static bool IsBegun(const SegmentRef& ref) {
    return ref.live_from > ref.first_list;
  }

  bool AnyIsBegun(const std::vector<size_t>& segments) const {
    return std::any_of(segments.begin(), segments.end(), [this](size_t i) {
      return IsBegun(manifest_.segments[i]);
    });
  }

  // The first list that two of the segments have: up to there is nothing to
  // merge.
  uint32_t FirstShared(std::vector<size_t> segments) const {
    const auto& refs = manifest_.segments;
    std::sort(segments.begin(), segments.end(), [&](size_t a, size_t b) {
      return refs[a].first_live_list() < refs[b].first_live_list();
    });
    uint32_t end = 0;
    for (const size_t segment : segments) {
      const uint32_t first = refs[segment].first_live_list();
      if (first < end) return first;
      end = std::max(end, refs[segment].end_list());
    }
    return end;
  }

  // Keeps the segments that have lists in [first, end), and lets `first` come
  // down to where the first of them begins: a segment is used up from its
  // front.
  void Restrict(std::vector<size_t>* segments, uint32_t* first,
                uint32_t end) const {
    for (bool changed = true; changed;) {
      changed = false;
      for (const size_t segment : *segments) {
        const SegmentRef& ref = manifest_.segments[segment];
        if (ref.end_list() <= *first || ref.first_live_list() >= *first) {
          continue;
        }
        *first = ref.first_live_list();
        changed = true;
      }
    }
    std::erase_if(*segments, [&](size_t segment) {
      const SegmentRef& ref = manifest_.segments[segment];
      return ref.end_list() <= *first || ref.first_live_list() >= end;
    });
  }

  bool GiveBack(MaintenanceStep* step) const {
    // They will be used soon.
    if (goal_ == MaintenanceGoal::kKeepUp) return false;
    if (input_.may_give_back &&
        input_.free_at_end >= WorthGivingBack(input_.pages)) {
      step->kind = Kind::kGiveBack;
      return true;
    }
    if (input_.free_pages < WorthGivingBack(input_.pages)) return false;
    // However short: it keeps the file as long as it is.
    if (input_.movable_tail != SIZE_MAX && current_ != 0) {
      step->kind = Kind::kSeal;
      step->shard = static_cast<uint32_t>(input_.movable_tail);
      return true;
    }
    if (input_.movable_segment == SIZE_MAX) return false;
    return One(input_.movable_segment, step);
  }

  const PlanInput& input_;
  const View& view_;
  const Manifest& manifest_;
  MaintenanceGoal goal_;
  uint64_t current_;
};

}  // namespace

uint64_t TailLimit(const View& view) {
  const Codebook* codebook = view.current_codebook();
  if (codebook == nullptr || codebook->version() == 0) return kMinTrainingRows;
  return std::clamp<uint64_t>(4 * uint64_t{codebook->list_count()}, 2048,
                              65536);
}

MaintenanceStep PlanStep(const PlanInput& input, MaintenanceGoal goal) {
  return Planner(input, goal).Plan();
}

}  // namespace pomai
