// SharedLatch: a reader-writer lock in four bytes that lets no writer starve.
//
//   std::shared_lock lock(latch);    // or std::unique_lock, std::scoped_lock
//
// Whoever waits to write keeps later readers out, so a thread never takes it
// twice. May be let go by another thread. Sleeps when it has to wait.
#pragma once

#include <atomic>
#include <cstdint>

namespace pomai {

class SharedLatch {
 public:
  void lock_shared() {
    uint32_t now = state_.load(std::memory_order_relaxed);
    while ((now & (kWriter | kWaiting)) == 0) {
      if (state_.compare_exchange_weak(now, now + 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return;
      }
    }
    LockSharedSlowly();
  }
  void unlock_shared() {
    const uint32_t before = state_.fetch_sub(1, std::memory_order_release);
    // The last reader before a writer that waits.
    if ((before & ~kSleepers) == (kWaiting | 1)) state_.notify_all();
  }
  void lock() {
    uint32_t free = 0;
    if (!state_.compare_exchange_strong(free, kWriter,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
      LockSlowly();
    }
  }
  void unlock() {
    const uint32_t before =
        state_.fetch_and(~(kWriter | kSleepers), std::memory_order_release);
    if ((before & (kWaiting | kSleepers)) != 0) state_.notify_all();
  }

 private:
  static constexpr uint32_t kWriter = 1u << 31;    // somebody writes
  static constexpr uint32_t kWaiting = 1u << 30;   // somebody waits to write
  static constexpr uint32_t kSleepers = 1u << 29;  // readers wait for a writer

  void LockSharedSlowly();
  void LockSlowly();

  std::atomic<uint32_t> state_{0};
};

}  // namespace pomai
