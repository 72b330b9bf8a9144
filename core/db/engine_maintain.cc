// Engine: the background thread.

#include <algorithm>
#include <chrono>

#include "core/db/engine.h"
#include "core/engine/vacuum_pass.h"
#include "core/host_file/thread_priority.h"

namespace pomai {
namespace {

// Deleted rows from which on it is worth looking for them, and their share.
constexpr uint64_t kLeastDeletes = 1000;
constexpr uint64_t kDeletesShare = 10;
// Writers wait when there is so many times as much log as a checkpoint is made
// for.
constexpr uint64_t kMostLag = 4;

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPause{1};
// Of rounds that look at the codebook, while tails go on being filled.
constexpr std::chrono::seconds kFullRoundInterval{5};

// Dead is what no snapshot sees, now or later.
class DeadRows : public DeadPredicate {
 public:
  DeadRows(const RowTables* tables, uint64_t oldest)
      : tables_(tables), oldest_(oldest) {}
  Result<bool> IsDead(uint64_t number) override {
    return (*tables_)[number % tables_->size()]->IsDead(number, oldest_);
  }

 private:
  const RowTables* tables_;
  uint64_t oldest_;
};

}  // namespace

// Called by the shards' threads.
void Engine::NoteGroup(uint64_t log_bytes, bool tail_is_full) {
  const uint64_t logged = log_bytes_ += log_bytes;
  if (!tail_is_full && logged < checkpoint_limit_) return;
  std::lock_guard lock(wake_mutex_);
  maintenance_due_ = maintenance_due_ || tail_is_full;
  wake_.notify_one();
}

bool Engine::HasRoom() const {
  const uint64_t bytes = log_bytes_;
  const uint64_t limit = checkpoint_limit_;
  const uint64_t behind = bytes - std::min(bytes, limit);
  return behind / (kMostLag - 1) <= options_.checkpoint_log_bytes;
}

void Engine::AwaitRoom() {
  if (HasRoom()) return;
  std::unique_lock lock(wake_mutex_);
  room_.wait(lock, [this] { return stop_ || HasRoom(); });
}

bool Engine::IsWorkDue() {
  return stop_ || maintenance_due_ || log_bytes_ >= checkpoint_limit_;
}

void Engine::RunBackground() {
  LowerThreadPriority();
  auto next_full = Clock::now() + kFullRoundInterval;
  for (;;) {
    bool full = Clock::now() >= next_full;
    {
      std::unique_lock lock(wake_mutex_);
      const bool due =
          wake_.wait_for(lock, kPause, [this] { return IsWorkDue(); });
      if (stop_) return;
      full = full || !due;
    }
    const Status status =
        Work(full ? MaintenanceGoal::kAll : MaintenanceGoal::kKeepUp);
    if (full) next_full = Clock::now() + kFullRoundInterval;
    std::lock_guard lock(wake_mutex_);
    if (status.code() == StatusCode::kAborted) continue;
    // A checkpoint that failed stays an error until one is made.
    background_error_ = status.ok() ? checkpoint_error_ : status;
  }
}

// One round: until nothing is left, or somebody wants it to end. Full tails are
// sealed at once (kKeepUp); whether the codebook still fits, and whether there
// are more segments than searches like, is looked at when no tail has become
// full for a while, and now and then. Else rows that pour in would have one
// made for each few more of them, and be merged again and again.
Status Engine::Work(MaintenanceGoal goal) {
  Maintenance maintenance(goal);
  for (bool more = true; more;) {
    {
      std::lock_guard lock(wake_mutex_);
      if (stop_) return Status::Ok();
      maintenance_due_ = false;
    }
    // A mutex knows no turns: who waits for it would wait for all steps.
    while (waiting_ > 0) std::this_thread::yield();
    std::lock_guard lock(maintenance_mutex_);
    if (log_bytes_ >= checkpoint_limit_) {
      POMAI_RETURN_IF_ERROR(CheckpointLocked());
    }
    if (!options_.background_maintenance) return Status::Ok();
    POMAI_RETURN_IF_ERROR(VacuumIfDue());
    POMAI_ASSIGN_OR_RETURN(more, MaintenanceStep(&maintenance, {}));
  }
  return Status::Ok();
}

Status Engine::VacuumIfDue() {
  uint64_t deletes = 0;
  uint64_t live = 0;
  for (const auto& table : tables_) {
    deletes += table->deletes();
    live += table->live();
  }
  const uint64_t oldest = snapshots_->Oldest(*sequencer_);
  const bool more = deletes - vacuumed_deletes_ >=
                    std::max(kLeastDeletes, live / kDeletesShare);
  const bool released = vacuum_left_rows_ && oldest > vacuumed_oldest_;
  if (!more && !released) return Status::Ok();
  const FileStore::Reader reader = store_->Register();
  POMAI_ASSIGN_OR_RETURN(const Snapshot snapshot, TakeEngineSnapshot());
  vacuum_left_rows_ = oldest < sequencer_->visible();
  vacuumed_oldest_ = oldest;
  vacuumed_deletes_ = deletes;
  changed_ = true;
  DeadRows dead(&tables_, oldest);
  return Vacuum(store_.get(), PageLock::kPin, snapshot, &dead, {}).status();
}

Result<bool> Engine::MaintenanceStep(Maintenance* maintenance,
                                     const WorkProgress& progress) {
  MaintenanceHost host;
  host.store = store_.get();
  host.cache = &cache_;
  host.key = kViewKey;
  host.memory = options_.maintenance_memory;
  host.progress = progress;
  const FileStore::Reader reader = store_->Register();
  POMAI_ASSIGN_OR_RETURN(const bool more, maintenance->Step(host));
  changed_ = changed_ || more;
  return more;
}

std::unique_lock<std::mutex> Engine::LockMaintenance() {
  ++waiting_;
  std::unique_lock lock(maintenance_mutex_);
  --waiting_;
  return lock;
}

Status Engine::Maintain(const WorkProgress& progress) {
  Maintenance maintenance(MaintenanceGoal::kAll);
  for (bool more = true; more;) {
    const auto lock = LockMaintenance();
    POMAI_RETURN_IF_ERROR(CheckOpen());
    POMAI_RETURN_IF_ERROR(VacuumIfDue());
    POMAI_ASSIGN_OR_RETURN(more, MaintenanceStep(&maintenance, progress));
  }
  return Status::Ok();
}

void Engine::StopBackground() {
  {
    std::lock_guard lock(wake_mutex_);
    stop_ = true;
    wake_.notify_one();
    room_.notify_all();
  }
  if (background_.joinable()) background_.join();
}

}  // namespace pomai
