// VACUUM: marks the entries of dead rows and counts the others.

#include "core/engine/vacuum_pass.h"

#include "src/am/callbacks.h"
#include "src/am/maintenance.h"
#include "src/host_pg/maintenance_lock.h"
#include "src/host_pg/process_cache.h"
#include "src/host_pg/relation_store.h"
#include "src/host_pg/tuple_id.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

// VACUUM's list of dead rows. CREATE INDEX CONCURRENTLY asks the same way, only
// to see every entry, and its callback may raise.
class DeadRows : public DeadPredicate {
 public:
  DeadRows(IndexBulkDeleteCallback callback, void* state)
      : callback_(callback), state_(state) {}

  Result<bool> IsDead(uint64_t id) override {
    ItemPointerData address = TupleAddress(id);
    bool dead = false;
    POMAI_RETURN_IF_ERROR(
        pg::Call([&]() noexcept { dead = callback_(&address, state_); }));
    return dead;
  }

 private:
  IndexBulkDeleteCallback callback_;
  void* state_;
};

// `pass` runs with a snapshot that was taken under the maintenance lock: its
// pages are not reused while it runs, and no dead mark is lost to a merge.
template <typename Pass>
Status WithMaintenanceLock(IndexVacuumInfo* vacuum,
                           IndexBulkDeleteResult* result, Pass&& pass) {
  Relation index = vacuum->index;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept { LockMaintenance(index); }));
  RelationStore store(index);
  store.set_strategy(vacuum->strategy);
  store.set_poll_as(RelationStore::PollAs::kVacuum);
  POMAI_ASSIGN_OR_RETURN(
      Snapshot snapshot,
      TakeSnapshot(&store, PageLock::kPin, ProcessViewCache(), ViewKey(index)));
  POMAI_RETURN_IF_ERROR(pass(&store, snapshot));
  POMAI_ASSIGN_OR_RETURN(result->num_pages, store.PageCount());
  result->estimated_count = false;
  return pg::Call([&]() noexcept { UnlockMaintenance(index); });
}

Status BulkDelete(IndexVacuumInfo* vacuum, IndexBulkDeleteResult* result,
                  DeadRows* dead) {
  return WithMaintenanceLock(
      vacuum, result,
      [&](PageStore* store, const Snapshot& snapshot) -> Status {
        POMAI_ASSIGN_OR_RETURN(
            const VacuumResult done,
            Vacuum(store, PageLock::kPin, snapshot, dead, {}));
        result->num_index_tuples = static_cast<double>(done.live);
        result->tuples_removed += static_cast<double>(done.removed);
        return Status::Ok();
      });
}

Status Count(IndexVacuumInfo* vacuum, IndexBulkDeleteResult* result) {
  return WithMaintenanceLock(
      vacuum, result,
      [&](PageStore* store, const Snapshot& snapshot) -> Status {
        POMAI_ASSIGN_OR_RETURN(const uint64_t live,
                               CountLive(store, PageLock::kPin, snapshot));
        result->num_index_tuples = static_cast<double>(live);
        return Status::Ok();
      });
}

// Marks are set and counted: now what they made due, and what inserts left. A
// worker's work, whose steps are transactions of their own, so that pages
// become free between them. Without one it is done here, but for a new
// codebook, which takes longer than one wants to wait for VACUUM.
Status Tidy(IndexVacuumInfo* vacuum, IndexBulkDeleteResult* result) {
  Relation index = vacuum->index;
  Relation heap = nullptr;
  bool worker = false;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    worker = RequestWorker(index);
    if (worker) return;
    heap = table_open(index->rd_index->indrelid, AccessShareLock);
    LockMaintenance(index);
  }));
  if (worker) return Status::Ok();
  Maintenance maintenance(MaintenanceGoal::kTidy);
  MaintenanceRun run(heap, index, &maintenance);
  run.set_strategy(vacuum->strategy);
  run.set_poll_as(RelationStore::PollAs::kVacuum);
  POMAI_RETURN_IF_ERROR(run.All());
  RelationStore store(index);
  POMAI_ASSIGN_OR_RETURN(result->num_pages, store.PageCount());
  return pg::Call([&]() noexcept {
    UnlockMaintenance(index);
    table_close(heap, AccessShareLock);
  });
}

IndexBulkDeleteResult* NewResult() {
  return static_cast<IndexBulkDeleteResult*>(
      palloc0(sizeof(IndexBulkDeleteResult)));
}

}  // namespace
}  // namespace pomai::am

using namespace pomai;

extern "C" IndexBulkDeleteResult* pomai_bulk_delete(
    IndexVacuumInfo* vacuum, IndexBulkDeleteResult* result,
    IndexBulkDeleteCallback callback, void* callback_state) {
  if (result == nullptr) result = am::NewResult();
  pg::Entry([&] {
    am::DeadRows dead(callback, callback_state);
    return am::BulkDelete(vacuum, result, &dead);
  });
  return result;
}

// Called last by VACUUM, and by ANALYZE, for which there is nothing to do. A
// pass of bulk deletion has counted already.
extern "C" IndexBulkDeleteResult* pomai_vacuum_cleanup(
    IndexVacuumInfo* vacuum, IndexBulkDeleteResult* result) {
  if (vacuum->analyze_only) return result;
  const bool counted = result != nullptr;
  if (!counted) result = am::NewResult();
  pg::Entry([&] {
    if (!counted) POMAI_RETURN_IF_ERROR(am::Count(vacuum, result));
    return am::Tidy(vacuum, result);
  });
  return result;
}
