// The places of the least values of an array.
//
//   std::vector<uint32_t> places(wanted + kPickPadding);
//   PickLeast(values, count, wanted, places.data());
//
// One array a call; any thread.
#pragma once

#include <cstdint>

namespace pomai::kernel {

// `values` ends, and `places` has room, at a multiple of so many.
constexpr uint32_t kPickPadding = 16;

// Writes the places of the `wanted` least of `count` values, ascending; of
// equals the first, NaN as infinite. Up to the next multiple of kPickPadding
// the values behind the last are infinite. 0 < wanted <= count. Writes up to
// kPickPadding numbers behind the last place.
void PickLeast(const float* values, uint32_t count, uint32_t wanted,
               uint32_t* places);

// What it computes, in plain C++.
namespace scalar {
void PickLeast(const float* values, uint32_t count, uint32_t wanted,
               uint32_t* places);
}  // namespace scalar

}  // namespace pomai::kernel
