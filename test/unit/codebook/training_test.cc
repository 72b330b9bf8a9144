#include "core/codebook/training.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "core/codebook/assigner.h"
#include "core/codebook/central_list.h"
#include "core/codebook/clusters.h"
#include "core/kernel/distance.h"
#include "test/unit/codebook/planted.h"

namespace pomai {
namespace {

TrainingOptions Options(uint32_t dimensions, uint32_t lists,
                        Metric metric = Metric::kL2) {
  TrainingOptions options;
  options.dimensions = dimensions;
  options.lists = lists;
  options.metric = metric;
  options.seed = 42;
  return options;
}

Centroids TrainOn(const std::vector<float>& rows,
                  const TrainingOptions& options) {
  VectorSample sample(rows, options.dimensions);
  auto result = Train(&sample, options);
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).value();
}

// How many rows each list gets when every list is compared.
std::vector<uint32_t> ListSizes(const Centroids& centroids,
                                const std::vector<float>& rows) {
  const auto count = static_cast<uint32_t>(rows.size() / centroids.dimensions);
  std::vector<uint32_t> lists(count), sizes(centroids.list_count());
  Assigner(&centroids, 1.0f).Assign(rows.data(), count, lists.data());
  for (uint32_t list : lists) ++sizes[list];
  return sizes;
}

void ExpectSound(const Centroids& centroids) {
  ASSERT_GE(centroids.parent_count(), 1u);
  ASSERT_EQ(centroids.child_start.size(), centroids.parent_count() + 1u);
  EXPECT_EQ(centroids.child_start.front(), 0u);
  EXPECT_EQ(centroids.child_start.back() + CentralList(centroids).exists(),
            centroids.list_count());
  for (uint32_t p = 0; p < centroids.parent_count(); ++p) {
    EXPECT_LT(centroids.child_start[p], centroids.child_start[p + 1]);
  }
}

TEST(Training, FindsPlantedClusters) {
  const uint32_t dimensions = 32;
  const Planted planted(40, 50, dimensions, 1);
  const Centroids centroids = TrainOn(planted.rows, Options(dimensions, 160));
  ExpectSound(centroids);
  EXPECT_EQ(centroids.list_count(), 160u);
  uint32_t found = 0;
  for (uint32_t centre = 0; centre < 40; ++centre) {
    float nearest = std::numeric_limits<float>::infinity();
    for (uint32_t list = 0; list < centroids.list_count(); ++list) {
      nearest = std::min(
          nearest,
          kernel::SquaredL2(&planted.centres[centre * dimensions],
                            &centroids.lists[list * dimensions], dimensions));
    }
    // A mean of a dozen rows that lie sqrt(32) * 0.05 from their centre.
    found += nearest < 0.05f;
  }
  EXPECT_EQ(found, 40u);
}

TEST(Training, SameSeedAndSampleGiveTheSameCentroids) {
  const Planted planted(30, 40, 16, 2);
  const Centroids first = TrainOn(planted.rows, Options(16, 64));
  const Centroids second = TrainOn(planted.rows, Options(16, 64));
  EXPECT_EQ(first.lists, second.lists);
  EXPECT_EQ(first.parents, second.parents);
  EXPECT_EQ(first.child_start, second.child_start);
  TrainingOptions other = Options(16, 64);
  other.seed = 43;
  EXPECT_NE(first.lists, TrainOn(planted.rows, other).lists);
}

TEST(Training, SpilledSampleGivesTheSameCentroids) {
  const Planted planted(30, 300, 48, 3);
  const TrainingOptions options = Options(48, 100);
  SpilledSample spilled(planted.rows, 48);
  auto result = Train(&spilled, options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->lists, TrainOn(planted.rows, options).lists);
}

TEST(Training, FailedReadEndsIt) {
  const Planted planted(10, 50, 16, 4);
  for (uint64_t fail_at : {0, 3, 20}) {
    SpilledSample sample(planted.rows, 16);
    sample.fail_at = fail_at;
    EXPECT_EQ(Train(&sample, Options(16, 20)).status().code(), StatusCode::kIo);
  }
}

TEST(Training, PollEndsItAndProgressRisesToItsTotal) {
  const Planted planted(10, 50, 16, 5);
  VectorSample sample(planted.rows, 16);
  TrainingOptions options = Options(16, 20);
  uint64_t last = 0, end = 0;
  options.progress = [&](uint64_t done, uint64_t total) {
    EXPECT_LE(last, done);
    EXPECT_LE(done, total);
    last = done;
    end = total;
  };
  EXPECT_TRUE(Train(&sample, options).ok());
  EXPECT_GT(end, 0u);
  EXPECT_GE(last, end * 9 / 10);
  options.progress = nullptr;
  int polls = 0;
  options.poll = [&] {
    return ++polls < 5 ? Status::Ok() : Status::Aborted("cancelled");
  };
  EXPECT_EQ(Train(&sample, options).status().code(), StatusCode::kAborted);
  EXPECT_EQ(polls, 5);
}

TEST(Training, NoListIsEmptyWhereRowsSuffice) {
  for (Metric metric : {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    Planted planted(20, 100, 16, 6);
    if (metric == Metric::kCosine) NormalizeRows(16, &planted.rows);
    const Centroids centroids = TrainOn(planted.rows, Options(16, 200, metric));
    ExpectSound(centroids);
    EXPECT_GE(centroids.list_count(), 196u);
    for (uint32_t size : ListSizes(centroids, planted.rows)) {
      EXPECT_GT(size, 0u);
    }
  }
}

TEST(Training, ListsAreTheMeansOfTheirRowsUnderCosine) {
  Planted planted(4, 100, 16, 7, 0.01f);
  NormalizeRows(16, &planted.rows);
  const Centroids centroids =
      TrainOn(planted.rows, Options(16, 4, Metric::kCosine));
  for (uint32_t list = 0; list < centroids.list_count(); ++list) {
    const double norm = kernel::Norm(&centroids.lists[list * 16], 16);
    EXPECT_LT(norm, 1);  // a mean of unit vectors that differ
    EXPECT_GT(norm, 0.99);
  }
}

// Around a point that is not the origin; every 200th at a third of the others'
// distance, each in a direction of its own.
std::vector<float> RowsAroundAPoint(uint32_t dimensions, uint32_t rows) {
  Random random(17);
  std::vector<float> all;
  for (uint32_t row = 0; row < rows; ++row) {
    for (float value : GaussianVector(&random, dimensions)) {
      all.push_back(5 + (row % 200 == 0 ? 0.3f : 1.0f) * value);
    }
  }
  return all;
}

TEST(Training, TheCentralListHasTheRowsNearestToTheMean) {
  constexpr uint32_t kDimensions = 32, kRows = 6000;
  const auto rows = RowsAroundAPoint(kDimensions, kRows);
  TrainingOptions options = Options(kDimensions, 200);
  options.central_share = 1.0 / 200;
  const Centroids centroids = TrainOn(rows, options);
  ExpectSound(centroids);
  EXPECT_EQ(centroids.list_count(), 201u);
  const CentralList central(centroids);
  ASSERT_TRUE(central.exists());
  EXPECT_EQ(central.number(), 200u);
  for (uint32_t row = 0; row < kRows; ++row) {
    EXPECT_EQ(central.Holds(&rows[size_t{row} * kDimensions]), row % 200 == 0)
        << row;
  }
}

TEST(Training, WithoutAShareThereIsNoCentralList) {
  const Centroids centroids =
      TrainOn(RowsAroundAPoint(16, 3000), Options(16, 150));
  EXPECT_EQ(centroids.central_reach, 0);
  EXPECT_EQ(centroids.list_count(), 150u);
  EXPECT_FALSE(CentralList(centroids).Holds(centroids.lists.data()));
}

// They would all be in it, however few are wanted.
TEST(Training, ManyEqualRowsAtTheMeanGetNoCentralList) {
  auto rows = RowsAroundAPoint(16, 3000);
  std::fill_n(rows.begin(), 1500 * 16, 5.0f);
  TrainingOptions options = Options(16, 150);
  options.central_share = 0.01;
  const Centroids centroids = TrainOn(rows, options);
  ExpectSound(centroids);
  EXPECT_EQ(centroids.central_reach, 0);
}

TEST(Training, FewerRowsThanACentralListTakesGetNone) {
  Random random(18);
  TrainingOptions options = Options(16, 4);
  options.central_share = 0.5;
  const Centroids centroids = TrainOn(GaussianVector(&random, 8 * 16), options);
  ExpectSound(centroids);
  EXPECT_EQ(centroids.central_reach, 0);
}

TEST(Training, EqualRowsGiveOneList) {
  const std::vector<float> rows(2000 * 16, 0.25f);
  const Centroids centroids = TrainOn(rows, Options(16, 90));
  ExpectSound(centroids);
  for (float value : centroids.lists) EXPECT_NEAR(value, 0.25f, 1e-6);
}

TEST(Training, FewDistinctRowsEachGetAList) {
  std::vector<float> rows;
  for (uint32_t row = 0; row < 3000; ++row) {
    rows.insert(rows.end(), 16, static_cast<float>(row % 5));
  }
  const Centroids centroids = TrainOn(rows, Options(16, 100));
  ExpectSound(centroids);
  const auto sizes = ListSizes(centroids, rows);
  EXPECT_GE(std::count_if(sizes.begin(), sizes.end(),
                          [](uint32_t size) { return size > 0; }),
            5);
}

TEST(Training, FewerRowsThanListsGiveAListARow) {
  Random random(8);
  const auto rows = GaussianVector(&random, 7 * 16);
  const Centroids centroids = TrainOn(rows, Options(16, 100));
  ExpectSound(centroids);
  EXPECT_LE(centroids.list_count(), 7u);
  EXPECT_GE(centroids.list_count(), 5u);
}

TEST(Training, OneRowIsItsOwnList) {
  Random random(9);
  const auto rows = GaussianVector(&random, 16);
  const Centroids centroids = TrainOn(rows, Options(16, 10));
  EXPECT_EQ(centroids.lists, rows);
}

TEST(Training, EmptySampleIsInvalid) {
  const std::vector<float> rows;
  VectorSample sample(rows, 16);
  EXPECT_EQ(Train(&sample, Options(16, 10)).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(Training, SixteenThousandDimensions) {
  const Planted planted(4, 10, 16000, 10);
  const Centroids centroids = TrainOn(planted.rows, Options(16000, 8));
  ExpectSound(centroids);
  EXPECT_EQ(centroids.list_count(), 8u);
}

TEST(Training, OverflowingRowsDoNoHarm) {
  Random random(11);
  auto rows = GaussianVector(&random, 600 * 16);
  for (float& value : rows) value *= 1e38f;
  ExpectSound(TrainOn(rows, Options(16, 40)));
}

TEST(Training, AutomaticListsGrowWithTheRoot) {
  EXPECT_EQ(AutomaticLists(0), 1u);
  EXPECT_EQ(AutomaticLists(999), 1u);
  EXPECT_EQ(AutomaticLists(60000), 245u);
  EXPECT_EQ(AutomaticLists(1000000), 4000u);
  EXPECT_EQ(AutomaticLists(uint64_t{1} << 50), kMaxLists);
}

TEST(Clusters, ChildrenAreInProportionAndSumUp) {
  EXPECT_EQ(ApportionChildren({100, 300, 0, 600}, 20),
            (std::vector<uint32_t>{2, 6, 0, 12}));
  EXPECT_EQ(ApportionChildren({1000, 1, 1}, 10),
            (std::vector<uint32_t>{8, 1, 1}));
  EXPECT_EQ(ApportionChildren({3, 2}, 10), (std::vector<uint32_t>{3, 2}));
  EXPECT_EQ(ApportionChildren({5, 5, 5}, 2), (std::vector<uint32_t>{1, 1, 1}));
  for (uint32_t total : {17, 100, 331}) {
    const auto children = ApportionChildren({91, 17, 340, 3, 55}, total);
    EXPECT_EQ(std::accumulate(children.begin(), children.end(), 0u), total);
  }
}

TEST(Clusters, EmptyClustersKeepTheirCentroid) {
  Clusters clusters(2, 2);
  const float rows[] = {1, 2, 3, 4};
  clusters.Add(1, rows);
  clusters.Add(1, rows + 2);
  std::vector<float> centroids = {7, 8, 9, 10};
  clusters.TakeMeans(centroids.data());
  EXPECT_EQ(centroids, (std::vector<float>{7, 8, 2, 3}));
  EXPECT_EQ(clusters.sizes(), (std::vector<uint32_t>{0, 2}));
  clusters.Add(0, rows);
  EXPECT_EQ(clusters.sizes(), (std::vector<uint32_t>{1, 0}));
}

}  // namespace
}  // namespace pomai
