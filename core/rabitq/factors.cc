#include "core/rabitq/factors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace pomai {
namespace {

// What the float sums behind w^2 may be off by.
constexpr double kCosineRounding = 2e-7;

}  // namespace

Factors MakeFactors(Metric metric, uint32_t dimensions,
                    const CodeMoments& moments, bool round_rescale) {
  const double squares = moments.residual_squares;
  constexpr double kLargest = kLargestNorm * kLargestNorm;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // Not (a <= b), so that NaN is caught too.
  if (!(squares <= kLargest)) return {-kInfinity, 0, 0};
  // Under L2, f counts twice. Code and residual have the same signs, so their
  // inner product is positive.
  const double times = metric == Metric::kInnerProduct ? 1 : 2;
  const bool zero = squares == 0 || moments.code_residual <= 0;
  const double f = zero ? 0 : squares / moments.code_residual;
  float rescale = static_cast<float>(-times * f);
  if (round_rescale) rescale = FromBfloat16(Bfloat16Nearest(rescale));
  const double own =
      metric == Metric::kInnerProduct ? -moments.residual_centroid : squares;
  const double add = own - rescale * moments.code_centroid;
  if (!(std::abs(add) <= kLargest)) return {-kInfinity, 0, 0};
  if (zero) return {static_cast<float>(add), 0, 0};

  const double cosine_squared = moments.code_residual / moments.code_squares *
                                (moments.code_residual / squares);
  const double lost = std::max(0.0, 1 - cosine_squared) + kCosineRounding;
  const double deviation =
      times * std::sqrt(squares) *
      std::sqrt(lost / (cosine_squared * (dimensions - 1)));
  // A rounded rescale is off by a share of <x, q'> that is independent of the
  // estimator's own deviation and at most |x| |q'|.
  const double rounding =
      (rescale + times * f) * std::sqrt(moments.code_squares);
  return {static_cast<float>(add), rescale,
          static_cast<float>(
              std::sqrt(deviation * deviation + rounding * rounding))};
}

uint16_t Bfloat16Below(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  // Cutting rounds towards zero; below zero that is upwards.
  const bool up = std::signbit(value) && (bits & 0xFFFF) != 0;
  return static_cast<uint16_t>((bits >> 16) + (up ? 1 : 0));
}

uint16_t Bfloat16Above(float value) { return Bfloat16Below(-value) ^ 0x8000; }

uint16_t Bfloat16Nearest(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

float FromBfloat16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

}  // namespace pomai
