#include "core/db/shard_writer.h"

#include <algorithm>
#include <utility>

namespace pomai {
namespace {

using std::chrono::microseconds;

// How long a group may wait for writers that are about to come back: as long as
// the sync takes that they may save, and never long.
constexpr microseconds kMostPatience{2000};

}  // namespace

ShardWriter::ShardWriter(Parts parts, std::unique_ptr<LogWriter> log)
    : parts_(std::move(parts)),
      mailbox_(parts_.mailbox_bytes),
      applier_(parts_.store, parts_.cache, parts_.rows),
      log_(std::move(log)),
      thread_([this] { Run(); }) {}

void ShardWriter::Stop() {
  if (!thread_.joinable()) return;
  mailbox_.Close();
  thread_.join();
}

void ShardWriter::Run() {
  for (;;) {
    const auto group = TakeGroup();
    if (!group.empty()) Commit(group);
    if (group.empty() && mailbox_.closed()) break;
    if (parts_.fsync == FsyncPolicy::kInterval) SyncWhenDue();
  }
}

// Who has just been answered writes again at once: a group that waits a little
// for him saves a sync. How many there are is known from the last group and
// from those that came while it was synced.
std::vector<ShardCommand> ShardWriter::TakeGroup() {
  const auto deadline = parts_.fsync == FsyncPolicy::kInterval && unsynced_
                            ? sync_due_
                            : Mailbox::Clock::now() + std::chrono::hours(1);
  if (writers_ > 1 && parts_.fsync == FsyncPolicy::kAlways) {
    mailbox_.AwaitCount(writers_, std::min(sync_time_, kMostPatience));
  }
  return mailbox_.Take(deadline);
}

void ShardWriter::Commit(const std::vector<ShardCommand>& group) {
  std::unique_lock lock(mutex_);
  const uint64_t before = log_->size();
  if (failed_.ok()) failed_ = LogAndApply(group);
  const Status status = failed_;
  const uint64_t logged = log_->size() - before;
  lock.unlock();
  // Before the writers are answered, and come back.
  parts_.notice(logged, applier_.tail_is_full());
  writers_ = group.size() + mailbox_.count();
  if (!status.ok()) {
    for (const ShardCommand& command : group) {
      parts_.sequencer->Fail(command.sequence, status);
    }
    return;
  }
  std::vector<uint64_t> sequences;
  for (const ShardCommand& command : group) {
    sequences.push_back(command.sequence);
  }
  parts_.sequencer->Complete(sequences);
}

Status ShardWriter::LogAndApply(const std::vector<ShardCommand>& group) {
  const bool sync = parts_.fsync == FsyncPolicy::kAlways;
  std::vector<uint64_t> offsets;
  for (const ShardCommand& command : group) {
    offsets.push_back(
        log_->Add({command.sequence, command.shards, command.body}));
  }
  const auto start = Mailbox::Clock::now();
  POMAI_RETURN_IF_ERROR(log_->Start(sync));
  // Readers do not see the rows before their sequence is published.
  const Status applied = Apply(group, offsets);
  POMAI_RETURN_IF_ERROR(log_->Wait());
  if (sync) {
    ++syncs_;
    sync_time_ =
        std::chrono::duration_cast<microseconds>(Mailbox::Clock::now() - start);
  } else if (!std::exchange(unsynced_, true)) {
    sync_due_ = start + parts_.fsync_interval;
  }
  return applied;
}

Status ShardWriter::Apply(const std::vector<ShardCommand>& group,
                          const std::vector<uint64_t>& offsets) {
  for (size_t i = 0; i < group.size(); ++i) {
    POMAI_RETURN_IF_ERROR(
        applier_.Apply(group[i].sequence, group[i].body, offsets[i]));
  }
  return applier_.Flush();
}

void ShardWriter::SyncWhenDue() {
  if (!unsynced_ || Mailbox::Clock::now() < sync_due_) return;
  std::lock_guard lock(mutex_);
  unsynced_ = false;
  if (!failed_.ok()) return;
  failed_ = log_->Sync();
  ++syncs_;
}

Status ShardWriter::Rotate(
    const std::function<Result<std::unique_ptr<LogWriter>>()>& create) {
  std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(failed_);
  failed_ = log_->Finish();
  POMAI_RETURN_IF_ERROR(failed_);
  auto next = create();
  if (!next.ok()) {
    failed_ = next.status();
    return failed_;
  }
  log_ = std::move(next).value();
  return Status::Ok();
}

}  // namespace pomai
