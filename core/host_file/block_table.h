// BlockTable: what each block of a FileStore holds, and its latch. Grows, never
// moves: readers take no lock.
//
//   BlockTable::Slot* slot = blocks.Find(block);   // nullptr past the end
//   PageWord now = slot->Load();
//
// Any thread; Grow and Shrink one at a time.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include "core/host_file/page_version.h"
#include "core/host_file/shared_latch.h"

namespace pomai {

class BlockTable {
 public:
  struct Slot {
    std::atomic<uint64_t> word{0};
    // Who reads with kShare; who changes the page.
    SharedLatch latch;

    PageWord Load() const {
      return PageWord(word.load(std::memory_order_acquire) & ~PageWord::kBusy);
    }
    // What is there, with a reference when it is an unsealed version.
    PageWord Hold();
    // Puts `next` there, whose reference it takes, and returns what was there.
    PageWord Exchange(PageWord next);
    // Exchange, if `expected` is there.
    bool Replace(PageWord expected, PageWord next);
  };

  BlockTable() = default;
  BlockTable(const BlockTable&) = delete;
  BlockTable& operator=(const BlockTable&) = delete;
  // Lets go of every version.
  ~BlockTable();

  uint32_t size() const { return size_.load(std::memory_order_acquire); }
  Slot* Find(BlockNumber block) {
    if (block >= size()) [[unlikely]]
      return nullptr;
    return At(block);
  }
  // Of a block that is there, or was before a Shrink.
  Slot* At(BlockNumber block) {
    const Place place = PlaceOf(block);
    return chunks_[place.chunk].load(std::memory_order_acquire) + place.slot;
  }
  // False when there would be too many (2^31 blocks, 16 TB).
  bool Grow(uint32_t count);
  // To `size` blocks; what is behind must be empty.
  void Shrink(uint32_t size) { size_.store(size, std::memory_order_release); }

 private:
  // A chunk has as many slots as all before it, the first two kFirstSlots: few
  // chunks for any size, little memory for a small one.
  static constexpr uint32_t kFirstSlots = 64;
  static constexpr uint32_t kMaxBlocks = 1u << 31;
  static constexpr uint32_t kChunks =
      std::bit_width((kMaxBlocks - 1) / kFirstSlots) + 1;
  struct Place {
    uint32_t chunk, slot;
  };
  static Place PlaceOf(BlockNumber block) {
    const auto chunk =
        static_cast<uint32_t>(std::bit_width(block / kFirstSlots));
    return {chunk, block - FirstOf(chunk)};
  }
  static uint32_t FirstOf(uint32_t chunk) {
    return chunk == 0 ? 0 : kFirstSlots << (chunk - 1);
  }
  static uint32_t SlotsOf(uint32_t chunk) {
    return chunk == 0 ? kFirstSlots : FirstOf(chunk);
  }

  // Waits while the word is busy, makes it so, and returns what it was.
  static PageWord Seize(std::atomic<uint64_t>* word);

  std::atomic<uint32_t> size_{0};
  std::atomic<Slot*> chunks_[kChunks] = {};
};

}  // namespace pomai
