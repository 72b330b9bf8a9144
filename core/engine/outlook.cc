#include "core/engine/outlook.h"

#include <cmath>

namespace pomai {
namespace {

// The part of a normal distribution above z standard deviations.
class NormalTail {
 public:
  // Nothing that counts is beyond.
  static constexpr double kMost = 5;

  NormalTail() {
    for (size_t i = 0; i < parts_.size(); ++i) {
      const double z = static_cast<double>(i) / kSteps - kMost;
      parts_[i] = static_cast<float>(std::erfc(z / std::sqrt(2.0)) / 2);
    }
  }

  // z < kMost, or NaN, which counts as near.
  float operator()(double z) const {
    return z > -kMost ? parts_[static_cast<size_t>((z + kMost) * kSteps + 0.5)]
                      : 1;
  }

 private:
  static constexpr int kSteps = 32;  // to a standard deviation

  std::array<float, 2 * static_cast<int>(kMost) * kSteps + 1> parts_;
};

const NormalTail normal_tail;

}  // namespace

Outlook::Outlook(Metric metric, uint32_t dimensions,
                 double mean_squared_residual, double query_norm)
    : spread_(4 * mean_squared_residual / dimensions),
      residual_(mean_squared_residual),
      spread_grows_(metric != Metric::kInnerProduct) {
  switch (metric) {
    case Metric::kL2:
      offset_ = static_cast<float>(mean_squared_residual);
      return;
    case Metric::kCosine:
      // Lists are ranked by their centroids' directions; the centroid of unit
      // vectors is shorter, by what the residuals take.
      slope_ = static_cast<float>(
          std::sqrt(std::max(1 - mean_squared_residual, 0.0)));
      offset_ = 2 - 2 * slope_;
      return;
    case Metric::kInnerProduct:
      // The squared distances are means already.
      spread_ *= query_norm;
      return;
  }
}

double Outlook::ListsWithin(double squared_rho) const {
  double lists = 0;
  constexpr uint32_t kMiddle = 1u << (kBucketShift - 1);
  for (uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (counts_[bucket] == 0) continue;
    const double mean =
        std::bit_cast<float>(base_ + (bucket << kBucketShift) + kMiddle);
    const double variance =
        spread_grows_ ? spread_ * (mean - residual_) : spread_;
    const double distance = mean - squared_rho;
    if (distance > 0 && distance * distance >=
                            NormalTail::kMost * NormalTail::kMost * variance) {
      break;
    }
    lists += counts_[bucket] * normal_tail(distance / std::sqrt(variance));
  }
  return lists;
}

}  // namespace pomai
