// A shard page in a MemoryStore and entries whose bytes follow from their ids,
// for tests of tails.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "core/host/memory_store.h"
#include "core/memtable/tail.h"

namespace pomai {

inline constexpr uint64_t kSampleVersion = 5;

// Block 0 is the page of shard 0, block 1 that of shard 1.
inline std::unique_ptr<MemoryStore> StoreWithShards() {
  auto store = std::make_unique<MemoryStore>();
  EXPECT_TRUE(store->Extend(2).ok());
  auto change = store->BeginChange();
  for (uint32_t shard = 0; shard < 2; ++shard) {
    auto page = (*change)->Init(shard);
    InitShardPage(*page, shard, kSampleVersion);
  }
  EXPECT_TRUE((*change)->Commit().ok());
  return store;
}

inline TailHead HeadOf(MemoryStore* store, uint32_t shard = 0) {
  auto page = store->Read(shard, PageLock::kShare);
  EXPECT_TRUE(page.ok());
  auto head = ReadShardPage(page->data(), shard, shard);
  EXPECT_TRUE(head.ok()) << head.status().ToString();
  return *head;
}

inline std::vector<uint8_t> RecordOf(uint64_t id, uint32_t size) {
  std::vector<uint8_t> record(size);
  for (uint32_t i = 0; i < size; ++i) {
    record[i] = static_cast<uint8_t>(id * 131 + i * 7 + (i >> 8));
  }
  return record;
}

// Entries [first, first + count); every fifth is without distance, the others
// are spread over a few lists.
class Sample {
 public:
  Sample(uint64_t first, size_t count, uint32_t record_size) {
    records_.reserve(count);
    for (uint64_t id = first; id < first + count; ++id) {
      const uint32_t list = ListOf(id, record_size);
      records_.push_back(list == kNoDistanceList ? std::vector<uint8_t>()
                                                 : RecordOf(id, record_size));
      entries_.push_back({id, list, records_.back()});
    }
  }
  static uint32_t ListOf(uint64_t id, uint32_t record_size) {
    if (record_size == 0 || id % 5 == 4) return kNoDistanceList;
    return static_cast<uint32_t>(id * 7 % 13 * 1000);
  }
  std::span<const TailEntry> entries() const { return entries_; }

 private:
  std::vector<std::vector<uint8_t>> records_;
  std::vector<TailEntry> entries_;
};

inline Status AppendSample(MemoryStore* store, uint64_t first, size_t count,
                           uint32_t record_size, AppendResult* done,
                           uint32_t shard = 0) {
  const Sample sample(first, count, record_size);
  return AppendToTail(store, shard, shard, kSampleVersion, record_size,
                      sample.entries(), done);
}

// Expects exactly the live entries [0, count) with their lists and records.
inline void ExpectEntries(MemoryStore* store, uint64_t count,
                          uint32_t record_size, uint32_t shard = 0) {
  TailView view;
  const Status status =
      view.Load(store, HeadOf(store, shard), shard, PageLock::kShare);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_EQ(view.size(), count);
  std::vector<bool> seen(count);
  for (const TailView::Entry& entry : view.all()) {
    ASSERT_LT(entry.id, count);
    EXPECT_FALSE(seen[entry.id]);
    seen[entry.id] = true;
    EXPECT_EQ(entry.list, Sample::ListOf(entry.id, record_size));
    if (entry.list == kNoDistanceList) continue;
    auto record = view.Record(entry);
    ASSERT_TRUE(record.ok()) << record.status().ToString();
    const auto expected = RecordOf(entry.id, record_size);
    ASSERT_EQ(std::memcmp(*record, expected.data(), record_size), 0);
  }
}

}  // namespace pomai
