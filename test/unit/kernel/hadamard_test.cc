#include "core/kernel/hadamard.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

TEST(Hadamard, ScalarEqualsMatrixProduct) {
  Random random(1);
  const auto x = GaussianVector(&random, 32);
  std::vector<float> y(x);
  kernel::scalar::Hadamard(y.data(), 32);
  for (unsigned i = 0; i < 32; ++i) {
    double sum = 0;
    for (unsigned j = 0; j < 32; ++j) {
      sum += std::popcount(i & j) % 2 ? -x[j] : x[j];
    }
    EXPECT_NEAR(y[i], sum, 1e-5);
  }
}

TEST(Hadamard, EveryTargetGivesTheBitsOfScalar) {
  ForEveryTarget([] {
    Random random(2);
    for (size_t n = 1; n <= 8192; n *= 2) {
      auto x = GaussianVector(&random, n);
      auto y = x;
      kernel::Hadamard(x.data(), n);
      kernel::scalar::Hadamard(y.data(), n);
      EXPECT_EQ(x, y) << n;
    }
  });
}

TEST(FlipSigns, EveryTargetEqualsScalar) {
  ForEveryTarget([] {
    Random random(3);
    for (size_t n = 8; n <= 200; n += 8) {
      std::vector<uint8_t> bits(n / 8);
      for (uint8_t& byte : bits) byte = static_cast<uint8_t>(random.Next());
      auto x = GaussianVector(&random, n);
      auto y = x;
      kernel::FlipSigns(bits.data(), x.data(), n);
      kernel::scalar::FlipSigns(bits.data(), y.data(), n);
      EXPECT_EQ(x, y);
    }
  });
}

TEST(AddHalves, EveryTargetGivesTheBitsOfScalar) {
  ForEveryTarget([] {
    Random random(4);
    for (size_t n = 2; n <= 200; n += 2) {
      auto x = GaussianVector(&random, n);
      auto y = x;
      kernel::AddHalves(x.data(), n);
      kernel::scalar::AddHalves(y.data(), n);
      EXPECT_EQ(x, y);
    }
  });
}

}  // namespace
}  // namespace pomai
