#include "core/host/memory_store.h"

#include <gtest/gtest.h>

#include <cstring>

namespace pomai {
namespace {

using Fault = MemoryStore::Fault;

// A store with one page for each header, written.
std::unique_ptr<MemoryStore> StoreOf(std::initializer_list<PageHeader> pages) {
  auto store = std::make_unique<MemoryStore>();
  for (const PageHeader& header : pages) {
    auto change = store->BeginChange();
    auto block = store->Extend(1);
    auto page = (*change)->Init(*block);
    PutPageHeader(*page, header);
    EXPECT_TRUE((*change)->Commit().ok());
  }
  return store;
}

uint32_t NumberAt(MemoryStore* store, BlockNumber block) {
  auto page = store->Read(block, PageLock::kPin);
  EXPECT_TRUE(page.ok());
  return GetFixed<uint32_t>(PageBody(page->data()));
}

Status Put(MemoryStore* store, std::initializer_list<BlockNumber> blocks,
           uint32_t number) {
  POMAI_ASSIGN_OR_RETURN(auto change, store->BeginChange());
  for (BlockNumber block : blocks) {
    POMAI_ASSIGN_OR_RETURN(uint8_t * page, change->Edit(block));
    PutFixed<uint32_t>(PageBody(page), number);
  }
  return change->Commit();
}

TEST(MemoryStore, CommittedPagesChangeTogetherAndUncommittedOnesNot) {
  auto store = StoreOf({{0, 0, PageKind::kMeta}, {0, 0, PageKind::kShard}});
  {
    auto change = store->BeginChange();
    auto page = (*change)->Edit(0);
    PutFixed<uint32_t>(PageBody(*page), 7);
    EXPECT_EQ(store->guards(), 1);
  }
  EXPECT_EQ(NumberAt(store.get(), 0), 0u);
  ASSERT_TRUE(Put(store.get(), {0, 1}, 8).ok());
  EXPECT_EQ(NumberAt(store.get(), 0), 8u);
  EXPECT_EQ(NumberAt(store.get(), 1), 8u);
  EXPECT_EQ(store->guards(), 0);
}

TEST(MemoryStore, LockShowsThePageAndEditFollowsIt) {
  auto store = StoreOf({{0, 0, PageKind::kMeta}});
  auto change = store->BeginChange();
  auto locked = (*change)->Lock(0);
  ASSERT_TRUE(locked.ok());
  auto page = (*change)->Edit(0);
  PutFixed<uint32_t>(PageBody(*page), 5);
  EXPECT_EQ(store->guards(), 1);
  ASSERT_TRUE((*change)->Commit().ok());
  EXPECT_EQ(NumberAt(store.get(), 0), 5u);
}

TEST(MemoryStore, FailedOperationChangesNothingAndTheNextOneWorks) {
  auto store = StoreOf({{0, 0, PageKind::kMeta}});
  store->FailOperation(1, Fault::kError);
  EXPECT_TRUE(Put(store.get(), {0}, 1).ok());
  EXPECT_EQ(Put(store.get(), {0}, 2).code(), StatusCode::kIo);
  EXPECT_EQ(NumberAt(store.get(), 0), 1u);
  EXPECT_TRUE(Put(store.get(), {0}, 3).ok());
  EXPECT_EQ(store->operations(), 5u);
}

TEST(MemoryStore, CrashFailsEverythingUntilTheCopyIsOpened) {
  auto store = StoreOf({{0, 0, PageKind::kMeta}});
  store->FailOperation(0, Fault::kCrash);
  EXPECT_FALSE(Put(store.get(), {0}, 1).ok());
  EXPECT_FALSE(Put(store.get(), {0}, 2).ok());
  EXPECT_FALSE(store->Extend(1).ok());
  auto copy = store->CrashCopy();
  EXPECT_EQ(NumberAt(copy.get(), 0), 0u);
  EXPECT_TRUE(Put(copy.get(), {0}, 3).ok());
  EXPECT_EQ(NumberAt(store.get(), 0), 0u);
}

TEST(MemoryStore, TornWriteLeavesHalfAPage) {
  MemoryStore store;
  ASSERT_TRUE(store.Extend(1).ok());
  store.FailOperation(0, Fault::kTear);
  const std::vector<uint8_t> page(kPageSize, 0xAB);
  EXPECT_EQ(store.WriteNew(0, page.data()).code(), StatusCode::kIo);
  auto copy = store.CrashCopy();
  EXPECT_EQ(copy->MutablePage(0)[kPageSize / 2 - 1], 0xAB);
  EXPECT_EQ(copy->MutablePage(0)[kPageSize / 2], 0);
  EXPECT_EQ(store.CrashCopy(MemoryStore::Unlogged::kLost)->MutablePage(0)[0],
            0);
}

TEST(MemoryStore, NewPagesAreSafeOnceAChangeIsCommitted) {
  auto store = StoreOf({{0, 0, PageKind::kMeta}});
  ASSERT_TRUE(store->Extend(1).ok());
  const std::vector<uint8_t> page(kPageSize, 0xAB);
  ASSERT_TRUE(store->WriteNew(1, page.data()).ok());
  const auto lost = MemoryStore::Unlogged::kLost;
  EXPECT_EQ(store->CrashCopy(lost)->MutablePage(1)[0], 0);
  EXPECT_EQ(store->CrashCopy()->MutablePage(1)[0], 0xAB);
  ASSERT_TRUE(Put(store.get(), {0}, 1).ok());
  EXPECT_EQ(store->CrashCopy(lost)->MutablePage(1)[0], 0xAB);
}

TEST(MemoryStore, ReadPastTheEndIsCorruption) {
  MemoryStore store;
  EXPECT_EQ(store.Read(0, PageLock::kPin).status().code(),
            StatusCode::kCorruption);
  auto change = store.BeginChange();
  EXPECT_EQ((*change)->Edit(4).status().code(), StatusCode::kCorruption);
}

TEST(MemoryStore, ReadsAndPollsFailWhenAsked) {
  auto store = StoreOf({{0, 0, PageKind::kMeta}});
  store->FailRead(1);
  EXPECT_TRUE(store->Read(0, PageLock::kPin).ok());
  EXPECT_EQ(store->Read(0, PageLock::kPin).status().code(), StatusCode::kIo);
  EXPECT_TRUE(store->Read(0, PageLock::kPin).ok());
  store->FailPoll(0);
  EXPECT_EQ(store->Poll().code(), StatusCode::kAborted);
  EXPECT_TRUE(store->Poll().ok());
}

TEST(MemoryStore, LocksInOrderAreTaken) {
  auto store = StoreOf({{0, 0, PageKind::kMeta},
                        {0, 0, PageKind::kShard},
                        {0, 1, PageKind::kShard},
                        {9, 0, PageKind::kTailDirectory},
                        {9, 1, PageKind::kTailPayload},
                        {9, 2, PageKind::kTailPayload},
                        {3, 5, PageKind::kSegment},
                        {3, 4, PageKind::kSegment},
                        {4, 0, PageKind::kCodebook}});
  std::vector<PageGuard> guards;
  for (BlockNumber block = 0; block < 9; ++block) {
    auto guard = store->Read(block, PageLock::kShare);
    ASSERT_TRUE(guard.ok());
    guards.push_back(std::move(guard).value());
  }
  EXPECT_EQ(store->guards(), 9);
}

TEST(MemoryStoreDeathTest, LockOrderIsEnforced) {
  auto store = StoreOf({{0, 0, PageKind::kMeta},
                        {0, 0, PageKind::kShard},
                        {0, 1, PageKind::kShard},
                        {9, 0, PageKind::kTailDirectory},
                        {9, 1, PageKind::kTailPayload}});
  for (BlockNumber block = 1; block < 5; ++block) {
    auto guard = store->Read(block, PageLock::kShare);
    EXPECT_DEATH((void)store->Read(block - 1, PageLock::kShare).ok(),
                 "lock order");
    EXPECT_DEATH((void)Put(store.get(), {block - 1}, 1).ok(), "lock order");
    EXPECT_DEATH((void)Put(store.get(), {block}, 1).ok(), "locked already");
    EXPECT_TRUE(store->Read(block - 1, PageLock::kPin).ok());
  }
}

TEST(MemoryStoreDeathTest, PollWithAGuardOrAChangeAliveIsRefused) {
  auto store = StoreOf({{0, 0, PageKind::kMeta}});
  {
    auto guard = store->Read(0, PageLock::kPin);
    EXPECT_DEATH((void)store->Poll().ok(), "1 guards");
  }
  auto change = store->BeginChange();
  EXPECT_DEATH((void)store->Poll().ok(), "1 changes");
}

TEST(MemoryStoreDeathTest, OnlyWrittenPagesAreEditedAndOnlyFourAtOnce) {
  auto store = StoreOf({{0, 0, PageKind::kMeta},
                        {0, 0, PageKind::kShard},
                        {0, 1, PageKind::kShard},
                        {0, 2, PageKind::kShard},
                        {0, 3, PageKind::kShard}});
  ASSERT_TRUE(store->Extend(1).ok());
  EXPECT_DEATH((void)Put(store.get(), {5}, 1).ok(), "never written");
  EXPECT_TRUE(Put(store.get(), {0, 1, 2, 3}, 1).ok());
  EXPECT_DEATH((void)Put(store.get(), {0, 1, 2, 3, 4}, 1).ok(), "more than 4");
}

}  // namespace
}  // namespace pomai
