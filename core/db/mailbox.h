// Mailbox: the commands that wait for a shard's thread, in the order of their
// sequences; bounded in bytes.
//
//   mailbox.Push({sequence, shards, body});       // writers; waits for room
//
//   for (;;) {                                    // the shard's thread
//     const auto commands = mailbox.Take(deadline);
//     if (commands.empty() && mailbox.closed()) break;
//     ...
//   }
//
// Any number of threads push, one takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace pomai {

// What a batch does to one shard.
struct ShardCommand {
  uint64_t sequence = 0;
  uint32_t shards = 0;  // that the batch has commands for
  std::vector<uint8_t> body;
};

class Mailbox {
 public:
  using Clock = std::chrono::steady_clock;

  // `bytes`: of bodies; a larger one is taken when nothing else waits.
  explicit Mailbox(size_t bytes) : capacity_(bytes) {}

  // Waits for room. Not after Close.
  void Push(ShardCommand command);
  // Everything that waits; waits for the first until `deadline`. None: the
  // deadline has passed, or the mailbox is closed and empty.
  std::vector<ShardCommand> Take(Clock::time_point deadline);
  // Waits until `count` commands wait, at most `time`.
  void AwaitCount(size_t count, std::chrono::microseconds time);
  size_t count();
  // Take returns what waits, and then nothing for ever.
  void Close();
  bool closed();

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable room_;
  std::vector<ShardCommand> commands_;
  size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace pomai
