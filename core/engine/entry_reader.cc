#include "core/engine/entry_reader.h"

namespace pomai {
namespace {

// Some 50 microseconds of work, for most dimensions.
constexpr uint64_t kRowsPerPoll = 256;

}  // namespace

EntryReader::EntryReader(const MaintenanceHost& host, const Snapshot& snapshot)
    : host_(host),
      snapshot_(snapshot),
      shape_(snapshot.view->meta.shape()),
      record_(shape_.record_size()) {}

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
    POMAI_RETURN_IF_ERROR(PollSometimes());
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
  for (uint32_t i = 0; i < range.rows; ++i) {
    const uint32_t row = range.first_row + i;
    POMAI_RETURN_IF_ERROR(PollSometimes());
    POMAI_ASSIGN_OR_RETURN(const bool dead, source->reader->IsDead(row));
    if (dead) continue;
    POMAI_ASSIGN_OR_RETURN(
        const uint8_t* block,
        source->reader->Block(range.first_block + i / kBlockCodes));
    POMAI_ASSIGN_OR_RETURN(const uint8_t* refine,
                           source->reader->RefineRow(row));
    UnpackRecord(shape_, block, i % kBlockCodes, refine, record_.data());
    POMAI_ASSIGN_OR_RETURN(const uint64_t id, source->reader->Id(row));
    POMAI_RETURN_IF_ERROR(visit(id, record_));
  }
  return Status::Ok();
}

Status EntryReader::ReadWithoutDistance(uint32_t end_list,
                                        std::vector<uint64_t>* ids) {
  for (Source& source : segments_) {
    const SegmentRef& ref = source.reader->ref();
    if (ref.end_list() > end_list) continue;
    const ListRange range = DirectoryOf(source).WithoutDistance();
    for (uint32_t i = 0; i < range.rows; ++i) {
      const uint32_t row = range.first_row + i;
      POMAI_RETURN_IF_ERROR(PollSometimes());
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

Status EntryReader::PollSometimes() {
  if (++rows_since_poll_ < kRowsPerPoll) return Status::Ok();
  rows_since_poll_ = 0;
  Release();
  return host_.store->Poll();
}

}  // namespace pomai
