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
    ScannedBlock* block = pool.AddBlock(number, 100 * number);
    for (uint32_t i = 0; i < ScannedBlock::kCodes; ++i) {
      block->lower[i] = first[number] + static_cast<float>(i);
    }
    pool.DeferInLast(mask[number]);
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

TEST(CandidatePool, TakesDeferredCodesUpToAThresholdOnce) {
  CandidatePool pool = TwoBlocks(0b1011, 0b0110);
  EXPECT_EQ(pool.deferred_count(), 5u);
  const auto taken = pool.TakeDeferred(11);
  ASSERT_EQ(taken.size(), 4u);
  EXPECT_EQ(pool.deferred_count(), 1u);
  // In the order of the blocks: 10 and 11 of the first, 6 and 7 of the second.
  EXPECT_EQ(taken[0].block, 0u);
  EXPECT_EQ(taken[1].slot, 1u);
  EXPECT_EQ(taken[2].block, 1u);
  EXPECT_EQ(taken[3].slot, 2u);
  EXPECT_TRUE(pool.TakeDeferred(11).empty());
  EXPECT_EQ(pool.TakeDeferred(kInfinity).size(), 1u);
  EXPECT_EQ(pool.deferred_count(), 0u);
}

TEST(CandidatePool, TakesTheLeastDeferredCodesAndKeepsTheOthers) {
  CandidatePool pool = TwoBlocks(0b111, 0b10001);
  const auto taken = pool.TakeLeastDeferred(2);
  ASSERT_EQ(taken.size(), 2u);
  for (const DeferredCode& code : taken) EXPECT_EQ(code.block, 1u);
  EXPECT_EQ(pool.deferred_count(), 3u);
  EXPECT_EQ(pool.TakeLeastDeferred(10).size(), 3u);
  EXPECT_EQ(pool.deferred_count(), 0u);
}

TEST(CandidatePool, ACodeMayBeDeferredAgain) {
  CandidatePool pool = TwoBlocks(1, 0);
  const auto taken = pool.TakeDeferred(10);
  ASSERT_EQ(taken.size(), 1u);
  pool.Defer(taken[0]);
  EXPECT_EQ(pool.deferred_count(), 1u);
  EXPECT_EQ(pool.block(taken[0].block).first_row, 0u);
  EXPECT_EQ(pool.TakeDeferred(10).size(), 1u);
}

// Else a search over damaged codes would never end.
TEST(CandidatePool, LetsABoundThatIsNoNumberThrough) {
  CandidatePool pool = TwoBlocks(0b11, 0);
  pool.AddBlock(2, 0)->lower[0] = std::numeric_limits<float>::quiet_NaN();
  pool.DeferInLast(1);
  EXPECT_EQ(pool.TakeLeastDeferred(1).at(0).block, 2u);
  EXPECT_EQ(pool.deferred_count(), 2u);
}

}  // namespace
}  // namespace pomai
