#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/manifest/manifest.h"

namespace pomai {
namespace {

Calibration Grid() {
  Calibration grid;
  grid.ks = {1, 10, 100};
  grid.targets = {0.9f, 0.99f};
  grid.taus = {1, 2, 3, 5, 4, 8};
  grid.codes = {100, 200, 300, 500, 400, 800};
  return grid;
}

TEST(Calibration, GridPointsAreExact) {
  const Calibration grid = Grid();
  for (size_t k = 0; k < 3; ++k) {
    for (size_t target = 0; target < 2; ++target) {
      EXPECT_NEAR(grid.Tau(grid.ks[k], grid.targets[target]),
                  grid.taus[k * 2 + target], 1e-5);
    }
  }
}

TEST(Calibration, InterpolatesInLogKAndLogMiss) {
  const Calibration grid = Grid();
  const auto root = static_cast<uint32_t>(std::lround(std::sqrt(1000.0)));
  EXPECT_NEAR(grid.Tau(root, 0.9), 3.5, 0.01);
  EXPECT_NEAR(grid.Tau(10, 1 - std::sqrt(0.1 * 0.01)), 4, 1e-4);
}

TEST(Calibration, KIsClampedToTheGrid) {
  const Calibration grid = Grid();
  EXPECT_EQ(grid.Tau(0, 0.9), grid.Tau(1, 0.9));
  EXPECT_EQ(grid.Tau(100000, 0.95), grid.Tau(100, 0.95));
}

TEST(Calibration, TargetsOutsideTheGrid) {
  Calibration grid = Grid();
  EXPECT_NEAR(grid.Tau(10, 0.5), 3, 1e-6);
  EXPECT_NEAR(grid.Tau(10, 0.999), 7, 1e-3);
  grid.taus = {1, 2, 3, 2, 4, 8};  // falls for k = 10
  EXPECT_NEAR(grid.Tau(10, 0.999), 2, 1e-3);
  grid.targets = {0.9f};
  grid.taus = {1, 3, 4};
  EXPECT_EQ(grid.Tau(10, 0.999), 3);
}

TEST(Calibration, CodesLieBetweenThoseOfTheGridLikeThresholds) {
  const Calibration grid = Grid();
  for (const uint32_t k : {1u, 7u, 10u, 31u, 500u}) {
    for (const double target : {0.5, 0.9, 0.93, 0.99, 0.999}) {
      EXPECT_NEAR(grid.Codes(k, target), 100 * grid.Tau(k, target), 1e-2);
    }
  }
  EXPECT_EQ(grid.Codes(10, 1.0), std::numeric_limits<float>::infinity());
}

TEST(Calibration, EveryListWhenNothingIsKnownOrAllIsAsked) {
  const float every = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Calibration().Tau(10, 0.9), every);
  EXPECT_EQ(Grid().Tau(10, 1.0), every);
  EXPECT_EQ(Grid().Tau(10, std::nan("")), every);
  Calibration grid = Grid();
  grid.taus[3] = every;
  EXPECT_EQ(grid.Tau(10, 0.95), every);
  EXPECT_EQ(grid.Tau(10, 0.9), 3);
  EXPECT_EQ(grid.Tau(50, 0.95), every);
}

}  // namespace
}  // namespace pomai
