#include "core/kernel/quantize.h"

#include <algorithm>
#include <cmath>

#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/quantize.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes, so that they divide n.
using Floats = hn::CappedTag<float, 16>;

template <class V>
HWY_INLINE float Total(V sum) {
  return hn::GetLane(hn::SumOfLanes(Floats(), sum));
}

// The lanes of `mask` as the low bits of a number.
template <class M>
HWY_INLINE uint32_t Bits(M mask) {
  uint8_t bytes[8] = {};  // StoreMaskBits may write that many
  hn::StoreMaskBits(Floats(), mask, bytes);
  return bytes[0] | static_cast<uint32_t>(bytes[1]) << 8;
}

ResidualSums TakeResidual(const float* vector, const float* centroid, size_t n,
                          float* residual, uint8_t* signs) {
  const Floats d;
  const size_t lanes = hn::Lanes(d);
  const auto zero = hn::Zero(d);
  auto squares = zero, magnitudes = zero, largest = zero;
  auto sign_centroid = zero, residual_centroid = zero;
  for (size_t group = 0; group < n; group += 16) {
    uint32_t bits = 0;
    for (size_t i = group; i < group + 16; i += lanes) {
      const auto c = hn::LoadU(d, centroid + i);
      const auto r = hn::Sub(hn::LoadU(d, vector + i), c);
      const auto magnitude = hn::Abs(r);
      const auto positive = hn::Ge(r, zero);
      hn::StoreU(r, d, residual + i);
      bits |= Bits(positive) << (i - group);
      squares = hn::MulAdd(r, r, squares);
      magnitudes = hn::Add(magnitudes, magnitude);
      largest = hn::Max(largest, magnitude);
      const auto signed_c = hn::IfThenElse(positive, c, hn::Neg(c));
      sign_centroid = hn::Add(sign_centroid, signed_c);
      residual_centroid = hn::MulAdd(r, c, residual_centroid);
    }
    signs[group / 8] = static_cast<uint8_t>(bits);
    signs[group / 8 + 1] = static_cast<uint8_t>(bits >> 8);
  }
  return {Total(squares), Total(magnitudes),
          hn::GetLane(hn::MaxOfLanes(d, largest)), Total(sign_centroid),
          Total(residual_centroid)};
}

TrialSums TryScales(const float* residual, size_t n,
                    const float scales[kTrialScales], uint32_t top) {
  static_assert(kTrialScales == 4);
  const Floats d;
  const size_t lanes = hn::Lanes(d);
  const auto s0 = hn::Set(d, scales[0]), s1 = hn::Set(d, scales[1]);
  const auto s2 = hn::Set(d, scales[2]), s3 = hn::Set(d, scales[3]);
  const auto limit = hn::Set(d, static_cast<float>(top));
  const auto half = hn::Set(d, 0.5f);
  auto p0 = hn::Zero(d), p1 = p0, p2 = p0, p3 = p0;
  auto q0 = p0, q1 = p0, q2 = p0, q3 = p0;
  const auto step = [&](auto r, auto s, auto& p, auto& q) HWY_ATTR {
    const auto k = hn::Min(hn::Floor(hn::Mul(r, s)), limit);
    const auto x = hn::Add(k, half);
    p = hn::MulAdd(x, r, p);
    q = hn::MulAdd(x, x, q);
  };
  for (size_t i = 0; i < n; i += lanes) {
    const auto r = hn::Abs(hn::LoadU(d, residual + i));
    step(r, s0, p0, q0);
    step(r, s1, p1, q1);
    step(r, s2, p2, q2);
    step(r, s3, p3, q3);
  }
  return {{Total(p0), Total(p1), Total(p2), Total(p3)},
          {Total(q0), Total(q1), Total(q2), Total(q3)}};
}

CodeSums Quantize(const float* residual, const float* centroid, size_t n,
                  float scale, uint32_t top, uint8_t* extra) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const hn::Rebind<uint8_t, Floats> d8;
  const auto scales = hn::Set(d, scale), half = hn::Set(d, 0.5f);
  const auto limit = hn::Set(d, static_cast<float>(top));
  const auto zero = hn::Zero(d);
  auto product = zero, squares = zero, centroids = zero;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto r = hn::LoadU(d, residual + i);
    const auto magnitude = hn::Abs(r);
    const auto k = hn::Min(hn::Floor(hn::Mul(magnitude, scales)), limit);
    const auto x = hn::Add(k, half);
    const auto negative = hn::Lt(r, zero);
    const auto signed_x = hn::IfThenElse(negative, hn::Neg(x), x);
    const auto value = hn::IfThenElse(negative, hn::Sub(limit, k), k);
    hn::StoreU(hn::DemoteTo(d8, hn::ConvertTo(di, value)), d8, extra + i);
    product = hn::MulAdd(x, magnitude, product);
    squares = hn::MulAdd(x, x, squares);
    centroids = hn::MulAdd(signed_x, hn::LoadU(d, centroid + i), centroids);
  }
  return {Total(product), Total(squares), Total(centroids)};
}

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
namespace {

POMAI_KERNEL(TakeResidual);
POMAI_KERNEL(TryScales);
POMAI_KERNEL(Quantize);

}  // namespace

ResidualSums TakeResidual(const float* vector, const float* centroid, size_t n,
                          float* residual, uint8_t* signs) {
  return POMAI_DISPATCH(TakeResidual)(vector, centroid, n, residual, signs);
}

TrialSums TryScales(const float* residual, size_t n,
                    const float scales[kTrialScales], uint32_t top) {
  return POMAI_DISPATCH(TryScales)(residual, n, scales, top);
}

CodeSums Quantize(const float* residual, const float* centroid, size_t n,
                  float scale, uint32_t top, uint8_t* extra) {
  return POMAI_DISPATCH(Quantize)(residual, centroid, n, scale, top, extra);
}

namespace scalar {
namespace {

float Level(float residual, float scale, uint32_t top) {
  return std::min(std::floor(std::abs(residual) * scale),
                  static_cast<float>(top));
}

}  // namespace

ResidualSums TakeResidual(const float* vector, const float* centroid, size_t n,
                          float* residual, uint8_t* signs) {
  ResidualSums sums = {};
  std::fill_n(signs, n / 8, uint8_t{0});
  for (size_t i = 0; i < n; ++i) {
    const float r = vector[i] - centroid[i];
    residual[i] = r;
    if (r >= 0) signs[i / 8] |= static_cast<uint8_t>(1 << i % 8);
    sums.squares += r * r;
    sums.magnitudes += std::abs(r);
    sums.largest = std::max(sums.largest, std::abs(r));
    sums.sign_centroid += r >= 0 ? centroid[i] : -centroid[i];
    sums.residual_centroid += r * centroid[i];
  }
  return sums;
}

TrialSums TryScales(const float* residual, size_t n,
                    const float scales[kTrialScales], uint32_t top) {
  TrialSums sums = {};
  for (size_t t = 0; t < kTrialScales; ++t) {
    for (size_t i = 0; i < n; ++i) {
      const float x = Level(residual[i], scales[t], top) + 0.5f;
      sums.product[t] += x * std::abs(residual[i]);
      sums.squares[t] += x * x;
    }
  }
  return sums;
}

CodeSums Quantize(const float* residual, const float* centroid, size_t n,
                  float scale, uint32_t top, uint8_t* extra) {
  CodeSums sums = {};
  for (size_t i = 0; i < n; ++i) {
    const float k = Level(residual[i], scale, top);
    const float x = residual[i] < 0 ? -k - 0.5f : k + 0.5f;
    extra[i] =
        static_cast<uint8_t>(residual[i] < 0 ? static_cast<float>(top) - k : k);
    sums.product += x * residual[i];
    sums.squares += x * x;
    sums.centroid += x * centroid[i];
  }
  return sums;
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
