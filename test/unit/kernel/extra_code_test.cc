#include "core/kernel/extra_code.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

std::vector<uint8_t> RandomValues(Random* random, uint32_t width, size_t n) {
  std::vector<uint8_t> values(n);
  for (uint8_t& value : values) {
    value = static_cast<uint8_t>(random->Below(1u << width));
  }
  return values;
}

TEST(ExtraCode, UnpacksWhatWasPacked) {
  Random random(1);
  for (uint32_t width = 1; width <= 8; ++width) {
    for (const size_t n : {16u, 48u, 112u}) {
      const auto values = RandomValues(&random, width, n);
      std::vector<uint8_t> extra(n * width / 8), unpacked(n);
      kernel::PackExtra(values.data(), width, n, extra.data());
      kernel::UnpackExtra(extra.data(), width, n, unpacked.data());
      EXPECT_EQ(unpacked, values) << width;
    }
  }
}

TEST(ExtraCode, FiveBitsAreAFourBitFieldAndAOneBitField) {
  std::vector<uint8_t> values(16), extra(10);
  values[1] = 0x1F;
  values[9] = 0x10;
  kernel::PackExtra(values.data(), 5, 16, extra.data());
  EXPECT_EQ(extra, (std::vector<uint8_t>{0, 0x8F, 0, 0, 0, 0, 0, 0, 2, 0}));
}

TEST(ExtraCode, ProductOfEveryTargetEqualsScalar) {
  ForEveryTarget([] {
    Random random(2);
    for (uint32_t width = 1; width <= 8; ++width) {
      for (const size_t n : {16u, 32u, 48u, 112u, 784u, 16000u}) {
        const auto values = RandomValues(&random, width, n);
        const auto query = GaussianVector(&random, n);
        std::vector<uint8_t> extra(n * width / 8 + 1);
        uint8_t* const shifted = extra.data() + 1;  // not aligned
        kernel::PackExtra(values.data(), width, n, shifted);
        double expected = 0;
        for (size_t i = 0; i < n; ++i) expected += values[i] * query[i];
        const double tolerance =
            1e-5 * (1 << width) * std::sqrt(static_cast<double>(n));
        const float found =
            kernel::ExtraProduct(shifted, width, query.data(), n);
        EXPECT_NEAR(found, expected, tolerance) << width << " " << n;
        const float scalar =
            kernel::scalar::ExtraProduct(shifted, width, query.data(), n);
        EXPECT_NEAR(scalar, expected, tolerance) << width << " " << n;
      }
    }
  });
}

}  // namespace
}  // namespace pomai
