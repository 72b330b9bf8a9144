#include "core/codebook/assigner.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "core/kernel/distance.h"
#include "test/unit/codebook/planted.h"

namespace pomai {
namespace {

Centroids Trained(const std::vector<float>& rows, uint32_t dimensions,
                  uint32_t lists, Metric metric, double central_share = 0) {
  VectorSample sample(rows, dimensions);
  TrainingOptions options;
  options.dimensions = dimensions;
  options.lists = lists;
  options.metric = metric;
  options.central_share = central_share;
  return Train(&sample, options).value();
}

uint32_t Exhaustive(const Centroids& centroids, const float* vector) {
  const uint32_t dimensions = centroids.dimensions;
  double best = std::numeric_limits<double>::infinity();
  uint32_t nearest = 0;
  for (uint32_t list = 0; list < centroids.list_count(); ++list) {
    const float* centroid = &centroids.lists[list * dimensions];
    const double score =
        centroids.metric == Metric::kCosine
            ? -kernel::InnerProduct(vector, centroid, dimensions) /
                  kernel::Norm(centroid, dimensions)
            : kernel::SquaredL2(vector, centroid, dimensions);
    if (score < best) {
      best = score;
      nearest = list;
    }
  }
  return nearest;
}

TEST(Assigner, AgreesWithExhaustiveSearchOnClusteredData) {
  for (Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    Planted planted(100, 40, 48, 1, 0.5f);
    if (metric == Metric::kCosine) NormalizeRows(48, &planted.rows);
    const Centroids centroids = Trained(planted.rows, 48, 400, metric);
    std::vector<uint32_t> lists(4000);
    Assigner assigner(&centroids);
    assigner.Assign(planted.rows.data(), 4000, lists.data());
    uint32_t same = 0;
    for (uint32_t i = 0; i < 4000; ++i) {
      same += lists[i] == Exhaustive(centroids, &planted.rows[i * 48]);
    }
    EXPECT_GE(same, 3920u);
  }
}

// `share` of the parents of `lists` lists.
void ExpectTheExhaustiveAnswer(uint32_t list_count, float share) {
  const Planted planted(30, 40, 16, 2, 0.3f);
  const Centroids centroids =
      Trained(planted.rows, 16, list_count, Metric::kL2);
  std::vector<uint32_t> lists(1200);
  Assigner assigner(&centroids, share);
  assigner.Assign(planted.rows.data(), 1200, lists.data());
  double sum = 0;
  for (uint32_t i = 0; i < 1200; ++i) {
    const float* row = &planted.rows[i * 16];
    const uint32_t nearest = Exhaustive(centroids, row);
    EXPECT_EQ(lists[i], nearest) << i;
    sum += kernel::SquaredL2(row, &centroids.lists[nearest * 16], 16) -
           kernel::InnerProduct(row, row, 16);
  }
  EXPECT_NEAR(assigner.score_sum(), sum, 1e-4 * std::fabs(sum));
}

TEST(Assigner, AllParentsGiveTheExhaustiveAnswer) {
  ExpectTheExhaustiveAnswer(200, 1.0f);
}

TEST(Assigner, FewListsAreAllCompared) {
  ExpectTheExhaustiveAnswer(60, Assigner::kParentShare);
}

TEST(Assigner, OneVectorAtATimeGivesTheSameLists) {
  const Planted planted(50, 30, 16, 3, 0.3f);
  const Centroids centroids = Trained(planted.rows, 16, 150, Metric::kL2);
  std::vector<uint32_t> together(1500);
  Assigner assigner(&centroids);
  assigner.Assign(planted.rows.data(), 1500, together.data());
  for (uint32_t i = 0; i < 1500; ++i) {
    uint32_t alone;
    assigner.Assign(&planted.rows[i * 16], 1, &alone);
    EXPECT_EQ(alone, together[i]);
  }
}

TEST(Assigner, TheCentralListComesBeforeTheNearest) {
  for (Metric metric : {Metric::kL2, Metric::kCosine}) {
    for (uint32_t list_count : {60, 300}) {
      Planted planted(50, 40, 16, 6, 0.5f);
      if (metric == Metric::kCosine) NormalizeRows(16, &planted.rows);
      const Centroids centroids =
          Trained(planted.rows, 16, list_count, metric, 0.05);
      const CentralList central(centroids);
      ASSERT_TRUE(central.exists());
      std::vector<uint32_t> lists(2000);
      Assigner(&centroids).Assign(planted.rows.data(), 2000, lists.data());
      uint32_t members = 0;
      for (uint32_t i = 0; i < 2000; ++i) {
        const bool held = central.Holds(&planted.rows[i * 16]);
        EXPECT_EQ(lists[i] == central.number(), held) << i;
        members += held;
      }
      EXPECT_EQ(members, 100u);
    }
  }
}

TEST(Assigner, UntrainedCentroidsHaveOneList) {
  const Centroids centroids = UntrainedCentroids(16, Metric::kL2);
  Random random(4);
  const auto rows = GaussianVector(&random, 3 * 16);
  std::vector<uint32_t> lists(3, 9);
  Assigner(&centroids).Assign(rows.data(), 3, lists.data());
  EXPECT_EQ(lists, (std::vector<uint32_t>{0, 0, 0}));
}

TEST(Assigner, OverflowingVectorsGetSomeList) {
  const Planted planted(50, 30, 16, 5);
  const Centroids centroids = Trained(planted.rows, 16, 150, Metric::kL2);
  const std::vector<float> rows(4 * 16, 3e38f);
  std::vector<uint32_t> lists(4);
  Assigner(&centroids).Assign(rows.data(), 4, lists.data());
  for (uint32_t list : lists) EXPECT_LT(list, centroids.list_count());
}

}  // namespace
}  // namespace pomai
