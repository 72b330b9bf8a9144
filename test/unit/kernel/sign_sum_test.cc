#include "core/kernel/sign_sum.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

std::vector<uint8_t> RandomBytes(Random* random, size_t count) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random->Next());
  return bytes;
}

TEST(SignSum, EveryTargetEqualsScalar) {
  ForEveryTarget([] {
    for (const size_t dimensions : {16u, 32u, 48u, 112u, 784u, 16000u}) {
      Random random(dimensions);
      const auto query = GaussianVector(&random, dimensions);
      // At odd addresses.
      const auto block = RandomBytes(&random, 4 * dimensions + 1);
      for (const uint32_t slot : {0u, 1u, 15u, 16u, 30u, 31u}) {
        const float expected = kernel::scalar::SumOfSlot(
            &block[1], query.data(), dimensions, slot);
        EXPECT_NEAR(
            kernel::SumOfSlot(&block[1], query.data(), dimensions, slot),
            expected, 2e-3)
            << dimensions << " " << slot;
      }
      EXPECT_NEAR(
          kernel::SumOfSigns(&block[1], query.data(), dimensions),
          kernel::scalar::SumOfSigns(&block[1], query.data(), dimensions), 2e-3)
          << dimensions;
    }
  });
}

TEST(SignSum, BlockAndRecordHoldTheSameSigns) {
  constexpr size_t kDimensions = 112;
  Random random(4);
  const auto query = GaussianVector(&random, kDimensions);
  const auto block = RandomBytes(&random, 4 * kDimensions);
  for (uint32_t slot = 0; slot < 32; ++slot) {
    std::vector<uint8_t> signs(kDimensions / 8);
    for (size_t group = 0; group < kDimensions / 4; ++group) {
      const uint8_t byte = block[16 * group + slot % 16];
      const uint32_t nibble = slot < 16 ? byte & 15 : byte >> 4;
      signs[group / 2] |= static_cast<uint8_t>(nibble << 4 * (group % 2));
    }
    EXPECT_NEAR(
        kernel::SumOfSlot(block.data(), query.data(), kDimensions, slot),
        kernel::SumOfSigns(signs.data(), query.data(), kDimensions), 1e-4);
  }
}

TEST(SignSum, OnlySetBitsCount) {
  const std::vector<float> query(16, 1);
  std::vector<uint8_t> block(64);
  block[16 + 3] = 0b01010000;  // code 19: dimensions 4 and 6
  EXPECT_EQ(kernel::SumOfSlot(block.data(), query.data(), 16, 19), 2);
  EXPECT_EQ(kernel::SumOfSlot(block.data(), query.data(), 16, 3), 0);
}

}  // namespace
}  // namespace pomai
