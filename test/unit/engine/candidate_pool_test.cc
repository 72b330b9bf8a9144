#include "core/engine/candidate_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace pomai {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Blocks 0 and 1, whose code i has the bounds 10 + i and 5 + i.
CandidatePool TwoBlocks(uint32_t first_mask, uint32_t second_mask) {
  CandidatePool pool;
  const float first[] = {10, 5};
  const uint32_t mask[] = {first_mask, second_mask};
  for (uint32_t number = 0; number < 2; ++number) {
    ScannedBlock* block = pool.AddBlock(number, 100 * number, mask[number]);
    for (uint32_t i = 0; i < kBlockCodes; ++i) {
      block->lower[i] = first[number] + static_cast<float>(i);
    }
  }
  return pool;
}

TEST(CandidatePool, RhoIsInfiniteUntilThereAreEnoughCandidates) {
  CandidatePool pool;
  pool.SetWanted(2);
  pool.Add({3, 0, 0, 0});
  EXPECT_EQ(pool.rho(), kInfinity);
  pool.Add({1, 0, 0, 1});
  EXPECT_EQ(pool.rho(), 3);
  pool.Add({2, 0, 0, 2});
  EXPECT_EQ(pool.rho(), 2);
}

TEST(CandidatePool, FindsDeferredCodesUpToAThreshold) {
  CandidatePool pool = TwoBlocks(0b1011, 0b0110);
  EXPECT_EQ(pool.deferred_count(), 5u);
  std::vector<BlockCode> codes;
  pool.FindDeferred(11, &codes);
  // In the order of the blocks: 10 and 11 of the first, 6 and 7 of the second.
  ASSERT_EQ(codes.size(), 4u);
  EXPECT_EQ(codes[0].block, 0u);
  EXPECT_EQ(codes[1].slot, 1u);
  EXPECT_EQ(codes[2].block, 1u);
  EXPECT_EQ(codes[3].slot, 2u);
}

TEST(CandidatePool, ARemovedCodeIsNotFoundAgain) {
  CandidatePool pool = TwoBlocks(0b11, 0);
  pool.Remove({0, 1});
  EXPECT_EQ(pool.deferred_count(), 1u);
  std::vector<BlockCode> codes;
  pool.FindDeferred(kInfinity, &codes);
  ASSERT_EQ(codes.size(), 1u);
  EXPECT_EQ(codes[0].slot, 0u);
  pool.ForgetDeferred();
  EXPECT_EQ(pool.deferred_count(), 0u);
  pool.FindDeferred(kInfinity, &codes);
  EXPECT_TRUE(codes.empty());
}

TEST(CandidatePool, FindsTheLeastDeferredCodes) {
  CandidatePool pool = TwoBlocks(0b111, 0b10001);
  std::vector<BlockCode> codes;
  pool.FindLeastDeferred(2, &codes);
  ASSERT_EQ(codes.size(), 2u);
  // 5 and 9 of the second block.
  EXPECT_EQ(codes[0].block, 1u);
  EXPECT_EQ(codes[1].block, 1u);
  pool.FindLeastDeferred(10, &codes);
  EXPECT_EQ(codes.size(), 5u);
}

// Copies of a row have one bound: no more of them come than are asked for.
TEST(CandidatePool, FindsNoMoreOfEqualBoundsThanAsked) {
  CandidatePool pool;
  ScannedBlock* block = pool.AddBlock(0, 0, 0b1111);
  for (int slot = 0; slot < 4; ++slot) block->lower[slot] = slot == 3 ? 1 : 2;
  std::vector<BlockCode> codes;
  pool.FindLeastDeferred(2, &codes);
  ASSERT_EQ(codes.size(), 2u);
  EXPECT_EQ(codes[1].slot, 3u);
}

// Else a search over damaged codes would never end.
TEST(CandidatePool, LetsABoundThatIsNoNumberThrough) {
  CandidatePool pool = TwoBlocks(0b11, 0);
  pool.AddBlock(2, 0, 1)->lower[0] = std::numeric_limits<float>::quiet_NaN();
  std::vector<BlockCode> codes;
  pool.FindLeastDeferred(1, &codes);
  EXPECT_EQ(codes.at(0).block, 2u);
  pool.FindDeferred(0, &codes);
  EXPECT_EQ(codes.at(0).block, 2u);
}

}  // namespace
}  // namespace pomai
