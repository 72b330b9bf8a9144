#include "core/base/random.h"

#include <gtest/gtest.h>

namespace pomai {
namespace {

TEST(Random, SameSeedGivesSameNumbers) {
  Random a(1), b(1), c(2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t number = a.Next();
    EXPECT_EQ(number, b.Next());
    differs = differs || number != c.Next();
  }
  EXPECT_TRUE(differs);
}

// Indexes keep a seed and expect the rotation that it made.
TEST(Random, SequenceNeverChanges) {
  Random random(42);
  const uint64_t first = random.Next();
  Random again(42);
  EXPECT_EQ(first, again.Next());
  EXPECT_EQ(first, 0x15780B2E0C2EC716u);
}

TEST(Random, BelowReachesEveryNumberEquallyOften) {
  Random random(3);
  int counts[10] = {};
  for (int i = 0; i < 10000; ++i) ++counts[random.Below(10)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(Random, UniformLiesInTheUnitInterval) {
  Random random(4);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = random.Uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

}  // namespace
}  // namespace pomai
