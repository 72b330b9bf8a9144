#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/memtable/shard_page.h"
#include "core/memtable/tail_directory.h"
#include "test/unit/memtable/tail_sample.h"

namespace pomai {
namespace {

std::unique_ptr<MemoryStore> StoreOf(size_t count, uint32_t record_size) {
  auto store = StoreWithShards();
  AppendResult done;
  EXPECT_TRUE(AppendSample(store.get(), 0, count, record_size, &done).ok());
  return store;
}

Status LoadAll(MemoryStore* store, const TailHead& head) {
  TailView view;
  POMAI_RETURN_IF_ERROR(view.Load(store, head, 0, PageLock::kPin));
  for (const TailView::Entry& entry : view.all()) {
    if (entry.list == kNoDistanceList) continue;
    POMAI_RETURN_IF_ERROR(view.Record(entry).status());
  }
  return Status::Ok();
}

TEST(TailView, GroupsByListInAppendOrder) {
  auto store = StoreOf(1500, 92);
  TailView view;
  ASSERT_TRUE(
      view.Load(store.get(), HeadOf(store.get()), 0, PageLock::kPin).ok());
  size_t found = 0;
  for (uint32_t list = 0; list < 13000; list += 500) {
    uint64_t last = 0;
    for (const TailView::Entry& entry : view.List(kSampleVersion, list)) {
      EXPECT_EQ(entry.list, list);
      EXPECT_TRUE(last == 0 || entry.id > last);
      EXPECT_EQ(view.CodebookVersion(entry), kSampleVersion);
      last = entry.id;
      ++found;
    }
  }
  EXPECT_EQ(found, 1200u);
  EXPECT_EQ(view.WithoutDistance().size(), 300u);
  EXPECT_EQ(view.List(kSampleVersion, 500).size(), 0u);
  EXPECT_TRUE(view.Uses(kSampleVersion));
  EXPECT_FALSE(view.Uses(kSampleVersion + 1));
}

TEST(TailView, EmptyTailIsEmpty) {
  auto store = StoreWithShards();
  TailView view;
  ASSERT_TRUE(
      view.Load(store.get(), HeadOf(store.get()), 0, PageLock::kPin).ok());
  EXPECT_EQ(view.size(), 0u);
  EXPECT_TRUE(view.List(kSampleVersion, 0).empty());
}

TEST(TailView, ReadsOnlyDirectoriesUntilARecordIsAskedFor) {
  auto store = StoreOf(2000, 92);
  const TailHead head = HeadOf(store.get());
  const uint64_t before = store->reads();
  TailView view;
  ASSERT_TRUE(view.Load(store.get(), head, 0, PageLock::kShare).ok());
  EXPECT_EQ(store->reads(), before + 3);
  EXPECT_EQ(store->guards(), 0);
  ASSERT_TRUE(view.Record(view.List(kSampleVersion, 1000)[0]).ok());
  EXPECT_EQ(store->reads(), before + 4);
  view.Release();
  EXPECT_EQ(store->guards(), 0);
}

TEST(TailView, EachCodebookHasListsOfItsOwn) {
  auto store = StoreOf(1000, 92);
  auto root = ShardPage::Decode(store->MutablePage(0), 0, 0);
  root->codebook_version = kSampleVersion + 1;
  root->Encode(store->MutablePage(0), 0);
  const Sample sample(1000, 10, 92);
  AppendResult done;
  ASSERT_TRUE(AppendToTail(store.get(), 0, 0, kSampleVersion + 1, 92,
                           sample.entries(), &done)
                  .ok());
  TailView view;
  ASSERT_TRUE(
      view.Load(store.get(), HeadOf(store.get()), 0, PageLock::kPin).ok());
  EXPECT_EQ(view.WithoutDistance().size(), 202u);
  const uint32_t list = Sample::ListOf(1000, 92);
  EXPECT_EQ(view.List(kSampleVersion + 1, list).size(), 1u);
  size_t earlier = 0;
  for (uint32_t list_number = 0; list_number < 13000; ++list_number) {
    for (const auto& entry : view.List(kSampleVersion, list_number)) {
      EXPECT_EQ(view.CodebookVersion(entry), kSampleVersion);
      EXPECT_TRUE(view.Record(entry).ok());
      ++earlier;
    }
  }
  EXPECT_EQ(earlier, 800u);
}

TEST(TailView, StopsBehindTheExtentThatItIsTold) {
  auto store = StoreOf(1500, 92);
  const TailHead head = HeadOf(store.get());
  auto extents = ListTailExtents(store.get(), head, 0);
  TailView view;
  ASSERT_TRUE(
      view.Load(store.get(), head, 0, PageLock::kPin, (*extents)[0].id).ok());
  EXPECT_EQ(view.size(), (*extents)[0].count);
}

TEST(TailView, RecycledPageIsAborted) {
  auto store = StoreOf(1500, 92);
  const TailHead head = HeadOf(store.get());
  auto extents = ListTailExtents(store.get(), head, 0);
  const BlockNumber payload = (*extents)[1].payload[1];
  PutPageHeader(store->MutablePage(payload), {77, 0, PageKind::kSegment});
  EXPECT_EQ(LoadAll(store.get(), head).code(), StatusCode::kAborted);
  const BlockNumber directory = (*extents)[1].directory;
  PutPageHeader(store->MutablePage(directory), {77, 0, PageKind::kSegment});
  TailView view;
  EXPECT_EQ(view.Load(store.get(), head, 0, PageLock::kPin).code(),
            StatusCode::kAborted);
}

TEST(TailView, AChainThatLoopsIsCorruption) {
  auto store = StoreOf(1500, 92);
  const TailHead head = HeadOf(store.get());
  auto extents = ListTailExtents(store.get(), head, 0);
  ASSERT_EQ(extents->size(), 3u);
  for (size_t to = 0; to < 3; ++to) {
    const TailExtentInfo& last = (*extents)[2];
    uint8_t* page = store->MutablePage(last.directory);
    auto directory = TailDirectory::Decode(page, last.directory, last.id);
    ASSERT_TRUE(directory.ok());
    const TailDirectory sound = *directory;
    directory->next_block = (*extents)[to].directory;
    directory->next_id = (*extents)[to].id;
    directory->Encode(page);
    TailView view;
    const Status status = view.Load(store.get(), head, 0, PageLock::kPin);
    EXPECT_EQ(status.code(), StatusCode::kCorruption);
    EXPECT_NE(status.message().find("next tail extent"),
              std::string_view::npos);
    EXPECT_FALSE(ListTailExtents(store.get(), head, 0).ok());
    // The right id of another extent at the wrong block.
    directory->next_id = last.id + 1;
    directory->Encode(page);
    EXPECT_FALSE(view.Load(store.get(), head, 0, PageLock::kPin).ok());
    sound.Encode(page);
  }
}

TEST(TailView, HeadOfAnotherShardIsCorruption) {
  auto store = StoreOf(10, 92);
  TailView view;
  EXPECT_EQ(
      view.Load(store.get(), HeadOf(store.get()), 1, PageLock::kPin).code(),
      StatusCode::kCorruption);
}

// Every page is hit; answers may be wrong, but every call returns.
TEST(TailView, RandomDamageNeverCrashes) {
  Random random(7);
  for (int round = 0; round < 500; ++round) {
    const uint32_t record_size = round % 2 == 0 ? 700 : 9000;
    static std::unique_ptr<MemoryStore> sound[2] = {StoreOf(690, 700),
                                                    StoreOf(40, 9000)};
    auto store = sound[round % 2]->CrashCopy();
    const uint32_t pages = store->PageCount().value();
    for (uint64_t n = random.Below(4) + 1; n > 0; --n) {
      const auto block = static_cast<BlockNumber>(
          random.Below(2) == 0 ? random.Below(pages)
                               : (random.Below(2) == 0 ? 0 : pages - 1));
      // Half of the hits go to the numbers at the front or the header.
      const uint64_t at =
          random.Below(2) == 0   ? kPageBodyOffset + random.Below(kPageBodySize)
          : random.Below(4) == 0 ? kPageHeaderOffset + random.Below(16)
                                 : kPageBodyOffset + random.Below(48);
      store->MutablePage(block)[at] = static_cast<uint8_t>(random.Next());
    }
    auto page = store->Read(0, PageLock::kShare);
    auto head = ReadShardPage(page->data(), 0, 0);
    page->Release();
    if (head.ok()) {
      (void)LoadAll(store.get(), *head).ok();
      (void)ListTailExtents(store.get(), *head, 0).ok();
    }
    AppendResult done;
    (void)AppendSample(store.get(), 0, 20, record_size, &done).ok();
    EXPECT_EQ(store->guards(), 0);
  }
}

}  // namespace
}  // namespace pomai
