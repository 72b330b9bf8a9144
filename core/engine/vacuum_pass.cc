#include "core/engine/vacuum_pass.h"

#include <algorithm>
#include <vector>

#include "core/base/fault_point.h"
#include "core/engine/row_walk.h"
#include "core/segment/segment_reader.h"

namespace pomai {
namespace {

// Rows read with pages held, and rows whose bits are set in one go.
constexpr uint32_t kReadRows = 1024;
constexpr uint32_t kMarkRows = kPageBodySize * 8;

class SegmentVacuum {
 public:
  SegmentVacuum(PageStore* store, PageLock sealed, const CodeShape& shape,
                const SegmentRef& ref, uint32_t first_row, DeadPredicate* dead)
      : store_(store),
        sealed_(sealed),
        shape_(shape),
        ref_(ref),
        first_row_(first_row),
        dead_(dead) {}

  Status Run(VacuumResult* result,
             const std::function<void(uint64_t)>& progress) {
    for (uint64_t first = first_row_; first < ref_.rows; first += kMarkRows) {
      const uint64_t end = std::min<uint64_t>(ref_.rows, first + kMarkRows);
      uint64_t live = 0;
      std::vector<uint32_t> newly_dead;
      for (uint64_t row = first; row < end; row += kReadRows) {
        POMAI_RETURN_IF_ERROR(store_->Poll());
        POMAI_RETURN_IF_ERROR(Look(
            static_cast<uint32_t>(row),
            static_cast<uint32_t>(std::min<uint64_t>(kReadRows, end - row)),
            &live, &newly_dead));
        if (progress) progress(result->live + result->removed + live);
      }
      result->live += live;
      if (newly_dead.empty()) continue;
      POMAI_ASSIGN_OR_RETURN(const uint64_t marked,
                             MarkDead(store_, ref_, newly_dead));
      result->removed += marked;
      POMAI_FAULT_POINT("marked");
    }
    return Status::Ok();
  }

 private:
  Status Look(uint32_t first, uint32_t count, uint64_t* live,
              std::vector<uint32_t>* newly_dead) {
    {
      SegmentReader reader(store_, shape_, &ref_, sealed_);
      POMAI_RETURN_IF_ERROR(reader.Rows(first, count, &ids_, &dead_bits_));
    }
    for (uint32_t i = 0; i < count; ++i) {
      if (dead_bits_[i]) continue;
      POMAI_ASSIGN_OR_RETURN(const bool is_dead, dead_->IsDead(ids_[i]));
      if (is_dead) {
        newly_dead->push_back(first + i);
      } else {
        ++*live;
      }
    }
    return Status::Ok();
  }

  PageStore* store_;
  PageLock sealed_;
  CodeShape shape_;
  const SegmentRef& ref_;
  uint32_t first_row_;
  DeadPredicate* dead_;
  std::vector<uint64_t> ids_;
  std::vector<bool> dead_bits_;
};

}  // namespace

Result<VacuumResult> Vacuum(PageStore* store, PageLock sealed,
                            const Snapshot& snapshot, DeadPredicate* dead,
                            const std::function<void(uint64_t)>& progress) {
  POMAI_FAULT_STEP("vacuum");
  VacuumResult result;
  const View& view = *snapshot.view;
  for (size_t i = 0; i < view.manifest.segments.size(); ++i) {
    SegmentVacuum vacuum(store, sealed, view.meta.shape(),
                         view.manifest.segments[i],
                         view.directories[i].first_live_row(), dead);
    POMAI_RETURN_IF_ERROR(vacuum.Run(&result, progress));
  }
  for (uint32_t shard = 0; shard < view.meta.shards; ++shard) {
    POMAI_RETURN_IF_ERROR(store->Poll());
    POMAI_ASSIGN_OR_RETURN(const TailSweep sweep,
                           SweepTail(store, ShardBlock(shard), shard, dead));
    result.live += sweep.live;
    result.removed += sweep.removed;
    if (progress) progress(result.live + result.removed);
  }
  return result;
}

Result<uint64_t> CountLive(PageStore* store, PageLock sealed,
                           const Snapshot& snapshot) {
  RowWalk walk(store, sealed, snapshot, RowWalk::kAll);
  uint64_t rows = 0;
  for (uint64_t id;;) {
    POMAI_ASSIGN_OR_RETURN(const bool more, walk.Next(&id));
    if (!more) return rows;
    ++rows;
  }
}

}  // namespace pomai
