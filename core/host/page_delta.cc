#include "core/host/page_delta.h"

#include <cstring>

namespace pomai {
namespace {

constexpr uint32_t kWord = sizeof(uint64_t);
constexpr uint32_t kStripe = 4 * kWord;
static_assert((kPageSize - kPageBodyOffset) % kStripe == 0);

uint64_t Difference(const uint8_t* a, const uint8_t* b) {
  uint64_t words[2];
  std::memcpy(&words[0], a, kWord);
  std::memcpy(&words[1], b, kWord);
  return words[0] ^ words[1];
}

bool SameStripe(const uint8_t* a, const uint8_t* b) {
  uint64_t all = 0;
  for (uint32_t i = 0; i < kStripe; i += kWord) all |= Difference(a + i, b + i);
  return all == 0;
}

}  // namespace

void PageDelta::Add(const uint8_t* after, uint32_t begin, uint32_t end) {
  const auto offset = static_cast<uint16_t>(begin);
  const auto length = static_cast<uint16_t>(end - begin);
  uint8_t* to = bytes_ + size_;
  std::memcpy(to, &offset, sizeof(offset));
  std::memcpy(to + sizeof(offset), &length, sizeof(length));
  std::memcpy(to + kFragmentHeader, after + begin, length);
  size_ += kFragmentHeader + length;
}

void PageDelta::Compare(const uint8_t* before, const uint8_t* after) {
  size_ = 0;
  uint32_t at = kPageBodyOffset;
  const auto same = [&] { return Difference(before + at, after + at) == 0; };
  while (at < kPageSize) {
    if (at % kStripe == 0 && SameStripe(before + at, after + at)) {
      at += kStripe;
    } else if (same()) {
      at += kWord;
    } else {
      uint32_t begin = at;
      while (at < kPageSize && !same()) at += kWord;
      uint32_t end = at;
      while (before[begin] == after[begin]) ++begin;
      while (before[end - 1] == after[end - 1]) --end;
      Add(after, begin, end);
    }
  }
}

}  // namespace pomai
