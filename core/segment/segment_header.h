// SegmentHeader: the bytes at the start of a segment, which repeat what the
// manifest says of it. Bytes: segment.h.
//
//   const SegmentHeader bytes = EncodeSegmentHeader(shape, ref);
//
// For core/segment only.
#pragma once

#include <array>
#include <cstdint>

#include "core/segment/segment.h"

namespace pomai {

struct SegmentHeaderField {
  const char* name;
  uint8_t offset;
  uint8_t size;  // 4 or 8 bytes
};

inline constexpr SegmentHeaderField kSegmentHeaderFields[] = {
    {"lists", 0, 4},
    {"shard", 4, 4},
    {"codebook version", 8, 8},
    {"rows", 16, 8},
    {"rows without distance", 24, 8},
    {"dimensions", 32, 4},
    {"bits", 36, 4},
    {"metric", 40, 4},
    {"blocks", 44, 4},
    {"directory page", 48, 4},
    {"blocks page", 52, 4},
    {"refine page", 56, 4},
    {"ids page", 60, 4},
    {"dead page", 64, 4},
    {"first list", 68, 4},
};
inline constexpr size_t kSegmentHeaderSize = 72;

using SegmentHeader = std::array<uint8_t, kSegmentHeaderSize>;

SegmentHeader EncodeSegmentHeader(const CodeShape& shape,
                                  const SegmentRef& ref);

}  // namespace pomai
