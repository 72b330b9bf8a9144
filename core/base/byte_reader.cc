#include "core/base/byte_reader.h"

#include <algorithm>
#include <cstring>

namespace pomai {

uint32_t ByteReader::Count(const char* what, uint64_t item_size) {
  const uint64_t rest = left() - std::min<uint64_t>(left(), sizeof(uint32_t));
  return U32(what, 0,
             static_cast<uint32_t>(std::min<uint64_t>(rest / item_size, ~0u)));
}

const uint8_t* ByteReader::Bytes(const char* what, uint64_t size) {
  if (!Has(what, size)) return nullptr;
  const uint8_t* at = bytes_.data() + offset_;
  offset_ += size;
  return at;
}

void ByteReader::Text(const char* what, std::string_view expected) {
  const uint8_t* at = Bytes(what, expected.size());
  if (at == nullptr) return;
  Expect(std::memcmp(at, expected.data(), expected.size()) == 0, what,
         std::string(expected), "other bytes", expected.size());
}

void ByteReader::Align(uint64_t alignment) {
  const uint64_t rest = (alignment - offset_ % alignment) % alignment;
  const uint8_t* zeros = Bytes("zeros", rest);
  for (uint64_t i = 0; zeros != nullptr && i < rest; ++i) {
    Expect(zeros[i] == 0, "zeros", "0", std::to_string(zeros[i]), rest - i);
  }
}

void ByteReader::ExpectEnd() {
  Expect(left() == 0, "end", "no more bytes", std::to_string(left()));
}

void ByteReader::Expect(bool right, const char* what,
                        const std::string& expected, const std::string& found,
                        uint64_t back) {
  if (right || !ok()) return;
  status_ = Status::Corruption(place_ + "offset " +
                               std::to_string(offset_ - back) + ": " + what +
                               ": expected " + expected + ", found " + found);
}

bool ByteReader::Has(const char* what, uint64_t size) {
  if (!ok()) return false;
  if (left() >= size) return true;
  Expect(false, what, std::to_string(size) + " bytes", std::to_string(left()));
  return false;
}

}  // namespace pomai
