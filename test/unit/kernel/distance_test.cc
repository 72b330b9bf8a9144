#include "core/kernel/distance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

TEST(Distance, EveryTargetEqualsScalarAtEveryLength) {
  ForEveryTarget([] {
    Random random(1);
    for (size_t n = 0; n <= 200; ++n) {
      const auto a = GaussianVector(&random, n + 1);
      const auto b = GaussianVector(&random, n);
      const float* const shifted = a.data() + 1;  // not aligned
      const float tolerance = 1e-5f * static_cast<float>(n + 1);
      EXPECT_NEAR(kernel::SquaredL2(shifted, b.data(), n),
                  kernel::scalar::SquaredL2(shifted, b.data(), n), tolerance);
      EXPECT_NEAR(kernel::InnerProduct(shifted, b.data(), n),
                  kernel::scalar::InnerProduct(shifted, b.data(), n),
                  tolerance);
      for (const Metric metric :
           {Metric::kL2, Metric::kInnerProduct, Metric::kCosine}) {
        const double expected =
            kernel::scalar::Distance(metric, shifted, b.data(), n);
        const double found = kernel::Distance(metric, shifted, b.data(), n);
        if (n == 0 && metric == Metric::kCosine) {
          EXPECT_TRUE(std::isnan(found));
        } else {
          EXPECT_NEAR(found, expected, 1e-12 * static_cast<double>(n + 1));
        }
      }
    }
  });
}

TEST(Distance, L2OfTheLargestFloatsIsFinite) {
  ForEveryTarget([] {
    const std::vector<float> a(16000, 3e38f), b(16000, -3e38f);
    const double expected = 6e38 * std::sqrt(16000.0);
    EXPECT_NEAR(kernel::Distance(Metric::kL2, a.data(), b.data(), 16000),
                expected, 1e-6 * expected);
    EXPECT_DOUBLE_EQ(
        kernel::Distance(Metric::kCosine, a.data(), b.data(), 16000), 2);
  });
}

TEST(Distance, CosineOfZeroVectorIsNan) {
  const std::vector<float> zero(20), one(20, 1);
  const auto distance = [](const auto& a, const auto& b) {
    return kernel::Distance(Metric::kCosine, a.data(), b.data(), 20);
  };
  EXPECT_TRUE(std::isnan(distance(zero, one)));
  EXPECT_TRUE(std::isnan(distance(one, zero)));
}

TEST(Distance, CosineOfParallelVectorsStaysInRange) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    const auto a = GaussianVector(&random, 37);
    std::vector<float> b(a);
    for (float& value : b) value *= 1.0f + static_cast<float>(round);
    const double distance =
        kernel::Distance(Metric::kCosine, a.data(), b.data(), 37);
    EXPECT_GE(distance, 0);
    EXPECT_LT(distance, 1e-7);
  }
}

TEST(Normalize, GivesNormOneAndKeepsDirection) {
  ForEveryTarget([] {
    Random random(3);
    for (const size_t n : {1u, 3u, 16u, 100u, 784u}) {
      const auto a = GaussianVector(&random, n);
      std::vector<float> b(n);
      EXPECT_TRUE(kernel::Normalize(a.data(), b.data(), n));
      EXPECT_NEAR(kernel::Norm(b.data(), n), 1, 1e-6);
      EXPECT_NEAR(kernel::Distance(Metric::kCosine, a.data(), b.data(), n), 0,
                  1e-6);
    }
  });
}

TEST(Normalize, ZeroVectorIsReportedAndCopied) {
  const std::vector<float> zero(9);
  std::vector<float> to(9, 1);
  EXPECT_FALSE(kernel::Normalize(zero.data(), to.data(), 9));
  EXPECT_EQ(to, zero);
}

TEST(Normalize, HugeAndTinyVectorsWork) {
  for (const float size : {3e38f, 1e-42f}) {
    const std::vector<float> a(100, size);
    std::vector<float> b(100);
    EXPECT_TRUE(kernel::Normalize(a.data(), b.data(), 100));
    EXPECT_NEAR(kernel::Norm(b.data(), 100), 1, 1e-5);
  }
}

}  // namespace
}  // namespace pomai
