#include "core/db/sequencer.h"

#include <algorithm>
#include <cassert>
#include <string>

namespace pomai {

Status Sequencer::StateLocked() const {
  if (!failed_.ok()) {
    return Status::FailedPrecondition("read-only since a write failed: " +
                                      failed_.ToString());
  }
  if (!closed_.empty()) return Status::FailedPrecondition(closed_);
  return Status::Ok();
}

Status Sequencer::state() {
  std::lock_guard lock(mutex_);
  return StateLocked();
}

Result<uint64_t> Sequencer::Next(uint32_t parts) {
  assert(parts > 0);
  std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(StateLocked());
  parts_.push_back(parts);
  return ++last_;
}

Status Sequencer::Await(uint64_t sequence) {
  std::unique_lock lock(mutex_);
  moved_.wait(lock,
              [&] { return sequence <= visible() || sequence >= failed_at_; });
  return sequence <= visible() ? Status::Ok() : failed_;
}

void Sequencer::Complete(std::span<const uint64_t> sequences) {
  std::lock_guard lock(mutex_);
  uint64_t visible = visible_.load(std::memory_order_relaxed);
  for (const uint64_t sequence : sequences) {
    uint32_t& parts = parts_[sequence - visible - 1];
    assert(parts > 0);
    --parts;
  }
  if (parts_.empty() || parts_.front() != 0) return;
  for (; !parts_.empty() && parts_.front() == 0; ++visible) parts_.pop_front();
  visible_.store(visible, std::memory_order_release);
  moved_.notify_all();
}

void Sequencer::Fail(uint64_t sequence, const Status& status) {
  std::lock_guard lock(mutex_);
  if (failed_.ok()) failed_ = status;
  failed_at_ = std::min(failed_at_, sequence);
  moved_.notify_all();
}

Result<std::unique_lock<std::mutex>> Sequencer::Pause() {
  std::unique_lock order(order_);
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return visible() == last_ || !failed_.ok(); });
  if (!failed_.ok()) return StateLocked();
  return Result<std::unique_lock<std::mutex>>(std::move(order));
}

void Sequencer::Close(const std::string& why) {
  std::unique_lock order(order_);
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return visible() == last_ || !failed_.ok(); });
  closed_ = why;
}

}  // namespace pomai
