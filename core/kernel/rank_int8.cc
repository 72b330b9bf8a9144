#include "core/kernel/rank_int8.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/kernel/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernel/rank_int8.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pomai::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The fallback for machines without vectors is one lane wide.
#if HWY_TARGET == HWY_SCALAR

void ScoreInt8Rows(const Int8Rows& rows, const int16_t* query, float factor,
                   float offset, float* scores) {
  scalar::ScoreInt8Rows(rows, query, factor, offset, scores);
}

#else

// At most the 16 dimensions that always divide a row.
using Words = hn::CappedTag<int16_t, 16>;
using Sums = hn::RepartitionToWide<Words>;

// Products of four rows with the query, which is loaded once for all.
HWY_INLINE void FourProducts(const int8_t* const rows[4], const int16_t* query,
                             uint32_t dimensions, int32_t products[4]) {
  const Words d;
  const Sums d32;
  const hn::Rebind<int8_t, Words> d8;
  auto a0 = hn::Zero(d32), a1 = a0, a2 = a0, a3 = a0;
  auto b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (uint32_t i = 0; i < dimensions; i += hn::Lanes(d)) {
    const auto q = hn::LoadU(d, query + i);
    const auto step = [&](const int8_t* row, auto& a, auto& b) HWY_ATTR {
      const auto words = hn::PromoteTo(d, hn::LoadU(d8, row + i));
      a = hn::ReorderWidenMulAccumulate(d32, words, q, a, b);
    };
    step(rows[0], a0, b0);
    step(rows[1], a1, b1);
    step(rows[2], a2, b2);
    step(rows[3], a3, b3);
  }
  const auto sum = [&](auto a, auto b) HWY_ATTR {
    return hn::GetLane(hn::SumOfLanes(d32, hn::Add(a, b)));
  };
  products[0] = sum(a0, b0);
  products[1] = sum(a1, b1);
  products[2] = sum(a2, b2);
  products[3] = sum(a3, b3);
}

void ScoreInt8Rows(const Int8Rows& rows, const int16_t* query, float factor,
                   float offset, float* scores) {
  for (uint32_t first = 0; first < rows.count; first += 4) {
    const int8_t* row[4];
    for (uint32_t j = 0; j < 4; ++j) {
      // The last rows may be computed more than once.
      row[j] = rows.values +
               size_t{std::min(first + j, rows.count - 1)} * rows.dimensions;
    }
    int32_t products[4];
    FourProducts(row, query, rows.dimensions, products);
    const uint32_t count = std::min(4u, rows.count - first);
    for (uint32_t j = 0; j < count; ++j) {
      const float product = static_cast<float>(products[j]);
      const float norm = rows.norms == nullptr ? 0 : rows.norms[first + j];
      scores[first + j] =
          offset + norm + factor * rows.scales[first + j] * product;
    }
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace pomai::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pomai::kernel {
POMAI_KERNEL(ScoreInt8Rows);

void ScoreInt8Rows(const Int8Rows& rows, const int16_t* query, float factor,
                   float offset, float* scores) {
  POMAI_DISPATCH(ScoreInt8Rows)(rows, query, factor, offset, scores);
}

namespace {

// The largest magnitude, in as many strands as dimensions come at once.
float Peak(const float* from, uint32_t dimensions) {
  float peaks[16] = {};
  for (uint32_t i = 0; i < dimensions; i += 16) {
    for (uint32_t j = 0; j < 16; ++j) {
      peaks[j] = std::max(peaks[j], std::fabs(from[i + j]));
    }
  }
  return *std::max_element(peaks, peaks + 16);
}

// Integers of at most `largest` in size; returns what one of them stands for.
template <typename Integer>
float Quantize(const float* from, uint32_t dimensions, float largest,
               Integer* to) {
  const float peak = Peak(from, dimensions);
  // Tiny peaks, whose inverse is infinite, count as zeros.
  const float inverse = peak > 0 ? largest / peak : 0;
  if (!std::isfinite(inverse) || inverse == 0) {
    std::fill_n(to, dimensions, Integer{0});
    return 0;
  }
  // Added to a number below 2^22 it leaves no room for a fraction, so that the
  // sum is rounded to the nearest integer, as std::lrint would.
  constexpr float kRound = 0x1.8p23f;
  for (uint32_t i = 0; i < dimensions; ++i) {
    // Damaged bytes may make NaN, which fails the first comparison.
    const float scaled = from[i] * inverse;
    const float low = scaled > -largest ? scaled : -largest;
    const float value = low < largest ? low : largest;
    to[i] = static_cast<Integer>((value + kRound) - kRound);
  }
  return peak / largest;
}

}  // namespace

float QuantizeRow(const float* row, uint32_t dimensions, int8_t* to) {
  return Quantize(row, dimensions, 127.0f, to);
}

float QuantizeQuery(const float* query, uint32_t dimensions, int16_t* to) {
  const uint32_t limit = 0x7FFFFFFFu / (127 * dimensions);
  const auto largest = static_cast<float>(std::min(limit, 32767u));
  return Quantize(query, dimensions, largest, to);
}

namespace scalar {

void ScoreInt8Rows(const Int8Rows& rows, const int16_t* query, float factor,
                   float offset, float* scores) {
  for (uint32_t j = 0; j < rows.count; ++j) {
    const int8_t* row = rows.values + size_t{j} * rows.dimensions;
    int32_t product = 0;
    for (uint32_t i = 0; i < rows.dimensions; ++i) product += row[i] * query[i];
    const float norm = rows.norms == nullptr ? 0 : rows.norms[j];
    scores[j] =
        offset + norm + factor * rows.scales[j] * static_cast<float>(product);
  }
}

}  // namespace scalar
}  // namespace pomai::kernel
#endif  // HWY_ONCE
