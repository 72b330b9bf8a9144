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

inline LOCKTAG MaintenanceTag(Relation index) {
  const LockRelId& id = index->rd_lockInfo.lockRelId;
  LOCKTAG tag;
  SET_LOCKTAG_PAGE(tag, id.dbId, id.relId, 0);
  return tag;
}

// Whether another process holds the lock. Looks only: taking the lock for a
// moment would turn away somebody who does not wait.
inline bool MaintenanceRuns(Relation index) {
  const LOCKTAG tag = MaintenanceTag(index);
  int holders = 0;
  pfree(GetLockConflicts(&tag, ExclusiveLock, &holders));
  return holders > 0;
}

// Whether somebody waits for the lock, which this process holds.
inline bool MaintenanceWanted(Relation index) {
  const LOCKTAG tag = MaintenanceTag(index);
  return LockHasWaiters(&tag, ExclusiveLock, false);
}

}  // namespace pomai
