// RecentBuffers: in which shared buffer each page of an index was last seen by
// this process: a guess, which the server checks when it pins the buffer.
//
//   RecentBuffers* recent = ProcessRecentBuffers(StorageKey(index));
//   Buffer guess = (*recent)[block];
//
// One a backend and index, four bytes a page; made at first use and never
// destroyed, so no destructor runs when the process ends.
#pragma once

#include <cstdint>
#include <vector>

#include "src/pg/server.h"

namespace pomai {

using RecentBuffers = std::vector<Buffer>;

// Pins a page of the main fork. Where it was last time, `*recent`, it still is,
// nearly always: then nothing has to be looked up. Pinning like that does not
// count as use for the buffers' clock, so a read goes the long way now and
// then.
inline Buffer PinWithGuess(Relation relation, BlockNumber block,
                           Buffer* recent) {
  constinit static uint32_t reads = 0;
  if (*recent == InvalidBuffer || RelationUsesLocalBuffers(relation) ||
      ++reads % 32 == 0 ||
      !compat::PinRecent(relation, MAIN_FORKNUM, block, *recent)) {
    *recent = ReadBuffer(relation, block);
  }
  return *recent;
}

// The guesses for the storage `key`. Forgets other storages' guesses when there
// are many.
inline RecentBuffers* ProcessRecentBuffers(uint64_t key) {
  struct Slot {
    uint64_t key = 0;
    RecentBuffers buffers;
  };
  constexpr size_t kSlots = 64;
  static auto* slots = new Slot[kSlots];
  Slot& slot = slots[key % kSlots];
  if (slot.key != key) {
    slot.key = key;
    slot.buffers.clear();
  }
  return &slot.buffers;
}

}  // namespace pomai
