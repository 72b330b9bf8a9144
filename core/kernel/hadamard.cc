#include "core/kernel/hadamard.h"

#include <algorithm>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/hadamard.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The fallback for machines without vectors is one lane wide.
#if HWY_TARGET == HWY_SCALAR

void Hadamard(float* values, size_t n) { scalar::Hadamard(values, n); }

#else

// Signs of the second operand in stages 1 and 2 of four neighbours.
alignas(16) constexpr uint32_t kOddSigns[4] = {0, 0x80000000u, 0, 0x80000000u};
alignas(16) constexpr uint32_t kUpperSigns[4] = {0, 0, 0x80000000u,
                                                 0x80000000u};

// Stages 1 and 2: within each four neighbours. n is a multiple of 4.
HWY_INLINE void StagesWithinFour(float* values, size_t n) {
  const hn::CappedTag<float, 4> d4;
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto odd = hn::BitCast(d, hn::LoadDup128(du, kOddSigns));
  const auto upper = hn::BitCast(d, hn::LoadDup128(du, kUpperSigns));
  const auto step = [](auto v, auto odd_signs, auto upper_signs) HWY_ATTR {
    v = hn::Add(hn::Shuffle2301(v), hn::Xor(v, odd_signs));
    return hn::Add(hn::Shuffle1032(v), hn::Xor(v, upper_signs));
  };
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    hn::StoreU(step(hn::LoadU(d, values + i), odd, upper), d, values + i);
  }
  const hn::RebindToUnsigned<decltype(d4)> du4;
  const auto odd4 = hn::BitCast(d4, hn::LoadU(du4, kOddSigns));
  const auto upper4 = hn::BitCast(d4, hn::LoadU(du4, kUpperSigns));
  for (; i < n; i += 4) {
    hn::StoreU(step(hn::LoadU(d4, values + i), odd4, upper4), d4, values + i);
  }
}

// Stage h alone. h and n / 2 are multiples of the lanes of d.
template <class D>
HWY_INLINE void OneStage(D d, float* values, size_t n, size_t h) {
  for (size_t block = 0; block < n; block += 2 * h) {
    for (size_t i = block; i < block + h; i += hn::Lanes(d)) {
      const auto a = hn::LoadU(d, values + i);
      const auto b = hn::LoadU(d, values + i + h);
      hn::StoreU(hn::Add(a, b), d, values + i);
      hn::StoreU(hn::Sub(a, b), d, values + i + h);
    }
  }
}

// Stages h and 2h in one pass over memory.
template <class D>
HWY_INLINE void TwoStages(D d, float* values, size_t n, size_t h) {
  for (size_t block = 0; block < n; block += 4 * h) {
    for (size_t i = block; i < block + h; i += hn::Lanes(d)) {
      float* const at = values + i;
      const auto v0 = hn::LoadU(d, at), v1 = hn::LoadU(d, at + h);
      const auto v2 = hn::LoadU(d, at + 2 * h), v3 = hn::LoadU(d, at + 3 * h);
      const auto sum01 = hn::Add(v0, v1), difference01 = hn::Sub(v0, v1);
      const auto sum23 = hn::Add(v2, v3), difference23 = hn::Sub(v2, v3);
      hn::StoreU(hn::Add(sum01, sum23), d, at);
      hn::StoreU(hn::Add(difference01, difference23), d, at + h);
      hn::StoreU(hn::Sub(sum01, sum23), d, at + 2 * h);
      hn::StoreU(hn::Sub(difference01, difference23), d, at + 3 * h);
    }
  }
}

void Hadamard(float* values, size_t n) {
  if (n < 4) {
    if (n == 2) {
      const float sum = values[0] + values[1];
      values[1] = values[0] - values[1];
      values[0] = sum;
    }
    return;
  }
  StagesWithinFour(values, n);
  const hn::ScalableTag<float> d;
  size_t h = 4;
  for (; h < n && h < hn::Lanes(d); h *= 2) {
    if (h == 4) {
      OneStage(hn::CappedTag<float, 4>(), values, n, h);
    } else {
      OneStage(hn::CappedTag<float, 8>(), values, n, h);
    }
  }
  for (; 2 * h < n; h *= 4) TwoStages(d, values, n, h);
  if (h < n) OneStage(d, values, n, h);
}

#endif  // HWY_TARGET == HWY_SCALAR

void FlipSigns(const uint8_t* bits, float* values, size_t n) {
  const hn::CappedTag<uint32_t, 8> du;
  const hn::RebindToFloat<decltype(du)> d;
  const size_t lanes = hn::Lanes(du);  // divides 8
  for (size_t i = 0; i < n; i += lanes) {
    const auto byte = hn::Set(du, uint32_t{bits[i / 8]});
    // Lane j's bit to the sign's place; what is left of it goes.
    const auto shift = hn::Iota(du, static_cast<uint32_t>(i % 8));
    const auto sign = hn::ShiftLeft<31>(hn::Shr(byte, shift));
    const auto value = hn::LoadU(d, values + i);
    hn::StoreU(hn::Xor(value, hn::BitCast(d, sign)), d, values + i);
  }
}

void AddHalves(float* values, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t half = n / 2;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= half; i += hn::Lanes(d)) {
    const auto a = hn::LoadU(d, values + i);
    const auto b = hn::LoadU(d, values + i + half);
    hn::StoreU(hn::Add(a, b), d, values + i);
    hn::StoreU(hn::Sub(a, b), d, values + i + half);
  }
  for (; i < half; ++i) {
    const float sum = values[i] + values[i + half];
    values[i + half] = values[i] - values[i + half];
    values[i] = sum;
  }
}

void ScaleInPlace(float factor, float* values, size_t n) {
  const hn::ScalableTag<float> d;
  const auto factors = hn::Set(d, factor);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    hn::StoreU(hn::Mul(hn::LoadU(d, values + i), factors), d, values + i);
  }
  for (; i < n; ++i) values[i] *= factor;
}

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
namespace {

HWY_EXPORT(Hadamard);
HWY_EXPORT(FlipSigns);
HWY_EXPORT(AddHalves);
HWY_EXPORT(ScaleInPlace);

}  // namespace

void Hadamard(float* values, size_t n) {
  HWY_DYNAMIC_DISPATCH(Hadamard)(values, n);
}

void FlipSigns(const uint8_t* bits, float* values, size_t n) {
  HWY_DYNAMIC_DISPATCH(FlipSigns)(bits, values, n);
}

void AddHalves(float* values, size_t n) {
  HWY_DYNAMIC_DISPATCH(AddHalves)(values, n);
}

void Scale(float factor, float* values, size_t n) {
  HWY_DYNAMIC_DISPATCH(ScaleInPlace)(factor, values, n);
}

namespace scalar {

void Hadamard(float* values, size_t n) {
  for (size_t h = 1; h < n; h *= 2) {
    for (size_t i = 0; i < n; ++i) {
      if (i & h) continue;
      const float a = values[i], b = values[i + h];
      values[i] = a + b;
      values[i + h] = a - b;
    }
  }
}

void FlipSigns(const uint8_t* bits, float* values, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (bits[i / 8] >> (i % 8) & 1) values[i] = -values[i];
  }
}

void AddHalves(float* values, size_t n) {
  for (size_t i = 0; i < n / 2; ++i) {
    const float a = values[i], b = values[i + n / 2];
    values[i] = a + b;
    values[i + n / 2] = a - b;
  }
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
