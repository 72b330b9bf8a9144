#include "core/manifest/manifest.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"
#include "core/host/memory_store.h"

namespace pomai {
namespace {

Manifest Sample() {
  Manifest manifest;
  manifest.sequence = 12;
  manifest.trained_rows = 5000;
  manifest.max_squared_norm = 3.5f;
  manifest.mean_squared_residual = 0.25f;
  manifest.trained_list_rows = 17.5f;
  manifest.calibrated_codebook = 7;
  manifest.calibrated_rows = 6000;
  manifest.codebooks = {{1, 4, {10, PageKind::kCodebook, {{20, 3}}}},
                        {7, 9, {11, PageKind::kCodebook, {{30, 2}, {40, 1}}}}};
  SegmentRef segment;
  segment.extent = {12, PageKind::kSegment, {{50, 6}, {70, 4}}};
  segment.shard = 2;
  segment.lists = 9;
  segment.codebook_version = 7;
  segment.rows = 1100;
  segment.rows_without_distance = 100;
  segment.blocks = 40;
  segment.directory_page = 1;
  segment.blocks_page = 2;
  segment.refine_page = 5;
  segment.ids_page = 7;
  segment.dead_page = 9;
  segment.squared_residuals = 275;
  manifest.segments = {segment, segment};
  manifest.segments[1].first_list = 2;
  manifest.segments[1].lists = 6;
  manifest.segments[1].live_from = 5;
  manifest.calibration = {
      {1, 10}, {0.9f, 0.95f, 0.99f}, {1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}};
  manifest.calibration.taus[5] = HUGE_VALF;
  manifest.retired = {{100, {{90, 2}, {95, 1}}}, {0, {{99, 1}}}};
  return manifest;
}

void ExpectCorruption(const Manifest& manifest, const char* part) {
  const Status status = Manifest::Decode(manifest.Encode()).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption) << part;
  EXPECT_NE(status.message().find(part), std::string_view::npos)
      << status.message();
}

TEST(Manifest, ComesBackAsItWasWritten) {
  const Manifest manifest = Sample();
  auto found = Manifest::Decode(manifest.Encode());
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->Encode(), manifest.Encode());
  EXPECT_EQ(found->segment_rows(), 2200u);
  EXPECT_EQ(found->current_codebook(), 7u);
  EXPECT_EQ(found->codebooks[1].extent.BlockOf(2), 40u);
  EXPECT_EQ(found->codebooks[1].extent.kind, PageKind::kCodebook);
  EXPECT_EQ(found->segments[1].extent.kind, PageKind::kSegment);
  EXPECT_EQ(found->segments[1].dead_page, 9u);
  EXPECT_EQ(found->calibration.Tau(1, 0.95), manifest.calibration.Tau(1, 0.95));
  EXPECT_EQ(found->calibration.Codes(10, 0.9), 10);
  EXPECT_TRUE(Manifest::Decode(Manifest().Encode()).ok());
}

TEST(Manifest, EveryTruncationAndAnyExtraByteIsCorruption) {
  std::vector<uint8_t> bytes = Sample().Encode();
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto found = Manifest::Decode({bytes.data(), size});
    ASSERT_FALSE(found.ok()) << size;
    EXPECT_EQ(found.status().code(), StatusCode::kCorruption);
  }
  bytes.push_back(0);
  EXPECT_FALSE(Manifest::Decode(bytes).ok());
}

TEST(Manifest, ValuesThatMakeNoSenseAreCorruptionWithTheirName) {
  Manifest manifest = Sample();
  std::swap(manifest.codebooks[0], manifest.codebooks[1]);
  ExpectCorruption(manifest, "codebook version");
  manifest = Sample();
  manifest.codebooks[0].extent.id = uint64_t{1} << 63;
  ExpectCorruption(manifest, "extent id");
  manifest = Sample();
  manifest.codebooks[0].extent.runs.clear();
  ExpectCorruption(manifest, "pages of some runs");
  manifest = Sample();
  manifest.codebooks[0].extent.runs[0] = {kNoBlock - 2, 3};
  ExpectCorruption(manifest, "blocks of a run");
  manifest = Sample();
  manifest.segments[0].codebook_version = 2;
  ExpectCorruption(manifest, "codebook of a segment");
  manifest = Sample();
  manifest.segments[0].lists = 10;
  ExpectCorruption(manifest, "last list of a segment");
  manifest = Sample();
  manifest.segments[1].live_from = 1;
  ExpectCorruption(manifest, "first live list of a segment");
  manifest = Sample();
  manifest.segments[1].live_from = 8;
  ExpectCorruption(manifest, "first live list of a segment");
  manifest = Sample();
  manifest.retired[1].runs.clear();
  ExpectCorruption(manifest, "pages of some runs");
  manifest = Sample();
  manifest.segments[0].rows_without_distance = 1101;
  ExpectCorruption(manifest, "rows without distance");
  manifest = Sample();
  manifest.segments[0].blocks = 31;
  ExpectCorruption(manifest, "blocks of a segment");
  manifest = Sample();
  manifest.segments[1].ids_page = 8;
  ExpectCorruption(manifest, "dead bitmap");
  manifest = Sample();
  manifest.segments[1].extent.runs[1].count = 3;
  ExpectCorruption(manifest, "pages of a segment");
  manifest = Sample();
  manifest.calibration.ks[1] = 1;
  ExpectCorruption(manifest, "calibrated k");
  manifest = Sample();
  manifest.calibration.targets[2] = 1;
  ExpectCorruption(manifest, "calibrated target");
  manifest = Sample();
  manifest.calibration.taus[0] = std::nanf("");
  ExpectCorruption(manifest, "calibrated tau");
  manifest = Sample();
  manifest.calibration.codes[5] = -1;
  ExpectCorruption(manifest, "calibrated codes");
  manifest = Sample();
  manifest.max_squared_norm = std::nanf("");
  ExpectCorruption(manifest, "largest squared norm");
}

TEST(Manifest, RandomDamageNeverCrashesTheDecoder) {
  const std::vector<uint8_t> bytes = Sample().Encode();
  Random random(1);
  for (int round = 0; round < 20000; ++round) {
    auto broken = bytes;
    for (uint64_t n = random.Below(3) + 1; n > 0; --n) {
      broken[random.Below(broken.size())] =
          random.Below(2) == 0 ? 0xFF : static_cast<uint8_t>(random.Next());
    }
    auto found = Manifest::Decode(broken);
    if (found.ok()) {
      EXPECT_EQ(found->Encode(), broken);
    } else {
      EXPECT_EQ(found.status().code(), StatusCode::kCorruption);
    }
  }
}

TEST(Manifest, LoadFollowsTheMetaPage) {
  MemoryStore store;
  ASSERT_TRUE(store.Extend(4).ok());
  const auto bytes = Sample().Encode();
  MetaPage meta;
  meta.sequence = 12;
  auto found = Manifest::Load(&store, meta, PageLock::kPin);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->sequence, 0u);
  meta.manifest_id = 5;
  meta.manifest_block = 2;
  meta.manifest_pages = 1;
  meta.manifest_bytes = static_cast<uint32_t>(bytes.size());
  ASSERT_TRUE(Manifest::Store(&store, meta.manifest_extent(), bytes).ok());
  found = Manifest::Load(&store, meta, PageLock::kShare);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->Encode(), bytes);
  meta.sequence = 13;
  const Status status = Manifest::Load(&store, meta, PageLock::kPin).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_NE(status.message().find("block 2"), std::string_view::npos);
  meta.manifest_id = 6;
  EXPECT_EQ(Manifest::Load(&store, meta, PageLock::kPin).status().code(),
            StatusCode::kAborted);
}

}  // namespace
}  // namespace pomai
