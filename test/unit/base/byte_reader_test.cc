#include "core/base/byte_reader.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pomai {
namespace {

std::vector<uint8_t> Sample() {
  std::vector<uint8_t> bytes = {'a', 'b'};
  AppendFixed<uint32_t>(&bytes, 7);
  bytes.resize(8);
  AppendFixed<uint64_t>(&bytes, 9);
  AppendFixed<float>(&bytes, 2.5f);
  return bytes;
}

std::string Text(const ByteReader& from) {
  return std::string(from.status().message());
}

TEST(ByteReader, ReadsFromTheFrontToTheBack) {
  const auto bytes = Sample();
  ByteReader from(bytes);
  from.Text("magic", "ab");
  EXPECT_EQ(from.U32("seven", 1, 7), 7u);
  from.Align(8);
  EXPECT_EQ(from.offset(), 8u);
  EXPECT_EQ(from.U64("nine"), 9u);
  EXPECT_EQ(from.left(), 4u);
  EXPECT_EQ(from.Number<float>("number", 0, 3), 2.5f);
  from.ExpectEnd();
  EXPECT_TRUE(from.ok()) << Text(from);
}

TEST(ByteReader, SaysPlaceOffsetExpectedAndFound) {
  const auto bytes = Sample();
  ByteReader other(bytes, "a/b: ");
  other.Text("magic", "xy");
  EXPECT_EQ(Text(other),
            "a/b: offset 0: magic: expected xy, found other bytes");
  ByteReader range(bytes);
  range.Bytes("skipped", 2);
  EXPECT_EQ(range.U32("dimensions", 10, 20), 10u);
  EXPECT_EQ(Text(range), "offset 2: dimensions: expected 10 to 20, found 7");
  ByteReader exact(bytes);
  exact.Bytes("skipped", 2);
  exact.U32("version", 3, 3);
  EXPECT_EQ(Text(exact), "offset 2: version: expected 3, found 7");
  ByteReader end(bytes);
  end.Bytes("skipped", 18);
  EXPECT_EQ(end.U64("rows", 5), 5u);
  EXPECT_EQ(Text(end), "offset 18: rows: expected 8 bytes, found 2");
  ByteReader rest(bytes);
  rest.ExpectEnd();
  EXPECT_EQ(Text(rest), "offset 0: end: expected no more bytes, found 20");
}

TEST(ByteReader, KeepsTheFirstErrorAndReadsNothingAfterIt) {
  const auto bytes = Sample();
  ByteReader from(bytes);
  EXPECT_EQ(from.Bytes("too much", 21), nullptr);
  const std::string first = Text(from);
  EXPECT_EQ(from.Bytes("some", 1), nullptr);
  EXPECT_EQ(from.U32("a number"), 0u);
  EXPECT_EQ(from.Count("items", 1), 0u);
  from.Align(64);
  from.ExpectEnd();
  EXPECT_EQ(from.offset(), 0u);
  EXPECT_EQ(Text(from), first);
}

TEST(ByteReader, CountsOnlyWhatFollows) {
  std::vector<uint8_t> bytes;
  AppendFixed<uint32_t>(&bytes, 3);
  bytes.resize(4 + 3 * 8);
  EXPECT_EQ(ByteReader(bytes).Count("items", 8), 3u);
  ByteReader longer(bytes);
  EXPECT_EQ(longer.Count("items", 9), 0u);
  EXPECT_EQ(Text(longer), "offset 0: items: expected 0 to 2, found 3");
}

TEST(ByteReader, SeesWhatIsNoZeroAndNoNumber) {
  std::vector<uint8_t> bytes(16);
  bytes[13] = 1;
  ByteReader zeros(bytes);
  zeros.Bytes("skipped", 9);
  zeros.Align(16);
  EXPECT_EQ(Text(zeros), "offset 13: zeros: expected 0, found 1");
  std::vector<uint8_t> nan;
  AppendFixed<float>(&nan, NAN);
  ByteReader number(nan);
  EXPECT_EQ(number.Number<float>("number", -HUGE_VALF, HUGE_VALF), -HUGE_VALF);
  EXPECT_FALSE(number.ok());
}

}  // namespace
}  // namespace pomai
