// The maintenance worker: a short-lived process that an insert or VACUUM starts
// for one index. Each step is a transaction of its own, so that locks are let
// go and pages become free between steps. It gives way as soon as somebody
// waits for it.

#include "src/am/callbacks.h"
#include "src/am/maintenance.h"
#include "src/am/settings.h"
#include "src/host_pg/maintenance_lock.h"
#include "src/host_pg/waiter_watch.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

struct WorkerTask {
  Oid database;
  Oid index;
};
static_assert(sizeof(WorkerTask) <= BGW_EXTRALEN);

// When this backend last started a worker for an index. A few suffice: one that
// is forgotten starts a worker too many, which ends at once.
struct Start {
  Oid index = InvalidOid;
  TimestampTz at = 0;
};
constexpr int kStarts = 16;
constexpr int kStartEveryMilliseconds = 1000;

Start* StartOf(Oid index) {
  static Start starts[kStarts];
  return &starts[index % kStarts];
}

bool StartedLately(Oid index) {
  const Start& start = *StartOf(index);
  return start.index == index &&
         !TimestampDifferenceExceeds(start.at, GetCurrentTimestamp(),
                                     kStartEveryMilliseconds);
}

void NoteStart(Oid index) { *StartOf(index) = {index, GetCurrentTimestamp()}; }

// How often, and for how long, a worker waits for transactions to end before it
// leaves the rest to another.
constexpr int kMostNaps = 100;
constexpr long kNapMilliseconds = 100;

// As autovacuum's workers: nobody's settings may get in their way.
void Configure() {
  const char* const settings[][2] = {
      {"zero_damaged_pages", "false"},
      {"statement_timeout", "0"},
      {"lock_timeout", "0"},
      {"idle_in_transaction_session_timeout", "0"},
      {"default_transaction_isolation", "read committed"},
      {"search_path", ""},
  };
  for (const auto& setting : settings) {
    SetConfigOption(setting[0], setting[1], PGC_SUSET, PGC_S_OVERRIDE);
  }
  compat::LiftTransactionTimeout();
  // At autovacuum's pace: pages are logged as whole images, for which commits
  // of others have to wait.
  compat::BeginCostLimits("2ms");
  if (synchronous_commit > SYNCHRONOUS_COMMIT_LOCAL_FLUSH) {
    SetConfigOption("synchronous_commit", "local", PGC_SUSET, PGC_S_OVERRIDE);
  }
}

// While others' transactions keep pages from being used again.
void Nap() {
  (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
                  kNapMilliseconds, PG_WAIT_EXTENSION);
  ResetLatch(MyLatch);
  CHECK_FOR_INTERRUPTS();
}

// One worker's work: steps, each in a transaction.
class Worker {
 public:
  explicit Worker(Oid index) : index_id_(index) {}

  Status Run() {
    Maintenance maintenance(MaintenanceGoal::kAll);
    int naps = 0;
    for (bool more = true; more;) {
      POMAI_RETURN_IF_ERROR(
          pg::Call([]() noexcept { StartTransactionCommand(); }));
      POMAI_ASSIGN_OR_RETURN(more, StepOnce(&maintenance));
      POMAI_RETURN_IF_ERROR(
          pg::Call([]() noexcept { CommitTransactionCommand(); }));
      if (more) naps = 0;
      if (!more && !ended_ && maintenance.waits() && ++naps <= kMostNaps) {
        POMAI_RETURN_IF_ERROR(pg::Call([]() noexcept { Nap(); }));
        more = true;
      }
    }
    return Status::Ok();
  }

 private:
  // The table's lock first: REINDEX CONCURRENTLY waits for those who lock the
  // table, so an index that is still there afterwards stays. Waiting for a lock
  // of DDL that next asks for the other one would be a deadlock, in which the
  // DDL would be cancelled. False when there is nothing (left) to maintain.
  bool Open() {
    const Oid heap = IndexGetRelation(index_id_, true);
    if (!OidIsValid(heap)) return false;
    if (!ConditionalLockRelationOid(heap, AccessShareLock)) return false;
    heap_ = try_relation_open(heap, NoLock);
    if (heap_ == nullptr) return false;
    if (!ConditionalLockRelationOid(index_id_, RowExclusiveLock)) return false;
    index_ = try_relation_open(index_id_, NoLock);
    if (index_ == nullptr || index_->rd_indam == nullptr ||
        index_->rd_indam->ambuild != pomai_build ||
        !index_->rd_index->indisready) {
      return false;
    }
    locked_ = TryLockMaintenance(index_);
    return true;
  }

  void Close() {
    if (locked_) UnlockMaintenance(index_);
    if (index_ != nullptr) relation_close(index_, NoLock);
    if (heap_ != nullptr) relation_close(heap_, NoLock);
    heap_ = index_ = nullptr;
    locked_ = false;
  }

  Result<bool> StepOnce(Maintenance* maintenance) {
    POMAI_RETURN_IF_ERROR(
        pg::Call([&]() noexcept { ended_ = DatabaseIsWanted() || !Open(); }));
    bool more = false;
    if (locked_) {
      WaiterWatch watch(heap_, index_);
      MaintenanceRun run(heap_, index_, maintenance);
      run.set_watch(&watch);
      run.set_poll_as(RelationStore::PollAs::kWorker);
      Result<bool> step = run.Step();
      // Who waits is let through; what was begun is left for another time.
      const bool gave_way =
          step.status().code() == StatusCode::kAborted && watch.noticed();
      if (!step.ok() && !gave_way) return step.status();
      ended_ = watch.noticed();
      more = step.ok() && *step && !ended_;
    }
    POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept { Close(); }));
    return more;
  }

  Oid index_id_;
  Relation heap_ = nullptr;
  Relation index_ = nullptr;
  bool locked_ = false;
  bool ended_ = false;  // there is nothing to wait for
};

}  // namespace

bool RequestWorkerSometimes(Relation index) {
  return StartedLately(RelationGetRelid(index)) || RequestWorker(index);
}

bool RequestWorker(Relation index) {
  if (!settings::background_maintenance || RelationUsesLocalBuffers(index) ||
      compat::MadeInTransaction(index)) {
    return false;
  }
  if (MaintenanceRuns(index)) return true;
  BackgroundWorker worker = {};
  worker.bgw_flags =
      BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name),
           "$libdir/pomai");
  snprintf(worker.bgw_function_name, sizeof(worker.bgw_function_name),
           "pomai_maintenance_main");
  snprintf(worker.bgw_name, BGW_MAXLEN, "pomai maintenance of index %u",
           RelationGetRelid(index));
  snprintf(worker.bgw_type, BGW_MAXLEN, "pomai maintenance");
  const WorkerTask task{MyDatabaseId, RelationGetRelid(index)};
  memcpy(worker.bgw_extra, &task, sizeof(task));
  if (!RegisterDynamicBackgroundWorker(&worker, nullptr)) return false;
  NoteStart(task.index);
  return true;
}

}  // namespace pomai::am

extern "C" PGDLLEXPORT void pomai_maintenance_main(Datum) {
  using namespace pomai;
  pqsignal(SIGTERM, die);
  BackgroundWorkerUnblockSignals();
  am::WorkerTask task;
  memcpy(&task, MyBgworkerEntry->bgw_extra, sizeof(task));
  BackgroundWorkerInitializeConnectionByOid(task.database, InvalidOid,
                                            BGWORKER_BYPASS_ALLOWCONN);
  am::Configure();
  pg::Entry([&] { return am::Worker(task.index).Run(); });
}
