// Defaults: what a membrane is made with where the user leaves it open.
//
//   if (meta.bits == 0) meta.bits = AutomaticBits(meta.dimensions);
//
// Measured; the measurements are in docs/tuning.md. Lists: AutomaticLists in
// core/codebook/training.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pomai {

// Bits a dimension of a code. Few dimensions need more of them: the fewer bits
// in all, the wider the bound and the more rows are read.
inline uint32_t AutomaticBits(uint32_t dimensions) {
  if (dimensions < 256) return 6;
  return dimensions < 768 ? 5 : 4;
}

// Shards let inserts go side by side; each costs a search one more part of
// every list.
inline uint32_t AutomaticShards() { return 1; }

// Vectors that are assigned or encoded between two polls: some milliseconds'
// work, for a cancel is to be honoured soon. More at once would hardly be
// faster.
inline size_t RowsPerPoll(uint32_t dimensions) {
  constexpr uint32_t kFloats = 1u << 17;
  return std::clamp(kFloats / std::max(dimensions, 1u), 32u, 512u);
}

// Codes that a search scans in any case: a few microseconds of a query that
// takes over a hundred. Calibration knows rows like the table's own; of a small
// table this is enough for queries that are unlike them, too.
constexpr uint64_t LeastCodes(uint32_t dimensions) {
  constexpr uint64_t kLeastBits = 400'000, kMost = 4096;
  return std::min<uint64_t>(kMost, kLeastBits / dimensions);
}

}  // namespace pomai
