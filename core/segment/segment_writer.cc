#include "core/segment/segment_writer.h"

#include <algorithm>
#include <string>

#include "core/base/coding.h"
#include "core/segment/segment_header.h"

namespace pomai {
namespace {

uint32_t BlocksFor(uint32_t rows) {
  return rows / kBlockCodes + (rows % kBlockCodes != 0);
}

}  // namespace

struct SegmentWriter::Streams {
  Streams(PageStore* store, const SegmentRef& ref)
      : blocks(store, &ref.extent, ref.blocks_page),
        refine(store, &ref.extent, ref.refine_page),
        ids(store, &ref.extent, ref.ids_page) {}

  ExtentStream blocks;
  ExtentStream refine;
  ExtentStream ids;
};

uint64_t PieceRows(const CodeShape& shape, uint64_t rows) {
  constexpr uint64_t kPieceBytes = uint64_t{1} << 19;
  const uint64_t least = kPieceBytes / shape.record_size();
  return std::max({least, rows / 16, uint64_t{1024}});
}

SegmentRef SegmentWriter::Plan(const CodeShape& shape, uint32_t shard,
                               uint64_t codebook_version, uint32_t first_list,
                               std::span<const uint32_t> list_rows) {
  SegmentRef ref;
  ref.shard = shard;
  ref.first_list = first_list;
  ref.live_from = first_list;
  ref.lists = static_cast<uint32_t>(list_rows.size() - 1);
  ref.codebook_version = codebook_version;
  for (uint32_t list = 0; list < ref.lists; ++list) {
    ref.rows += list_rows[list];
    ref.blocks += BlocksFor(list_rows[list]);
  }
  const uint64_t coded = ref.rows;
  ref.rows_without_distance = list_rows[ref.lists];
  ref.rows += ref.rows_without_distance;
  ref.directory_page = 1;
  ref.blocks_page =
      ref.directory_page + PagesFor((uint64_t{ref.lists} + 2) * 8);
  ref.refine_page =
      ref.blocks_page + PagesFor(uint64_t{ref.blocks} * shape.block_size());
  ref.ids_page = ref.refine_page + PagesFor(coded * shape.refine_size());
  ref.dead_page = ref.ids_page + PagesFor(ref.rows * 8);
  return ref;
}

uint32_t SegmentWriter::PlannedPages(const SegmentRef& ref) {
  return ref.dead_page + PagesFor((ref.rows + 7) / 8);
}

SegmentWriter::SegmentWriter(PageStore* store, const CodeShape& shape,
                             const SegmentRef* ref,
                             std::span<const uint32_t> list_rows)
    : store_(store),
      shape_(shape),
      ref_(ref),
      list_rows_(list_rows),
      streams_(std::make_unique<Streams>(store, *ref)),
      pending_(size_t{kBlockCodes} * shape.record_size()),
      block_(shape.block_size()),
      refine_row_(shape.refine_size()) {}

SegmentWriter::~SegmentWriter() = default;

Status SegmentWriter::Add(uint32_t list, uint64_t id,
                          std::span<const uint8_t> record) {
  POMAI_RETURN_IF_ERROR(AdvanceTo(list));
  const size_t size = list == ref_->lists ? 0 : shape_.record_size();
  if (rows_in_list_ >= list_rows_[list] || record.size() != size) {
    return Status::Internal(
        "segment list " + std::to_string(list) + ": row " +
        std::to_string(rows_in_list_) + " of " + std::to_string(record.size()) +
        " bytes does not follow the plan of " +
        std::to_string(list_rows_[list]) + " rows of " + std::to_string(size));
  }
  ++rows_in_list_;
  ++rows_;
  uint8_t number[8];
  PutFixed<uint64_t>(number, id);
  POMAI_RETURN_IF_ERROR(streams_->ids.Append(number, sizeof(number)));
  if (size == 0) return Status::Ok();
  squared_residuals_ += SquaredResidual(shape_, record.data());
  std::memcpy(&pending_[pending_count_ * size], record.data(), size);
  ++pending_count_;
  if (!refine_row_.empty()) {
    CopyRefineRow(shape_, record.data(), refine_row_.data());
    POMAI_RETURN_IF_ERROR(
        streams_->refine.Append(refine_row_.data(), refine_row_.size()));
  }
  return pending_count_ == kBlockCodes ? FlushBlock() : Status::Ok();
}

// Ends the lists before `list`, which must have all of their rows.
Status SegmentWriter::AdvanceTo(uint32_t list) {
  if (list < list_ || list > ref_->lists) {
    return Status::Internal("segment list " + std::to_string(list) +
                            " follows list " + std::to_string(list_));
  }
  while (list_ < list) {
    if (rows_in_list_ != list_rows_[list_]) {
      return Status::Internal("segment list " + std::to_string(list_) +
                              " ends after " + std::to_string(rows_in_list_) +
                              " rows of " + std::to_string(list_rows_[list_]));
    }
    POMAI_RETURN_IF_ERROR(FlushBlock());
    ++list_;
    rows_in_list_ = 0;
  }
  return Status::Ok();
}

Status SegmentWriter::FlushBlock() {
  if (pending_count_ == 0) return Status::Ok();
  const uint8_t* records[kBlockCodes];
  for (uint32_t i = 0; i < pending_count_; ++i) {
    records[i] = &pending_[size_t{i} * shape_.record_size()];
  }
  PackBlock(shape_, records, pending_count_, block_.data());
  pending_count_ = 0;
  return streams_->blocks.Append(block_.data(), block_.size());
}

Status SegmentWriter::Finish() {
  POMAI_RETURN_IF_ERROR(AdvanceTo(ref_->lists));
  if (rows_in_list_ != list_rows_[ref_->lists] || rows_ != ref_->rows) {
    return Status::Internal("segment ends after " + std::to_string(rows_) +
                            " rows of " + std::to_string(ref_->rows));
  }
  if (rows_ > UINT32_MAX) {
    return Status::ResourceExhausted("segment of " + std::to_string(rows_) +
                                     " rows: at most 4294967295 fit");
  }
  POMAI_RETURN_IF_ERROR(streams_->blocks.Finish());
  POMAI_RETURN_IF_ERROR(streams_->refine.Finish());
  POMAI_RETURN_IF_ERROR(streams_->ids.Finish());
  POMAI_RETURN_IF_ERROR(WriteDeadBitmap());
  POMAI_RETURN_IF_ERROR(WriteDirectory());
  ExtentStream header(store_, &ref_->extent, 0);
  const SegmentHeader bytes = EncodeSegmentHeader(shape_, *ref_);
  POMAI_RETURN_IF_ERROR(header.Append(bytes.data(), bytes.size()));
  return header.Finish();
}

Status SegmentWriter::WriteDirectory() {
  ExtentStream directory(store_, &ref_->extent, ref_->directory_page);
  uint32_t block = 0;
  uint32_t row = 0;
  for (uint32_t list = 0; list <= ref_->lists + 1; ++list) {
    uint8_t entry[8];
    PutFixed<uint32_t>(entry, block);
    PutFixed<uint32_t>(entry + 4, row);
    POMAI_RETURN_IF_ERROR(directory.Append(entry, sizeof(entry)));
    if (list > ref_->lists) break;
    row += list_rows_[list];
    if (list < ref_->lists) block += BlocksFor(list_rows_[list]);
  }
  return directory.Finish();
}

Status SegmentWriter::WriteDeadBitmap() {
  ExtentStream dead(store_, &ref_->extent, ref_->dead_page);
  const std::vector<uint8_t> zeros(kPageBodySize);
  for (uint64_t left = (ref_->rows + 7) / 8; left > 0;) {
    const uint64_t part = std::min<uint64_t>(left, zeros.size());
    POMAI_RETURN_IF_ERROR(dead.Append(zeros.data(), part));
    left -= part;
  }
  return dead.Finish();
}

}  // namespace pomai
