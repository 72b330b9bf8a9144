// The views this process keeps of the indexes it has used.
//
//   TakeSnapshot(&store, SealedLock(), ProcessViewCache(), ViewKey(index));
//
// One a backend; made at first use and never destroyed, so no destructor runs
// when the process ends. A key is only a place to look: the cache compares the
// build id and sequence on the meta page, so reused file numbers do no harm.
#pragma once

#include "core/engine/snapshot.h"
#include "src/pg/server.h"

namespace pomai {

inline ViewCache* ProcessViewCache() {
  static ViewCache* cache = new ViewCache();
  return cache;
}

inline uint64_t ViewKey(Relation index) { return compat::StorageKey(index); }

}  // namespace pomai
