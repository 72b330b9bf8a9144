// StopRule: whether a search has gone far enough. The statistic of a list that
// is next in line is
//   ln(1 + codes scanned * growth) + A ln(d^2 / rho^2) - B ln(m / k + C)
// with d^2 the centroid's and rho^2 the k-th best candidate's squared distance,
// and m the rows nearer than rho that the lists from this one on may hold
// (outlook.h); the search stops when it exceeds tau, which calibration finds
// for each k and target recall. growth = rows calibrated with / rows now: when
// every list has doubled, the same lists are to be probed.
//
//   StopRule rule(view, query_norm, rows, growth);
//   scanner.ForEachList([&](float score) { rule.Add(score); });
//   StopRule::Place place{lists, codes, list.score, pool.rho(), k};
//   if (rule.IsFarEnough(place, tau)) break;
//   if (list.ranked()) rule.Take(list.score);
//
// Scores of inner products are no distances; they are put on the scale of
// squared distances as for vectors completed to the largest norm M of the
// collection: |q|^2 + M^2 - 2 <q, o>. One search, one thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/engine/defaults.h"
#include "core/engine/list_lengths.h"
#include "core/engine/outlook.h"

namespace pomai {

class StopRule {
 public:
  // Where a search stands.
  struct Place {
    uint64_t lists_probed;  // ranked ones
    uint64_t codes_scanned;
    float list_score;  // of the next list's centroid (core/base/metric.h)
    float rho;         // score of the k-th best candidate
    uint32_t k;
  };

  // `query_norm`: squared norm of the query; `rows`: of the snapshot.
  StopRule(const View& view, double query_norm, uint64_t rows, double growth)
      : least_codes_(LeastCodes(view.meta.shape().dimensions)),
        growth_(growth),
        rows_(static_cast<double>(rows)),
        inner_product_(view.meta.metric == Metric::kInnerProduct),
        offset_(view.manifest.max_squared_norm + query_norm),
        outlook_(view.meta.metric, view.meta.dimensions, Residual(view),
                 query_norm) {}

  // Every ranked list there is, the nearest first.
  void Add(float score) { outlook_.Add(static_cast<float>(Squared(score))); }
  // One of them that is scanned.
  void Take(float score) { outlook_.Take(static_cast<float>(Squared(score))); }

  // -infinity, never stop, while fewer than k candidates are known (rho is
  // infinite) or less is scanned than in any case.
  double Statistic(const Place& place) const {
    const double without = WithoutOutlook(place);
    if (std::isinf(without)) return without;
    const double rows_of_a_list = rows_ / std::max(outlook_.lists(), 1u);
    const double missing =
        rows_of_a_list * outlook_.ListsWithin(Squared(place.rho));
    return without - kOutlookWeight * std::log(missing / place.k + kLeastShare);
  }
  bool IsFarEnough(const Place& place, double tau) const {
    // What the statistic would be if nothing were left.
    const double most =
        WithoutOutlook(place) - kOutlookWeight * std::log(kLeastShare);
    return most > tau && Statistic(place) > tau;
  }

 private:
  // A row's own list is the nearest to it, or one of the next few by int8.
  static constexpr uint64_t kLeastLists = 4;
  // docs/tuning.md has the measurements.
  static constexpr double kDistanceWeight = 8;
  static constexpr double kOutlookWeight = 0.8;
  static constexpr double kLeastShare = 0.01;
  static constexpr double kLeast = 1e-30;

  // A codebook just trained has no segments yet; the earlier one's tells
  // enough.
  static double Residual(const View& view) {
    const double current = MeanSquaredResidual(view);
    return current > 0 ? current : view.manifest.mean_squared_residual;
  }

  double WithoutOutlook(const Place& place) const {
    if (std::isinf(place.rho) || place.lists_probed < kLeastLists ||
        place.codes_scanned < least_codes_) {
      return -std::numeric_limits<double>::infinity();
    }
    return std::log1p(growth_ * static_cast<double>(place.codes_scanned)) +
           kDistanceWeight *
               std::log(Squared(place.list_score) / Squared(place.rho));
  }
  double Squared(double score) const {
    return std::max(inner_product_ ? offset_ + 2 * score : score, kLeast);
  }

  uint64_t least_codes_;
  double growth_;
  double rows_;
  bool inner_product_;
  double offset_;
  Outlook outlook_;
};

}  // namespace pomai
