#include "core/host_file/block_table.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace pomai {
namespace {

TEST(BlockTable, EachBlockHasASlotThatStaysWhereItIs) {
  BlockTable table;
  std::vector<BlockTable::Slot*> slots;
  for (uint32_t count : {1, 62, 1, 1, 63, 1, 1000, 40000}) {
    ASSERT_TRUE(table.Grow(count));
    while (slots.size() < table.size()) {
      const auto block = static_cast<BlockNumber>(slots.size());
      slots.push_back(table.Find(block));
      EXPECT_TRUE(slots.back()->Load().empty());
    }
    EXPECT_EQ(table.Find(table.size()), nullptr);
  }
  EXPECT_EQ(table.size(), 41129u);
  EXPECT_EQ(std::set(slots.begin(), slots.end()).size(), slots.size());
  for (BlockNumber block = 0; block < table.size(); ++block) {
    ASSERT_EQ(table.Find(block), slots[block]) << block;
  }
}

TEST(BlockTable, AShrunkTableGrowsAgain) {
  BlockTable table;
  ASSERT_TRUE(table.Grow(1000));
  table.Shrink(10);
  EXPECT_EQ(table.Find(10), nullptr);
  ASSERT_TRUE(table.Grow(2000));
  EXPECT_NE(table.Find(2009), nullptr);
}

TEST(BlockTable, TooManyBlocksAreRefused) {
  BlockTable table;
  ASSERT_TRUE(table.Grow(1));
  EXPECT_FALSE(table.Grow(0x80000000u));
  EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace pomai
