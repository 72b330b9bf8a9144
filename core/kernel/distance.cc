#include "core/kernel/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/distance.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The sum over i of term(a[i], b[i]): four accumulators hide the latency of
// the additions.
template <class Term>
HWY_INLINE float SumFloats(const float* a, const float* b, size_t n,
                           Term term) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    sum0 = term(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum0);
    const size_t i1 = i + lanes, i2 = i1 + lanes, i3 = i2 + lanes;
    sum1 = term(hn::LoadU(d, a + i1), hn::LoadU(d, b + i1), sum1);
    sum2 = term(hn::LoadU(d, a + i2), hn::LoadU(d, b + i2), sum2);
    sum3 = term(hn::LoadU(d, a + i3), hn::LoadU(d, b + i3), sum3);
  }
  for (; i + lanes <= n; i += lanes) {
    sum0 = term(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum0);
  }
  const auto sum = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  const hn::CappedTag<float, 1> d1;
  for (; i < n; ++i) {
    total = hn::GetLane(
        term(hn::LoadU(d1, a + i), hn::LoadU(d1, b + i), hn::Set(d1, total)));
  }
  return total;
}

struct AddSquaredDifference {
  template <class V>
  HWY_INLINE V operator()(V a, V b, V sum) const {
    const V difference = hn::Sub(a, b);
    return hn::MulAdd(difference, difference, sum);
  }
};

struct AddProduct {
  template <class V>
  HWY_INLINE V operator()(V a, V b, V sum) const {
    return hn::MulAdd(a, b, sum);
  }
};

float SquaredL2(const float* a, const float* b, size_t n) {
  return SumFloats(a, b, n, AddSquaredDifference());
}

float InnerProduct(const float* a, const float* b, size_t n) {
  return SumFloats(a, b, n, AddProduct());
}

// The same in double. The operands are widened before they are subtracted, so
// that neither their difference nor a product can overflow.
template <class Term>
HWY_INLINE double SumDoubles(const float* a, const float* b, size_t n,
                             Term term) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = sum0;
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    sum0 = term(hn::PromoteTo(d, hn::LoadU(half, a + i)),
                hn::PromoteTo(d, hn::LoadU(half, b + i)), sum0);
    const size_t next = i + lanes;
    sum1 = term(hn::PromoteTo(d, hn::LoadU(half, a + next)),
                hn::PromoteTo(d, hn::LoadU(half, b + next)), sum1);
  }
  double total = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
  const hn::CappedTag<double, 1> d1;
  for (; i < n; ++i) {
    total = hn::GetLane(
        term(hn::Set(d1, a[i]), hn::Set(d1, b[i]), hn::Set(d1, total)));
  }
  return total;
}

double SquaredL2InDouble(const float* a, const float* b, size_t n) {
  return SumDoubles(a, b, n, AddSquaredDifference());
}

double InnerProductInDouble(const float* a, const float* b, size_t n) {
  return SumDoubles(a, b, n, AddProduct());
}

// to[i] = from[i] * factor; the product in double.
void Scale(const float* from, double factor, float* to, size_t n) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  const size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto wide = hn::PromoteTo(d, hn::LoadU(half, from + i));
    hn::StoreU(hn::DemoteTo(half, hn::Mul(wide, factors)), half, to + i);
  }
  for (; i < n; ++i) to[i] = static_cast<float>(from[i] * factor);
}

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
namespace {

POMAI_KERNEL(SquaredL2);
POMAI_KERNEL(InnerProduct);
POMAI_KERNEL(SquaredL2InDouble);
POMAI_KERNEL(InnerProductInDouble);
POMAI_KERNEL(Scale);

double CosineDistance(double product, double squared_a, double squared_b) {
  if (squared_a == 0 || squared_b == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double cosine = product / std::sqrt(squared_a * squared_b);
  return 1 - std::clamp(cosine, -1.0, 1.0);
}

}  // namespace

float SquaredL2(const float* a, const float* b, size_t n) {
  return POMAI_DISPATCH(SquaredL2)(a, b, n);
}

float InnerProduct(const float* a, const float* b, size_t n) {
  return POMAI_DISPATCH(InnerProduct)(a, b, n);
}

double Distance(Metric metric, const float* a, const float* b, size_t n) {
  const auto product = POMAI_DISPATCH(InnerProductInDouble);
  switch (metric) {
    case Metric::kL2:
      return std::sqrt(POMAI_DISPATCH(SquaredL2InDouble)(a, b, n));
    case Metric::kInnerProduct:
      return -product(a, b, n);
    case Metric::kCosine:
      break;
  }
  return CosineDistance(product(a, b, n), product(a, a, n), product(b, b, n));
}

double Norm(const float* a, size_t n) {
  return std::sqrt(POMAI_DISPATCH(InnerProductInDouble)(a, a, n));
}

bool Normalize(const float* from, float* to, size_t n) {
  const double norm = Norm(from, n);
  POMAI_DISPATCH(Scale)(from, norm == 0 ? 1 : 1 / norm, to, n);
  return norm != 0;
}

namespace scalar {

float SquaredL2(const float* a, const float* b, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

float InnerProduct(const float* a, const float* b, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

double Distance(Metric metric, const float* a, const float* b, size_t n) {
  double squared_l2 = 0, product = 0, squared_a = 0, squared_b = 0;
  for (size_t i = 0; i < n; ++i) {
    const double x = a[i], y = b[i];
    squared_l2 += (x - y) * (x - y);
    product += x * y;
    squared_a += x * x;
    squared_b += y * y;
  }
  if (metric == Metric::kL2) return std::sqrt(squared_l2);
  if (metric == Metric::kInnerProduct) return -product;
  return CosineDistance(product, squared_a, squared_b);
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
