#include "core/db/id_index.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "core/base/random.h"

namespace pomai {
namespace {

TEST(IdIndex, FindsTheNewestPlaceOfAnId) {
  IdIndex index;
  EXPECT_EQ(index.Find(0), IdIndex::kNone);
  EXPECT_EQ(index.Exchange(0, 7), IdIndex::kNone);
  EXPECT_EQ(index.Exchange(0, 8), 7u);
  EXPECT_EQ(index.Find(0), 8u);
  EXPECT_EQ(index.Find(1), IdIndex::kNone);
}

TEST(IdIndex, GrowsWithoutLosingAnId) {
  // Rising ids of one of four shards, ids that differ in their high bits only,
  // and any.
  for (const uint64_t step : {4ull, 1ull << 40, 0ull}) {
    IdIndex index;
    std::unordered_map<uint64_t, uint32_t> expected;
    Random random(step);
    for (uint32_t place = 0; place < 20000; ++place) {
      const uint64_t id = step == 0 ? random.Below(10000) : place * step;
      const auto known = expected.find(id);
      EXPECT_EQ(index.Exchange(id, place),
                known == expected.end() ? IdIndex::kNone : known->second);
      expected[id] = place;
    }
    for (const auto& [id, place] : expected) EXPECT_EQ(index.Find(id), place);
    EXPECT_EQ(index.Find(~0ull), IdIndex::kNone);
  }
}

}  // namespace
}  // namespace pomai
