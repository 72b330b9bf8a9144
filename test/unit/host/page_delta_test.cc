#include "core/host/page_delta.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace pomai {
namespace {

using Image = std::vector<uint8_t>;

// What replay does.
void Apply(const PageDelta& delta, Image* page) {
  const char* at = delta.data();
  const char* const end = at + delta.size();
  while (at < end) {
    uint16_t offset, length;
    std::memcpy(&offset, at, 2);
    std::memcpy(&length, at + 2, 2);
    ASSERT_LE(size_t{offset} + length, kPageSize);
    std::memcpy(page->data() + offset, at + 4, length);
    at += 4 + length;
  }
  ASSERT_EQ(at, end);
}

Image RandomImage(std::mt19937* random) {
  Image image(kPageSize);
  for (uint8_t& byte : image) byte = static_cast<uint8_t>((*random)());
  return image;
}

TEST(PageDelta, EqualPagesDifferNowhere) {
  std::mt19937 random(1);
  const Image image = RandomImage(&random);
  PageDelta delta;
  delta.Compare(image.data(), image.data());
  EXPECT_EQ(delta.size(), 0u);
}

TEST(PageDelta, ReplayMakesTheNewPage) {
  std::mt19937 random(2);
  PageDelta delta;
  for (int round = 0; round < 200; ++round) {
    const Image before = RandomImage(&random);
    Image after = before;
    for (auto change = random() % 12; change > 0; --change) {
      const size_t body = kPageSize - kPageBodyOffset;
      const size_t at = kPageBodyOffset + random() % body;
      const size_t length = std::min<size_t>(1 + random() % 100,  //
                                             kPageSize - at);
      for (size_t i = 0; i < length; ++i) after[at + i] = random() % 4;
    }
    delta.Compare(before.data(), after.data());
    Image replayed = before;
    Apply(delta, &replayed);
    ASSERT_EQ(replayed, after);
  }
}

TEST(PageDelta, OneByteCostsFive) {
  const Image before(kPageSize);
  PageDelta delta;
  for (size_t at = kPageBodyOffset; at < kPageSize; ++at) {
    Image after = before;
    after[at] = 1;
    delta.Compare(before.data(), after.data());
    ASSERT_EQ(delta.size(), 5u) << at;
    Image replayed = before;
    Apply(delta, &replayed);
    ASSERT_EQ(replayed, after);
  }
}

TEST(PageDelta, LeavesTheHostsBytesOut) {
  const Image before(kPageSize);
  Image after(kPageSize, 1);
  PageDelta delta;
  delta.Compare(before.data(), after.data());
  Image replayed = before;
  Apply(delta, &replayed);
  std::fill_n(after.begin(), kPageBodyOffset, uint8_t{0});
  EXPECT_EQ(replayed, after);
}

// As many fragments as there can be.
TEST(PageDelta, NeverIsLargerThanAPage) {
  const Image before(kPageSize);
  PageDelta delta;
  for (const size_t gap : {8, 9, 15, 16, 17, 24}) {
    for (size_t start = 0; start < gap; ++start) {
      Image after = before;
      for (size_t at = kPageBodyOffset + start; at < kPageSize; at += gap) {
        after[at] = 1;
      }
      delta.Compare(before.data(), after.data());
      ASSERT_LE(delta.size(), kPageSize - kPageBodyOffset + 4);
      Image replayed = before;
      Apply(delta, &replayed);
      ASSERT_EQ(replayed, after);
    }
  }
}

}  // namespace
}  // namespace pomai
