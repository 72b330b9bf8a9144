// Factors: the three numbers that turn the inner product of a code and a query
// into an estimated score and a bound on its error.
//
//   score = add + list.add + rescale <x, q>
//   |true score - score| <= epsilon * error * list.error     almost always
//
// Derivation (arXiv 2405.12497, section 3.2, equations 12 to 16; one table for
// all lists as in its section 3.3). With o the vector, c its list's centroid,
// r = o - c, q' = q - c and x the code of r:
//   <r, q'> is estimated without bias by f <x, q'>, f = |r|^2 / <x, r>,
//   with a deviation of |r| |q'| sqrt((1 - w^2) / (w^2 (D - 1))), where
//   w = <x, r> / (|x| |r|) is the cosine between the residual and its code.
//   |o - q|^2 = |r|^2 + |q'|^2 - 2 <r, q'>, and <x, q'> = <x, q> - <x, c>:
//     add = |r|^2 + 2 f <x, c>       rescale = -2 f   list.add = |q'|^2
//   -<o, q> = -<c, q> - <r, c> - <r, q'>:
//     add = f <x, c> - <r, c>        rescale = -f     list.add = -<q, c>
//   error is the deviation without |q'|, which is list.error; for L2 twice.
//
// Pure functions; any thread.
#pragma once

#include <cstdint>

#include "core/base/metric.h"

namespace pomai {

// Vectors and queries with larger norms get factors, or list terms, that let
// them survive every bound: below it no sum or product overflows a float.
inline constexpr double kLargestNorm = 1e18;

struct Factors {
  float add = 0;
  float rescale = 0;
  float error = 0;
};

// What factors are made of. All sums over the dimensions.
struct CodeMoments {
  double residual_squares = 0;   // |r|^2
  double residual_centroid = 0;  // <r, c>
  double code_residual = 0;      // <x, r>
  double code_squares = 0;       // |x|^2
  double code_centroid = 0;      // <x, c>
};

// `rescale` comes rounded to bfloat16 when `round_rescale` is set, and the
// other two make up for it. A zero residual gives zeros; one too large for
// float gives add = -infinity.
Factors MakeFactors(Metric metric, uint32_t dimensions,
                    const CodeMoments& moments, bool round_rescale);

// The 16 high bits of the float that is the largest bfloat16 not above `value`;
// the smallest not below it; and the nearest one.
uint16_t Bfloat16Below(float value);
uint16_t Bfloat16Above(float value);
uint16_t Bfloat16Nearest(float value);
float FromBfloat16(uint16_t bits);

}  // namespace pomai
