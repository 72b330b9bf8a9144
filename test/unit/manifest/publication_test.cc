// A segment and the manifest that names it, published by one change of the meta
// page: after a crash at any operation a reader finds the old state or the new
// one, whole.

#include <gtest/gtest.h>

#include "core/manifest/manifest.h"
#include "core/manifest/meta_page.h"
#include "test/unit/segment/segment_sample.h"

namespace pomai {
namespace {

using Fault = MemoryStore::Fault;
using Unlogged = MemoryStore::Unlogged;

const CodeShape kShape{16, 4, Metric::kL2};

SegmentSample SampleOf(uint64_t sequence) {
  SegmentSample sample(kShape, {20 + static_cast<uint32_t>(sequence), 2000},
                       sequence);
  sample.ref.codebook_version = 0;
  return sample;
}

Result<MetaPage> ReadMeta(MemoryStore* store) {
  POMAI_ASSIGN_OR_RETURN(PageGuard page,
                         store->Read(kMetaBlock, PageLock::kShare));
  return MetaPage::Decode(page.data());
}

// Replaces the only segment by SampleOf(sequence + 1).
Status Publish(MemoryStore* store) {
  POMAI_ASSIGN_OR_RETURN(MetaPage meta, ReadMeta(store));
  SegmentSample sample = SampleOf(meta.sequence + 1);
  POMAI_RETURN_IF_ERROR(sample.Place(store, meta.next_allocation_id++));
  POMAI_RETURN_IF_ERROR(sample.Write(store));
  Manifest manifest;
  manifest.sequence = ++meta.sequence;
  manifest.segments = {sample.ref};
  const std::vector<uint8_t> bytes = manifest.Encode();
  meta.manifest_id = meta.next_allocation_id++;
  meta.manifest_bytes = static_cast<uint32_t>(bytes.size());
  meta.manifest_pages = PagesFor(bytes.size());
  POMAI_ASSIGN_OR_RETURN(meta.manifest_block,
                         store->Extend(meta.manifest_pages));
  POMAI_RETURN_IF_ERROR(Manifest::Store(store, meta.manifest_extent(), bytes));
  POMAI_ASSIGN_OR_RETURN(auto change, store->BeginChange());
  POMAI_ASSIGN_OR_RETURN(uint8_t * page, change->Edit(kMetaBlock));
  meta.Encode(page);
  return change->Commit();
}

std::unique_ptr<MemoryStore> NewIndex() {
  auto store = std::make_unique<MemoryStore>();
  EXPECT_TRUE(store->Extend(2).ok());
  auto change = store->BeginChange();
  auto page = (*change)->Init(kMetaBlock);
  MetaPage meta;
  meta.bits = 4;
  meta.Encode(*page);
  EXPECT_TRUE((*change)->Commit().ok());
  return store;
}

void ExpectState(MemoryStore* store, uint64_t sequence) {
  auto meta = ReadMeta(store);
  ASSERT_TRUE(meta.ok()) << meta.status().ToString();
  ASSERT_EQ(meta->sequence, sequence);
  auto manifest = Manifest::Load(store, *meta, PageLock::kPin);
  ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
  if (sequence == 0) {
    EXPECT_TRUE(manifest->segments.empty());
    return;
  }
  ASSERT_EQ(manifest->segments.size(), 1u);
  SegmentSample sample = SampleOf(sequence);
  sample.ref = manifest->segments[0];
  ExpectSegment(store, sample, PageLock::kPin);
}

class Publication : public testing::TestWithParam<Fault> {};

TEST_P(Publication, IsOldOrNewAfterACrashAtEveryOperation) {
  for (uint64_t before : {0, 1}) {
    for (uint64_t n = 0;; ++n) {
      auto store = NewIndex();
      if (before == 1) {
        ASSERT_TRUE(Publish(store.get()).ok());
      }
      store->FailOperation(n, GetParam());
      const bool published = Publish(store.get()).ok();
      EXPECT_EQ(store->guards(), 0);
      const uint64_t sequence = before + (published ? 1 : 0);
      for (Unlogged unlogged : {Unlogged::kKept, Unlogged::kLost}) {
        auto crashed = store->CrashCopy(unlogged);
        ExpectState(crashed.get(), sequence);
        ASSERT_TRUE(Publish(crashed.get()).ok());
        ExpectState(crashed.get(), sequence + 1);
      }
      if (published) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, Publication,
                         testing::Values(Fault::kError, Fault::kTear,
                                         Fault::kCrash));

}  // namespace
}  // namespace pomai
