#include "core/host_file/block_table.h"

#include <thread>

namespace pomai {

PageWord BlockTable::Seize(std::atomic<uint64_t>* word) {
  uint64_t now = word->load(std::memory_order_relaxed);
  for (int spins = 0;; ++spins) {
    if ((now & PageWord::kBusy) == 0 &&
        word->compare_exchange_weak(now, now | PageWord::kBusy,
                                    std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
      return PageWord(now);
    }
    if ((now & PageWord::kBusy) == 0) continue;
    // Held for a few instructions, unless their thread was put to sleep.
    if (spins > 64) std::this_thread::yield();
    now = word->load(std::memory_order_relaxed);
  }
}

PageWord BlockTable::Slot::Hold() {
  const PageWord now(word.load(std::memory_order_acquire));
  if (now.sealed()) return PageWord(now.bits() & ~PageWord::kBusy);
  if (now.empty()) return now;
  const PageWord found = Seize(&word);
  if (!found.sealed() && !found.empty()) found.version()->Hold();
  word.store(found.bits(), std::memory_order_release);
  return found;
}

PageWord BlockTable::Slot::Exchange(PageWord next) {
  const PageWord found = Seize(&word);
  word.store(next.bits(), std::memory_order_release);
  return found;
}

bool BlockTable::Slot::Replace(PageWord expected, PageWord next) {
  const PageWord found = Seize(&word);
  const bool same = found == expected;
  word.store(same ? next.bits() : found.bits(), std::memory_order_release);
  return same;
}

BlockTable::~BlockTable() {
  for (BlockNumber block = 0; block < size(); ++block) {
    PageVersion* version = At(block)->Load().version();
    if (version != nullptr) version->Release();
  }
  for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
}

bool BlockTable::Grow(uint32_t count) {
  const uint32_t old_size = size();
  if (count > kMaxBlocks - old_size) return false;
  const uint32_t new_size = old_size + count;
  for (uint32_t chunk = 0; chunk < kChunks && FirstOf(chunk) < new_size;
       ++chunk) {
    if (chunks_[chunk].load(std::memory_order_relaxed) != nullptr) continue;
    chunks_[chunk].store(new Slot[SlotsOf(chunk)], std::memory_order_release);
  }
  size_.store(new_size, std::memory_order_release);
  return true;
}

}  // namespace pomai
