#include <gtest/gtest.h>

#include <set>

#include "core/engine/check.h"
#include "core/engine/vacuum_pass.h"
#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 24;

// Ids that are a multiple of `n` are dead.
class EveryNth : public DeadPredicate {
 public:
  explicit EveryNth(uint64_t n) : n_(n) {}
  Result<bool> IsDead(uint64_t id) override { return id % n_ == 0; }

 private:
  uint64_t n_;
};

void FillWithTail(MemoryMembrane* membrane) {
  membrane->Build(ClusteredVectors(3000, kDimensions, 20, 1));
  for (uint64_t id = 3001; id <= 3900; ++id) {
    const auto vector = ClusteredVectors(1, kDimensions, 20, id)[0];
    ASSERT_TRUE(membrane->Insert(id, id % 90 == 1 ? Vector() : vector).ok());
  }
}

CheckReport Check(MemoryMembrane* membrane) {
  CheckReport report;
  const auto snapshot = membrane->TakeSnapshot();
  EXPECT_TRUE(snapshot.ok()) << snapshot.status().ToString();
  if (snapshot.ok()) {
    const Status status = CheckMembrane(membrane->store(), PageLock::kPin,
                                        snapshot.value(), &report);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  return report;
}

TEST(Vacuum, DeadRowsAreNeverReturned) {
  MemoryMembrane membrane({.dimensions = kDimensions, .shards = 2});
  FillWithTail(&membrane);
  EveryNth dead(3);
  const auto snapshot = membrane.TakeSnapshot();
  ASSERT_TRUE(snapshot.ok());
  const auto first = Vacuum(membrane.store(), PageLock::kPin, snapshot.value(),
                            &dead, nullptr);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(first.value().removed, 1300u);
  EXPECT_EQ(first.value().live, 2600u);
  const auto second = Vacuum(membrane.store(), PageLock::kPin, snapshot.value(),
                             &dead, nullptr);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.value().removed, 0u);
  EXPECT_EQ(second.value().live, 2600u);
  // The table still has the rows: only the index knows that they are dead.
  const auto hits =
      membrane.Search(ClusteredVectors(1, kDimensions, 20, 7)[0], 10000);
  EXPECT_EQ(hits.size(), 2600u);
  for (const auto& hit : hits) EXPECT_NE(hit.id % 3, 0u);
}

TEST(Check, FindsNothingInASoundIndex) {
  MemoryMembrane membrane({.dimensions = kDimensions, .shards = 2});
  FillWithTail(&membrane);
  const CheckReport report = Check(&membrane);
  EXPECT_TRUE(report.problems.empty()) << report.problems.front();
  EXPECT_EQ(
      std::set<uint64_t>(report.live_ids.begin(), report.live_ids.end()).size(),
      3900u);
  EXPECT_EQ(report.live_ids.size(), 3900u);
  EXPECT_EQ(report.used_pages, report.pages);
}

TEST(Check, NoticesEveryOverwrittenPageHeader) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  FillWithTail(&membrane);
  const auto pages = membrane.store()->PageCount();
  ASSERT_TRUE(pages.ok());
  for (BlockNumber block = 1; block < pages.value(); ++block) {
    uint8_t* at = membrane.store()->MutablePage(block) + kPageHeaderOffset;
    *at ^= 0x40;
    CheckReport report;
    const auto snapshot = membrane.TakeSnapshot();
    Status status = snapshot.status();
    if (snapshot.ok()) {
      status = CheckMembrane(membrane.store(), PageLock::kPin, snapshot.value(),
                             &report);
    }
    EXPECT_TRUE(!status.ok() || !report.problems.empty()) << block;
    *at ^= 0x40;
  }
}

}  // namespace
}  // namespace pomai
