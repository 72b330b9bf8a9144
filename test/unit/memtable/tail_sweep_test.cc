#include <gtest/gtest.h>

#include "test/unit/memtable/tail_sample.h"

namespace pomai {
namespace {

class Multiples : public DeadPredicate {
 public:
  Multiples(MemoryStore* store, uint64_t of) : store_(store), of_(of) {}
  Result<bool> IsDead(uint64_t id) override {
    EXPECT_EQ(store_->guards(), 0);
    ++asked;
    return id % of_ == 0;
  }
  uint64_t asked = 0;

 private:
  MemoryStore* store_;
  uint64_t of_;
};

uint64_t LiveCount(MemoryStore* store) {
  TailView view;
  EXPECT_TRUE(view.Load(store, HeadOf(store), 0, PageLock::kPin).ok());
  return view.size();
}

TEST(TailSweep, MarksEntriesOnceAndLeavesThemOutOfViews) {
  auto store = StoreWithShards();
  AppendResult done;
  ASSERT_TRUE(AppendSample(store.get(), 0, 1500, 92, &done).ok());
  Multiples thirds(store.get(), 3);
  auto sweep = SweepTail(store.get(), 0, 0, &thirds);
  ASSERT_TRUE(sweep.ok());
  EXPECT_EQ(sweep->live, 1000u);
  EXPECT_EQ(sweep->removed, 500u);
  EXPECT_EQ(LiveCount(store.get()), 1000u);
  const uint64_t before = store->operations();
  sweep = SweepTail(store.get(), 0, 0, &thirds);
  EXPECT_EQ(sweep->live, 1000u);
  EXPECT_EQ(sweep->removed, 0u);
  EXPECT_EQ(thirds.asked, 2500u);
  EXPECT_EQ(store->operations(), before);
  uint32_t dead = 0;
  auto extents = ListTailExtents(store.get(), HeadOf(store.get()), 0);
  for (const TailExtentInfo& extent : *extents) dead += extent.dead;
  EXPECT_EQ(dead, 500u);
}

TEST(TailSweep, EntriesAppendedAfterItStayAlive) {
  auto store = StoreWithShards();
  AppendResult done;
  ASSERT_TRUE(AppendSample(store.get(), 0, 10, 92, &done).ok());
  Multiples all(store.get(), 1);
  EXPECT_EQ(SweepTail(store.get(), 0, 0, &all)->removed, 10u);
  ASSERT_TRUE(AppendSample(store.get(), 0, 10, 92, &done).ok());
  ExpectEntries(store.get(), 10, 92);
}

TEST(TailSweep, EmptyTailHasNothingToSweep) {
  auto store = StoreWithShards();
  Multiples all(store.get(), 1);
  auto sweep = SweepTail(store.get(), 1, 1, &all);
  ASSERT_TRUE(sweep.ok());
  EXPECT_EQ(sweep->live + sweep->removed, 0u);
}

TEST(TailSweep, AfterACrashAtAnyOperationASecondSweepEndsTheWork) {
  for (uint64_t n = 0;; ++n) {
    auto store = StoreWithShards();
    AppendResult done;
    ASSERT_TRUE(AppendSample(store.get(), 0, 1500, 92, &done).ok());
    store->FailOperation(n, MemoryStore::Fault::kCrash);
    Multiples halves(store.get(), 2);
    const bool finished = SweepTail(store.get(), 0, 0, &halves).ok();
    auto crashed = store->CrashCopy();
    // Whole directories at a time.
    auto extents = ListTailExtents(crashed.get(), HeadOf(crashed.get()), 0);
    for (size_t i = 0; i < extents->size(); ++i) {
      const TailExtentInfo& extent = (*extents)[i];
      EXPECT_EQ(extent.dead, i < n ? extent.count / 2 : 0);
    }
    Multiples again(crashed.get(), 2);
    EXPECT_EQ(SweepTail(crashed.get(), 0, 0, &again)->live, 750u);
    EXPECT_EQ(LiveCount(crashed.get()), 750u);
    if (finished) break;
  }
}

}  // namespace
}  // namespace pomai
