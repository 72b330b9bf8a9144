#include "core/db/growth_meter.h"

#include <gtest/gtest.h>

namespace pomai {
namespace {

using std::chrono::milliseconds;

constexpr GrowthMeter::Clock::time_point kStart{};

TEST(GrowthMeter, ManyRowsASecondAreFastUntilTheyAreFewOfAll) {
  GrowthMeter growth(kStart);
  uint64_t rows = 0;
  // 400,000 rows a second.
  for (int tenth = 1; tenth <= 50; ++tenth) {
    rows += 40000;
    EXPECT_TRUE(growth.IsFast(rows, kStart + milliseconds(100 * tenth)));
  }
  for (int second = 6; second <= 11; ++second) {
    rows += 400000;
    EXPECT_TRUE(growth.IsFast(rows, kStart + milliseconds(1000 * second)));
  }
  // A tenth of 4,400,000 is more.
  rows += 400000;
  EXPECT_FALSE(growth.IsFast(rows, kStart + milliseconds(12000)));
}

TEST(GrowthMeter, AFewRowsASecondAreNeverFast) {
  GrowthMeter growth(kStart);
  for (int second = 1; second < 20; ++second) {
    EXPECT_FALSE(growth.IsFast(static_cast<uint64_t>(5000 * second),
                               kStart + milliseconds(1000 * second)));
  }
}

TEST(GrowthMeter, APauseShorterThanASecondEndsNothing) {
  GrowthMeter growth(kStart);
  EXPECT_TRUE(growth.IsFast(100000, kStart + milliseconds(100)));
  EXPECT_TRUE(growth.IsFast(100000, kStart + milliseconds(1099)));
  EXPECT_FALSE(growth.IsFast(100000, kStart + milliseconds(1100)));
}

TEST(GrowthMeter, DeletedRowsAreNoGrowth) {
  GrowthMeter growth(kStart);
  EXPECT_TRUE(growth.IsFast(100000, kStart + milliseconds(100)));
  EXPECT_FALSE(growth.IsFast(1000, kStart + milliseconds(1200)));
}

}  // namespace
}  // namespace pomai
