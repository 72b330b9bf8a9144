#include "core/engine/stop_rule.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 96, kRows = 100'000;
constexpr float kResidual = 0.5f;  // squared

View ViewOf(Metric metric) {
  View view;
  view.meta.metric = metric;
  view.meta.dimensions = kDimensions;
  SegmentRef segment;
  segment.rows = kRows;
  segment.squared_residuals = kResidual * kRows;
  view.manifest.segments.push_back(segment);
  view.directories.emplace_back();
  view.manifest.max_squared_norm = 1;
  return view;
}

// A query that has the first of its lists at `nearest`, the others `step`
// apart.
StopRule RuleFor(const View& view, float nearest, float step) {
  StopRule rule(view, 1, kRows, 1);
  for (int list = 0; list < 1000; ++list) {
    rule.Add(nearest + step * static_cast<float>(list));
  }
  return rule;
}

TEST(StopRule, NeverStopsBeforeFourListsAndTheLeastCodes) {
  const View view = ViewOf(Metric::kL2);
  const StopRule rule = RuleFor(view, 1, 0.01f);
  const uint64_t least = LeastCodes(view.meta.shape().dimensions);
  const double never = -1e30, infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(rule.IsFarEnough({4, least, 2, 1, 10}, never));
  EXPECT_FALSE(rule.IsFarEnough({3, least, 2, 1, 10}, never));
  EXPECT_FALSE(rule.IsFarEnough({4, least - 1, 2, 1, 10}, never));
  EXPECT_FALSE(
      rule.IsFarEnough({4, least, 2, static_cast<float>(infinity), 10}, never));
}

TEST(StopRule, TheFartherTheNextListTheSoonerItStops) {
  const View view = ViewOf(Metric::kL2);
  StopRule rule = RuleFor(view, 1, 0.01f);
  double last = -1e30;
  for (int list = 0; list < 100; ++list) {
    const float score = 1 + 0.01f * static_cast<float>(list);
    const double statistic = rule.Statistic({10, 10'000, score, 1.2f, 10});
    EXPECT_GT(statistic, last);
    last = statistic;
    rule.Take(score);
  }
}

// For each metric, on scores of its own.
TEST(StopRule, ManyListsAtTheNextOnesDistanceAskForMore) {
  for (const Metric metric :
       {Metric::kL2, Metric::kCosine, Metric::kInnerProduct}) {
    const View view = ViewOf(metric);
    const float nearest = metric == Metric::kInnerProduct ? -0.5f : 1;
    const StopRule alike = RuleFor(view, nearest, 0.0001f);
    const StopRule apart = RuleFor(view, nearest, 0.01f);
    const StopRule::Place place{10, 10'000, nearest, nearest, 10};
    EXPECT_LT(alike.Statistic(place), apart.Statistic(place) - 1)
        << static_cast<int>(metric);
  }
}

// A new codebook has no segments: the earlier one's residual counts.
TEST(StopRule, WithoutSegmentsTheCalibratedResidualCounts) {
  const View view = ViewOf(Metric::kL2);
  View without = view;
  without.manifest.segments.clear();
  without.directories.clear();
  const StopRule::Place place{10, 10'000, 1, 1.3f, 10};
  const double expected = RuleFor(view, 1, 0.001f).Statistic(place);
  EXPECT_NE(RuleFor(without, 1, 0.001f).Statistic(place), expected);
  without.manifest.mean_squared_residual = kResidual;
  EXPECT_EQ(RuleFor(without, 1, 0.001f).Statistic(place), expected);
}

TEST(StopRule, ItIsFarEnoughAboveTau) {
  const View view = ViewOf(Metric::kL2);
  StopRule rule = RuleFor(view, 1, 0.002f);
  Random random(3);
  int stops = 0;
  for (int list = 0; list < 900; ++list) {
    const float score = 1 + 0.002f * static_cast<float>(list);
    const auto rho = static_cast<float>(0.8 + random.Uniform());
    const StopRule::Place place{10, 10'000, score, rho, 10};
    const double tau = 20 * random.Uniform();
    EXPECT_EQ(rule.IsFarEnough(place, tau), rule.Statistic(place) > tau);
    stops += rule.Statistic(place) > tau ? 1 : 0;
    rule.Take(score);
  }
  EXPECT_GT(stops, 100);
  EXPECT_LT(stops, 800);
}

}  // namespace
}  // namespace pomai
