#include "core/host_file/shared_latch.h"

namespace pomai {

void SharedLatch::LockSharedSlowly() {
  uint32_t now = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((now & (kWriter | kWaiting)) == 0) {
      if (state_.compare_exchange_weak(now, now + 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return;
      }
    } else if ((now & kSleepers) == 0) {
      state_.compare_exchange_weak(now, now | kSleepers,
                                   std::memory_order_relaxed);
    } else {
      state_.wait(now, std::memory_order_relaxed);
      now = state_.load(std::memory_order_relaxed);
    }
  }
}

// Takes the mark of those who wait with it; others who wait set it again.
void SharedLatch::LockSlowly() {
  uint32_t now = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((now & ~(kWaiting | kSleepers)) == 0) {
      const uint32_t next = (now & kSleepers) | kWriter;
      if (state_.compare_exchange_weak(now, next, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return;
      }
    } else if ((now & kWaiting) == 0) {
      state_.compare_exchange_weak(now, now | kWaiting,
                                   std::memory_order_relaxed);
    } else {
      state_.wait(now, std::memory_order_relaxed);
      now = state_.load(std::memory_order_relaxed);
    }
  }
}

}  // namespace pomai
