#include "core/kernel/rank_int8.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "core/base/random.h"
#include "test/unit/kernel/every_target.h"

namespace pomai::kernel {
namespace {

struct Rows {
  Rows(uint32_t count, uint32_t dimensions)
      : values(count * dimensions), scales(count), norms(count) {
    Random random(count + dimensions);
    floats = GaussianVector(&random, values.size());
    for (uint32_t j = 0; j < count; ++j) {
      scales[j] = QuantizeRow(&floats[j * dimensions], dimensions,
                              &values[j * dimensions]);
      norms[j] = Gaussian(&random);
    }
    view = {values.data(), scales.data(), norms.data(), count, dimensions};
  }

  std::vector<float> floats;
  std::vector<int8_t> values;
  std::vector<float> scales;
  std::vector<float> norms;
  Int8Rows view;
};

TEST(RankInt8, ScoresAreTheDefinitionsOnEveryTarget) {
  ForEveryTarget([] {
    for (uint32_t dimensions : {16, 32, 112, 784}) {
      for (uint32_t count : {0, 1, 3, 4, 5, 50}) {
        const Rows rows(count, dimensions);
        Random random(7);
        const auto query = GaussianVector(&random, dimensions);
        std::vector<int16_t> integers(dimensions);
        const float step =
            QuantizeQuery(query.data(), dimensions, integers.data());
        std::vector<float> expected(count), found(count);
        scalar::ScoreInt8Rows(rows.view, integers.data(), -2 * step, 3,
                              expected.data());
        ScoreInt8Rows(rows.view, integers.data(), -2 * step, 3, found.data());
        for (uint32_t j = 0; j < count; ++j) {
          EXPECT_NEAR(found[j], expected[j],
                      1e-4 * (1 + std::fabs(expected[j])));
        }
      }
    }
  });
}

TEST(RankInt8, ScoresAreNearTheFloatProducts) {
  const Rows rows(40, 112);
  Random random(9);
  const auto query = GaussianVector(&random, 112);
  std::vector<int16_t> integers(112);
  const float step = QuantizeQuery(query.data(), 112, integers.data());
  std::vector<float> scores(40);
  ScoreInt8Rows(rows.view, integers.data(), step, 0, scores.data());
  for (uint32_t j = 0; j < 40; ++j) {
    double product = rows.norms[j];
    for (uint32_t i = 0; i < 112; ++i) {
      product += double{rows.floats[j * 112 + i]} * query[i];
    }
    // A rounding error is uniform within half a scale: sigma = scale
    // sqrt(D/12).
    EXPECT_NEAR(scores[j], product, 5 * rows.scales[j] * std::sqrt(112 / 12.0));
  }
}

TEST(RankInt8, NumbersThatAreNoneBecomeIntegersAllTheSame) {
  std::vector<float> query(32, 1.0f);
  query[5] = std::numeric_limits<float>::quiet_NaN();
  std::vector<int16_t> integers(32);
  std::vector<int8_t> row(32);
  EXPECT_GT(QuantizeQuery(query.data(), 32, integers.data()), 0);
  EXPECT_GT(QuantizeRow(query.data(), 32, row.data()), 0);
  EXPECT_EQ(integers[5], -integers[0]);
  EXPECT_EQ(row[5], -127);
}

TEST(RankInt8, LargestProductsDoNotOverflow) {
  ForEveryTarget([] {
    const uint32_t dimensions = 16000;
    const std::vector<float> ones(dimensions, 1.0f);
    std::vector<int8_t> row(dimensions);
    std::vector<int16_t> query(dimensions);
    const float scale = QuantizeRow(ones.data(), dimensions, row.data());
    const float step = QuantizeQuery(ones.data(), dimensions, query.data());
    const float norm = 0;
    float score = 0;
    ScoreInt8Rows({row.data(), &scale, &norm, 1, dimensions}, query.data(),
                  step, 0, &score);
    EXPECT_NEAR(score, 16000, 16);
  });
}

TEST(RankInt8, ZerosAndExtremesAreQuantized) {
  int8_t row[16];
  int16_t query[16];
  const std::vector<float> zeros(16, 0.0f);
  EXPECT_EQ(QuantizeRow(zeros.data(), 16, row), 0);
  EXPECT_EQ(QuantizeQuery(zeros.data(), 16, query), 0);
  std::vector<float> large(16, 3e38f);
  large[3] = -3e38f;
  EXPECT_NEAR(QuantizeRow(large.data(), 16, row) / 3e38f * 127, 1, 1e-5);
  EXPECT_EQ(row[0], 127);
  EXPECT_EQ(row[3], -127);
  const std::vector<float> tiny(16, 1e-44f);
  EXPECT_LT(QuantizeRow(tiny.data(), 16, row), 1e-44f);
  EXPECT_LE(std::abs(row[0]), 127);
}

}  // namespace
}  // namespace pomai::kernel
