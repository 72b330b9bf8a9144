#include "core/rabitq/estimator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/coding.h"
#include "core/kernel/distance.h"
#include "core/kernel/extra_code.h"
#include "core/kernel/fast_scan.h"
#include "core/kernel/sign_sum.h"
#include "core/rabitq/factors.h"

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargestFloat = std::numeric_limits<float>::max();
// A sum of floats is off by at most this share of its terms' magnitudes.
constexpr float kRounding = 4e-7f;

// Any score is possible. The score itself is as large as can be, so that it
// never makes others look far.
constexpr Estimate kNoEstimate = {kLargestFloat, kInfinity};

Factors GetFactors(const uint8_t* from) {
  return {GetFixed<float>(from), GetFixed<float>(from + 4),
          GetFixed<float>(from + 8)};
}

// The factors of one code of a block, in the middle of what its bfloat16 add
// may stand for; `slack` is how far that may be off.
Factors GetBlockFactors(const uint8_t* factors, uint32_t slot, float* slack) {
  const auto get = [&](uint32_t array) {
    return FromBfloat16(
        GetFixed<uint16_t>(factors + 2 * (array * kBlockCodes + slot)));
  };
  Factors result = {get(0), get(1), get(2)};
  // Rounded down by less than 2^-7 of it.
  *slack = std::abs(result.add) * 0x1.0p-8f;
  result.add += *slack;
  return result;
}

}  // namespace

Estimator::Estimator(const CodeShape& shape, const float* query, float epsilon)
    : shape_(shape),
      epsilon_(epsilon),
      query_(query, query + shape.dimensions),
      table_(4 * size_t{shape.dimensions}) {
  // Not (a <= b), so that NaN is caught too.
  too_large_ = !(kernel::Norm(query, shape.dimensions) <= kLargestNorm);
  if (too_large_) std::fill(query_.begin(), query_.end(), 0.0f);
  FillTable();
}

// The table's unit is the widest group's range over 255 (arXiv 2405.12497,
// section 3.3.2).
void Estimator::FillTable() {
  const size_t groups = shape_.dimensions / 4;
  double sum = 0, lowest = 0;
  float range = 0;
  for (size_t at = 0; at < shape_.dimensions; at += 4) {
    const float* const q = &query_[at];
    const float low = std::min(q[0], 0.0f) + std::min(q[1], 0.0f) +
                      std::min(q[2], 0.0f) + std::min(q[3], 0.0f);
    const float group_sum = (q[0] + q[1]) + (q[2] + q[3]);
    range = std::max(range, group_sum - 2 * low);
    sum += group_sum;
    lowest += low;
  }
  table_scale_ = range / 255;
  kernel::FillTable(query_.data(), groups, range > 0 ? 255 / range : 0,
                    table_.data());
  query_sum_ = static_cast<float>(sum);
  // Each entry is off by at most half a unit, uniformly: a deviation of
  // scale * sqrt(groups / 12), counted like that of the estimator. Factors
  // multiply it with a negative rescale, so it lowers bounds.
  const double deviation =
      table_scale_ * std::sqrt(static_cast<double>(groups) / 12);
  table_offset_ = static_cast<float>(lowest - sum / 2 + epsilon_ * deviation);
  const double weight = 1u << (shape_.bits - 1);
  const double magnitudes = sum - 2 * lowest;
  rounding_ = static_cast<float>(kRounding * weight * magnitudes);
}

ListTerms Estimator::TermsFor(const float* centroid) const {
  const uint32_t n = shape_.dimensions;
  const float squared = kernel::SquaredL2(query_.data(), centroid, n);
  if (too_large_ || !(squared <= kLargestNorm * kLargestNorm)) {
    return {-kInfinity, 0};
  }
  const bool product = shape_.metric == Metric::kInnerProduct;
  const float add =
      product ? -kernel::InnerProduct(query_.data(), centroid, n) : squared;
  if (!(std::abs(add) <= kLargestFloat)) return {-kInfinity, 0};
  return {add, std::sqrt(squared)};
}

uint32_t Estimator::ScanBlock(const uint8_t* block, const ListTerms& terms,
                              float threshold, float* lower) const {
  kernel::ScanTerms scan;
  scan.table = table_.data();
  scan.groups = shape_.dimensions / 4;
  scan.scale = table_scale_;
  scan.offset = table_offset_;
  scan.add = terms.add - kRounding * std::abs(terms.add);
  scan.error = epsilon_ * terms.error;
  // Empty slots have an infinite bound: no threshold lets them survive.
  scan.threshold = std::min(threshold, kLargestFloat);
  return kernel::ScanBlock(block, scan, lower);
}

Estimate Estimator::Combine(const Factors& factors, const ListTerms& terms,
                            float sign_sum, const uint8_t* extra) const {
  if (factors.add == -kInfinity || terms.add == -kInfinity) return kNoEstimate;
  const auto weight = static_cast<float>(1u << (shape_.bits - 1));
  // <x, q> with x = 2^(bits - 1) sign + extra - (2^bits - 1) / 2.
  float product = weight * sign_sum - (weight - 0.5f) * query_sum_;
  if (extra != nullptr) {
    product += kernel::ExtraProduct(extra, shape_.bits - 1, query_.data(),
                                    shape_.dimensions);
  }
  const float rounding =
      kRounding * (std::abs(factors.add) + std::abs(terms.add)) +
      rounding_ * std::abs(factors.rescale);
  return {factors.add + terms.add + factors.rescale * product,
          epsilon_ * factors.error * terms.error + rounding};
}

Estimate Estimator::Refine(const uint8_t* block, uint32_t slot,
                           const uint8_t* row, const ListTerms& terms) const {
  const float sum =
      kernel::SumOfSlot(block, query_.data(), shape_.dimensions, slot);
  if (shape_.bits > 1) return Combine(GetFactors(row), terms, sum, row + 12);
  float slack;
  const Factors factors =
      GetBlockFactors(block + 4 * shape_.dimensions, slot, &slack);
  Estimate estimate = Combine(factors, terms, sum, nullptr);
  estimate.error += slack;
  return estimate;
}

Estimate Estimator::RefineRecord(const uint8_t* record,
                                 const ListTerms& terms) const {
  const bool one_bit = shape_.bits == 1;
  const uint8_t* const factors = one_bit ? record : record + 12;
  const uint8_t* const signs = factors + 12;
  const float sum = kernel::SumOfSigns(signs, query_.data(), shape_.dimensions);
  return Combine(GetFactors(factors), terms, sum,
                 one_bit ? nullptr : signs + shape_.sign_size());
}

}  // namespace pomai
