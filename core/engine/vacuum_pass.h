// Vacuum: marks the entries of dead rows, in segments and tails.
//
//   POMAI_ASSIGN_OR_RETURN(VacuumResult done,
//                          Vacuum(store, snapshot, &predicate, progress));
//
// Reads id columns, not codes. The caller holds the maintenance lock from
// before `snapshot` was taken until this returns.
#pragma once

#include <functional>

#include "core/engine/snapshot.h"

namespace pomai {

struct VacuumResult {
  uint64_t live = 0;
  uint64_t removed = 0;  // newly dead
};

// `progress`: entries looked at so far; may be empty.
Result<VacuumResult> Vacuum(PageStore* store, PageLock sealed,
                            const Snapshot& snapshot, DeadPredicate* dead,
                            const std::function<void(uint64_t)>& progress);

// Live entries without looking for dead ones (VACUUM that found none to kill).
Result<uint64_t> CountLive(PageStore* store, PageLock sealed,
                           const Snapshot& snapshot);

}  // namespace pomai
