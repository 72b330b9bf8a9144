#include "core/engine/outlook.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/random.h"
#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 96, kLists = 300, kRowsOfAList = 200;
constexpr double kResidual = 0.4;  // length of a row less its centroid

double SquaredNorm(const std::vector<float>& a) {
  double sum = 0;
  for (const float x : a) sum += x * x;
  return sum;
}

std::vector<float> RandomOfLength(Random* random, double length) {
  std::vector<float> vector = GaussianVector(random, kDimensions);
  const auto factor =
      static_cast<float>(length / std::sqrt(SquaredNorm(vector)));
  for (float& x : vector) x *= factor;
  return vector;
}

double Product(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Lists of rows in balls around centroids, a query, and its squared distances
// as StopRule has them.
class Scene {
 public:
  explicit Scene(Metric metric) : metric_(metric) {
    Random random(7);
    query_ = RandomOfLength(&random, metric == Metric::kCosine ? 1 : 1.3);
    const bool unit = metric == Metric::kCosine;
    const double length = unit ? std::sqrt(1 - kResidual * kResidual) : 1;
    for (uint32_t list = 0; list < kLists; ++list) {
      const std::vector<float> centroid = RandomOfLength(&random, length);
      centroids_.push_back(centroid);
      for (uint32_t i = 0; i < kRowsOfAList; ++i) {
        std::vector<float> row = RandomOfLength(&random, kResidual);
        for (uint32_t j = 0; j < kDimensions; ++j) row[j] += centroid[j];
        rows_.push_back(row);
      }
    }
  }

  double query_norm() const { return SquaredNorm(query_); }

  double ToRow(size_t row) const { return Squared(rows_[row]); }
  // Under cosine to the centroid's direction.
  double ToList(size_t list) const {
    std::vector<float> to = centroids_[list];
    if (metric_ == Metric::kCosine) Normalize(&to);
    return Squared(to);
  }

 private:
  // Longer than any row.
  static constexpr double kLargestNorm = 2;

  static void Normalize(std::vector<float>* vector) {
    const auto length = static_cast<float>(std::sqrt(SquaredNorm(*vector)));
    for (float& x : *vector) x /= length;
  }
  double Squared(const std::vector<float>& to) const {
    const double own =
        metric_ == Metric::kInnerProduct ? kLargestNorm : SquaredNorm(to);
    return query_norm() + own - 2 * Product(query_, to);
  }

  Metric metric_;
  std::vector<float> query_;
  std::vector<std::vector<float>> centroids_, rows_;
};

class OutlookOf : public testing::TestWithParam<Metric> {};

TEST_P(OutlookOf, ListsAroundTheirCentroidsIsRight) {
  const Scene scene(GetParam());
  std::vector<double> to_list, to_row;
  for (size_t i = 0; i < kLists; ++i) to_list.push_back(scene.ToList(i));
  for (size_t i = 0; i < kLists * kRowsOfAList; ++i) {
    to_row.push_back(scene.ToRow(i));
  }
  std::vector<double> sorted = to_row;
  std::sort(sorted.begin(), sorted.end());
  std::vector<size_t> order(kLists);
  for (size_t i = 0; i < kLists; ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return to_list[a] < to_list[b]; });

  Outlook outlook(GetParam(), kDimensions, kResidual * kResidual,
                  scene.query_norm());
  for (const size_t list : order) {
    outlook.Add(static_cast<float>(to_list[list]));
  }
  EXPECT_EQ(outlook.lists(), kLists);
  // Of all lists, then of those left after the nearest third.
  for (const size_t taken : {size_t{0}, size_t{100}}) {
    for (size_t i = 0; i < taken; ++i) {
      outlook.Take(static_cast<float>(to_list[order[i]]));
    }
    for (const size_t rank : {100, 1000, 10000}) {
      const double rho2 = sorted[rank];
      double nearer = 0;
      for (size_t i = taken; i < kLists; ++i) {
        for (size_t row = 0; row < kRowsOfAList; ++row) {
          nearer += to_row[order[i] * kRowsOfAList + row] < rho2 ? 1 : 0;
        }
      }
      const double told = kRowsOfAList * outlook.ListsWithin(rho2);
      EXPECT_NEAR(told, nearer, 5 * std::sqrt(nearer + 1) + 0.2 * nearer)
          << "rank " << rank << ", " << taken << " lists taken";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Metrics, OutlookOf,
                         testing::Values(Metric::kL2, Metric::kCosine,
                                         Metric::kInnerProduct));

TEST(Outlook, NothingIsWithinWhenAllListsAreTaken) {
  Outlook outlook(Metric::kL2, 10, 1, 1);
  for (const float distance : {1.0f, 2.0f, 1e20f}) outlook.Add(distance);
  EXPECT_GT(outlook.ListsWithin(5), 1);
  for (const float distance : {1.0f, 2.0f, 1e20f}) outlook.Take(distance);
  EXPECT_EQ(outlook.ListsWithin(5), 0);
}

// Rows that are all at their centroids.
TEST(Outlook, WithoutResidualsListsAreWithinOrNot) {
  Outlook outlook(Metric::kL2, 10, 0, 1);
  for (const float distance : {0.1f, 1.0f, 2.0f, 4.0f}) outlook.Add(distance);
  EXPECT_EQ(outlook.ListsWithin(2.5), 3);
}

// As damaged pages may have it.
TEST(Outlook, NotANumberIsNear) {
  Outlook outlook(Metric::kL2, 10, 1, 1);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float distance : {1.0f, nan, 2.0f}) outlook.Add(distance);
  outlook.Take(nan);
  EXPECT_EQ(outlook.ListsWithin(nan), 2);
}

}  // namespace
}  // namespace pomai
