#include "core/manifest/meta_page.h"

#include <gtest/gtest.h>

#include <vector>

namespace pomai {
namespace {

MetaPage Sample() {
  MetaPage meta;
  meta.build_id = 0x1122334455667788u;
  meta.rotation_seed = 99;
  meta.dimensions = 100;
  meta.bits = 6;
  meta.metric = Metric::kCosine;
  meta.shards = 3;
  meta.lists = 250;
  meta.sequence = 12;
  meta.next_allocation_id = 40;
  meta.manifest_id = 39;
  meta.manifest_block = 700;
  meta.manifest_pages = 2;
  meta.manifest_bytes = 9000;
  return meta;
}

std::vector<uint8_t> Encoded(const MetaPage& meta) {
  std::vector<uint8_t> page(kPageSize);
  meta.Encode(page.data());
  return page;
}

TEST(MetaPage, ComesBackAsItWasWritten) {
  const MetaPage meta = Sample();
  auto found = MetaPage::Decode(Encoded(meta).data());
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->build_id, meta.build_id);
  EXPECT_EQ(found->rotation_seed, meta.rotation_seed);
  EXPECT_EQ(found->dimensions, meta.dimensions);
  EXPECT_EQ(found->bits, meta.bits);
  EXPECT_EQ(found->metric, meta.metric);
  EXPECT_EQ(found->shards, meta.shards);
  EXPECT_EQ(found->lists, meta.lists);
  EXPECT_EQ(found->sequence, meta.sequence);
  EXPECT_EQ(found->next_allocation_id, meta.next_allocation_id);
  EXPECT_EQ(found->manifest_id, meta.manifest_id);
  EXPECT_EQ(found->manifest_block, meta.manifest_block);
  EXPECT_EQ(found->manifest_pages, meta.manifest_pages);
  EXPECT_EQ(found->manifest_bytes, meta.manifest_bytes);
  EXPECT_EQ(found->shape().dimensions, 112u);
  EXPECT_EQ(found->manifest_extent().BlockOf(1), 701u);
}

TEST(MetaPage, ANewIndexHasNoManifest) {
  MetaPage meta;
  meta.bits = 0;
  auto found = MetaPage::Decode(Encoded(meta).data());
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->manifest_id, 0u);
  EXPECT_EQ(found->manifest_extent().page_count(), 0u);
}

TEST(MetaPage, PageOfSomethingElseIsCorruption) {
  std::vector<uint8_t> page(kPageSize);
  EXPECT_EQ(MetaPage::Decode(page.data()).status().code(),
            StatusCode::kCorruption);
  page = Encoded(Sample());
  PageBody(page.data())[0] = 'P';
  const Status status = MetaPage::Decode(page.data()).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_NE(status.message().find("magic"), std::string_view::npos);
}

TEST(MetaPage, ValuesOutOfRangeAreCorruption) {
  void (*const breaks[])(MetaPage*) = {
      [](MetaPage* meta) { meta->dimensions = kMaxDimensions + 1; },
      [](MetaPage* meta) { meta->bits = 0; },
      [](MetaPage* meta) { meta->bits = kMaxBits + 1; },
      [](MetaPage* meta) { meta->metric = static_cast<Metric>(4); },
      [](MetaPage* meta) { meta->metric = static_cast<Metric>(0); },
      [](MetaPage* meta) { meta->shards = 0; },
      [](MetaPage* meta) { meta->shards = kMaxShards + 1; },
      [](MetaPage* meta) { meta->lists = kMaxLists + 1; },
      [](MetaPage* meta) { meta->next_allocation_id = 39; },
      [](MetaPage* meta) { meta->next_allocation_id = uint64_t{1} << 63; },
      [](MetaPage* meta) { meta->manifest_id = 0; },
      [](MetaPage* meta) { meta->manifest_block = 3; },
      [](MetaPage* meta) { meta->manifest_block = kNoBlock; },
      [](MetaPage* meta) { meta->manifest_pages = 0; },
      [](MetaPage* meta) { meta->manifest_pages = kNoBlock - 699; },
      [](MetaPage* meta) { meta->manifest_bytes = 0; },
      [](MetaPage* meta) { meta->manifest_bytes = 2 * kPageBodySize + 1; },
  };
  for (size_t i = 0; i < std::size(breaks); ++i) {
    MetaPage meta = Sample();
    breaks[i](&meta);
    const Status status = MetaPage::Decode(Encoded(meta).data()).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruption) << i;
    EXPECT_NE(status.message().find("block 0"), std::string_view::npos) << i;
  }
}

}  // namespace
}  // namespace pomai
