#include "core/base/metric.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "core/base/coding.h"

namespace pomai {
namespace {

TEST(Metric, ScoresAndDistancesConvertBothWays) {
  for (const Metric metric :
       {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
    for (const double distance : {0.0, 0.25, 3.0}) {
      const double score = DistanceToScore(metric, distance);
      EXPECT_DOUBLE_EQ(ScoreToDistance(metric, score), distance);
    }
  }
  EXPECT_EQ(ScoreToDistance(Metric::kL2, 4), 2);
  EXPECT_EQ(ScoreToDistance(Metric::kCosine, 4), 2);
  EXPECT_EQ(ScoreToDistance(Metric::kInnerProduct, -4), -4);
}

TEST(Metric, NegativeSquaredDistanceIsZero) {
  EXPECT_EQ(ScoreToDistance(Metric::kL2, -1e-9), 0);
}

TEST(Coding, NumbersAreLittleEndianAtAnyAlignment) {
  uint8_t bytes[9] = {};
  PutFixed<uint32_t>(bytes + 1, 0x01020304);
  EXPECT_EQ(bytes[1], 4);
  EXPECT_EQ(bytes[4], 1);
  EXPECT_EQ(GetFixed<uint32_t>(bytes + 1), 0x01020304u);
  PutFixed<float>(bytes + 3, -1.5f);
  EXPECT_EQ(GetFixed<float>(bytes + 3), -1.5f);
}

}  // namespace
}  // namespace pomai
