// IdIndex: where the newest row of each id is, in memory: a table with open
// addressing, for it is asked about every row that is put.
//
//   IdIndex index;
//   index.Exchange(17, 0);           // kNone: there was none
//   index.Exchange(17, 5);           // 0
//   index.Find(17);                  // 5
//
// Grows, never forgets. One thread, or a latch around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pomai {

class IdIndex {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;

  IdIndex();

  // kNone when there is no such id.
  uint32_t Find(uint64_t id) const { return slots_[SlotOf(id)].place; }
  // Puts `place` (not kNone) in the place of what was there, and returns that.
  uint32_t Exchange(uint64_t id, uint32_t place);

  uint64_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    uint64_t id = 0;
    uint32_t place = kNone;
  };

  // The slot that has `id`, or the empty one that it would go to.
  size_t SlotOf(uint64_t id) const;
  void Grow();

  std::vector<Slot> slots_;  // a power of two; at most half of them are used
  uint32_t shift_;           // 64 - log2 of their number
  size_t used_ = 0;
};

}  // namespace pomai
