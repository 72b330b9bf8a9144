#include "core/db/id_index.h"

#include <utility>

namespace pomai {
namespace {

constexpr uint32_t kFirstBits = 6;
// So many ids in a row have neighbouring slots: rising ids, the usual case,
// find theirs in the cache.
constexpr uint64_t kNeighbours = 16;

}  // namespace

IdIndex::IdIndex() : slots_(size_t{1} << kFirstBits), shift_(64 - kFirstBits) {}

// Multiplicative hashing (Knuth, The Art of Computer Programming, 6.4) of the
// id's neighbourhood.
size_t IdIndex::SlotOf(uint64_t id) const {
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15u;
  size_t at =
      (id / kNeighbours * kGolden >> shift_) / kNeighbours * kNeighbours +
      id % kNeighbours;
  while (slots_[at].place != kNone && slots_[at].id != id) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return at;
}

uint32_t IdIndex::Exchange(uint64_t id, uint32_t place) {
  if (2 * used_ == slots_.size()) Grow();
  Slot& slot = slots_[SlotOf(id)];
  if (slot.place == kNone) ++used_;
  slot.id = id;
  return std::exchange(slot.place, place);
}

void IdIndex::Grow() {
  const std::vector<Slot> old = std::move(slots_);
  slots_ = std::vector<Slot>(old.size() * 2);
  --shift_;
  for (const Slot& slot : old) {
    if (slot.place != kNone) slots_[SlotOf(slot.id)] = slot;
  }
}

}  // namespace pomai
