#include "core/kernel/float16.h"

#include <bit>

#include "core/base/coding.h"
#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/float16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void Float16ToFloat(const uint16_t* from, float* to, size_t n) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<float> d;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const hn::Rebind<hwy::float16_t, decltype(d)> half;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto bits = hn::LoadU(d16, from + i);
    hn::StoreU(hn::PromoteTo(d, hn::BitCast(half, bits)), d, to + i);
  }
#endif
  scalar::Float16ToFloat(from + i, to + i, n - i);
}

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
namespace {

POMAI_KERNEL(Float16ToFloat);

}  // namespace

void Float16ToFloat(const uint16_t* from, float* to, size_t n) {
  POMAI_DISPATCH(Float16ToFloat)(from, to, n);
}

namespace scalar {

void Float16ToFloat(const uint16_t* from, float* to, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t bits = GetFixed<uint16_t>(from + i);
    // Exponent and mantissa at their places in a float are a number that is
    // too small by the difference of the exponents' biases, subnormals too.
    const float magnitude = std::bit_cast<float>((bits & 0x7FFF) << 13);
    const float value = magnitude * 0x1.0p112f;
    to[i] = bits & 0x8000 ? -value : value;
  }
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
