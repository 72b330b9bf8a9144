// Crc32c: the checksum of everything the stand-alone engine writes to files
// (Castagnoli's polynomial, as iSCSI and ext4 use it; ISA-L computes it).
//
//   uint32_t crc = Crc32c(bytes);
//   crc = Crc32c(more, crc);            // of both, one after the other
//
// Any thread.
#pragma once

#include <cstdint>
#include <span>

namespace pomai {

uint32_t Crc32c(std::span<const uint8_t> bytes, uint32_t before = 0);

}  // namespace pomai
