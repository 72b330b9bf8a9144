// Vectors that are known from an id, for tests of the DB.
//
//   ASSERT_EQ(*db->Get(7), VectorOf(7, 4));
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/random.h"

namespace pomai {

inline std::vector<float> VectorOf(uint64_t seed, uint32_t dimensions) {
  Random random(seed);
  std::vector<float> vector(dimensions);
  for (float& x : vector) x = static_cast<float>(random.Uniform());
  return vector;
}

}  // namespace pomai
