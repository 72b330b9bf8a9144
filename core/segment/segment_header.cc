#include "core/segment/segment_header.h"

#include <iterator>

#include "core/base/coding.h"

namespace pomai {

SegmentHeader EncodeSegmentHeader(const CodeShape& shape,
                                  const SegmentRef& ref) {
  const uint64_t values[] = {
      ref.lists,
      ref.shard,
      ref.codebook_version,
      ref.rows,
      ref.rows_without_distance,
      shape.dimensions,
      shape.bits,
      static_cast<uint64_t>(shape.metric),
      ref.blocks,
      ref.directory_page,
      ref.blocks_page,
      ref.refine_page,
      ref.ids_page,
      ref.dead_page,
      ref.first_list,
  };
  static_assert(std::size(values) == std::size(kSegmentHeaderFields));
  SegmentHeader bytes{};
  for (size_t i = 0; i < std::size(values); ++i) {
    const SegmentHeaderField& field = kSegmentHeaderFields[i];
    uint8_t* at = bytes.data() + field.offset;
    if (field.size == 8) {
      PutFixed<uint64_t>(at, values[i]);
    } else {
      PutFixed<uint32_t>(at, static_cast<uint32_t>(values[i]));
    }
  }
  return bytes;
}

}  // namespace pomai
