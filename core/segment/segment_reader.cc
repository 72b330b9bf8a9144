#include "core/segment/segment_reader.h"

#include <algorithm>
#include <bit>
#include <string>

#include "core/base/coding.h"
#include "core/segment/segment_header.h"

namespace pomai {
namespace {

uint64_t SectionOffset(uint32_t page) { return uint64_t{page} * kPageBodySize; }

Status CheckBelow(const SegmentRef& ref, const char* what, uint64_t value,
                  uint64_t end) {
  if (value < end) return Status::Ok();
  return Status::Corruption("segment " + std::to_string(ref.extent.id) + ": " +
                            what + ": expected below " + std::to_string(end) +
                            ", found " + std::to_string(value));
}

uint64_t CodedRows(const SegmentRef& ref) {
  return ref.rows - ref.rows_without_distance;
}

}  // namespace

SegmentReader::SegmentReader(PageStore* store, const CodeShape& shape,
                             const SegmentRef* ref, PageLock lock)
    : shape_(shape),
      ref_(ref),
      header_(store, &ref->extent, lock),
      blocks_(store, &ref->extent, lock),
      refine_(store, &ref->extent, lock),
      ids_(store, &ref->extent, lock),
      dead_(store, &ref->extent, lock) {}

Result<const uint8_t*> SegmentReader::Block(uint32_t block) {
  POMAI_RETURN_IF_ERROR(CheckBelow(*ref_, "code block", block, ref_->blocks));
  const uint32_t size = shape_.block_size();
  return blocks_.At(SectionOffset(ref_->blocks_page) + uint64_t{block} * size,
                    size);
}

Result<const uint8_t*> SegmentReader::RefineRows(uint32_t first,
                                                 uint32_t count) {
  POMAI_RETURN_IF_ERROR(CheckBelow(
      *ref_, "refine row", uint64_t{first} + count - 1, CodedRows(*ref_)));
  const uint32_t size = shape_.refine_size();
  static constexpr uint8_t kNothing = 0;
  if (size == 0) return &kNothing;
  return refine_.At(SectionOffset(ref_->refine_page) + uint64_t{first} * size,
                    count * size);
}

void SegmentReader::PrefetchBlocks(uint32_t first, uint32_t count) {
  const uint32_t size = shape_.block_size();
  blocks_.Prefetch(SectionOffset(ref_->blocks_page) + uint64_t{first} * size,
                   count * size);
}

void SegmentReader::PrefetchRefineRow(uint32_t row) {
  const uint32_t size = shape_.refine_size();
  refine_.Prefetch(SectionOffset(ref_->refine_page) + uint64_t{row} * size,
                   size);
}

Result<uint64_t> SegmentReader::Id(uint32_t row) {
  POMAI_RETURN_IF_ERROR(CheckBelow(*ref_, "row", row, ref_->rows));
  POMAI_ASSIGN_OR_RETURN(
      const uint8_t* id,
      ids_.At(SectionOffset(ref_->ids_page) + uint64_t{row} * 8, 8));
  return GetFixed<uint64_t>(id);
}

Status SegmentReader::Ids(uint32_t first, uint32_t count, uint64_t* ids) {
  POMAI_RETURN_IF_ERROR(
      CheckBelow(*ref_, "row", uint64_t{first} + count - 1, ref_->rows));
  POMAI_ASSIGN_OR_RETURN(
      const uint8_t* bytes,
      ids_.At(SectionOffset(ref_->ids_page) + uint64_t{first} * 8, count * 8));
  for (uint32_t i = 0; i < count; ++i) {
    ids[i] = GetFixed<uint64_t>(bytes + 8 * i);
  }
  return Status::Ok();
}

// Byte by byte, since the reader remembers what lies in two pages.
Result<uint32_t> SegmentReader::DeadBits(uint32_t first, uint32_t count) {
  POMAI_RETURN_IF_ERROR(
      CheckBelow(*ref_, "row", uint64_t{first} + count - 1, ref_->rows));
  uint64_t bits = 0;
  for (uint32_t at = 0; at < first % 8 + count; at += 8) {
    POMAI_ASSIGN_OR_RETURN(
        const uint8_t* byte,
        dead_.At(SectionOffset(ref_->dead_page) + (first + at) / 8, 1));
    bits |= uint64_t{*byte} << at;
  }
  return static_cast<uint32_t>(bits >> first % 8 &
                               ((uint64_t{1} << count) - 1));
}

Result<bool> SegmentReader::IsDead(uint32_t row) {
  POMAI_RETURN_IF_ERROR(CheckBelow(*ref_, "row", row, ref_->rows));
  POMAI_ASSIGN_OR_RETURN(const uint8_t* byte,
                         dead_.At(SectionOffset(ref_->dead_page) + row / 8, 1));
  return (*byte >> (row % 8) & 1) != 0;
}

Result<uint32_t> SegmentReader::CountDead(uint32_t first, uint32_t count) {
  if (count == 0) return 0u;
  POMAI_RETURN_IF_ERROR(
      CheckBelow(*ref_, "row", uint64_t{first} + count - 1, ref_->rows));
  constexpr uint32_t kRowsPerPage = 8 * kPageBodySize;
  uint32_t dead = 0;
  const auto bits = [](uint32_t byte) {
    // Without a popcount instruction that is a call; few rows are dead.
    return byte == 0 ? 0 : static_cast<uint32_t>(std::popcount(byte));
  };
  for (uint32_t row = first, left = count; left > 0;) {
    const uint32_t part = std::min(left, kRowsPerPage - row % kRowsPerPage);
    const uint32_t bytes = (row % 8 + part + 7) / 8;
    POMAI_ASSIGN_OR_RETURN(
        const uint8_t* at,
        dead_.At(SectionOffset(ref_->dead_page) + row / 8, bytes));
    for (uint32_t i = 0; i < bytes; ++i) dead += bits(at[i]);
    // Bits before the first and behind the last.
    const uint32_t before = at[0] & ((1u << row % 8) - 1);
    const uint32_t used = (row + part - 1) % 8 + 1;
    const uint32_t behind = uint32_t{at[bytes - 1]} >> used;
    dead -= bits(before) + bits(behind);
    row += part;
    left -= part;
  }
  return dead;
}

Status SegmentReader::Rows(uint32_t first, uint32_t count,
                           std::vector<uint64_t>* ids,
                           std::vector<bool>* dead) {
  ids->clear();
  dead->clear();
  if (count == 0) return Status::Ok();
  POMAI_RETURN_IF_ERROR(
      CheckBelow(*ref_, "row", uint64_t{first} + count - 1, ref_->rows));
  ids->resize(count);
  dead->reserve(count);
  // Ids never straddle pages: a page holds a whole number of them.
  constexpr uint32_t kIdsPerPage = kPageBodySize / 8;
  static_assert(kPageBodySize % 8 == 0);
  for (uint32_t row = first, left = count; left > 0;) {
    const uint32_t part = std::min(left, kIdsPerPage - row % kIdsPerPage);
    POMAI_RETURN_IF_ERROR(Ids(row, part, ids->data() + (row - first)));
    row += part;
    left -= part;
  }
  for (uint32_t i = 0; i < count; ++i) {
    POMAI_ASSIGN_OR_RETURN(const bool is_dead, IsDead(first + i));
    dead->push_back(is_dead);
  }
  return Status::Ok();
}

Status SegmentReader::CheckHeader() {
  POMAI_ASSIGN_OR_RETURN(const uint8_t* found,
                         header_.At(0, kSegmentHeaderSize));
  const SegmentHeader expected = EncodeSegmentHeader(shape_, *ref_);
  for (const SegmentHeaderField& field : kSegmentHeaderFields) {
    const auto number = [&](const uint8_t* bytes) {
      return field.size == 8 ? GetFixed<uint64_t>(bytes + field.offset)
                             : GetFixed<uint32_t>(bytes + field.offset);
    };
    if (number(found) == number(expected.data())) continue;
    return Status::Corruption("segment " + std::to_string(ref_->extent.id) +
                              ": " + field.name + ": expected " +
                              std::to_string(number(expected.data())) +
                              ", found " + std::to_string(number(found)));
  }
  return Status::Ok();
}

void SegmentReader::Release() {
  header_.Release();
  blocks_.Release();
  refine_.Release();
  ids_.Release();
  dead_.Release();
}

}  // namespace pomai
