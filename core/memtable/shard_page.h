// ShardPage: a shard's root: which codebook its tail is written under, where
// the chain of its tail extents begins and ends, and which free pages it may
// grow into. Bytes: tail.h.
//
//   POMAI_ASSIGN_OR_RETURN(const uint8_t* page, change->Lock(block));
//   POMAI_ASSIGN_OR_RETURN(ShardPage root, ShardPage::Decode(page, block, 3));
//
// Plain value. Whoever writes it back holds the page's exclusive lock since it
// was decoded. `extents` only ever rises, or ids would be used twice.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/status.h"
#include "core/host/page_store.h"
#include "core/memtable/tail.h"

namespace pomai {

// The allocation id of tail extent `number` (from 1 on) of `shard`.
inline uint64_t TailExtentId(uint32_t shard, uint64_t number) {
  return uint64_t{1} << 63 | uint64_t{shard} << 48 | number;
}
inline constexpr uint64_t kMaxTailExtents = (uint64_t{1} << 48) - 1;

struct ShardPage {
  uint64_t codebook_version = 0;
  uint64_t extents = 0;
  BlockNumber first_block = kNoBlock;
  BlockNumber last_block = kNoBlock;
  uint64_t first_id = 0;
  uint64_t last_id = 0;
  // Pages that nothing else names; taken from the back.
  std::vector<BlockNumber> spares;

  static constexpr uint32_t kMaxSpares = 1024;
  // How far spare pages may lie past the end of a file that lost its extension:
  // all of all shards.
  static constexpr uint32_t kMostUnwritten = kMaxShards * kMaxSpares;
  bool has_tail() const { return first_block != kNoBlock; }

  // Fills body and header of `page` (kPageSize bytes).
  void Encode(uint8_t* page, uint32_t shard) const;
  // Aborted or Corruption when `page`, read from `block`, is not the page of
  // `shard` or makes no sense.
  static Result<ShardPage> Decode(const uint8_t* page, BlockNumber block,
                                  uint32_t shard);
};

// Lets the tail of `root` begin behind `cut`, whose directory is locked after
// the shard page, which `change` edits. The pages up to it are the caller's to
// retire.
Status CutTail(PageChange* change, const TailCut& cut, ShardPage* root);

}  // namespace pomai
