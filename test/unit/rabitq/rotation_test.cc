#include "core/rabitq/rotation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/kernel/distance.h"
#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

std::vector<float> Rotated(const Rotation& rotation,
                           const std::vector<float>& vector) {
  std::vector<float> rotated(rotation.padded());
  rotation.Apply(vector.data(), rotated.data());
  return rotated;
}

TEST(Rotation, KeepsNormsAndInnerProducts) {
  Random random(1);
  for (const uint32_t dimensions : {1u, 15u, 16u, 100u, 112u, 784u, 16000u}) {
    const Rotation rotation(dimensions, 7);
    const uint32_t padded = rotation.padded();
    EXPECT_EQ(padded % 16, 0u);
    const auto a = GaussianVector(&random, dimensions);
    const auto b = GaussianVector(&random, dimensions);
    const auto rotated_a = Rotated(rotation, a);
    const auto rotated_b = Rotated(rotation, b);
    const double norm = kernel::Norm(a.data(), dimensions);
    EXPECT_NEAR(kernel::Norm(rotated_a.data(), padded), norm, 1e-5 * norm);
    const auto product = [](const auto& x, const auto& y) {
      return kernel::Distance(Metric::kInnerProduct, x.data(), y.data(),
                              x.size());
    };
    EXPECT_NEAR(product(rotated_a, rotated_b), product(a, b),
                1e-5 * norm * norm);
  }
}

TEST(Rotation, SameSeedGivesSameBitsOnEveryTarget) {
  Random random(2);
  const auto vector = GaussianVector(&random, 100);
  const auto expected = Rotated(Rotation(100, 3), vector);
  ForEveryTarget(
      [&] { EXPECT_EQ(Rotated(Rotation(100, 3), vector), expected); });
  EXPECT_NE(Rotated(Rotation(100, 4), vector), expected);
}

// A unit vector is the hardest: all of its energy stands in one coordinate.
// Rotated by a random orthogonal map its coordinates are Gaussian, so that
// D sum y^4 is 3 D / (D + 2), and every part of the vector gets its share.
TEST(Rotation, SpreadsUnitVectorsLikeARandomOrthogonalMap) {
  for (const uint32_t dimensions : {64u, 96u, 112u, 784u, 1024u, 1536u}) {
    for (uint32_t unit = 0; unit < dimensions; unit += dimensions / 8) {
      std::vector<float> vector(dimensions);
      vector[unit] = 1;
      double fourth_powers = 0, eighths[8] = {};
      constexpr int kSeeds = 60;
      for (uint64_t seed = 0; seed < kSeeds; ++seed) {
        const auto y = Rotated(Rotation(dimensions, seed), vector);
        for (uint32_t i = 0; i < dimensions; ++i) {
          const double square = static_cast<double>(y[i]) * y[i];
          fourth_powers += square * square * dimensions / kSeeds;
          eighths[i * 8 / dimensions] += square * 8 / kSeeds;
        }
      }
      EXPECT_NEAR(fourth_powers, 3, 0.2) << dimensions << " " << unit;
      for (const double energy : eighths) {
        EXPECT_NEAR(energy, 1, 0.3) << dimensions << " " << unit;
      }
    }
  }
}

}  // namespace
}  // namespace pomai
