// Segment: an immutable set of posting lists: codes, refine rows, ids. Only its
// dead bitmap ever changes.
//
// Bytes (an extent of kind kSegment; each section starts on a page border;
// rows are numbered through the lists in order):
//   header     u32 lists, u32 shard, u64 codebook version, u64 rows,
//              u64 rows without distance, u32 dimensions, u32 bits, u32 metric,
//              u32 blocks, then the first page of each section below, u32 each
//   directory  (lists + 2) x (u32 first block, u32 first row): list i has rows
//              [row(i), row(i + 1)); list `lists` holds rows without distance
//              (NULL, zero under cosine), which have neither code nor refine
//              row
//   blocks     blocks of 32 codes (core/rabitq/code.h); a list starts a new one
//   refine     one refine row a row with distance
//   ids        u64 a row
//   dead       one bit a row: bit n % 8 of byte n / 8
#pragma once

#include <cstdint>
#include <span>

#include "core/host/extent.h"
#include "core/rabitq/code.h"

namespace pomai {

// What the manifest says of a segment: enough to open it without reading it.
struct SegmentRef {
  Extent extent;
  uint32_t shard = 0;
  uint32_t lists = 0;
  uint64_t codebook_version = 0;
  uint64_t rows = 0;  // all of them, dead ones and rows without distance too
  uint64_t rows_without_distance = 0;
  uint32_t blocks = 0;
  // First page of each section.
  uint32_t directory_page = 0;
  uint32_t blocks_page = 0;
  uint32_t refine_page = 0;
  uint32_t ids_page = 0;
  uint32_t dead_page = 0;
};

// Where the rows of one list are.
struct ListRange {
  uint32_t first_block = 0;
  uint32_t first_row = 0;
  uint32_t rows = 0;
};

}  // namespace pomai
