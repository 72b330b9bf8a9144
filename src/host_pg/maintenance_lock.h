// The maintenance lock of an index: one holder at a time may mark entries dead
// or rewrite segments. Readers and inserts never take it.
//
//   pg::Call([&]() noexcept { LockMaintenance(index); })
//   ... take a snapshot, work ...
//   UnlockMaintenance(index);
//
// The heavyweight lock on page 0, as GIN does for its pending list: it shows in
// pg_locks, deadlocks are found, and an error lets it go with the transaction.
// Taken before the manifest is read, kept until the work is published.
#pragma once

#include "src/pg/server.h"

namespace pomai {

// Waits. Raises the server's errors (a cancel, a deadlock).
inline void LockMaintenance(Relation index) {
  LockPage(index, 0, ExclusiveLock);
}

// For inserters and workers, which never wait.
inline bool TryLockMaintenance(Relation index) {
  return ConditionalLockPage(index, 0, ExclusiveLock);
}

inline void UnlockMaintenance(Relation index) {
  UnlockPage(index, 0, ExclusiveLock);
}

}  // namespace pomai
