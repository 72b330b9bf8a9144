#include "core/host_file/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace pomai {

uint32_t Crc32c(std::span<const uint8_t> bytes, uint32_t before) {
  constexpr size_t kMost = size_t{1} << 30;  // the library counts in ints
  uint32_t crc = ~before;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kMost));
    // The library only reads; its C prototype does not say so.
    crc = crc32_iscsi(const_cast<uint8_t*>(piece.data()),
                      static_cast<int>(piece.size()), crc);
    bytes = bytes.subspan(piece.size());
  }
  return ~crc;
}

}  // namespace pomai
