#include <gtest/gtest.h>

#include "core/memtable/shard_page.h"
#include "core/memtable/tail_directory.h"
#include "test/unit/memtable/tail_sample.h"

namespace pomai {
namespace {

using Fault = MemoryStore::Fault;

TEST(TailAppend, EntriesComeBackForEveryRecordSize) {
  for (uint32_t record_size : {0u, 92u, 4072u, 8144u, 9000u, 18024u}) {
    auto store = StoreWithShards();
    uint64_t next = 0;
    for (size_t count : {1, 1, 3, 50, 390, 2, 250}) {
      AppendResult done;
      ASSERT_TRUE(
          AppendSample(store.get(), next, count, record_size, &done).ok());
      EXPECT_EQ(done.appended, count);
      EXPECT_FALSE(done.codebook_changed);
      next += count;
    }
    ExpectEntries(store.get(), next, record_size);
    EXPECT_EQ(store->guards(), 0);
  }
}

TEST(TailAppend, ShardsExtendTheStoreInTurn) {
  auto store = StoreWithShards();
  AppendResult done;
  for (uint64_t round = 0; round < 30; ++round) {
    for (uint32_t shard : {0, 1}) {
      ASSERT_TRUE(
          AppendSample(store.get(), round * 30, 30, 700, &done, shard).ok());
    }
  }
  ExpectEntries(store.get(), 900, 700, 0);
  ExpectEntries(store.get(), 900, 700, 1);
}

TEST(TailAppend, AnEntryThatFitsIsOneChange) {
  auto store = StoreWithShards();
  AppendResult done;
  ASSERT_TRUE(AppendSample(store.get(), 0, 1, 92, &done).ok());
  const uint64_t before = store->operations();
  for (uint64_t id = 1; id < 80; ++id) {
    ASSERT_TRUE(AppendSample(store.get(), id, 1, 92, &done).ok());
  }
  EXPECT_EQ(store->operations(), before + 79);
}

TEST(TailAppend, ManyEntriesTakeFewOperations) {
  auto store = StoreWithShards();
  AppendResult done;
  ASSERT_TRUE(AppendSample(store.get(), 0, 5000, 92, &done).ok());
  // 8 extents: a directory and 8 payload pages each are made and written, one
  // change links them.
  EXPECT_LE(store->operations(), 2 + 8 * (9 * 2 + 1));
}

TEST(TailAppend, RowsWithoutDistanceTakeNoPayloadPage) {
  auto store = StoreWithShards();
  std::vector<TailEntry> entries;
  for (uint64_t id = 0; id < 300; ++id) {
    entries.push_back({id, kNoDistanceList, {}});
  }
  const auto record = RecordOf(300, 18024);
  entries.push_back({300, 3, record});
  AppendResult done;
  ASSERT_TRUE(
      AppendToTail(store.get(), 0, 0, kSampleVersion, 18024, entries, &done)
          .ok());
  EXPECT_EQ(store->PageCount().value(), 2u + 1 + 4);
  auto extents = ListTailExtents(store.get(), HeadOf(store.get()), 0);
  ASSERT_EQ(extents->size(), 1u);
  EXPECT_EQ((*extents)[0].payload, (std::vector<BlockNumber>{2, 3, 4, 5}));
  TailView view;
  ASSERT_TRUE(
      view.Load(store.get(), HeadOf(store.get()), 0, PageLock::kPin).ok());
  ASSERT_EQ(view.List(kSampleVersion, 3).size(), 1u);
  auto found = view.Record(view.List(kSampleVersion, 3)[0]);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(std::memcmp(*found, record.data(), record.size()), 0);
}

TEST(TailAppend, AnotherCodebookStopsTheAppend) {
  auto store = StoreWithShards();
  const Sample sample(0, 3, 92);
  AppendResult done;
  ASSERT_TRUE(AppendToTail(store.get(), 0, 0, kSampleVersion + 1, 92,
                           sample.entries(), &done)
                  .ok());
  EXPECT_TRUE(done.codebook_changed);
  EXPECT_EQ(done.appended, 0u);
  EXPECT_FALSE(ShardPage::Decode(store->MutablePage(0), 0, 0)->has_tail());
}

TEST(TailAppend, AnotherCodebookOrRecordSizeOpensAnExtent) {
  auto store = StoreWithShards();
  AppendResult done;
  ASSERT_TRUE(AppendSample(store.get(), 0, 2, 0, &done).ok());
  ASSERT_TRUE(AppendSample(store.get(), 2, 2, 92, &done).ok());
  auto root = ShardPage::Decode(store->MutablePage(0), 0, 0);
  root->codebook_version = kSampleVersion + 1;
  root->Encode(store->MutablePage(0), 0);
  const Sample sample(5, 2, 92);
  ASSERT_TRUE(AppendToTail(store.get(), 0, 0, kSampleVersion + 1, 92,
                           sample.entries(), &done)
                  .ok());
  auto extents = ListTailExtents(store.get(), HeadOf(store.get()), 0);
  ASSERT_TRUE(extents.ok());
  ASSERT_EQ(extents->size(), 3u);
  EXPECT_EQ((*extents)[0].payload.size(), 0u);
  EXPECT_EQ((*extents)[1].codebook_version, kSampleVersion);
  EXPECT_EQ((*extents)[2].codebook_version, kSampleVersion + 1);
  EXPECT_LT((*extents)[1].id, (*extents)[2].id);
}

TEST(TailAppend, WrongRecordsAreRefused) {
  auto store = StoreWithShards();
  const auto record = RecordOf(1, 92);
  AppendResult done;
  const auto append = [&](TailEntry entry, uint32_t record_size) {
    const std::vector<TailEntry> entries{entry};
    return AppendToTail(store.get(), 0, 0, kSampleVersion, record_size, entries,
                        &done)
        .code();
  };
  EXPECT_EQ(append({1, 0, record}, 91), StatusCode::kInvalidArgument);
  EXPECT_EQ(append({1, 0, {}}, 92), StatusCode::kInvalidArgument);
  EXPECT_EQ(append({1, 0, {}}, 0), StatusCode::kInvalidArgument);
  EXPECT_EQ(append({1, kMaxLists, record}, 92), StatusCode::kInvalidArgument);
  EXPECT_EQ(append({1, kNoDistanceList, record}, 92),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(append({1, kNoDistanceList, {}}, kMaxTailRecordSize + 1),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(append({1, 0, record}, 92), StatusCode::kOk);
}

// Appends as two calls do, and adds up what was reported.
Status AppendTwice(MemoryStore* store, size_t count, uint32_t record_size,
                   uint64_t* reported) {
  for (int call = 0; call < 2; ++call) {
    AppendResult done;
    const Status status =
        AppendSample(store, *reported, count, record_size, &done);
    *reported += done.appended;
    POMAI_RETURN_IF_ERROR(status);
  }
  return Status::Ok();
}

class TailFaults : public testing::TestWithParam<uint32_t> {
 protected:
  // More than one extent for small records, more than one change for large.
  size_t count() const { return GetParam() < 1000 ? 800 : 20; }
};

TEST_P(TailFaults, AfterACrashAtAnyOperationTheReportedEntriesAreThere) {
  for (Fault fault : {Fault::kCrash, Fault::kTear}) {
    for (uint64_t n = 0;; ++n) {
      auto store = StoreWithShards();
      store->FailOperation(n, fault);
      uint64_t reported = 0;
      const Status status =
          AppendTwice(store.get(), count(), GetParam(), &reported);
      for (auto unlogged :
           {MemoryStore::Unlogged::kKept, MemoryStore::Unlogged::kLost}) {
        auto crashed = store->CrashCopy(unlogged);
        ExpectEntries(crashed.get(), reported, GetParam());
        AppendResult done;
        ASSERT_TRUE(
            AppendSample(crashed.get(), reported, 20, GetParam(), &done).ok());
        ExpectEntries(crashed.get(), reported + 20, GetParam());
      }
      if (status.ok()) break;
    }
  }
}

TEST_P(TailFaults, AfterAnErrorAtAnyOperationTheRestCanBeAppended) {
  for (uint64_t n = 0;; ++n) {
    auto store = StoreWithShards();
    store->FailOperation(n, Fault::kError);
    uint64_t reported = 0;
    const Status status =
        AppendTwice(store.get(), count(), GetParam(), &reported);
    if (status.ok()) break;
    EXPECT_EQ(store->guards(), 0);
    ExpectEntries(store.get(), reported, GetParam());
    ASSERT_TRUE(AppendTwice(store.get(), 30, GetParam(), &reported).ok());
    ExpectEntries(store.get(), reported, GetParam());
  }
}

TEST_P(TailFaults, AfterAFailedReadOrPollTheRestCanBeAppended) {
  for (const bool poll : {false, true}) {
    for (uint64_t n = 0;; ++n) {
      auto store = StoreWithShards();
      poll ? store->FailPoll(n) : store->FailRead(n);
      uint64_t reported = 0;
      const Status status =
          AppendTwice(store.get(), count(), GetParam(), &reported);
      if (status.ok()) break;
      ExpectEntries(store.get(), reported, GetParam());
      ASSERT_TRUE(AppendTwice(store.get(), 30, GetParam(), &reported).ok());
      ExpectEntries(store.get(), reported, GetParam());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RecordSizes, TailFaults,
                         testing::Values(0u, 92u, 18024u));

TEST(ShardPage, ComesBackAsItWasWrittenAndRefusesNonsense) {
  std::vector<uint8_t> page(kPageSize);
  ShardPage root{3, 9, 40, 50, TailExtentId(2, 4), TailExtentId(2, 9), {}};
  root.Encode(page.data(), 2);
  auto found = ShardPage::Decode(page.data(), 3, 2);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->last_id, root.last_id);
  EXPECT_EQ(ReadShardPage(page.data(), 3, 2)->first_block, 40u);
  EXPECT_FALSE(ReadShardPage(page.data(), 3, 1).ok());
  void (*const breaks[])(ShardPage*) = {
      [](ShardPage* root) { root->extents = 8; },
      [](ShardPage* root) { root->extents = kMaxTailExtents + 1; },
      [](ShardPage* root) { root->first_id = TailExtentId(1, 4); },
      [](ShardPage* root) { root->last_id = TailExtentId(2, 3); },
      [](ShardPage* root) { root->first_block = kNoBlock; },
      [](ShardPage* root) { root->last_block = kNoBlock; },
      [](ShardPage* root) { root->last_block = 40; },
  };
  for (const auto& damage : breaks) {
    ShardPage broken = root;
    damage(&broken);
    broken.Encode(page.data(), 2);
    EXPECT_EQ(ShardPage::Decode(page.data(), 3, 2).status().code(),
              StatusCode::kCorruption);
  }
}

TEST(TailDirectory, CapacityIsTheLargestThatFits) {
  for (uint32_t size : {0u, 1u, 92u, 500u, 8144u, kMaxTailRecordSize}) {
    const auto bytes = [&](uint64_t capacity) {
      return TailDirectory::kEntries + capacity * TailDirectory::kEntrySize +
             PagesFor(capacity * size) * 4;
    };
    const uint32_t capacity = TailDirectory::CapacityFor(size);
    EXPECT_LE(bytes(capacity), kPageBodySize);
    EXPECT_GT(bytes(capacity + 1), kPageBodySize - 4);
  }
}

}  // namespace
}  // namespace pomai
