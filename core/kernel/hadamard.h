// The steps of a rotation: products with random factors, the fast Hadamard
// transform, and a step of Kac's walk.
//
//   kernel::MultiplyHadamard(factors, x, 64);  // +-1/8 each: norms stay
//
// Pure functions, in place; any thread; any n is a multiple of 16. Nothing is
// rounded once where the scalar versions, which are the definitions, round
// twice, so all instruction sets give the same bits.
#pragma once

#include <cstddef>

namespace pomai::kernel {

// values[i] *= factors[i].
void Multiply(const float* factors, float* values, size_t n);

// values = H (factors * values), with H the n x n matrix of entries
// (-1)^popcount(i & j). n is a power of two.
void MultiplyHadamard(const float* factors, float* values, size_t n);

// (values[i], values[i + n/2]) = scale * (sum, difference) of the two, for all
// i < n/2, after values *= signs: a step of Kac's walk at 45 degrees. `signs`:
// 1 or -1 each.
void MultiplyHalves(const float* signs, float scale, float* values, size_t n);

namespace scalar {
void Multiply(const float* factors, float* values, size_t n);
void MultiplyHadamard(const float* factors, float* values, size_t n);
void MultiplyHalves(const float* signs, float scale, float* values, size_t n);
}  // namespace scalar

}  // namespace pomai::kernel
