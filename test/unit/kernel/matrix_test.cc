#include "core/kernel/matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/base/random.h"
#include "test/unit/kernel/every_target.h"

namespace pomai::kernel {
namespace {

std::vector<float> Floats(Random* random, size_t count) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(random->Uniform() * 2 - 1);
  }
  return values;
}

// Vectors, some of them selected out of order, and groups of centroids.
struct Case {
  Case(uint32_t dimensions, uint32_t count, std::vector<uint32_t> groups,
       CentroidRanking ranking = CentroidRanking::kL2)
      : matrix(dimensions) {
    Random random(dimensions * 131 + count);
    vectors = Floats(&random, size_t{2 * count} * dimensions);
    for (uint32_t i = 0; i < count; ++i) index.push_back((i * 7 + 3) % count);
    for (uint32_t& at : index) at = at * 2 + 1;
    for (uint32_t rows : groups) {
      const auto centroids = Floats(&random, size_t{rows} * dimensions);
      matrix.AddGroup(centroids.data(), rows, ranking);
    }
  }
  VectorSelection selection() const {
    return {vectors.data(), index.data(), static_cast<uint32_t>(index.size())};
  }

  PanelMatrix matrix;
  std::vector<float> vectors;
  std::vector<uint32_t> index;
};

void ExpectScoresOfGroup(const Case& c, uint32_t group) {
  const size_t size =
      size_t{c.matrix.first_panel(group + 1) - c.matrix.first_panel(group)} *
      PanelMatrix::kPanelWidth * c.index.size();
  std::vector<float> expected(size), found(size);
  scalar::ScoreGroup(c.selection(), c.matrix, group, expected.data());
  ScoreGroup(c.selection(), c.matrix, group, found.data());
  const float tolerance = 1e-5f * static_cast<float>(c.matrix.dimensions());
  for (size_t i = 0; i < size; ++i) {
    if (std::isinf(expected[i])) {
      ASSERT_EQ(found[i], expected[i]) << i;
    } else {
      ASSERT_NEAR(found[i], expected[i], tolerance) << i;
    }
  }
}

TEST(Matrix, ScoresAreTheDefinitionsOnEveryTarget) {
  ForEveryTarget([] {
    for (uint32_t dimensions : {1, 16, 100, 784}) {
      for (uint32_t count : {1, 2, 3, 4, 6, 7, 12, 13, 25, 40}) {
        const Case c(dimensions, count, {1, 16, 0, 37});
        for (uint32_t group = 0; group < 4; ++group) {
          ExpectScoresOfGroup(c, group);
        }
      }
    }
  });
}

TEST(Matrix, NearestIsTheDefinitionsOnEveryTarget) {
  ForEveryTarget([] {
    for (uint32_t count : {1, 5, 19, 64}) {
      const Case c(48, count, {33, 5, 0, 16});
      std::vector<Nearest> expected(2 * count), found(2 * count);
      for (uint32_t group : {1, 0, 2, 3}) {
        scalar::LowerNearest(c.selection(), c.matrix, group, expected.data());
        LowerNearest(c.selection(), c.matrix, group, found.data());
        for (uint32_t i = 0; i < 2 * count; ++i) {
          if (i % 2 == 0) {
            EXPECT_TRUE(std::isinf(found[i].score)) << "not selected";
          } else {
            EXPECT_EQ(found[i].row, expected[i].row);
            EXPECT_NEAR(found[i].score, expected[i].score, 1e-4);
          }
        }
      }
    }
  });
}

TEST(Matrix, FirstOfEqualCentroidsWins) {
  ForEveryTarget([] {
    PanelMatrix matrix(16);
    const std::vector<float> centroids(40 * 16, 0.5f);
    matrix.AddGroup(centroids.data(), 40, CentroidRanking::kL2);
    const uint32_t index = 0;
    Nearest nearest;
    LowerNearest({centroids.data(), &index, 1}, matrix, 0, &nearest);
    EXPECT_EQ(nearest.row, 0u);
  });
}

TEST(Matrix, DirectionRankingIgnoresTheCentroidsLengths) {
  PanelMatrix matrix(2);
  const float centroids[] = {0.01f, 0, 50, 50, 0, 0};
  matrix.AddGroup(centroids, 3, CentroidRanking::kDirection);
  const float vectors[] = {1, 0, 0.7f, 0.7f};
  const uint32_t index[] = {0, 1};
  Nearest nearest[2];
  LowerNearest({vectors, index, 2}, matrix, 0, nearest);
  EXPECT_EQ(nearest[0].row, 0u);
  EXPECT_EQ(nearest[1].row, 1u);
}

TEST(Matrix, RowsAreCountedOverAllGroups) {
  const Case c(4, 1, {3, 0, 17, 2});
  EXPECT_EQ(c.matrix.group_count(), 4u);
  EXPECT_EQ(c.matrix.panel_count(), 4u);
  EXPECT_EQ(c.matrix.first_row(c.matrix.first_panel(2)), 3u);
  EXPECT_EQ(c.matrix.first_row(c.matrix.first_panel(3)), 20u);
}

TEST(Matrix, AddVectorAddsOnEveryTarget) {
  ForEveryTarget([] {
    for (uint32_t dimensions : {1, 15, 16, 33}) {
      Random random(dimensions);
      const auto from = Floats(&random, dimensions);
      auto to = Floats(&random, dimensions);
      const auto before = to;
      AddVector(from.data(), dimensions, to.data());
      for (uint32_t i = 0; i < dimensions; ++i) {
        EXPECT_EQ(to[i], before[i] + from[i]);
      }
    }
  });
}

}  // namespace
}  // namespace pomai::kernel
