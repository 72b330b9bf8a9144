// Segment: an immutable set of posting lists: codes, refine rows, ids. Only its
// dead bitmap ever changes.
//
// Bytes (an extent of kind kSegment; each section starts on a page border;
// rows are numbered through the lists in order):
//   header     u32 lists, u32 shard, u64 codebook version, u64 rows,
//              u64 rows without distance, u32 dimensions, u32 bits, u32 metric,
//              u32 blocks, then the first page of each section below, u32 each,
//              then u32 first list
//   directory  (lists + 2) x (u32 first block, u32 first row): entry i has rows
//              [row(i), row(i + 1)) of list first list + i; entry `lists` holds
//              rows without distance (NULL, zero under cosine), which have
//              neither code nor refine row
//   blocks     blocks of 32 codes (core/rabitq/code.h); a list starts a new one
//   refine     one refine row a row with distance
//   ids        u64 a row
//   dead       one bit a row: bit n % 8 of byte n / 8
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/host/extent.h"
#include "core/rabitq/code.h"

namespace pomai {

// What the manifest says of a segment: enough to open it without reading it.
// It covers the lists [first_list, first_list + lists) of its codebook. A merge
// that goes through the lists from the first to the last leaves a segment what
// it has not come to yet: lists from `live_from` on. Rows of earlier lists
// belong to other segments now; whoever walks rows starts behind them.
struct SegmentRef {
  Extent extent;
  uint32_t shard = 0;
  uint32_t first_list = 0;
  uint32_t lists = 0;
  uint32_t live_from = 0;
  uint64_t codebook_version = 0;
  uint64_t rows = 0;  // all written, dead ones and rows without distance too
  uint64_t rows_without_distance = 0;
  double squared_residuals = 0;  // sum over the rows with distance
  uint32_t blocks = 0;
  // First page of each section.
  uint32_t directory_page = 0;
  uint32_t blocks_page = 0;
  uint32_t refine_page = 0;
  uint32_t ids_page = 0;
  uint32_t dead_page = 0;

  uint32_t end_list() const { return first_list + lists; }
  uint32_t first_live_list() const { return std::max(first_list, live_from); }
};

// Where the rows of one list are.
struct ListRange {
  uint32_t first_block = 0;
  uint32_t first_row = 0;
  uint32_t rows = 0;
};

}  // namespace pomai
