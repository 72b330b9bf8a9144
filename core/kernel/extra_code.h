// Extra code: `width` = bits - 1 extra bits a dimension, packed for fast
// unpacking.
//
// Grammar (little-endian):
//   extra  := group[n / 16]
//   group  := field...           2 * width bytes: 16 dimensions
//   fields of widths 8, 4, 2, 1, widest first, those whose sum is `width`
//   (5 = 4 + 1); the widest holds the highest bits of the value. For dimension
//   k of the group:
//     8 bits   byte k
//     4 bits   bits 4 (k / 8) .. of byte k % 8      (8 bytes)
//     2 bits   bits 2 (k / 4) .. of byte k % 4      (4 bytes)
//     1 bit    bit k % 8 of byte k / 8              (2 bytes)
//
// Pure functions; any thread. `n` is a multiple of 16, `width` in 1..8, bytes
// of any alignment.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pomai::kernel {

// `values`: n numbers below 2^width. `extra`: n * width / 8 bytes.
void PackExtra(const uint8_t* values, uint32_t width, size_t n, uint8_t* extra);
// The other way round.
void UnpackExtra(const uint8_t* extra, uint32_t width, size_t n,
                 uint8_t* values);

// The sum of value[i] * query[i].
float ExtraProduct(const uint8_t* extra, uint32_t width, const float* query,
                   size_t n);

namespace scalar {
float ExtraProduct(const uint8_t* extra, uint32_t width, const float* query,
                   size_t n);
}  // namespace scalar

}  // namespace pomai::kernel
