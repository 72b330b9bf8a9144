#include "core/kernel/sign_sum.h"

#include "core/base/coding.h"
#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/sign_sum.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

float SumOfSlot(const uint8_t* block, const float* query, size_t dimensions,
                uint32_t slot) {
  return scalar::SumOfSlot(block, query, dimensions, slot);
}

float SumOfSigns(const uint8_t* signs, const float* query, size_t dimensions) {
  return scalar::SumOfSigns(signs, query, dimensions);
}

#else

// At most the 16 dimensions that always divide a code.
using Floats = hn::CappedTag<float, 16>;
using Words = hn::RebindToUnsigned<Floats>;
using Bytes = hn::Repartition<uint8_t, Floats>;

alignas(64) constexpr uint32_t kGroupPlaces[16] = {1, 2, 4, 8, 1, 2, 4, 8,
                                                   1, 2, 4, 8, 1, 2, 4, 8};
alignas(64) constexpr uint32_t kPlaces[16] = {
    1u << 0,  1u << 1,  1u << 2,  1u << 3, 1u << 4,  1u << 5,
    1u << 6,  1u << 7,  1u << 8,  1u << 9, 1u << 10, 1u << 11,
    1u << 12, 1u << 13, 1u << 14, 1u << 15};

// sum + query where `bits` has the bit of its place.
template <class B, class V>
HWY_INLINE V AddWhereSet(B bits, B places, const float* query, V sum) {
  const Floats d;
  const auto is_set = hn::RebindMask(d, hn::TestBit(bits, places));
  return hn::Add(sum, hn::IfThenElseZero(is_set, hn::LoadU(d, query)));
}

float SumOfSlot(const uint8_t* block, const float* query, size_t dimensions,
                uint32_t slot) {
  const Floats d;
  const Words d32;
  const Bytes d8;
  const size_t lanes = hn::Lanes(d);
  // The slot's byte of each 16 is put into all 16: into the words of the four
  // dimensions whose bits it holds.
  const auto pick = hn::Set(d8, static_cast<uint8_t>(slot % 16));
  const auto shift = hn::Set(d32, slot < 16 ? 1u : 16u);
  const auto places = hn::Mul(hn::Load(d32, kGroupPlaces), shift);
  const auto bits_at = [&](size_t i) HWY_ATTR {
    const auto bytes = hn::LoadU(d8, block + 4 * i);
    return hn::BitCast(d32, hn::TableLookupBytes(bytes, pick));
  };
  auto sum0 = hn::Zero(d), sum1 = sum0;
  size_t i = 0;
  for (; i + 2 * lanes <= dimensions; i += 2 * lanes) {
    const size_t next = i + lanes;
    sum0 = AddWhereSet(bits_at(i), places, query + i, sum0);
    sum1 = AddWhereSet(bits_at(next), places, query + next, sum1);
  }
  if (i < dimensions) sum0 = AddWhereSet(bits_at(i), places, query + i, sum0);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

float SumOfSigns(const uint8_t* signs, const float* query, size_t dimensions) {
  const Floats d;
  const Words d32;
  auto sum = hn::Zero(d);
  for (size_t first = 0; first < dimensions; first += 16, signs += 2) {
    const auto bits = hn::Set(d32, uint32_t{GetFixed<uint16_t>(signs)});
    for (size_t i = 0; i < 16; i += hn::Lanes(d)) {
      sum =
          AddWhereSet(bits, hn::Load(d32, kPlaces + i), query + first + i, sum);
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {

POMAI_KERNEL(SumOfSlot);
POMAI_KERNEL(SumOfSigns);

float SumOfSlot(const uint8_t* block, const float* query, size_t dimensions,
                uint32_t slot) {
  return POMAI_DISPATCH(SumOfSlot)(block, query, dimensions, slot);
}

float SumOfSigns(const uint8_t* signs, const float* query, size_t dimensions) {
  return POMAI_DISPATCH(SumOfSigns)(signs, query, dimensions);
}

namespace scalar {

float SumOfSlot(const uint8_t* block, const float* query, size_t dimensions,
                uint32_t slot) {
  float sum = 0;
  for (size_t i = 0; i < dimensions; ++i) {
    const uint8_t byte = block[16 * (i / 4) + slot % 16];
    const uint32_t nibble = slot < 16 ? byte & 15 : byte >> 4;
    if ((nibble >> i % 4 & 1) != 0) sum += query[i];
  }
  return sum;
}

float SumOfSigns(const uint8_t* signs, const float* query, size_t dimensions) {
  float sum = 0;
  for (size_t i = 0; i < dimensions; ++i) {
    if ((signs[i / 8] >> i % 8 & 1) != 0) sum += query[i];
  }
  return sum;
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
