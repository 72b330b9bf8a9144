#include "core/kernel/hadamard.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

std::vector<float> RandomSigns(Random* random, size_t n) {
  std::vector<float> signs(n);
  for (float& sign : signs) sign = random->Next() >> 63 != 0 ? -1.0f : 1.0f;
  return signs;
}

// Runs both functions on the same vectors of n elements and factors; both must
// give the same bits.
template <typename Kernel, typename Scalar>
void ExpectSame(size_t n, Kernel kernel, Scalar scalar) {
  Random random(n);
  const auto factors = RandomSigns(&random, n);
  auto x = GaussianVector(&random, n);
  auto y = x;
  kernel(factors.data(), x.data(), n);
  scalar(factors.data(), y.data(), n);
  EXPECT_EQ(x, y) << n;
}

TEST(MultiplyHadamard, ScalarEqualsMatrixProduct) {
  Random random(1);
  const auto x = GaussianVector(&random, 32);
  const auto factors = GaussianVector(&random, 32);
  std::vector<float> y(x);
  kernel::scalar::MultiplyHadamard(factors.data(), y.data(), 32);
  for (unsigned i = 0; i < 32; ++i) {
    double sum = 0;
    for (unsigned j = 0; j < 32; ++j) {
      const double product = double{factors[j]} * x[j];
      sum += std::popcount(i & j) % 2 ? -product : product;
    }
    EXPECT_NEAR(y[i], sum, 1e-5);
  }
}

TEST(MultiplyHadamard, EveryTargetGivesTheBitsOfScalar) {
  ForEveryTarget([] {
    for (size_t n = 16; n <= 16384; n *= 2) {
      ExpectSame(n, kernel::MultiplyHadamard, kernel::scalar::MultiplyHadamard);
    }
  });
}

TEST(Multiply, EveryTargetEqualsScalar) {
  ForEveryTarget([] {
    for (size_t n = 0; n <= 208; n += 16) {
      ExpectSame(n, kernel::Multiply, kernel::scalar::Multiply);
    }
  });
}

TEST(MultiplyHalves, ScalarIsAStepOfKacsWalk) {
  Random random(5);
  const auto x = GaussianVector(&random, 48);
  const auto signs = RandomSigns(&random, 48);
  std::vector<float> y(x);
  kernel::scalar::MultiplyHalves(signs.data(), 0.5f, y.data(), 48);
  for (size_t i = 0; i < 24; ++i) {
    const float a = signs[i] * x[i], b = signs[i + 24] * x[i + 24];
    EXPECT_EQ(y[i], (a + b) / 2);
    EXPECT_EQ(y[i + 24], (a - b) / 2);
  }
}

TEST(MultiplyHalves, EveryTargetGivesTheBitsOfScalar) {
  ForEveryTarget([] {
    for (size_t n = 16; n <= 208; n += 16) {
      const auto with_scale = [](auto function) {
        return [function](const float* signs, float* values, size_t count) {
          function(signs, 0.7f, values, count);
        };
      };
      ExpectSame(n, with_scale(kernel::MultiplyHalves),
                 with_scale(kernel::scalar::MultiplyHalves));
    }
  });
}

}  // namespace
}  // namespace pomai
