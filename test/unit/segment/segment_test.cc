#include <gtest/gtest.h>

#include "test/unit/segment/segment_sample.h"

namespace pomai {
namespace {

std::unique_ptr<MemoryStore> Stored(SegmentSample* sample) {
  auto store = std::make_unique<MemoryStore>();
  EXPECT_TRUE(sample->Place(store.get(), 44).ok());
  const Status status = sample->Write(store.get());
  EXPECT_TRUE(status.ok()) << status.ToString();
  return store;
}

TEST(Segment, RowsComeBackForEveryShape) {
  for (const CodeShape& shape :
       {CodeShape{16, 1, Metric::kL2}, CodeShape{112, 6, Metric::kCosine},
        CodeShape{784, 9, Metric::kInnerProduct}}) {
    SegmentSample sample(shape, {33, 0, 1, 64, 0, 400, 31, 7});
    auto store = Stored(&sample);
    ExpectSegment(store.get(), sample, PageLock::kPin);
    ExpectSegment(store.get(), sample, PageLock::kShare);
    EXPECT_EQ(store->guards(), 0);
  }
}

TEST(Segment, BlocksAndRowsLargerThanAPage) {
  SegmentSample sample({16000, 9, Metric::kL2}, {5, 2, 1});
  auto store = Stored(&sample);
  ExpectSegment(store.get(), sample, PageLock::kShare);
}

TEST(Segment, OfNoRowsAndOfRowsWithoutDistanceOnly) {
  for (const std::vector<uint32_t>& list_rows :
       {std::vector<uint32_t>{0, 0}, {0, 0, 0, 9}, {3, 0}}) {
    SegmentSample sample({16, 4, Metric::kL2}, list_rows);
    while (SegmentWriter::PlannedPages(sample.ref) < 3) {
      ++sample.ref.dead_page;  // Place wants three pages
    }
    auto store = Stored(&sample);
    ExpectSegment(store.get(), sample, PageLock::kPin);
  }
}

TEST(Segment, SectionsFollowEachOther) {
  const CodeShape shape{112, 6, Metric::kL2};
  const std::vector<uint32_t> list_rows{1000, 33, 5};
  const SegmentRef ref = SegmentWriter::Plan(shape, 3, 9, 0, list_rows);
  EXPECT_EQ(ref.rows, 1038u);
  EXPECT_EQ(ref.rows_without_distance, 5u);
  EXPECT_EQ(ref.blocks, 32u + 2);
  EXPECT_EQ(ref.directory_page, 1u);
  EXPECT_EQ(ref.blocks_page, 2u);
  EXPECT_EQ(ref.refine_page, 2 + PagesFor(34 * shape.block_size()));
  EXPECT_EQ(ref.ids_page,
            ref.refine_page + PagesFor(1033 * shape.refine_size()));
  EXPECT_EQ(ref.dead_page, ref.ids_page + 2);
  EXPECT_EQ(SegmentWriter::PlannedPages(ref), ref.dead_page + 1);
}

TEST(SegmentWriter, RowsThatDoNotFollowThePlanAreRefused) {
  SegmentSample sample({16, 4, Metric::kL2}, {2, 1, 1});
  MemoryStore store;
  ASSERT_TRUE(sample.Place(&store, 44).ok());
  const auto& record = sample.records[0];
  const auto code = [&](std::vector<uint32_t> lists, bool with_record = true) {
    SegmentWriter writer(&store, sample.shape, &sample.ref, sample.list_rows);
    for (uint32_t list : lists) {
      const bool none = list == 2 || !with_record;
      const Status status = writer.Add(
          list, 1, none ? std::span<const uint8_t>() : std::span(record));
      if (!status.ok()) return status.code();
    }
    return writer.Finish().code();
  };
  EXPECT_EQ(code({0, 0, 1, 2}), StatusCode::kOk);
  EXPECT_EQ(code({0, 0, 1}), StatusCode::kInternal);
  EXPECT_EQ(code({0, 1}), StatusCode::kInternal);
  EXPECT_EQ(code({0, 0, 0}), StatusCode::kInternal);
  EXPECT_EQ(code({0, 0, 1, 0}), StatusCode::kInternal);
  EXPECT_EQ(code({0, 0, 1, 3}), StatusCode::kInternal);
  EXPECT_EQ(code({0}, false), StatusCode::kInternal);
}

TEST(SegmentReader, NumbersPastTheEndAreCorruption) {
  SegmentSample sample({16, 4, Metric::kL2}, {40, 3, 2});
  auto store = Stored(&sample);
  SegmentReader reader(store.get(), sample.shape, &sample.ref, PageLock::kPin);
  EXPECT_EQ(reader.Block(3).status().code(), StatusCode::kCorruption);
  EXPECT_EQ(reader.RefineRow(43).status().code(), StatusCode::kCorruption);
  EXPECT_EQ(reader.Id(45).status().code(), StatusCode::kCorruption);
  EXPECT_EQ(reader.IsDead(45).status().code(), StatusCode::kCorruption);
  std::vector<uint64_t> ids;
  std::vector<bool> dead;
  EXPECT_EQ(reader.Rows(40, 6, &ids, &dead).code(), StatusCode::kCorruption);
  EXPECT_EQ(reader.Rows(40, ~0u, &ids, &dead).code(), StatusCode::kCorruption);
  EXPECT_TRUE(reader.Rows(40, 5, &ids, &dead).ok());
  EXPECT_EQ(ids[4], sample.ids[44]);
}

TEST(SegmentReader, DamagedDirectoryAndHeaderAreCorruptionWithTheirBlock) {
  SegmentSample sample({16, 4, Metric::kL2}, {32, 3, 2});
  auto store = Stored(&sample);
  const BlockNumber block = sample.ref.extent.BlockOf(1);
  const std::string place = "block " + std::to_string(block);
  for (size_t at = 0; at < 4 * 8; at += 4) {
    auto broken = store->CrashCopy();
    uint8_t* number = PageBody(broken->MutablePage(block)) + at;
    PutFixed<uint32_t>(number, GetFixed<uint32_t>(number) + 1);
    const Status status =
        SegmentDirectory::Load(broken.get(), sample.ref, PageLock::kPin)
            .status();
    EXPECT_EQ(status.code(), StatusCode::kCorruption) << at;
    EXPECT_NE(status.message().find(place), std::string_view::npos);
  }
  PageBody(store->MutablePage(sample.ref.extent.BlockOf(0)))[36] ^= 1;
  SegmentReader reader(store.get(), sample.shape, &sample.ref, PageLock::kPin);
  const Status status = reader.CheckHeader();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_NE(status.message().find("bits"), std::string_view::npos);
}

TEST(SegmentReader, RecycledPagesAreAborted) {
  SegmentSample sample({16, 4, Metric::kL2}, {40, 3, 2});
  auto store = Stored(&sample);
  for (uint32_t page = 0; page < sample.ref.extent.page_count(); ++page) {
    PutPageHeader(store->MutablePage(sample.ref.extent.BlockOf(page)),
                  {45, page, PageKind::kCodebook});
  }
  SegmentReader reader(store.get(), sample.shape, &sample.ref, PageLock::kPin);
  EXPECT_EQ(reader.CheckHeader().code(), StatusCode::kAborted);
  EXPECT_EQ(SegmentDirectory::Load(store.get(), sample.ref, PageLock::kPin)
                .status()
                .code(),
            StatusCode::kAborted);
  EXPECT_EQ(reader.Block(0).status().code(), StatusCode::kAborted);
  EXPECT_EQ(reader.RefineRow(0).status().code(), StatusCode::kAborted);
  EXPECT_EQ(reader.Id(0).status().code(), StatusCode::kAborted);
  EXPECT_EQ(reader.IsDead(0).status().code(), StatusCode::kAborted);
  const std::vector<uint32_t> rows{1};
  EXPECT_EQ(MarkDead(store.get(), sample.ref, rows).status().code(),
            StatusCode::kAborted);
}

TEST(DeadBitmap, BitsAreSetOnceAndSeenAtOnce) {
  SegmentSample sample({16, 1, Metric::kL2}, {10, 3, 70000});
  auto store = Stored(&sample);
  SegmentReader reader(store.get(), sample.shape, &sample.ref, PageLock::kPin);
  EXPECT_FALSE(reader.IsDead(3).value());
  const std::vector<uint32_t> rows{0, 3, 8, 12, 65151, 65152, 70012};
  const uint64_t before = store->operations();
  EXPECT_EQ(MarkDead(store.get(), sample.ref, rows).value(), 7u);
  EXPECT_EQ(store->operations(), before + 2);
  EXPECT_TRUE(reader.IsDead(3).value());
  EXPECT_EQ(MarkDead(store.get(), sample.ref, rows).value(), 0u);
  EXPECT_EQ(store->operations(), before + 2);
  const std::vector<uint32_t> more{3, 4};
  EXPECT_EQ(MarkDead(store.get(), sample.ref, more).value(), 1u);
  std::vector<uint64_t> ids;
  std::vector<bool> dead;
  ASSERT_TRUE(reader.Rows(2, 70011, &ids, &dead).ok());
  EXPECT_EQ(std::count(dead.begin(), dead.end(), true), 7);
  EXPECT_EQ(ids,
            std::vector<uint64_t>(sample.ids.begin() + 2, sample.ids.end()));
}

// Over byte and page borders, from any row to any.
TEST(DeadBitmap, TheDeadOfAnyRangeAreCounted) {
  constexpr uint32_t kRows = 70003;
  SegmentSample sample({16, 1, Metric::kL2}, {0, kRows});
  auto store = Stored(&sample);
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < kRows; row += row % 7 + 1) rows.push_back(row);
  ASSERT_TRUE(MarkDead(store.get(), sample.ref, rows).ok());
  SegmentReader reader(store.get(), sample.shape, &sample.ref, PageLock::kPin);
  const auto expect = [&](uint32_t first, uint32_t count) {
    const auto from = std::lower_bound(rows.begin(), rows.end(), first);
    const auto to = std::lower_bound(rows.begin(), rows.end(), first + count);
    EXPECT_EQ(reader.CountDead(first, count).value(), to - from)
        << count << " from " << first << " on";
  };
  for (const uint32_t middle : {8u, 8 * uint32_t{kPageBodySize}}) {
    for (uint32_t first = middle - 8; first <= middle + 8; ++first) {
      for (uint32_t count = 0; count < 40; ++count) expect(first, count);
    }
  }
  expect(0, kRows);
  expect(kRows - 1, 1);
  EXPECT_EQ(reader.CountDead(1, kRows).status().code(),
            StatusCode::kCorruption);
}

TEST(DeadBitmap, RowsThatDoNotRiseOrDoNotExistAreRefused) {
  SegmentSample sample({16, 1, Metric::kL2}, {10, 3});
  auto store = Stored(&sample);
  for (const std::vector<uint32_t>& rows :
       {std::vector<uint32_t>{13}, {3, 3}, {4, 3}}) {
    EXPECT_EQ(MarkDead(store.get(), sample.ref, rows).status().code(),
              StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace pomai
