#include "core/segment/segment_directory.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/coding.h"
#include "core/rabitq/code.h"

namespace pomai {
namespace {

constexpr uint32_t kEntrySize = 8;

uint64_t CodedRows(const SegmentRef& ref) {
  return ref.rows - ref.rows_without_distance;
}

// Whether list `list`, [block, next_block) x [row, next_row), fits the ref.
bool MakesSense(const SegmentRef& ref, uint32_t list, uint32_t block,
                uint32_t row, uint32_t next_block, uint32_t next_row) {
  if (list == 0 && (block != 0 || row != 0)) return false;
  if (list == ref.lists) {
    return row == CodedRows(ref) && next_row == ref.rows &&
           block == ref.blocks && next_block == ref.blocks;
  }
  if (row > next_row || next_row > CodedRows(ref)) return false;
  if (block > next_block || next_block > ref.blocks) return false;
  const uint32_t rows = next_row - row;
  return next_block - block == rows / kBlockCodes + (rows % kBlockCodes != 0);
}

Status WrongList(const SegmentRef& ref, uint32_t list, uint32_t first_row,
                 uint32_t end_row, uint32_t first_block, uint32_t end_block) {
  const uint32_t page =
      ref.directory_page +
      static_cast<uint32_t>(uint64_t{list} * kEntrySize / kPageBodySize);
  return Status::Corruption(
      "block " + std::to_string(ref.extent.BlockOf(page)) + ": segment " +
      std::to_string(ref.extent.id) + ": list " + std::to_string(list) +
      ": expected rising rows below " + std::to_string(ref.rows) +
      " in as many blocks as they fill, found rows " +
      std::to_string(first_row) + " to " + std::to_string(end_row) +
      " in blocks " + std::to_string(first_block) + " to " +
      std::to_string(end_block));
}

}  // namespace

Result<SegmentDirectory> SegmentDirectory::Load(PageStore* store,
                                                const SegmentRef& ref,
                                                PageLock lock) {
  SegmentDirectory directory;
  directory.first_list_ = ref.first_list;
  directory.first_live_list_ = ref.first_live_list();
  directory.end_list_ = ref.end_list();
  ExtentReader reader(store, &ref.extent, lock);
  uint64_t offset = uint64_t{ref.directory_page} * kPageBodySize;
  auto starts = std::make_shared<Start[]>(ref.lists + size_t{2});
  for (uint32_t i = 0; i < ref.lists + 2; ++i, offset += kEntrySize) {
    POMAI_ASSIGN_OR_RETURN(const uint8_t* entry, reader.At(offset, kEntrySize));
    starts[i] = {GetFixed<uint32_t>(entry), GetFixed<uint32_t>(entry + 4)};
    if (i == 0) continue;
    const Start start = starts[i - 1];
    const Start next = starts[i];
    if (!MakesSense(ref, i - 1, start.block, start.row, next.block, next.row)) {
      return WrongList(ref, i - 1, start.row, next.row, start.block,
                       next.block);
    }
  }
  directory.starts_ = std::move(starts);
  return directory;
}

SegmentDirectory SegmentDirectory::For(const SegmentRef& later) const {
  SegmentDirectory directory = *this;
  directory.first_live_list_ = later.first_live_list();
  return directory;
}

}  // namespace pomai
