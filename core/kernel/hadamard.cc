#include "core/kernel/hadamard.h"

#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/hadamard.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The fallback for machines without vectors is one lane wide, and of vectors
// whose length only the machine knows there are no arrays.
#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE

void Multiply(const float* factors, float* values, size_t n) {
  scalar::Multiply(factors, values, n);
}

void MultiplyHadamard(const float* factors, float* values, size_t n) {
  scalar::MultiplyHadamard(factors, values, n);
}

void MultiplyHalves(const float* signs, float scale, float* values, size_t n) {
  scalar::MultiplyHalves(signs, scale, values, n);
}

#else

using Floats = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Floats>;
constexpr size_t kLanes = hn::MaxLanes(Floats());
// Vectors that are transformed together in registers.
constexpr size_t kMostVectors = 8;

template <class D>
HWY_INLINE hn::Vec<D> Product(D d, const float* a, const float* b) {
  return hn::Mul(hn::LoadU(d, a), hn::LoadU(d, b));
}

void Multiply(const float* factors, float* values, size_t n) {
  const Floats d;
  for (size_t i = 0; i < n; i += kLanes) {
    hn::StoreU(Product(d, factors + i, values + i), d, values + i);
  }
}

// -1 for the second operand in the stage of neighbours 2^kBit apart, else 1.
template <int kBit>
HWY_INLINE Vector StageFactors() {
  const hn::RebindToUnsigned<Floats> du;
  const auto bit = hn::ShiftLeft<31 - kBit>(hn::Iota(du, 0));
  const auto sign = hn::And(bit, hn::Set(du, 0x80000000u));
  return hn::Xor(hn::Set(Floats(), 1.0f), hn::BitCast(Floats(), sign));
}

// The stages between the lanes of a vector. The products are exact.
HWY_INLINE Vector TransformLanes(Vector v) {
  v = hn::MulAdd(v, StageFactors<0>(), hn::Shuffle2301(v));
  v = hn::MulAdd(v, StageFactors<1>(), hn::Shuffle1032(v));
  if constexpr (kLanes >= 8) {
    v = hn::MulAdd(v, StageFactors<2>(), hn::SwapAdjacentBlocks(v));
  }
  if constexpr (kLanes >= 16) {
    const auto swapped = hn::ConcatLowerUpper(Floats(), v, v);
    v = hn::MulAdd(v, StageFactors<3>(), swapped);
  }
  return v;
}

HWY_INLINE void AddAndSubtract(Vector* a, Vector* b) {
  const auto sum = hn::Add(*a, *b);
  *b = hn::Sub(*a, *b);
  *a = sum;
}

// The stages between 1, 2, 4 or 8 vectors. Written out, so that they stay in
// registers.
template <size_t kCount>
HWY_INLINE void TransformVectors(Vector* v) {
  if constexpr (kCount == 2) {
    AddAndSubtract(v, v + 1);
  } else if constexpr (kCount > 2) {
    TransformVectors<kCount / 2>(v);
    TransformVectors<kCount / 2>(v + kCount / 2);
    AddAndSubtract(v, v + kCount / 2);
    AddAndSubtract(v + 1, v + kCount / 2 + 1);
  }
  if constexpr (kCount == 8) {
    AddAndSubtract(v + 2, v + 6);
    AddAndSubtract(v + 3, v + 7);
  }
}

// The factors and all stages within each `kCount` vectors, or fewer if n has no
// more, in one pass over memory; returns the stage that comes next.
template <size_t kCount>
HWY_INLINE size_t FirstStages(const float* factors, float* values, size_t n) {
  if constexpr (kCount > 1) {
    if (n < kCount * kLanes) return FirstStages<kCount / 2>(factors, values, n);
  }
  const Floats d;
  for (size_t block = 0; block < n; block += kCount * kLanes) {
    Vector v[kCount];
    for (size_t k = 0; k < kCount; ++k) {
      const size_t i = block + k * kLanes;
      v[k] = TransformLanes(Product(d, factors + i, values + i));
    }
    TransformVectors<kCount>(v);
    for (size_t k = 0; k < kCount; ++k) {
      hn::StoreU(v[k], d, values + block + k * kLanes);
    }
  }
  return kCount * kLanes;
}

// Stages h to h * kCount / 2 in one pass over memory.
template <size_t kCount>
HWY_INLINE void MoreStages(float* values, size_t n, size_t h) {
  const Floats d;
  for (size_t block = 0; block < n; block += kCount * h) {
    for (size_t i = block; i < block + h; i += kLanes) {
      Vector v[kCount];
      for (size_t k = 0; k < kCount; ++k) {
        v[k] = hn::LoadU(d, values + i + k * h);
      }
      TransformVectors<kCount>(v);
      for (size_t k = 0; k < kCount; ++k) {
        hn::StoreU(v[k], d, values + i + k * h);
      }
    }
  }
}

void MultiplyHadamard(const float* factors, float* values, size_t n) {
  size_t h = FirstStages<kMostVectors>(factors, values, n);
  for (; 4 * h < n; h *= 8) MoreStages<8>(values, n, h);
  if (2 * h < n) {
    MoreStages<4>(values, n, h);
  } else if (h < n) {
    MoreStages<2>(values, n, h);
  }
}

void MultiplyHalves(const float* signs, float scale, float* values, size_t n) {
  const hn::CappedTag<float, 8> d;  // a half is a multiple of 8
  const auto scales = hn::Set(d, scale);
  const size_t half = n / 2;
  for (size_t i = 0; i < half; i += hn::Lanes(d)) {
    float* const at = values + i;
    // Exact, so that nothing changes if they are added in one rounding.
    const auto a = Product(d, signs + i, at);
    const auto b = Product(d, signs + i + half, at + half);
    hn::StoreU(hn::Mul(hn::Add(a, b), scales), d, at);
    hn::StoreU(hn::Mul(hn::Sub(a, b), scales), d, at + half);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
namespace {

POMAI_KERNEL(Multiply);
POMAI_KERNEL(MultiplyHadamard);
POMAI_KERNEL(MultiplyHalves);

}  // namespace

void Multiply(const float* factors, float* values, size_t n) {
  POMAI_DISPATCH(Multiply)(factors, values, n);
}

void MultiplyHadamard(const float* factors, float* values, size_t n) {
  POMAI_DISPATCH(MultiplyHadamard)(factors, values, n);
}

void MultiplyHalves(const float* signs, float scale, float* values, size_t n) {
  POMAI_DISPATCH(MultiplyHalves)(signs, scale, values, n);
}

namespace scalar {

void Multiply(const float* factors, float* values, size_t n) {
  for (size_t i = 0; i < n; ++i) values[i] *= factors[i];
}

void MultiplyHadamard(const float* factors, float* values, size_t n) {
  Multiply(factors, values, n);
  for (size_t h = 1; h < n; h *= 2) {
    for (size_t i = 0; i < n; ++i) {
      if (i & h) continue;
      const float a = values[i], b = values[i + h];
      values[i] = a + b;
      values[i + h] = a - b;
    }
  }
}

void MultiplyHalves(const float* signs, float scale, float* values, size_t n) {
  Multiply(signs, values, n);
  for (size_t i = 0; i < n / 2; ++i) {
    const float a = values[i], b = values[i + n / 2];
    values[i] = (a + b) * scale;
    values[i + n / 2] = (a - b) * scale;
  }
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
