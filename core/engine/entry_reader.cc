#include "core/engine/entry_reader.h"

#include <algorithm>

namespace pomai {
namespace {

// Some 50 microseconds of work, for most dimensions.
constexpr uint64_t kRowsPerPoll = 256;

}  // namespace

EntryReader::EntryReader(const MaintenanceHost& host, const Snapshot& snapshot)
    : host_(host),
      snapshot_(snapshot),
      shape_(snapshot.view->meta.shape()),
      records_(size_t{kBlockCodes} * shape_.record_size()) {}

void EntryReader::AddSegment(size_t segment) {
  const SegmentRef& ref = snapshot_.view->manifest.segments[segment];
  segments_.push_back({segment, std::make_unique<SegmentReader>(
                                    host_.store, shape_, &ref, host_.sealed)});
}

Result<uint32_t> EntryReader::Count(uint32_t list) {
  uint32_t count = 0;
  for (Source& source : segments_) {
    const ListRange range = DirectoryOf(source).List(list);
    POMAI_ASSIGN_OR_RETURN(
        const uint32_t dead,
        source.reader->CountDead(range.first_row, range.rows));
    count += range.rows - dead;
    POMAI_RETURN_IF_ERROR(PollSometimes(1));
  }
  return count;
}

Status EntryReader::ReadList(uint32_t list, const Visitor& visit) {
  for (Source& source : segments_) {
    POMAI_RETURN_IF_ERROR(ReadSegmentList(&source, list, visit));
  }
  return Status::Ok();
}

Status EntryReader::ReadSegmentList(Source* source, uint32_t list,
                                    const Visitor& visit) {
  const ListRange range = DirectoryOf(*source).List(list);
  const uint32_t size = shape_.record_size();
  for (uint32_t i = 0; i < range.rows; i += kBlockCodes) {
    const uint32_t count = std::min(kBlockCodes, range.rows - i);
    POMAI_RETURN_IF_ERROR(PollSometimes(count));
    POMAI_ASSIGN_OR_RETURN(
        const uint32_t dead,
        ReadBlock(source->reader.get(), range.first_block + i / kBlockCodes,
                  range.first_row + i, count));
    for (uint32_t j = 0; j < count; ++j) {
      if ((dead >> j & 1) != 0) continue;
      POMAI_RETURN_IF_ERROR(
          visit(ids_[j], {&records_[size_t{j} * size], size}));
    }
  }
  return Status::Ok();
}

Result<uint32_t> EntryReader::ReadBlock(SegmentReader* reader, uint32_t block,
                                        uint32_t first_row, uint32_t count) {
  POMAI_ASSIGN_OR_RETURN(const uint8_t* codes, reader->Block(block));
  POMAI_ASSIGN_OR_RETURN(const uint8_t* refine,
                         reader->RefineRows(first_row, count));
  UnpackBlock(shape_, codes, count, refine, records_.data());
  POMAI_RETURN_IF_ERROR(reader->Ids(first_row, count, ids_));
  return reader->DeadBits(first_row, count);
}

Status EntryReader::ReadWithoutDistance(uint32_t end_list,
                                        std::vector<uint64_t>* ids) {
  for (Source& source : segments_) {
    const SegmentRef& ref = source.reader->ref();
    if (ref.end_list() > end_list) continue;
    const ListRange range = DirectoryOf(source).WithoutDistance();
    for (uint32_t i = 0; i < range.rows; ++i) {
      const uint32_t row = range.first_row + i;
      POMAI_RETURN_IF_ERROR(PollSometimes(1));
      POMAI_ASSIGN_OR_RETURN(const bool dead, source.reader->IsDead(row));
      if (dead) continue;
      POMAI_ASSIGN_OR_RETURN(const uint64_t id, source.reader->Id(row));
      ids->push_back(id);
    }
  }
  Release();
  return host_.store->Poll();
}

void EntryReader::Release() {
  for (Source& source : segments_) source.reader->Release();
}

Status EntryReader::PollSometimes(uint32_t rows) {
  rows_since_poll_ += rows;
  if (rows_since_poll_ < kRowsPerPoll) return Status::Ok();
  rows_since_poll_ = 0;
  Release();
  return host_.store->Poll();
}

}  // namespace pomai
