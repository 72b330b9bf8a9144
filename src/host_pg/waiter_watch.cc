#include "src/host_pg/waiter_watch.h"

#include "src/host_pg/maintenance_lock.h"
#include "src/pg/server.h"

namespace pomai {
namespace {

constexpr int kLookEveryMilliseconds = 50;

// Whether `mode` could not be had at once: somebody holds, or waits in front of
// us for, a lock that conflicts with it. LockHasWaiters would be the direct
// question, but it looks at the shared entry of our own lock, and weak locks on
// relations and transactions have none (they are kept in the process).
bool IsContended(const LOCKTAG& tag, LOCKMODE mode) {
  if (LockAcquire(&tag, mode, false, true) == LOCKACQUIRE_NOT_AVAIL) {
    return true;
  }
  LockRelease(&tag, mode, false);
  return false;
}

// In a mode that this process does not hold yet, or it would be granted without
// a look; it conflicts with whatever cannot go on beside us.
bool RelationIsWanted(Relation relation) {
  const LockRelId& id = relation->rd_lockInfo.lockRelId;
  LOCKTAG tag;
  SET_LOCKTAG_RELATION(tag, id.dbId, id.relId);
  return IsContended(tag, RowShareLock);
}

// Who waits for a transaction asks for a share lock on its number.
bool TransactionIsWanted() {
  VirtualTransactionId own;
  GET_VXID_FROM_PGPROC(own, *MyProc);
  LOCKTAG tag;
  SET_LOCKTAG_VIRTUALTRANSACTION(tag, own);
  return IsContended(tag, RowExclusiveLock);
}

}  // namespace

bool DatabaseIsWanted() {
  LOCKTAG tag;
  SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, MyDatabaseId, 0);
  return IsContended(tag, RowExclusiveLock);
}

bool WaiterWatch::SomebodyWaits() const {
  return MaintenanceWanted(index_) || RelationIsWanted(index_) ||
         RelationIsWanted(heap_) || TransactionIsWanted() || DatabaseIsWanted();
}

bool WaiterWatch::Look() {
  if (noticed_) return true;
  const TimestampTz now = GetCurrentTimestamp();
  if (!TimestampDifferenceExceeds(looked_at_, now, kLookEveryMilliseconds)) {
    return false;
  }
  looked_at_ = now;
  noticed_ = SomebodyWaits();
  return noticed_;
}

}  // namespace pomai
