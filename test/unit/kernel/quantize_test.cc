#include "core/kernel/quantize.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

constexpr float kRelative = 1e-5f;

TEST(Quantize, ResidualsOfEveryTargetEqualScalar) {
  ForEveryTarget([] {
    Random random(1);
    for (const size_t n : {16u, 32u, 112u, 512u}) {
      auto vector = GaussianVector(&random, n);
      const auto centroid = GaussianVector(&random, n);
      vector[3] = centroid[3];  // a zero residual counts as positive
      std::vector<float> residual(n), expected_residual(n);
      std::vector<uint8_t> signs(n / 8, 7), expected_signs(n / 8, 9);
      const auto found = kernel::TakeResidual(vector.data(), centroid.data(), n,
                                              residual.data(), signs.data());
      const auto expected = kernel::scalar::TakeResidual(
          vector.data(), centroid.data(), n, expected_residual.data(),
          expected_signs.data());
      EXPECT_EQ(residual, expected_residual);
      EXPECT_EQ(signs, expected_signs);
      const float tolerance = kRelative * expected.squares;
      EXPECT_NEAR(found.squares, expected.squares, tolerance);
      EXPECT_NEAR(found.magnitudes, expected.magnitudes, tolerance);
      EXPECT_EQ(found.largest, expected.largest);
      EXPECT_NEAR(found.sign_centroid, expected.sign_centroid, tolerance);
      EXPECT_NEAR(found.residual_centroid, expected.residual_centroid,
                  tolerance);
    }
  });
}

TEST(Quantize, TrialsAndCodesOfEveryTargetEqualScalar) {
  ForEveryTarget([] {
    Random random(2);
    for (uint32_t bits = 2; bits <= 9; ++bits) {
      const size_t n = 16 * bits;
      const uint32_t top = (1u << (bits - 1)) - 1;
      const auto residual = GaussianVector(&random, n);
      const auto centroid = GaussianVector(&random, n);
      const auto unit = static_cast<float>(top + 1) / 3;
      const float scales[] = {0.5f * unit, 0.9f * unit, unit, 2 * unit};
      const auto trial = kernel::TryScales(residual.data(), n, scales, top);
      const auto expected =
          kernel::scalar::TryScales(residual.data(), n, scales, top);
      for (size_t t = 0; t < kernel::kTrialScales; ++t) {
        EXPECT_NEAR(trial.product[t], expected.product[t],
                    kRelative * expected.product[t]);
        EXPECT_NEAR(trial.squares[t], expected.squares[t],
                    kRelative * expected.squares[t]);
      }
      std::vector<uint8_t> extra(n), expected_extra(n);
      const auto code = kernel::Quantize(residual.data(), centroid.data(), n,
                                         unit, top, extra.data());
      const auto expected_code =
          kernel::scalar::Quantize(residual.data(), centroid.data(), n, unit,
                                   top, expected_extra.data());
      EXPECT_EQ(extra, expected_extra);
      EXPECT_NEAR(code.product, expected_code.product,
                  kRelative * expected_code.product);
      EXPECT_NEAR(code.squares, expected_code.squares,
                  kRelative * expected_code.squares);
      EXPECT_NEAR(code.centroid, expected_code.centroid,
                  kRelative * expected_code.squares);
      EXPECT_NEAR(code.product, expected.product[2],
                  kRelative * expected_code.product);
    }
  });
}

}  // namespace
}  // namespace pomai
