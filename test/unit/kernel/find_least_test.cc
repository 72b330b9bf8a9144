#include "core/kernel/find_least.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

TEST(FindLeast, EveryTargetEqualsScalar) {
  ForEveryTarget([] {
    Random random(1);
    for (uint32_t count = 1; count < 100; ++count) {
      const auto values = GaussianVector(&random, count);
      EXPECT_EQ(kernel::FindLeast(values.data(), count),
                kernel::scalar::FindLeast(values.data(), count))
          << count;
    }
  });
}

TEST(FindLeast, OfEqualsTheFirstIsFound) {
  ForEveryTarget([] {
    for (uint32_t place = 0; place < 47; ++place) {
      std::vector<float> values(48, 2);
      values[place] = values[47] = 1;
      EXPECT_EQ(kernel::FindLeast(values.data(), 48), place);
    }
  });
}

TEST(FindLeast, InfiniteValuesAreFoundLast) {
  ForEveryTarget([] {
    std::vector<float> values(33, std::numeric_limits<float>::infinity());
    EXPECT_EQ(kernel::FindLeast(values.data(), 33), 0u);
    values[32] = std::numeric_limits<float>::max();
    EXPECT_EQ(kernel::FindLeast(values.data(), 33), 32u);
  });
}

}  // namespace
}  // namespace pomai
