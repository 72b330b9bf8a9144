// FindLeast: where the least of some floats is.
//
//   uint32_t nearest = kernel::FindLeast(scores.data(), 48);
//
// Pure functions; any thread. The scalar version is the definition.
#pragma once

#include <cstdint>

namespace pomai::kernel {

// The first place of the least of `count` > 0 values, none of which is NaN.
uint32_t FindLeast(const float* values, uint32_t count);

namespace scalar {
uint32_t FindLeast(const float* values, uint32_t count);
}  // namespace scalar

}  // namespace pomai::kernel
