#include "core/kernel/find_least.h"

#include <algorithm>

#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/find_least.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Once for the value, once for its place.
uint32_t FindLeast(const float* values, uint32_t count) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<uint32_t>(hn::Lanes(d));
  if (count < lanes) return scalar::FindLeast(values, count);
  // The last vector may overlap the one before it.
  auto least = hn::LoadU(d, values + count - lanes);
  for (uint32_t i = 0; i + lanes < count; i += lanes) {
    least = hn::Min(least, hn::LoadU(d, values + i));
  }
  least = hn::MinOfLanes(d, least);
  for (uint32_t i = 0; i + lanes < count; i += lanes) {
    const auto found =
        hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, values + i), least));
    if (found >= 0) return i + static_cast<uint32_t>(found);
  }
  const uint32_t last = count - lanes;
  const auto found =
      hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, values + last), least));
  if (found >= 0) return last + static_cast<uint32_t>(found);
  // MinOfLanes of infinite values is finite on the emulated target.
  return scalar::FindLeast(values, count);
}

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {

POMAI_KERNEL(FindLeast);

uint32_t FindLeast(const float* values, uint32_t count) {
  return POMAI_DISPATCH(FindLeast)(values, count);
}

namespace scalar {

uint32_t FindLeast(const float* values, uint32_t count) {
  return static_cast<uint32_t>(std::min_element(values, values + count) -
                               values);
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
