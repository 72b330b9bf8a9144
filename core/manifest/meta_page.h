// Meta page: block 0 of every index: what it is, and where its manifest lies.
//
//   POMAI_ASSIGN_OR_RETURN(MetaPage meta, MetaPage::Decode(page));
//
// Bytes of the body (kind kMeta, allocation id 0, page number 0):
//   8 bytes "pomai" and zeros
//   u64 build id            random, new with every build
//   u64 rotation seed
//   u32 dimensions          0 until the first row of a column without typmod
//   u32 bits                0 (automatic) only while dimensions is 0
//   u32 metric, u32 shards
//   u32 lists               as asked for; 0 = automatic
//   u32 zero
//   u64 sequence            rises by one with every manifest
//   u64 next allocation id  ids below it have been given out
//   u64 manifest id         allocation id; 0: no manifest yet
//   u32 manifest block, u32 manifest pages, u32 manifest bytes, u32 zero
//   u64 horizon             of the pages that the manifest retired itself: it
//                           was written before the horizon could be read
// Blocks 1 .. shards are the shard pages.
#pragma once

#include <cstdint>

#include "core/base/metric.h"
#include "core/host/extent.h"
#include "core/host/page.h"
#include "core/rabitq/code.h"
#include "core/rabitq/rotation.h"

namespace pomai {

inline constexpr BlockNumber kMetaBlock = 0;
inline BlockNumber ShardBlock(uint32_t shard) { return 1 + shard; }

struct MetaPage {
  uint64_t build_id = 0;
  uint64_t rotation_seed = 0;
  uint32_t dimensions = 0;
  uint32_t bits = 0;
  Metric metric = Metric::kL2;
  uint32_t shards = 1;
  uint32_t lists = 0;
  uint64_t sequence = 0;
  uint64_t next_allocation_id = 1;
  uint64_t manifest_id = 0;
  BlockNumber manifest_block = kNoBlock;
  uint32_t manifest_pages = 0;
  uint32_t manifest_bytes = 0;
  uint64_t horizon = 0;

  // Fills body and header of `page` (kPageSize bytes).
  void Encode(uint8_t* page) const;
  // Corruption when it is not a pomai index or a value is out of range.
  static Result<MetaPage> Decode(const uint8_t* page);

  // The extent of the manifest it names (of no pages when there is none).
  Extent manifest_extent() const;

  CodeShape shape() const {
    return CodeShape{PaddedDimensions(dimensions), bits, metric};
  }
};

}  // namespace pomai
