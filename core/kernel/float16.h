// Half-precision floats (IEEE binary16) to single precision, exactly.
//
//   kernel::Float16ToFloat(halves, floats, 100);
//
// Pure functions; any thread. `from`: n halves as their bits, any alignment.
// Infinities and NaN are not for these: what they become is not defined.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pomai::kernel {

void Float16ToFloat(const uint16_t* from, float* to, size_t n);

namespace scalar {
void Float16ToFloat(const uint16_t* from, float* to, size_t n);
}  // namespace scalar

}  // namespace pomai::kernel
