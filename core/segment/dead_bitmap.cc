// MarkDead: the only change a sealed segment ever sees.

#include <string>

#include "core/segment/segment_reader.h"

namespace pomai {
namespace {

constexpr uint32_t kRowsPerPage = kPageBodySize * 8;

// Sets the bits of `rows`, all of bitmap page `page`, in one change.
Result<uint64_t> MarkPage(PageStore* store, const SegmentRef& ref,
                          uint32_t page, std::span<const uint32_t> rows) {
  const uint32_t number = ref.dead_page + page;
  const BlockNumber block = ref.extent.BlockOf(number);
  POMAI_ASSIGN_OR_RETURN(auto change, store->BeginChange());
  POMAI_ASSIGN_OR_RETURN(const uint8_t* found, change->Lock(block));
  // A bit in somebody else's page would be damage.
  POMAI_RETURN_IF_ERROR(
      CheckPage(found, block, {ref.extent.id, number, PageKind::kSegment}));
  uint64_t set = 0;
  uint8_t* bits = nullptr;
  for (uint32_t row : rows) {
    const uint32_t bit = row % kRowsPerPage;
    const auto mask = static_cast<uint8_t>(1u << bit % 8);
    const uint8_t* now = bits != nullptr ? bits : PageBody(found);
    if ((now[bit / 8] & mask) != 0) continue;
    if (bits == nullptr) {
      POMAI_ASSIGN_OR_RETURN(uint8_t * copy, change->Edit(block));
      bits = PageBody(copy);
    }
    bits[bit / 8] |= mask;
    ++set;
  }
  if (set > 0) POMAI_RETURN_IF_ERROR(change->Commit());
  return set;
}

}  // namespace

Result<uint64_t> MarkDead(PageStore* store, const SegmentRef& ref,
                          std::span<const uint32_t> rows) {
  uint64_t set = 0;
  while (!rows.empty()) {
    const uint32_t page = rows.front() / kRowsPerPage;
    size_t count = 0;
    while (count < rows.size() && rows[count] / kRowsPerPage == page) {
      if (rows[count] >= ref.rows ||
          (count > 0 && rows[count] <= rows[count - 1])) {
        return Status::InvalidArgument(
            "segment " + std::to_string(ref.extent.id) +
            ": expected rising rows below " + std::to_string(ref.rows) +
            ", found row " + std::to_string(rows[count]));
      }
      ++count;
    }
    POMAI_ASSIGN_OR_RETURN(const uint64_t newly,
                           MarkPage(store, ref, page, rows.first(count)));
    set += newly;
    rows = rows.subspan(count);
  }
  return set;
}

}  // namespace pomai
