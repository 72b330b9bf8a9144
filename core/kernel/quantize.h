// The loops of RaBitQ encoding: residuals, trial scales, codes.
//
// A code value of a residual r at scale s is x = +-(k + 1/2) with the sign of r
// and k = min(floor(|r| s), top) (Extended RaBitQ, arXiv 2409.09913, section
// 3.2: the nearest vector of a scaled grid).
//
// Pure functions; any thread. `n` is a multiple of 16. Sums are in float: call
// with some hundred values at a time and add up in double where it matters.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pomai::kernel {

struct ResidualSums {
  float squares;            // sum of r^2
  float magnitudes;         // sum of |r|
  float largest;            // the largest |r|
  float sign_centroid;      // sum of sign(r) c
  float residual_centroid;  // sum of r c
};

// residual = vector - centroid; bit i % 8 of signs[i / 8] is set where it is
// not negative.
ResidualSums TakeResidual(const float* vector, const float* centroid, size_t n,
                          float* residual, uint8_t* signs);

inline constexpr size_t kTrialScales = 4;

struct TrialSums {
  float product[kTrialScales];  // sum of x r
  float squares[kTrialScales];  // sum of x^2
};

// What the codes at each of four scales would be worth.
TrialSums TryScales(const float* residual, size_t n,
                    const float scales[kTrialScales], uint32_t top);

struct CodeSums {
  float product;   // sum of x r
  float squares;   // sum of x^2
  float centroid;  // sum of x c
};

// Writes the code's extra bits, one byte a dimension: k where r is not
// negative, else top - k, so that sign bit and extra bits together count the
// values of x from the lowest on.
CodeSums Quantize(const float* residual, const float* centroid, size_t n,
                  float scale, uint32_t top, uint8_t* extra);

namespace scalar {
ResidualSums TakeResidual(const float* vector, const float* centroid, size_t n,
                          float* residual, uint8_t* signs);
TrialSums TryScales(const float* residual, size_t n,
                    const float scales[kTrialScales], uint32_t top);
CodeSums Quantize(const float* residual, const float* centroid, size_t n,
                  float scale, uint32_t top, uint8_t* extra);
}  // namespace scalar

}  // namespace pomai::kernel
