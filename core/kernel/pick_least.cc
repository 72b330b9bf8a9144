#include "core/kernel/pick_least.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/pick_least.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, kPickPadding>;

uint32_t CountBelow(const float* values, uint32_t count, float bound) {
  const Tag d;
  const auto bounds = hn::Set(d, bound);
  size_t below = 0;
  for (uint32_t i = 0; i < count; i += hn::Lanes(d)) {
    below += hn::CountTrue(d, hn::Lt(hn::LoadU(d, values + i), bounds));
  }
  return static_cast<uint32_t>(below);
}

// Of the finite values.
void FindRange(const float* values, uint32_t count, float* least, float* most) {
  const Tag d;
  const auto infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  auto low = infinity, high = hn::Neg(infinity);
  for (uint32_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto value = hn::LoadU(d, values + i);
    const auto finite = hn::Lt(hn::Abs(value), infinity);
    low = hn::IfThenElse(finite, hn::Min(low, value), low);
    high = hn::IfThenElse(finite, hn::Max(high, value), high);
  }
  *least = hn::GetLane(hn::MinOfLanes(d, low));
  *most = hn::GetLane(hn::MaxOfLanes(d, high));
}

// A bound with `wanted` values below it, found by halving; NaN where there is
// none, among equals for instance.
float FindBound(const float* values, uint32_t count, uint32_t wanted) {
  constexpr int kMostSteps = 24;
  float low, high;
  FindRange(values, count, &low, &high);
  for (int step = 0; step < kMostSteps; ++step) {
    const float bound = low / 2 + high / 2;
    const uint32_t below = CountBelow(values, count, bound);
    if (below == wanted) return bound;
    (below < wanted ? low : high) = bound;
  }
  return std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

void PickLeast(const float* values, uint32_t count, uint32_t wanted,
               uint32_t* places) {
  const Tag d;
  const hn::RebindToUnsigned<Tag> du;
  const float bound = FindBound(values, count, wanted);
  if (std::isnan(bound))
    return scalar::PickLeast(values, count, wanted, places);
  const auto bounds = hn::Set(d, bound);
  for (uint32_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto below = hn::Lt(hn::LoadU(d, values + i), bounds);
    places += hn::CompressStore(hn::Iota(du, i), hn::RebindMask(du, below), du,
                                places);
  }
}

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {

POMAI_KERNEL(PickLeast);

void PickLeast(const float* values, uint32_t count, uint32_t wanted,
               uint32_t* places) {
  POMAI_DISPATCH(PickLeast)(values, count, wanted, places);
}

namespace scalar {
namespace {

float NanAsInfinite(float value) {
  return std::isnan(value) ? std::numeric_limits<float>::infinity() : value;
}

}  // namespace

void PickLeast(const float* values, uint32_t count, uint32_t wanted,
               uint32_t* places) {
  std::vector<float> sorted(count);
  std::transform(values, values + count, sorted.begin(), NanAsInfinite);
  const auto last_wanted = sorted.begin() + (wanted - 1);
  std::nth_element(sorted.begin(), last_wanted, sorted.end());
  const float last = *last_wanted;
  auto equals = wanted - static_cast<uint32_t>(std::count_if(
                             sorted.begin(), last_wanted,
                             [last](float value) { return value < last; }));
  for (uint32_t i = 0; i < count; ++i) {
    const float value = NanAsInfinite(values[i]);
    if (value > last || (value == last && equals == 0)) continue;
    if (value == last) --equals;
    *places++ = i;
  }
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
