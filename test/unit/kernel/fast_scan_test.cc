#include "core/kernel/fast_scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/coding.h"
#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

// A block of random codes and factors at an odd address, and a table.
struct Scene {
  Scene(size_t group_count, uint64_t seed)
      : groups(group_count), bytes(16 * groups + 192 + 1), table(16 * groups) {
    Random random(seed);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next());
    for (uint8_t& byte : table) byte = static_cast<uint8_t>(random.Next());
    for (size_t j = 0; j < 96; ++j) {
      const float factor = Gaussian(&random);
      PutFixed<uint16_t>(
          &bytes[1 + 16 * groups + 2 * j],
          GetFixed<uint16_t>(reinterpret_cast<const uint8_t*>(&factor) + 2));
    }
  }
  const uint8_t* block() const { return &bytes[1]; }
  kernel::ScanTerms terms() const {
    return {table.data(), groups, 0.01f, -1.5f, 0.25f, 0.75f, 0.5f};
  }

  size_t groups;
  std::vector<uint8_t> bytes, table;
};

TEST(FastScan, EveryTargetEqualsScalar) {
  ForEveryTarget([] {
    // 4,000 groups are 16,000 dimensions; 256 and 260 frame one flush.
    for (const size_t groups : {4u, 8u, 28u, 196u, 256u, 260u, 4000u}) {
      const Scene scene(groups, groups);
      float found[32], expected[32];
      const uint32_t mask =
          kernel::ScanBlock(scene.block(), scene.terms(), found);
      kernel::scalar::ScanBlock(scene.block(), scene.terms(), expected);
      for (uint32_t j = 0; j < 32; ++j) {
        EXPECT_NEAR(found[j], expected[j],
                    1e-5 * (1 + std::abs(expected[j]) +
                            1.3 * static_cast<double>(groups)))
            << groups << " " << j;
        EXPECT_EQ(mask >> j & 1, found[j] <= 0.5f);
      }
    }
  });
}

TEST(FastScan, LargestSumsDoNotOverflow) {
  ForEveryTarget([] {
    for (const size_t groups : {256u, 4000u}) {
      Scene scene(groups, 1);
      scene.table.assign(16 * groups, 255);
      kernel::ScanTerms terms = scene.terms();
      terms.scale = 1;
      terms.offset = terms.add = terms.error = 0;
      for (uint32_t j = 0; j < 32; ++j) {
        PutFixed<uint16_t>(&scene.bytes[1 + 16 * groups + 2 * j], 0);
        PutFixed<uint16_t>(&scene.bytes[1 + 16 * groups + 64 + 2 * j], 0x3F80);
      }
      float found[32];
      kernel::ScanBlock(scene.block(), terms, found);
      for (const float sum : found) {
        EXPECT_EQ(sum, 255 * static_cast<float>(groups));
      }
    }
  });
}

TEST(FastScan, InfiniteBoundNeverSurvives) {
  ForEveryTarget([] {
    Scene scene(4, 3);
    PutFixed<uint16_t>(&scene.bytes[1 + 64 + 2 * 5], 0x7F80);
    kernel::ScanTerms terms = scene.terms();
    terms.threshold = std::numeric_limits<float>::max();
    float found[32];
    EXPECT_EQ(kernel::ScanBlock(scene.block(), terms, found), ~(1u << 5));
  });
}

TEST(FastScan, TheTableOfEveryTargetEqualsScalar) {
  ForEveryTarget([] {
    Random random(5);
    const auto query = GaussianVector(&random, 112);
    std::vector<uint8_t> found(448), expected(448);
    kernel::FillTable(query.data(), 28, 30, found.data());
    kernel::scalar::FillTable(query.data(), 28, 30, expected.data());
    for (size_t i = 0; i < 448; ++i) EXPECT_NEAR(found[i], expected[i], 1);
  });
}

}  // namespace
}  // namespace pomai
