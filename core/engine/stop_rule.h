// StopRule: whether a search has gone far enough. The statistic of a list that
// is next in line is
//   ln(1 + codes scanned * growth) + A ln(d^2 / rho^2)
// with d^2 the centroid's and rho^2 the k-th best candidate's squared distance;
// the search stops when it exceeds tau, which calibration finds for each k and
// target recall. growth = rows calibrated with / rows now: when every list has
// doubled, the same lists are to be probed.
//
//   StopRule rule(meta.metric, manifest.max_squared_norm, query_norm, growth);
//   if (rule.Statistic(codes, list.score, pool.rho()) > tau) break;
//
// Scores of inner products are no distances; they are put on the scale of
// squared distances as for vectors completed to the largest norm M of the
// collection: |q|^2 + M^2 - 2 <q, o>.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/base/metric.h"

namespace pomai {

// Codes that a search scans in any case: a few microseconds of a query that
// takes over a hundred. Calibration knows rows like the table's own; of a small
// table this is enough for queries that are unlike them, too.
constexpr uint64_t LeastCodes(size_t dimensions) {
  constexpr uint64_t kLeastBits = 400'000, kMost = 4096;
  return std::min<uint64_t>(kMost, kLeastBits / dimensions);
}

class StopRule {
 public:
  // `query_norm`: squared norm of the query.
  StopRule(Metric metric, float max_squared_norm, float query_norm,
           double growth)
      : growth_(growth),
        inner_product_(metric == Metric::kInnerProduct),
        offset_(static_cast<double>(max_squared_norm) + query_norm) {}

  // `list_score`, `rho`: scores (core/base/metric.h). -infinity while fewer
  // than k candidates are known (rho is infinite): never stop.
  double Statistic(uint64_t codes_scanned, float list_score, float rho) const {
    if (std::isinf(rho)) return -std::numeric_limits<double>::infinity();
    return std::log1p(growth_ * static_cast<double>(codes_scanned)) +
           kDistanceWeight * std::log(Squared(list_score) / Squared(rho));
  }

 private:
  // With 4 and 8 searches for neighbours of rows scan as much (docs/tuning.md).
  // Queries unlike any row have all lists at much the same distance: the more
  // that counts, the more they find.
  static constexpr double kDistanceWeight = 8;
  static constexpr double kLeast = 1e-30;

  double Squared(double score) const {
    return std::max(inner_product_ ? offset_ + 2 * score : score, kLeast);
  }

  double growth_;
  bool inner_product_;
  double offset_;
};

}  // namespace pomai
