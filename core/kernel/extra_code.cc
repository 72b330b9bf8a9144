#include "core/kernel/extra_code.h"

#include <utility>

#include "core/base/coding.h"
#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/extra_code.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

float ExtraProduct(const uint8_t* extra, uint32_t width, const float* query,
                   size_t n) {
  return scalar::ExtraProduct(extra, width, query, n);
}

#else

using Bytes = hn::Full128<uint8_t>;
using ByteVector = hn::Vec<Bytes>;

// Each function unpacks one field of 16 dimensions.
HWY_INLINE ByteVector FourBits(const uint8_t* field) {
  const hn::Half<Bytes> half;
  const auto packed = hn::LoadU(half, field);
  return hn::Combine(Bytes(), hn::ShiftRight<4>(packed),
                     hn::And(packed, hn::Set(half, uint8_t{15})));
}

alignas(16) constexpr uint32_t kTwoBitShifts[4] = {0, 2, 4, 6};

HWY_INLINE ByteVector TwoBits(const uint8_t* field) {
  const hn::Full128<uint32_t> d;
  const auto packed = hn::Set(d, GetFixed<uint32_t>(field));
  const auto shifted = hn::Shr(packed, hn::Load(d, kTwoBitShifts));
  return hn::And(hn::BitCast(Bytes(), shifted), hn::Set(Bytes(), uint8_t{3}));
}

alignas(16) constexpr uint8_t kBytePlaces[16] = {0, 0, 0, 0, 0, 0, 0, 0,
                                                 1, 1, 1, 1, 1, 1, 1, 1};
alignas(16) constexpr uint8_t kBitPlaces[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                1, 2, 4, 8, 16, 32, 64, 128};

HWY_INLINE ByteVector OneBit(const uint8_t* field) {
  const Bytes d;
  const hn::Full128<uint16_t> d16;
  const auto packed = hn::BitCast(d, hn::Set(d16, GetFixed<uint16_t>(field)));
  const auto spread = hn::TableLookupBytes(packed, hn::Load(d, kBytePlaces));
  const auto places = hn::Load(d, kBitPlaces);
  const auto set = hn::Eq(hn::And(spread, places), places);
  return hn::IfThenElseZero(set, hn::Set(d, uint8_t{1}));
}

template <int kShift>
HWY_INLINE ByteVector Raise(ByteVector values) {
  // No byte has bits that would cross into its neighbour.
  const hn::Full128<uint16_t> d16;
  return hn::BitCast(Bytes(), hn::ShiftLeft<kShift>(hn::BitCast(d16, values)));
}

template <uint32_t kWidth>
HWY_INLINE ByteVector UnpackGroup(const uint8_t* group) {
  if constexpr (kWidth == 8) {
    return hn::LoadU(Bytes(), group);
  } else if constexpr (kWidth == 4) {
    return FourBits(group);
  } else if constexpr (kWidth == 2) {
    return TwoBits(group);
  } else if constexpr (kWidth == 1) {
    return OneBit(group);
  } else if constexpr (kWidth > 4) {
    return hn::Or(Raise<kWidth - 4>(FourBits(group)),
                  UnpackGroup<kWidth - 4>(group + 8));
  } else {
    return hn::Or(Raise<1>(TwoBits(group)), OneBit(group + 4));
  }
}

using Floats = hn::CappedTag<float, 16>;

// sum + value * query, for as many values as a vector of floats has lanes.
template <class B, class V>
HWY_INLINE V AddProduct(B values, const float* query, V sum) {
  const Floats d;
  const auto wide = hn::PromoteTo(hn::RebindToSigned<Floats>(), values);
  return hn::MulAdd(hn::ConvertTo(d, wide), hn::LoadU(d, query), sum);
}

// The products of 16 values, added to two sums.
template <class V>
HWY_INLINE void AddProducts(ByteVector values, const float* query, V* sum0,
                            [[maybe_unused]] V* sum1) {
  [[maybe_unused]] const hn::Rebind<uint8_t, Floats> d8;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  *sum0 = AddProduct(values, query, *sum0);
#elif HWY_TARGET == HWY_AVX2
  *sum0 = AddProduct(hn::LowerHalf(d8, values), query, *sum0);
  *sum1 = AddProduct(hn::UpperHalf(d8, values), query + 8, *sum1);
#else
  alignas(16) uint8_t bytes[16];
  hn::Store(values, Bytes(), bytes);
  for (size_t i = 0; i < 16; i += hn::Lanes(d8)) {
    *sum0 = AddProduct(hn::LoadU(d8, bytes + i), query + i, *sum0);
    std::swap(*sum0, *sum1);
  }
#endif
}

template <uint32_t kWidth>
HWY_INLINE float Product(const uint8_t* extra, const float* query, size_t n) {
  const Floats d;
  auto sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    AddProducts(UnpackGroup<kWidth>(extra), query + i, &sum0, &sum1);
    AddProducts(UnpackGroup<kWidth>(extra + 2 * kWidth), query + i + 16, &sum2,
                &sum3);
    extra += 4 * kWidth;
  }
  if (i < n) AddProducts(UnpackGroup<kWidth>(extra), query + i, &sum0, &sum1);
  const auto sum = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float ExtraProduct(const uint8_t* extra, uint32_t width, const float* query,
                   size_t n) {
  switch (width) {
    case 1:
      return Product<1>(extra, query, n);
    case 2:
      return Product<2>(extra, query, n);
    case 3:
      return Product<3>(extra, query, n);
    case 4:
      return Product<4>(extra, query, n);
    case 5:
      return Product<5>(extra, query, n);
    case 6:
      return Product<6>(extra, query, n);
    case 7:
      return Product<7>(extra, query, n);
    default:
      return Product<8>(extra, query, n);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
namespace {

POMAI_KERNEL(ExtraProduct);

constexpr uint64_t kLowBits = 0x0101010101010101u;

// The k-th 8 bytes of a group's values after dropping `shift` low bits, masked
// to `mask` in each byte.
uint64_t Part(const uint8_t* values, uint32_t k, uint32_t shift,
              uint64_t mask) {
  return GetFixed<uint64_t>(values + 8 * k) >> shift & mask * kLowBits;
}

// The lowest bits of eight bytes as one byte: each product bit is made by
// exactly one pair, so nothing carries.
uint8_t GatherBits(uint64_t bytes) {
  return static_cast<uint8_t>((bytes & kLowBits) * 0x0102040810204080u >> 56);
}

void PackGroup(const uint8_t* values, uint32_t width, uint8_t* group) {
  uint32_t left = width;  // low bits not yet written
  if (left == 8) {
    PutFixed<uint64_t>(group, Part(values, 0, 0, 255));
    PutFixed<uint64_t>(group + 8, Part(values, 1, 0, 255));
    return;
  }
  if (left >= 4) {
    left -= 4;
    PutFixed<uint64_t>(
        group, Part(values, 0, left, 15) | Part(values, 1, left, 15) << 4);
    group += 8;
  }
  if (left >= 2) {
    left -= 2;
    const uint64_t low = Part(values, 0, left, 3);
    const uint64_t high = Part(values, 1, left, 3);
    PutFixed<uint32_t>(
        group, static_cast<uint32_t>(low | low >> 30 | high << 4 | high >> 26));
    group += 4;
  }
  if (left == 1) {
    group[0] = GatherBits(GetFixed<uint64_t>(values));
    group[1] = GatherBits(GetFixed<uint64_t>(values + 8));
  }
}

void UnpackGroup(const uint8_t* group, uint32_t width, uint8_t* values) {
  for (uint32_t k = 0; k < 16; ++k) values[k] = 0;
  if (width == 8) {
    for (uint32_t k = 0; k < 16; ++k) values[k] = group[k];
    return;
  }
  for (uint32_t field = 4; field > 0; field /= 2) {
    if ((width & field) == 0) continue;
    const uint32_t bytes = 2 * field;
    for (uint32_t k = 0; k < 16; ++k) {
      const uint32_t byte = field == 1 ? k / 8 : k % bytes;
      const uint32_t place = field == 1 ? k % 8 : k / bytes * field;
      const uint32_t value = group[byte] >> place & ((1u << field) - 1);
      values[k] = static_cast<uint8_t>(values[k] << field | value);
    }
    group += bytes;
  }
}

}  // namespace

void PackExtra(const uint8_t* values, uint32_t width, size_t n,
               uint8_t* extra) {
  for (size_t i = 0; i < n; i += 16) {
    PackGroup(values + i, width, extra + i / 8 * width);
  }
}

void UnpackExtra(const uint8_t* extra, uint32_t width, size_t n,
                 uint8_t* values) {
  for (size_t i = 0; i < n; i += 16) {
    UnpackGroup(extra + i / 8 * width, width, values + i);
  }
}

float ExtraProduct(const uint8_t* extra, uint32_t width, const float* query,
                   size_t n) {
  return POMAI_DISPATCH(ExtraProduct)(extra, width, query, n);
}

namespace scalar {

float ExtraProduct(const uint8_t* extra, uint32_t width, const float* query,
                   size_t n) {
  float sum = 0;
  uint8_t values[16];
  for (size_t i = 0; i < n; ++i) {
    if (i % 16 == 0) UnpackGroup(extra + i / 8 * width, width, values);
    sum += static_cast<float>(values[i % 16]) * query[i];
  }
  return sum;
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
