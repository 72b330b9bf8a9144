#include "core/host/extent.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <vector>

#include "core/host/memory_store.h"
#include "core/host/page.h"

namespace pomai {
namespace {

// Pages in a vector; nothing else works.
class PlainStore : public PageStore {
 public:
  explicit PlainStore(uint32_t count) : pages_(count) {
    for (auto& page : pages_) page.resize(kPageSize);
  }
  Result<PageGuard> Read(BlockNumber block, PageLock) override {
    if (block >= pages_.size()) return Status::Corruption("past the end");
    ++reads;
    ++pins;
    return PageGuard(this, block, pages_[block].data());
  }
  void Prefetch(BlockNumber block, uint32_t offset, uint32_t length) override {
    prefetched.push_back({block, offset, length});
  }
  Result<std::unique_ptr<PageChange>> BeginChange() override {
    return Status::Internal("no changes here");
  }
  Result<BlockNumber> Extend(uint32_t) override {
    return Status::Internal("no extending here");
  }
  Status WriteNew(BlockNumber block, const uint8_t* page) override {
    if (fail_writes) return Status::Io("disk full");
    pages_.at(block).assign(page, page + kPageSize);
    return Status::Ok();
  }
  Result<uint32_t> PageCount() override {
    return static_cast<uint32_t>(pages_.size());
  }
  Result<uint64_t> Horizon() override { return uint64_t{0}; }
  Result<bool> HorizonPassed(uint64_t) override { return true; }
  Result<bool> Truncate(uint32_t, uint32_t) override { return false; }
  Status Poll() override { return Status::Ok(); }
  uint8_t* page(BlockNumber block) { return pages_.at(block).data(); }

  int pins = 0;
  int reads = 0;
  std::vector<std::array<uint32_t, 3>> prefetched;
  bool fail_writes = false;

 private:
  void Unpin(uint64_t) override { --pins; }
  std::vector<std::vector<uint8_t>> pages_;
};

Extent TwoRuns() {
  Extent extent;
  extent.id = 77;
  extent.runs = {{3, 2}, {7, 3}};
  return extent;
}

std::vector<uint8_t> Pattern(size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<uint8_t>(i * 31 + (i >> 8) * 7);
  }
  return bytes;
}

void Fill(PlainStore* store, const Extent& extent,
          const std::vector<uint8_t>& bytes) {
  ExtentStream stream(store, &extent, 0);
  for (size_t at = 0, part = 1; at < bytes.size(); at += part) {
    part = std::min<size_t>(part * 2 % 10007 + 1, bytes.size() - at);
    ASSERT_TRUE(stream.Append(bytes.data() + at, part).ok());
  }
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(stream.size(), bytes.size());
}

TEST(Extent, BlockOfFollowsTheRuns) {
  const Extent extent = TwoRuns();
  EXPECT_EQ(extent.page_count(), 5u);
  EXPECT_EQ(extent.BlockOf(1), 4u);
  EXPECT_EQ(extent.BlockOf(2), 7u);
  EXPECT_EQ(extent.BlockOf(4), 9u);
  EXPECT_EQ(extent.BlockOf(5), kNoBlock);
}

TEST(ExtentReader, ReadsWhatTheStreamWroteAtAnyOffset) {
  PlainStore store(10);
  const Extent extent = TwoRuns();
  const auto bytes = Pattern(5 * kPageBodySize - 100);
  Fill(&store, extent, bytes);
  ExtentReader reader(&store, &extent, PageLock::kPin);
  for (size_t at = 0; at < bytes.size(); at += 1237) {
    for (size_t length : {1, 96, 5000, 20000}) {
      if (at + length > bytes.size()) continue;
      auto found = reader.At(at, static_cast<uint32_t>(length));
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      ASSERT_EQ(std::memcmp(*found, bytes.data() + at, length), 0) << at;
    }
  }
  reader.Release();
  EXPECT_EQ(store.pins, 0);
}

TEST(ExtentReader, SequentialReadsEnterEachPageOnce) {
  PlainStore store(10);
  const Extent extent = TwoRuns();
  Fill(&store, extent, Pattern(5 * kPageBodySize));
  ExtentReader reader(&store, &extent, PageLock::kPin);
  for (uint64_t at = 0; at + 100 <= 5 * kPageBodySize; at += 100) {
    ASSERT_TRUE(reader.At(at, 100).ok());
  }
  EXPECT_EQ(store.reads, 5);
  EXPECT_EQ(store.pins, 1);
}

TEST(ExtentReader, ARangeOverABorderIsCopiedOnceUntilRelease) {
  PlainStore store(10);
  const Extent extent = TwoRuns();
  const auto bytes = Pattern(5 * kPageBodySize);
  Fill(&store, extent, bytes);
  ExtentReader reader(&store, &extent, PageLock::kPin);
  const uint64_t border = kPageBodySize - 50;
  ASSERT_TRUE(reader.At(border, 100).ok());
  EXPECT_EQ(store.reads, 2);
  // Another page in between changes nothing.
  ASSERT_TRUE(reader.At(0, 10).ok());
  EXPECT_EQ(store.reads, 3);
  auto again = reader.At(border, 100);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(store.reads, 3);
  EXPECT_EQ(std::memcmp(*again, bytes.data() + border, 100), 0);
  // More of it is not there yet.
  ASSERT_TRUE(reader.At(border, 200).ok());
  EXPECT_EQ(store.reads, 4);
  // The page may be another's when it is entered the next time.
  reader.Release();
  PutPageHeader(store.page(4), {78, 1, PageKind::kSegment});
  EXPECT_EQ(reader.At(border, 200).status().code(), StatusCode::kAborted);
}

TEST(ExtentReader, PrefetchNamesTheBytesOfEachPageAndItsHeader) {
  PlainStore store(10);
  const Extent extent = TwoRuns();
  ExtentReader reader(&store, &extent, PageLock::kPin);
  reader.Prefetch(2 * kPageBodySize - 50, 80);
  constexpr uint32_t kHeader = kPageSize - kPageHeaderOffset;
  const std::vector<std::array<uint32_t, 3>> expected = {
      {4, kPageHeaderOffset - 50, 50},
      {4, kPageHeaderOffset, kHeader},
      {7, kPageBodyOffset, 30},
      {7, kPageHeaderOffset, kHeader}};
  EXPECT_EQ(store.prefetched, expected);
  EXPECT_EQ(store.reads, 0);
  // Behind the end, and of nothing: as good as nothing.
  reader.Prefetch(5 * kPageBodySize, 10);
  reader.Prefetch(0, 0);
}

TEST(ExtentReader, RangePastTheEndIsCorruption) {
  PlainStore store(10);
  const Extent extent = TwoRuns();
  const uint64_t end = 5 * kPageBodySize;
  Fill(&store, extent, Pattern(end));
  ExtentReader reader(&store, &extent, PageLock::kPin);
  EXPECT_TRUE(reader.At(end - 1, 1).ok());
  for (auto [offset, length] : {std::pair<uint64_t, uint32_t>{end - 1, 2},
                                {end, 1},
                                {end + 8, 0},
                                {~uint64_t{0}, 1},
                                {0, ~uint32_t{0}}}) {
    auto found = reader.At(offset, length);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.status().code(), StatusCode::kCorruption);
  }
}

TEST(ExtentReader, ForeignPageIsAbortedAndBrokenPageIsCorruption) {
  PlainStore store(10);
  const Extent extent = TwoRuns();
  Fill(&store, extent, Pattern(5 * kPageBodySize));
  PutPageHeader(store.page(7), {78, 0, PageKind::kSegment});
  PutPageHeader(store.page(8), {77, 2, PageKind::kSegment});
  std::memset(store.page(9), 0, kPageSize);
  ExtentReader reader(&store, &extent, PageLock::kPin);
  EXPECT_EQ(reader.At(2 * kPageBodySize, 4).status().code(),
            StatusCode::kAborted);
  EXPECT_EQ(reader.At(3 * kPageBodySize, 4).status().code(),
            StatusCode::kCorruption);
  EXPECT_EQ(reader.At(4 * kPageBodySize, 4).status().code(),
            StatusCode::kCorruption);
  EXPECT_TRUE(reader.At(0, 4).ok());
}

TEST(ExtentStream, SectionStartsAtItsPageAndIsPaddedWithZeros) {
  PlainStore store(10);
  const Extent extent = TwoRuns();
  ExtentStream first(&store, &extent, 0);
  ExtentStream second(&store, &extent, 2);
  const auto bytes = Pattern(kPageBodySize + 5);
  for (uint8_t byte : bytes) {
    ASSERT_TRUE(first.Append(&byte, 1).ok());
    ASSERT_TRUE(second.Append(&byte, 1).ok());
  }
  ASSERT_TRUE(first.Finish().ok());
  ASSERT_TRUE(second.Finish().ok());
  for (uint32_t page : {0, 2}) {
    ExtentReader reader(&store, &extent, PageLock::kShare);
    auto found = reader.At(page * kPageBodySize, 2 * kPageBodySize);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(std::memcmp(*found, bytes.data(), bytes.size()), 0);
    EXPECT_EQ((*found)[bytes.size()], 0);
    EXPECT_EQ((*found)[2 * kPageBodySize - 1], 0);
  }
}

TEST(ExtentStream, WritingBehindTheEndFails) {
  PlainStore store(10);
  Extent extent = TwoRuns();
  ExtentStream stream(&store, &extent, 4);
  const auto bytes = Pattern(2 * kPageBodySize);
  EXPECT_EQ(stream.Append(bytes.data(), bytes.size()).code(),
            StatusCode::kInternal);
}

TEST(ExtentStream, AFailedWriteComesBack) {
  PlainStore store(10);
  Extent extent = TwoRuns();
  store.fail_writes = true;
  ExtentStream stream(&store, &extent, 0);
  ASSERT_TRUE(stream.Append("abc", 3).ok());
  EXPECT_EQ(stream.Finish().code(), StatusCode::kIo);
}

TEST(Page, CheckPageNamesBlockExpectedAndFound) {
  std::vector<uint8_t> page(kPageSize);
  PutPageHeader(page.data(), {5, 6, PageKind::kManifest});
  EXPECT_TRUE(CheckPage(page.data(), 9, {5, 6, PageKind::kManifest}).ok());
  const Status status = CheckPage(page.data(), 9, {5, 8, PageKind::kManifest});
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  for (const char* part : {"block 9", "page 8", "page 6"}) {
    EXPECT_NE(status.message().find(part), std::string_view::npos) << part;
  }
}

TEST(Page, APageOfAnEarlierFormatAsksForReindex) {
  std::vector<uint8_t> page(kPageSize);
  PutPageHeader(page.data(), {7, 0, PageKind::kSegment});
  PutFixed<uint16_t>(page.data() + kPageHeaderOffset + 12, 1);
  const Status status = CheckPage(page.data(), 3, {7, 0, PageKind::kSegment});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("block 3 has format 1"),
            std::string_view::npos);
  EXPECT_NE(status.message().find("REINDEX"), std::string_view::npos);
}

TEST(Page, CheckPageTakesUnknownFormatOrKindForCorruption) {
  std::vector<uint8_t> page(kPageSize);
  PutPageHeader(page.data(), {5, 6, PageKind::kManifest});
  const PageHeader other{4, 6, PageKind::kManifest};
  EXPECT_EQ(CheckPage(page.data(), 9, other).code(), StatusCode::kAborted);
  for (size_t byte : {12, 14, 15}) {
    auto broken = page;
    broken[kPageHeaderOffset + byte] ^= 0x40;
    EXPECT_EQ(CheckPage(broken.data(), 9, other).code(),
              StatusCode::kCorruption);
  }
}

TEST(ExtentReader, TakesNoMemoryForPagesThatAreNotThere) {
  MemoryStore store;
  ASSERT_TRUE(store.Extend(9).ok());
  Extent extent;
  extent.id = 7;
  extent.kind = PageKind::kManifest;
  extent.runs = {{1, 500000}};
  const std::vector<uint8_t> bytes(8 * kPageBodySize, 1);
  ASSERT_TRUE([&] {
    ExtentStream stream(&store, &extent, 0);
    const Status status = stream.Append(bytes.data(), bytes.size());
    return status.ok() && stream.Finish().ok();
  }());
  ExtentReader reader(&store, &extent, PageLock::kPin);
  const uint64_t reads = store.reads();
  EXPECT_EQ(reader.At(0, 4000000000u).status().code(), StatusCode::kCorruption);
  EXPECT_EQ(store.reads(), reads + 2);  // the first page and the last
}

}  // namespace
}  // namespace pomai
