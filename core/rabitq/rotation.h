// Rotation: a random orthogonal map in O(D log D), "FHT-Kac": four rounds of
// random signs and a Hadamard transform, on the leading and on the trailing
// power-of-two window of the vector in turn.
//
//   Rotation rotation(100, seed);
//   std::vector<float> rotated(rotation.padded());   // 112
//   rotation.Apply(vector, rotated.data());
//
// Immutable after construction; any number of threads. The same dimensions and
// seed give the same rotation everywhere (the seed is stored on the meta page).
#pragma once

#include <cstdint>
#include <vector>

namespace pomai {

// Dimensions a vector of `dimensions` has after rotation: the next multiple
// of 16.
inline uint32_t PaddedDimensions(uint32_t dimensions) {
  return (dimensions + 15) / 16 * 16;
}

class Rotation {
 public:
  Rotation(uint32_t dimensions, uint64_t seed);

  uint32_t dimensions() const { return dimensions_; }
  uint32_t padded() const { return padded_; }

  // `from`: dimensions() floats; `to`: padded() floats, may not overlap.
  // Keeps L2 norms and inner products up to rounding.
  void Apply(const float* from, float* to) const;

 private:
  uint32_t dimensions_;
  uint32_t padded_;
  std::vector<uint8_t> signs_;  // rounds x padded bits
};

}  // namespace pomai
