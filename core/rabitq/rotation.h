// Rotation: a random orthogonal map in O(D log D), "FHT-Kac": four rounds of
// random signs and a Hadamard transform, on the leading and on the trailing
// power-of-two window of the vector in turn; after each two, unless the window
// is the whole vector, random signs and sums and differences of the two halves
// (a step of Kac's walk at 45 degrees) even out the energy of both windows.
// Even a unit vector then comes out like a Gaussian one.
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
  // Of the window that a round transforms: the leading one or the trailing one.
  uint32_t WindowStart(uint32_t round) const {
    return round % 2 == 0 ? 0 : padded_ - window_;
  }
  bool HasKacStep(uint32_t round) const;

  uint32_t dimensions_;
  uint32_t padded_;
  uint32_t window_;  // the largest power of two up to padded_
  // padded_ for each use in turn: random signs, in a round's window times
  // 1 / sqrt(window_).
  std::vector<float> factors_;
};

}  // namespace pomai
