// Sequencer: gives writes their sequences, and publishes them in order when all
// of their shards are done.
//
//   POMAI_ASSIGN_OR_RETURN(const uint64_t sequence,
//       sequencer.Issue(shards, [&](uint64_t s) { ... push commands ... }));
//   return sequencer.Await(sequence);
//
//   sequencer.Complete(sequence);            // each shard's thread
//
//   POMAI_ASSIGN_OR_RETURN(auto pause, sequencer.Pause());
//   ... nothing is under way until `pause` goes ...
//
// Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>

#include "core/base/status.h"

namespace pomai {

class Sequencer {
 public:
  // Sequences go on behind `last`, which is visible.
  explicit Sequencer(uint64_t last) : visible_(last), last_(last) {}

  // Calls hand(sequence), in the order of sequences and one at a time. `parts`:
  // how often Complete or Fail will be called for it. FailedPrecondition after
  // Fail or Close.
  template <typename Hand>
  Result<uint64_t> Issue(uint32_t parts, Hand hand) {
    std::lock_guard order(order_);
    POMAI_ASSIGN_OR_RETURN(const uint64_t sequence, Next(parts));
    hand(sequence);
    return sequence;
  }
  // Until `sequence` is visible, or never will be: then the first error.
  Status Await(uint64_t sequence);

  void Complete(uint64_t sequence) { Complete({&sequence, 1}); }
  // Several at once wake their writers once.
  void Complete(std::span<const uint64_t> sequences);
  // Neither it nor anything behind it becomes visible. The first error stays.
  void Fail(uint64_t sequence, const Status& status);

  // Every batch up to it is complete.
  uint64_t visible() const { return visible_.load(std::memory_order_acquire); }

  // Keeps Issue waiting while it lives; returns when nothing is under way. The
  // first error, as FailedPrecondition, when a write has failed.
  Result<std::unique_lock<std::mutex>> Pause();
  // From now on Issue returns FailedPrecondition(`why`). Waits as Pause does.
  void Close(const std::string& why);
  // Ok, or why nothing can be written any more.
  Status state();

 private:
  Result<uint64_t> Next(uint32_t parts);
  // `mutex_` is held.
  Status StateLocked() const;

  std::mutex
      order_;  // taken before mutex_; held while commands are handed over
  std::mutex mutex_;
  std::condition_variable moved_;
  std::atomic<uint64_t> visible_;
  uint64_t last_;               // issued
  std::deque<uint32_t> parts_;  // to come, of visible_ + 1 .. last_
  Status failed_;
  uint64_t failed_at_ = UINT64_MAX;
  std::string closed_;
};

}  // namespace pomai
