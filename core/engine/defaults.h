// Defaults: what a membrane is made with where the user leaves it open.
//
//   if (meta.bits == 0) meta.bits = AutomaticBits(meta.dimensions);
//
// Measured; the measurements are in docs/tuning.md. Lists: AutomaticLists in
// core/codebook/training.h.
#pragma once

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

}  // namespace pomai
