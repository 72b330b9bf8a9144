// Distances between two float vectors, for every instruction set.
//
//   float score = kernel::SquaredL2(a, b, 100);
//   double distance = kernel::Distance(Metric::kCosine, a, b, 100);
//
// Pure functions; any thread. `a` and `b` are `n` floats of any alignment.
// The scalar versions are the definitions the others are tested against.
#pragma once

#include <cstddef>

#include "core/base/metric.h"

namespace pomai::kernel {

// Sums in float: for estimates, clustering and ranking. Infinite when the sum
// passes the largest float.
float SquaredL2(const float* a, const float* b, size_t n);
float InnerProduct(const float* a, const float* b, size_t n);

// What the SQL operators return: the L2 distance, minus the inner product, one
// minus the cosine. Sums in double, so no finite vector overflows. The cosine
// lies in [-1, 1]; it is NaN when either vector is zero.
double Distance(Metric metric, const float* a, const float* b, size_t n);

// The Euclidean norm, summed in double.
double Norm(const float* a, size_t n);

// `from` divided by its norm into `to` (which may be `from`). False, and a
// copy, when the norm is zero.
bool Normalize(const float* from, float* to, size_t n);

namespace scalar {
float SquaredL2(const float* a, const float* b, size_t n);
float InnerProduct(const float* a, const float* b, size_t n);
double Distance(Metric metric, const float* a, const float* b, size_t n);
}  // namespace scalar

}  // namespace pomai::kernel
