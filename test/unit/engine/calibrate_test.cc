#include "core/engine/calibrate.h"

#include <gtest/gtest.h>

#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

// `count` vectors about the origin, as many from each of `families`, whose
// centres spread three quarters as far as kin do about them. The centres are
// the same for every seed.
std::vector<Vector> Kin(uint32_t count, uint32_t dimensions, uint32_t families,
                        uint64_t seed) {
  const auto scattered = [dimensions](uint32_t n, float width, Random random) {
    std::vector<Vector> vectors(n, Vector(dimensions));
    for (Vector& vector : vectors) {
      for (float& x : vector) {
        x = width * static_cast<float>(random.Uniform() - 0.5);
      }
    }
    return vectors;
  };
  const auto centres = scattered(families, 0.75f, Random(999));
  auto vectors = scattered(count, 1, Random(seed));
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t j = 0; j < dimensions; ++j) {
      vectors[i][j] += centres[i % families][j];
    }
  }
  return vectors;
}

TEST(Calibrate, HeldOutQueriesReachTheTarget) {
  constexpr uint32_t kDimensions = 64;
  for (const Metric metric :
       {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    MemoryMembrane membrane({.dimensions = kDimensions, .metric = metric});
    membrane.Build(ClusteredVectors(6000, kDimensions, 100, 1));
    const auto queries = ClusteredVectors(100, kDimensions, 100, 77);
    for (const double target : {0.9, 0.95, 0.99}) {
      for (const size_t k : {1, 10, 100}) {
        const double recall =
            membrane.Recall(queries, k, {.target_recall = target});
        EXPECT_GE(recall, target - 0.03)
            << "metric " << static_cast<int>(metric) << ", k " << k
            << ", target " << target;
      }
    }
  }
}

// Neighbours of a random vector lie in all lists.
TEST(Calibrate, VectorsWithoutStructureReachTheTarget) {
  constexpr uint32_t kDimensions = 192;
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(16000, kDimensions, 1, 3));
  const auto queries = ClusteredVectors(40, kDimensions, 1, 4);
  for (const double target : {0.9, 0.95}) {
    EXPECT_GE(membrane.Recall(queries, 10, {.target_recall = target}),
              target - 0.03);
  }
}

// Rows find theirs within what is scanned in any case. If nothing were spared
// for others beyond that, these would find 0.92 and 0.76.
TEST(Calibrate, QueriesUnlikeTheRowsFindMostOfTheirNeighbours) {
  constexpr uint32_t kDimensions = 24, kClusters = 1000;
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(25000, kDimensions, kClusters, 1));
  const auto rows = ClusteredVectors(60, kDimensions, kClusters, 6);
  const auto others = ClusteredVectors(60, kDimensions, kClusters, 7);
  std::vector<Vector> between = rows, near_origin = rows;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (uint32_t j = 0; j < kDimensions; ++j) {
      between[i][j] = (rows[i][j] + others[i][j]) / 2;
      near_origin[i][j] = 0.3f * rows[i][j];
    }
  }
  EXPECT_GE(membrane.Recall(between, 10, {.target_recall = 0.95}), 0.98);
  EXPECT_GE(membrane.Recall(near_origin, 10, {.target_recall = 0.95}), 0.94);
}

// Each leaves its copies out as well: they would all be found in its own list.
TEST(Calibrate, CopiesAreNotTakenForNeighbours) {
  constexpr uint32_t kDimensions = 64;
  constexpr size_t kCopies = 10;
  const auto distinct = ClusteredVectors(2000, kDimensions, 400, 1);
  std::vector<Vector> vectors;
  for (size_t i = 0; i < kCopies; ++i) {
    vectors.insert(vectors.end(), distinct.begin(), distinct.end());
  }
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(vectors);
  const auto queries = ClusteredVectors(100, kDimensions, 400, 77);
  EXPECT_GE(membrane.Recall(queries, kCopies, {.target_recall = 0.95}), 0.92);
  EXPECT_GE(membrane.Recall(queries, 100, {.target_recall = 0.95}), 0.92);
}

// The inner ones are nearer to a query than all but its kin, so that rho is
// small before these are found. If calibration forgot them, its rho would be
// large until then, and tau so low that these queries would find 0.87, not
// 0.97.
TEST(Calibrate, RowsOfTheCentralListAreAmongTheFound) {
  constexpr uint32_t kDimensions = 384, kFamilies = 900, kInner = 10;
  auto vectors = Kin(10000, kDimensions, kFamilies, 2);
  for (uint32_t i = 0; i < kInner; ++i) {
    for (float& x : vectors[i]) x *= 0.6f;
  }
  MemoryMembrane membrane({.dimensions = kDimensions, .lists = 150});
  membrane.Build(vectors);
  const auto queries = Kin(200, kDimensions, kFamilies, 77);
  EXPECT_GE(membrane.Recall(queries, 10, {.target_recall = 0.95}), 0.94);
}

TEST(Calibrate, AHigherTargetNeverStopsEarlier) {
  MemoryMembrane membrane({.dimensions = 32});
  membrane.Build(ClusteredVectors(5000, 32, 60, 1));
  const auto snapshot = membrane.TakeSnapshot();
  ASSERT_TRUE(snapshot.ok());
  const Calibration& calibration = snapshot.value().view->manifest.calibration;
  for (const uint32_t k : {1, 10, 33, 100, 5000}) {
    float last = calibration.Tau(k, 0.3);
    for (double target = 0.31; target < 1; target += 0.01) {
      const float tau = calibration.Tau(k, target);
      EXPECT_GE(tau, last) << "k " << k << ", target " << target;
      last = tau;
    }
  }
}

// What the planner reckons with.
TEST(Calibrate, TellsHowManyCodesSearchesScan) {
  MemoryMembrane membrane({.dimensions = 32});
  membrane.Build(ClusteredVectors(30000, 32, 600, 1));
  const auto snapshot = membrane.TakeSnapshot();
  ASSERT_TRUE(snapshot.ok());
  const Calibration& calibration = snapshot.value().view->manifest.calibration;
  const auto queries = ClusteredVectors(100, 32, 600, 77);
  for (const double target : {0.9, 0.99}) {
    uint64_t scanned = 0;
    for (const Vector& query : queries) {
      membrane.Search(query, 1000, {.target_recall = target});
      scanned += membrane.stats().codes_scanned;
    }
    const double mean = static_cast<double>(scanned) / 100;
    EXPECT_NEAR(calibration.Codes(1000, target) / mean, 1, 0.4) << target;
  }
}

}  // namespace
}  // namespace pomai
