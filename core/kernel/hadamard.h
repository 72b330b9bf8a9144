// The fast Hadamard transform, and the other two steps of a rotation.
//
//   kernel::FlipSigns(bits, x, 64);
//   kernel::Hadamard(x, 64);             // norms grow by sqrt(64)
//
// Pure functions, in place; any thread. No step multiplies and adds in one
// rounding, so all instruction sets give the same bits as the scalar versions,
// which are the definitions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pomai::kernel {

// values = H values, with H the n x n matrix of entries (-1)^popcount(i & j),
// not normalised. n is a power of two.
void Hadamard(float* values, size_t n);

// Negates values[i] where bit i % 8 of bits[i / 8] is set. n is a multiple
// of 8.
void FlipSigns(const uint8_t* bits, float* values, size_t n);

// (values[i], values[i + n/2]) = (sum, difference) of the two, for all
// i < n/2: one step of Kac's walk at 45 degrees, not normalised. n is even.
void AddHalves(float* values, size_t n);

// values[i] *= factor.
void Scale(float factor, float* values, size_t n);

namespace scalar {
void Hadamard(float* values, size_t n);
void FlipSigns(const uint8_t* bits, float* values, size_t n);
void AddHalves(float* values, size_t n);
}  // namespace scalar

}  // namespace pomai::kernel
