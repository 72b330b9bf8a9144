// MaintenancePlan: what is to be done next for an index: a pure function of its
// manifest, its tails and its dead entries. There is no other state: after a
// crash the next plan goes on from what is there.
//
//   PlanInput input{space->snapshot().view.get(), ...};
//   MaintenanceStep step = PlanStep(input, MaintenanceGoal::kAll);
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/engine/snapshot.h"

namespace pomai {

enum class MaintenanceGoal : uint8_t {
  kSeal,          // tails that are too long
  kKeepUp,        // and not many segments, few dead entries
  kTidy,          // and few segments, no free pages
  kAll,           // and a codebook that fits the rows
  kForceSeal,     // tails, however short
  kForceMerge,    // one run of segments a shard, without dead entries
  kForceRetrain,  // a new codebook, however well the old one fits
};

// Whether it does what does not pay, too.
inline bool IsForced(MaintenanceGoal goal) {
  return goal >= MaintenanceGoal::kForceSeal;
}

struct MaintenanceStep {
  enum class Kind : uint8_t {
    kNone,
    kSeal,       // the tail of `shard` into segments
    kMove,       // `segments` of an earlier codebook to the current one
    kTrain,      // a new codebook
    kSwitch,     // shards to the current codebook
    kMerge,      // `segments` into one, lists [first_list, end_list)
    kCalibrate,  // the current codebook, and drop the earlier ones
    kGiveBack,   // free pages at the end
    kWait,       // for retired pages: without them the index would only grow
  };
  Kind kind = Kind::kNone;
  uint32_t shard = 0;
  std::vector<size_t> segments;  // indexes into the manifest's
  uint32_t first_list = 0;
  uint32_t end_list = 0;
};

struct PlanInput {
  const View* view = nullptr;
  // Of each shard: rows in the tail, whether some are of an earlier codebook,
  // the codebook that inserts are encoded under.
  struct Tail {
    uint64_t rows = 0;
    bool earlier_codebook = false;
    uint64_t codebook_version = 0;
  };
  std::vector<Tail> tails;
  std::vector<uint64_t> dead;  // of each segment's live rows
  uint64_t coded_rows = 0;     // with distance and not dead, of all
  uint32_t pages = 0;
  uint32_t free_pages = 0;
  uint32_t retired_pages = 0;  // that must not be reused yet
  uint32_t free_at_end = 0;
  // What lies farthest back, if it fits into free pages before it: a segment,
  // or a shard's tail.
  size_t movable_segment = SIZE_MAX;
  size_t movable_tail = SIZE_MAX;
  bool may_give_back = true;
  bool has_trained = false;  // in this run, which may have found no rows
};

// Pages at the end of a file of `pages` that are worth giving back.
inline uint32_t WorthGivingBack(uint32_t pages) {
  return std::max(16u, pages / 32);
}

// Rows of a tail from which on it should be sealed. Searches read tails entry
// by entry; a segment of few rows a list wastes space.
uint64_t TailLimit(const View& view);

MaintenanceStep PlanStep(const PlanInput& input, MaintenanceGoal goal);

}  // namespace pomai
