#include "core/kernel/fast_scan.h"

#include <algorithm>
#include <bit>

#include "core/base/coding.h"
#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/fast_scan.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

uint32_t ScanBlock(const uint8_t* block, const ScanTerms& terms, float* lower) {
  return scalar::ScanBlock(block, terms, lower);
}

void FillTable(const float* query, size_t groups, float scale, uint8_t* table) {
  scalar::FillTable(query, groups, scale, table);
}

#else

// Groups whose sums fit into 16 bits: 256 * 255 < 2^16.
constexpr size_t kGroupsPerFlush = 256;

// 4 groups a vector at most. Vectors whose size is not known at compile time
// take one group, as folding them would need it.
#if HWY_HAVE_SCALABLE
using Bytes = hn::CappedTag<uint8_t, 16>;
#else
using Bytes = hn::CappedTag<uint8_t, 64>;
#endif
using Words = hn::Repartition<uint16_t, Bytes>;
using Words128 = hn::Full128<uint16_t>;

// The sum of the 128-bit blocks of a vector.
template <class V>
HWY_INLINE hn::Vec<Words128> FoldBlocks(V v) {
#if !HWY_HAVE_SCALABLE
  using D = hn::DFromV<V>;
  if constexpr (hn::MaxLanes(D()) > 8) {
    const hn::Half<D> half;
    return FoldBlocks(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
#else
  return v;
#endif
}

// 16 sums in order from those of even and odd bytes.
template <class V>
HWY_INLINE void StoreSums(V all, V odd, uint16_t* sums) {
  // `all` holds even + 256 odd modulo 2^16, and the even sum is below 2^16.
  const auto even_words = FoldBlocks(hn::Sub(all, hn::ShiftLeft<8>(odd)));
  const auto odd_words = FoldBlocks(odd);
  const Words128 d;
  hn::StoreU(hn::InterleaveLower(d, even_words, odd_words), d, sums);
  hn::StoreU(hn::InterleaveUpper(d, even_words, odd_words), d, sums + 8);
}

// The sums of 32 codes over at most kGroupsPerFlush groups.
HWY_INLINE void SumGroups(const uint8_t* codes, const uint8_t* table,
                          size_t groups, uint16_t* sums) {
  const Bytes d;
  const Words dw;
  const auto low_nibble = hn::Set(d, uint8_t{15});
  auto low_all = hn::Zero(dw), low_odd = low_all;
  auto high_all = low_all, high_odd = low_all;
  for (size_t at = 0; at < 16 * groups; at += hn::Lanes(d)) {
    const auto code = hn::LoadU(d, codes + at);
    const auto entries = hn::LoadU(d, table + at);
    const auto low = hn::BitCast(
        dw, hn::TableLookupBytes(entries, hn::And(code, low_nibble)));
    const auto high =
        hn::BitCast(dw, hn::TableLookupBytes(entries, hn::ShiftRight<4>(code)));
    low_all = hn::Add(low_all, low);
    low_odd = hn::Add(low_odd, hn::ShiftRight<8>(low));
    high_all = hn::Add(high_all, high);
    high_odd = hn::Add(high_odd, hn::ShiftRight<8>(high));
  }
  StoreSums(low_all, low_odd, sums);
  StoreSums(high_all, high_odd, sums + 16);
}

using Floats = hn::CappedTag<float, 16>;

HWY_INLINE hn::Vec<Floats> LoadBfloat16(const uint8_t* from) {
  const hn::Rebind<uint16_t, Floats> d16;
  const hn::RebindToUnsigned<Floats> d32;
  const auto words = hn::LoadU(d16, reinterpret_cast<const uint16_t*>(from));
  return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::PromoteTo(d32, words)));
}

HWY_INLINE hn::Vec<Floats> LoadSums(const uint16_t* sums) {
  const hn::Rebind<uint16_t, Floats> d16;
  const hn::RebindToSigned<Floats> d32;
  const auto wide = hn::PromoteTo(d32, hn::LoadU(d16, sums));
  return hn::ConvertTo(Floats(), wide);
}

HWY_INLINE hn::Vec<Floats> LoadSums(const float* sums) {
  return hn::LoadU(Floats(), sums);
}

template <typename Sum>
HWY_INLINE uint32_t Bounds(const uint8_t* factors, const ScanTerms& terms,
                           const Sum* sums, float* lower) {
  const Floats d;
  const auto scale = hn::Set(d, terms.scale);
  const auto offset = hn::Set(d, terms.offset);
  const auto add = hn::Set(d, terms.add), error = hn::Set(d, terms.error);
  const auto threshold = hn::Set(d, terms.threshold);
  uint32_t survivors = 0;
  for (size_t i = 0; i < kScanCodes; i += hn::Lanes(d)) {
    const uint8_t* const at = factors + 2 * i;
    const auto product = hn::MulAdd(LoadSums(sums + i), scale, offset);
    const auto plus = hn::Add(LoadBfloat16(at), add);
    const auto score = hn::MulAdd(LoadBfloat16(at + 64), product, plus);
    const auto bound = hn::NegMulAdd(LoadBfloat16(at + 128), error, score);
    hn::StoreU(bound, d, lower + i);
    uint8_t bits[8] = {};  // StoreMaskBits may write that many
    hn::StoreMaskBits(d, hn::Le(bound, threshold), bits);
    survivors |= static_cast<uint32_t>(GetFixed<uint16_t>(bits)) << i;
  }
  return survivors;
}

uint32_t ScanBlock(const uint8_t* block, const ScanTerms& terms, float* lower) {
  alignas(64) uint16_t sums[kScanCodes];
  const uint8_t* const factors = block + 16 * terms.groups;
  if (terms.groups <= kGroupsPerFlush) {
    SumGroups(block, terms.table, terms.groups, sums);
    return Bounds(factors, terms, sums, lower);
  }
  // Whole numbers below 2^24, so exact in float.
  alignas(64) float totals[kScanCodes] = {};
  for (size_t first = 0; first < terms.groups; first += kGroupsPerFlush) {
    const size_t groups = std::min(terms.groups - first, kGroupsPerFlush);
    SumGroups(block + 16 * first, terms.table + 16 * first, groups, sums);
    const Floats d;
    for (size_t i = 0; i < kScanCodes; i += hn::Lanes(d)) {
      const auto sum = hn::Add(hn::Load(d, totals + i), LoadSums(sums + i));
      hn::Store(sum, d, totals + i);
    }
  }
  return Bounds(factors, terms, totals, lower);
}

alignas(16) constexpr uint32_t kFirstBit[4] = {0, ~0u, 0, ~0u};
alignas(16) constexpr uint32_t kSecondBit[4] = {0, 0, ~0u, ~0u};

void FillTable(const float* query, size_t groups, float scale, uint8_t* table) {
  const hn::Full128<float> d;
  const hn::Full128<uint32_t> du;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const auto zero = hn::Zero(d), most = hn::Set(d, 255.0f);
  const auto scales = hn::Set(d, scale), half = hn::Set(d, 0.5f);
  const auto first = hn::BitCast(d, hn::Load(du, kFirstBit));
  const auto second = hn::BitCast(d, hn::Load(du, kSecondBit));
  const auto store = [&](auto sum, auto low, size_t at) HWY_ATTR {
    const auto steps = hn::MulAdd(hn::Sub(sum, low), scales, half);
    const hn::Full128<int32_t> di;
    const auto whole = hn::ConvertTo(di, hn::Min(steps, most));
    hn::StoreU(hn::DemoteTo(d8, whole), d8, table + at);
  };
  for (size_t at = 0; at < 16 * groups; at += 16) {
    const auto q = hn::LoadU(d, query + at / 4);
    const auto low = hn::SumOfLanes(d, hn::Min(q, zero));
    const auto pairs = hn::Add(hn::And(hn::Broadcast<0>(q), first),
                               hn::And(hn::Broadcast<1>(q), second));
    const auto third = hn::Broadcast<2>(q), fourth = hn::Broadcast<3>(q);
    store(pairs, low, at);
    store(hn::Add(pairs, third), low, at + 4);
    store(hn::Add(pairs, fourth), low, at + 8);
    store(hn::Add(pairs, hn::Add(third, fourth)), low, at + 12);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
namespace {

POMAI_KERNEL(ScanBlock);
POMAI_KERNEL(FillTable);

float FromBfloat16(const uint8_t* from) {
  return std::bit_cast<float>(uint32_t{GetFixed<uint16_t>(from)} << 16);
}

}  // namespace

uint32_t ScanBlock(const uint8_t* block, const ScanTerms& terms, float* lower) {
  return POMAI_DISPATCH(ScanBlock)(block, terms, lower);
}

void FillTable(const float* query, size_t groups, float scale, uint8_t* table) {
  POMAI_DISPATCH(FillTable)(query, groups, scale, table);
}

namespace scalar {

void FillTable(const float* query, size_t groups, float scale, uint8_t* table) {
  for (size_t group = 0; group < groups; ++group) {
    const float* const q = query + 4 * group;
    float sums[16];
    for (uint32_t b = 0; b < 16; ++b) {
      const float pair = (b & 1 ? q[0] : 0) + (b & 2 ? q[1] : 0);
      sums[b] = pair + ((b & 4 ? q[2] : 0) + (b & 8 ? q[3] : 0));
    }
    const float low = *std::min_element(sums, sums + 16);
    for (uint32_t b = 0; b < 16; ++b) {
      const float steps = (sums[b] - low) * scale + 0.5f;
      table[16 * group + b] = static_cast<uint8_t>(std::min(steps, 255.0f));
    }
  }
}

uint32_t ScanBlock(const uint8_t* block, const ScanTerms& terms, float* lower) {
  const uint8_t* const factors = block + 16 * terms.groups;
  uint32_t survivors = 0;
  for (uint32_t j = 0; j < kScanCodes; ++j) {
    uint32_t sum = 0;
    for (size_t group = 0; group < terms.groups; ++group) {
      const uint8_t byte = block[16 * group + j % 16];
      sum += terms.table[16 * group + (j < 16 ? byte & 15 : byte >> 4)];
    }
    const float product = static_cast<float>(sum) * terms.scale + terms.offset;
    lower[j] = FromBfloat16(factors + 2 * j) + terms.add +
               FromBfloat16(factors + 64 + 2 * j) * product -
               FromBfloat16(factors + 128 + 2 * j) * terms.error;
    if (lower[j] <= terms.threshold) survivors |= 1u << j;
  }
  return survivors;
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
