#include "core/db/mailbox.h"

#include <cassert>
#include <utility>

namespace pomai {

void Mailbox::Push(ShardCommand command) {
  const size_t size = command.body.size();
  std::unique_lock lock(mutex_);
  room_.wait(lock,
             [&] { return commands_.empty() || bytes_ + size <= capacity_; });
  assert(!closed_);
  bytes_ += size;
  commands_.push_back(std::move(command));
  // The taker may wait for the first command or for a number of them.
  filled_.notify_one();
}

std::vector<ShardCommand> Mailbox::Take(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  filled_.wait_until(lock, deadline,
                     [&] { return closed_ || !commands_.empty(); });
  bytes_ = 0;
  room_.notify_all();
  return std::exchange(commands_, {});
}

void Mailbox::AwaitCount(size_t count, std::chrono::microseconds time) {
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, time,
                   [&] { return closed_ || commands_.size() >= count; });
}

size_t Mailbox::count() {
  std::lock_guard lock(mutex_);
  return commands_.size();
}

void Mailbox::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_one();
}

bool Mailbox::closed() {
  std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace pomai
