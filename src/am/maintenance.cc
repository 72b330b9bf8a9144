#include "src/am/maintenance.h"

#include "src/am/settings.h"
#include "src/host_pg/maintenance_lock.h"
#include "src/host_pg/process_cache.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

// Tails this many times too long are sealed by whoever meets them.
constexpr uint64_t kPatience = 4;

// What others see of it in pg_stat_activity: only a worker has nothing else to
// say there.
void Report(Relation index, const char* what, uint64_t done, uint64_t total) {
  if (MyBackendType != B_BG_WORKER || IsParallelWorker()) return;
  char text[256];
  if (total > 0) {
    snprintf(text, sizeof(text), "%s %s: " UINT64_FORMAT " of " UINT64_FORMAT,
             what, RelationGetRelationName(index), done, total);
  } else {
    snprintf(text, sizeof(text), "%s %s", what, RelationGetRelationName(index));
  }
  pgstat_report_activity(STATE_RUNNING, text);
}

Status SealHere(Relation heap, Relation index) {
  bool locked = false;
  POMAI_RETURN_IF_ERROR(
      pg::Call([&]() noexcept { locked = TryLockMaintenance(index); }));
  if (!locked) return Status::Ok();
  Maintenance maintenance(MaintenanceGoal::kSeal);
  MaintenanceRun run(heap, index, &maintenance);
  // The rows are in. That somebody else changed the index meanwhile is no
  // reason for the statement to fail.
  const Status sealed = run.All();
  if (!sealed.ok() && sealed.code() != StatusCode::kAborted) return sealed;
  return pg::Call([&]() noexcept { UnlockMaintenance(index); });
}

}  // namespace

Result<bool> MaintenanceRun::Step() {
  // Taken and let go at once: the server looks anew at the oldest transaction
  // only when a snapshot is taken.
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    PushActiveSnapshot(GetTransactionSnapshot());
    PopActiveSnapshot();
    // Of a temporary table this transaction's id is the horizon. Once it has
    // one, pages that retire now stay until its cursors have ended.
    if (RelationUsesLocalBuffers(index_)) (void)GetCurrentTransactionId();
  }));
  RelationStore store(index_);
  store.set_heap(heap_);
  store.set_poll_as(poll_as_);
  store.set_strategy(strategy_);
  store.set_watch(watch_);
  MaintenanceHost host;
  host.store = &store;
  host.cache = ProcessViewCache();
  host.key = ViewKey(index_);
  host.memory = size_t{1024} * maintenance_work_mem;
  host.progress = [this](const char* what, uint64_t done, uint64_t total) {
    Report(index_, what, done, total);
  };
  POMAI_ASSIGN_OR_RETURN(const bool done, maintenance_->Step(host));
  if (!done || IsInParallelMode()) return done;
  // Pages retired now are free once later transactions are all there is:
  // without this one an idle server would never come to that.
  POMAI_RETURN_IF_ERROR(
      pg::Call([]() noexcept { (void)GetCurrentTransactionId(); }));
  return done;
}

Status MaintenanceRun::All() {
  for (;;) {
    POMAI_ASSIGN_OR_RETURN(const bool done, Step());
    if (!done) return Status::Ok();
  }
}

Status AfterInserts(Relation heap, Relation index, uint64_t tail_load) {
  if (tail_load == 0) return Status::Ok();
  bool worker = false;
  POMAI_RETURN_IF_ERROR(
      pg::Call([&]() noexcept { worker = RequestWorkerSometimes(index); }));
  // Who wants no workers wants no seal with every statement either.
  const bool patient = worker || !settings::background_maintenance;
  if (patient && tail_load < kPatience) return Status::Ok();
  return SealHere(heap, index);
}

}  // namespace pomai::am
