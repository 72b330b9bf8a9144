#include "core/engine/snapshot.h"

#include <gtest/gtest.h>

#include "core/engine/maintain.h"
#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 20;
constexpr uint64_t kKey = 1;

Result<bool> Step(MemoryMembrane* membrane, Maintenance* maintenance) {
  MaintenanceHost host;
  host.store = membrane->store();
  host.cache = membrane->cache();
  host.key = kKey;
  return maintenance->Step(host);
}

void InsertRows(MemoryMembrane* membrane, uint64_t first_id, uint32_t rows) {
  const auto vectors = ClusteredVectors(rows, kDimensions, 20, first_id);
  InsertBatch batch;
  for (uint32_t i = 0; i < rows; ++i) {
    batch.Add(first_id + i, vectors[i]);
    membrane->rows()[first_id + i] = vectors[i];
  }
  ASSERT_TRUE(membrane->Apply(&batch).ok());
}

Result<Snapshot> Take(MemoryMembrane* membrane, ViewCache* cache) {
  return TakeSnapshot(membrane->store(), PageLock::kPin, cache, kKey);
}

// Of each list of the codebook: what every segment has of it.
void ExpectTheSame(const View& one, const View& other) {
  ASSERT_EQ(one.directories.size(), other.directories.size());
  const uint32_t lists = one.manifest.codebooks.back().lists;
  for (size_t i = 0; i < one.directories.size(); ++i) {
    const SegmentDirectory& a = one.directories[i];
    const SegmentDirectory& b = other.directories[i];
    EXPECT_EQ(a.first_live_row(), b.first_live_row());
    EXPECT_EQ(a.live_rows(), b.live_rows());
    EXPECT_EQ(a.WithoutDistance().first_row, b.WithoutDistance().first_row);
    for (uint32_t list = 0; list < lists; ++list) {
      EXPECT_EQ(a.List(list).rows, b.List(list).rows);
      EXPECT_EQ(a.List(list).first_row, b.List(list).first_row);
      EXPECT_EQ(a.List(list).first_block, b.List(list).first_block);
    }
  }
}

// A merge goes list by list: segments that it has not used up change what they
// have.
TEST(Snapshot, ViewsThatFollowOneAnotherAreAsIfReadAnew) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(40000, kDimensions, 20, 1));
  InsertRows(&membrane, 100001, 30000);
  ViewCache warm;
  ASSERT_TRUE(Take(&membrane, &warm).ok());
  Maintenance maintenance(MaintenanceGoal::kForceMerge);
  bool begun = false;
  for (int step = 0; step < 100; ++step) {
    const auto more = Step(&membrane, &maintenance);
    ASSERT_TRUE(more.ok()) << more.status().ToString();
    if (!*more) break;
    ViewCache cold;
    const auto next = Take(&membrane, &warm);
    const auto anew = Take(&membrane, &cold);
    ASSERT_TRUE(next.ok() && anew.ok());
    ExpectTheSame(*next->view, *anew->view);
    for (const SegmentRef& ref : next->view->manifest.segments) {
      begun = begun || ref.live_from > ref.first_list;
    }
  }
  EXPECT_TRUE(begun) << "no segment was ever used up in part";
}

// Every process that inserts or searches takes a view after each step.
TEST(Snapshot, ALaterViewReadsNoDirectoryThatAnEarlierOneHas) {
  MemoryMembrane membrane({.dimensions = kDimensions});
  membrane.Build(ClusteredVectors(5000, kDimensions, 20, 1));
  ViewCache warm;
  const auto first = Take(&membrane, &warm);
  ASSERT_TRUE(first.ok());
  InsertRows(&membrane, 100001, 100);
  Maintenance maintenance(MaintenanceGoal::kForceSeal);
  ASSERT_TRUE(Step(&membrane, &maintenance).value());
  const SegmentRef ref = first->view->manifest.segments.at(0);
  const BlockNumber block = ref.extent.BlockOf(ref.directory_page);
  PutPageHeader(membrane.store()->MutablePage(block),
                {99, 0, PageKind::kCodebook});
  const auto next = Take(&membrane, &warm);
  ASSERT_TRUE(next.ok()) << next.status().ToString();
  EXPECT_GT(next->view->manifest.sequence, first->view->manifest.sequence);
  ViewCache cold;
  EXPECT_EQ(Take(&membrane, &cold).status().code(), StatusCode::kAborted);
}

}  // namespace
}  // namespace pomai
