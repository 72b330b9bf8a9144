// Outlook: how much nearer than rho the lists that were not scanned yet may
// hold.
//
//   Outlook outlook(metric, dimensions, mean_squared_residual, query_norm);
//   outlook.Add(squared_distance);   // of each list's centroid, nearest first
//   outlook.Take(squared_distance);  // of one that is scanned
//   double rows = rows_of_a_list * outlook.ListsWithin(squared_rho);
//
// A list's rows lie around its centroid with the mean squared residual r^2.
// From a query at the distance d, their squared distances have the mean
// d^2 + r^2 and, because a residual's part in one direction has the variance
// r^2 / D, the standard deviation 2 d r / sqrt(D). Taken for normal, these say
// which part of a list is nearer than rho.
//
// Lists are counted in buckets by that mean. One search, one thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "core/base/metric.h"

namespace pomai {

class Outlook {
 public:
  // `mean_squared_residual`, `query_norm` (squared): under cosine, of
  // normalised vectors. Squared distances are those of stop_rule.h.
  Outlook(Metric metric, uint32_t dimensions, double mean_squared_residual,
          double query_norm);

  void Add(float squared_distance) {
    const float mean = Mean(squared_distance);
    if (lists_++ == 0) base_ = std::bit_cast<uint32_t>(mean);
    ++counts_[Bucket(mean)];
  }
  void Take(float squared_distance) {
    uint32_t& count = counts_[Bucket(Mean(squared_distance))];
    assert(count > 0);  // it was added
    --count;
  }
  // All that were added.
  uint32_t lists() const { return lists_; }

  // How many lists would be full of those rows that are nearer.
  double ListsWithin(double squared_rho) const;

 private:
  // 32 to an octave: a 32nd of the mean wide, or less. The last one has all
  // that are farther.
  static constexpr uint32_t kBucketShift = 18;
  static constexpr int32_t kBuckets = 256;

  float Mean(float squared_distance) const {
    return std::max(kLeast, slope_ * squared_distance + offset_);
  }
  int32_t Bucket(float mean) const {
    const auto above =
        static_cast<int32_t>(std::bit_cast<uint32_t>(mean) - base_);
    return std::clamp(above >> kBucketShift, 0, kBuckets - 1);
  }

  static constexpr float kLeast = 1e-30f;

  // Of a list's rows: the mean is slope x the squared distance + offset, the
  // variance spread x (mean - residual), or else spread alone.
  float slope_ = 1, offset_ = 0;
  double spread_;
  double residual_;
  bool spread_grows_;
  uint32_t base_ = 0;  // bits of the nearest list's mean
  uint32_t lists_ = 0;
  std::array<uint32_t, kBuckets> counts_{};  // lists that were not taken
};

}  // namespace pomai
