#include "core/kernel/hadamard.h"

#include <algorithm>
#include <utility>

#include "core/kernel/dispatch.h"

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

// Lanes that one pass can take through their stages without touching memory.
#if HWY_HAVE_SCALABLE
constexpr size_t kMostLanes = 4;
#else
constexpr size_t kMostLanes = 16;
#endif

// The sign of the second operand in the stage of neighbours 2^kBit apart.
template <int kBit, class D>
HWY_INLINE hn::Vec<D> StageSigns(D d) {
  const hn::RebindToUnsigned<D> du;
  const auto bit = hn::ShiftLeft<31 - kBit>(hn::Iota(du, 0));
  return hn::BitCast(d, hn::And(bit, hn::Set(du, 0x80000000u)));
}

// The stages between the lanes of a vector of d. n is a multiple of the lanes,
// which are a power of two.
template <class D>
HWY_INLINE void StagesWithinVector(D d, float* values, size_t n) {
  constexpr size_t kLanes = hn::MaxLanes(D());
  const auto signs1 = StageSigns<0>(d), signs2 = StageSigns<1>(d);
  [[maybe_unused]] const auto signs4 = StageSigns<2>(d);
  [[maybe_unused]] const auto signs8 = StageSigns<3>(d);
  for (size_t i = 0; i < n; i += kLanes) {
    auto v = hn::LoadU(d, values + i);
    v = hn::Add(hn::Shuffle2301(v), hn::Xor(v, signs1));
    v = hn::Add(hn::Shuffle1032(v), hn::Xor(v, signs2));
    if constexpr (kLanes >= 8) {
      v = hn::Add(hn::SwapAdjacentBlocks(v), hn::Xor(v, signs4));
    }
    if constexpr (kLanes >= 16) {
      v = hn::Add(hn::ConcatLowerUpper(d, v, v), hn::Xor(v, signs8));
    }
    hn::StoreU(v, d, values + i);
  }
}

// What of it n has room for; returns the stage that comes next.
template <size_t kLanes>
HWY_INLINE size_t FirstStages(float* values, size_t n) {
  const hn::CappedTag<float, kLanes> d;
  if constexpr (kLanes > 4) {
    if (n < hn::Lanes(d)) return FirstStages<kLanes / 2>(values, n);
  }
  StagesWithinVector(d, values, n);
  return hn::Lanes(d);
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
  const hn::ScalableTag<float> d;
  size_t h = FirstStages<kMostLanes>(values, n);
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

// From `i` on as many vectors of d as there are; returns where they end.
template <class D>
HWY_INLINE size_t FlipVectors(D d, const uint8_t* bits, float* values, size_t i,
                              size_t n) {
  const hn::RebindToUnsigned<D> du;
  const size_t lanes = hn::Lanes(d);  // divides 16
  for (; i + lanes <= n; i += lanes) {
    uint32_t some = bits[i / 8];
    if (lanes > 8) some |= uint32_t{bits[i / 8 + 1]} << 8;
    // Lane j's bit to the sign's place; what is left of it goes.
    const auto shift = hn::Iota(du, static_cast<uint32_t>(i % 8));
    const auto sign = hn::ShiftLeft<31>(hn::Shr(hn::Set(du, some), shift));
    const auto value = hn::LoadU(d, values + i);
    hn::StoreU(hn::Xor(value, hn::BitCast(d, sign)), d, values + i);
  }
  return i;
}

// As wide as what comes next loads: narrower stores would hold that up.
void FlipSigns(const uint8_t* bits, float* values, size_t n) {
  const size_t i = FlipVectors(hn::CappedTag<float, 16>(), bits, values, 0, n);
  FlipVectors(hn::CappedTag<float, 8>(), bits, values, i, n);
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

POMAI_KERNEL(Hadamard);
POMAI_KERNEL(FlipSigns);
POMAI_KERNEL(AddHalves);
POMAI_KERNEL(ScaleInPlace);

}  // namespace

void Hadamard(float* values, size_t n) { POMAI_DISPATCH(Hadamard)(values, n); }

void FlipSigns(const uint8_t* bits, float* values, size_t n) {
  POMAI_DISPATCH(FlipSigns)(bits, values, n);
}

void AddHalves(float* values, size_t n) {
  POMAI_DISPATCH(AddHalves)(values, n);
}

void Scale(float factor, float* values, size_t n) {
  POMAI_DISPATCH(ScaleInPlace)(factor, values, n);
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
