// ByteReader: stored bytes, read from the front to the back and checked.
//
//   ByteReader from(bytes, "a/image-7: ");
//   const uint32_t blocks = from.U32("blocks", 1, kMaxBlocks);
//   from.ExpectEnd();
//   if (!from.ok()) return from.status();
//
// After the first thing that is wrong nothing is read any more: everything
// comes as the lowest legal value, and status() says what it was: Corruption
// naming place, offset, expected and found. So loops over counts from the
// bytes ask for ok(), and nothing of a reader that is not ok may be used. One
// thread.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "core/base/coding.h"
#include "core/base/status.h"

namespace pomai {

class ByteReader {
 public:
  // `bytes` must outlive it. `place` begins all messages.
  explicit ByteReader(std::span<const uint8_t> bytes, std::string place = "")
      : bytes_(bytes), place_(std::move(place)) {}

  const Status& status() const { return status_; }
  bool ok() const { return status_.ok(); }
  uint64_t offset() const { return offset_; }
  uint64_t size() const { return bytes_.size(); }
  uint64_t left() const { return bytes_.size() - offset_; }

  // The next number, within [low, high]; `what` is for messages.
  template <typename T>
  T Number(const char* what, T low, T high) {
    if (!Has(what, sizeof(T))) return low;
    const T value = GetFixed<T>(bytes_.data() + offset_);
    if (!(value >= low && value <= high)) {
      Expect(false, what, Range(std::to_string(low), std::to_string(high)),
             std::to_string(value));
      return low;
    }
    offset_ += sizeof(T);
    return value;
  }
  uint32_t U32(const char* what, uint32_t low = 0, uint32_t high = ~0u) {
    return Number<uint32_t>(what, low, high);
  }
  uint64_t U64(const char* what, uint64_t low = 0, uint64_t high = ~0ull) {
    return Number<uint64_t>(what, low, high);
  }
  // A number of items of at least `item_size` bytes that still follow.
  uint32_t Count(const char* what, uint64_t item_size);
  // The next `size` bytes; null when they are not there.
  const uint8_t* Bytes(const char* what, uint64_t size);
  // Goes on behind `expected`.
  void Text(const char* what, std::string_view expected);
  // Goes on at the next multiple of `alignment`, behind zeros.
  void Align(uint64_t alignment);
  void ExpectEnd();
  // Anything else that has to hold, of what lies `back` bytes before here.
  void Expect(bool right, const char* what, const std::string& expected,
              const std::string& found, uint64_t back = 0);

 private:
  bool Has(const char* what, uint64_t size);
  static std::string Range(const std::string& low, const std::string& high) {
    return low == high ? low : low + " to " + high;
  }

  std::span<const uint8_t> bytes_;
  std::string place_;
  uint64_t offset_ = 0;
  Status status_;
};

}  // namespace pomai
