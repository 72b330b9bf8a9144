#include "core/memtable/tail_directory.h"

#include <string>

#include "core/memtable/shard_page.h"
#include "core/rabitq/code.h"

namespace pomai {
namespace {

// Offsets in the body.
constexpr size_t kCount = 0;
constexpr size_t kCapacity = 4;
constexpr size_t kRecordSize = 8;
constexpr size_t kPayloadPages = 12;
constexpr size_t kCodebookVersion = 16;
constexpr size_t kNextId = 24;
constexpr size_t kNextBlock = 32;
constexpr size_t kFlags = 36;
constexpr uint32_t kClosed = 1;

bool Fits(uint32_t capacity, uint32_t record_size) {
  const uint64_t pages = PagesFor(uint64_t{capacity} * record_size);
  return TailDirectory::kEntries +
             uint64_t{capacity} * TailDirectory::kEntrySize + pages * 4 <=
         kPageBodySize;
}

Status CheckMost(BlockNumber block, const char* what, uint64_t most,
                 uint64_t found) {
  if (found <= most) return Status::Ok();
  return Status::Corruption("block " + std::to_string(block) + ": " + what +
                            ": expected at most " + std::to_string(most) +
                            ", found " + std::to_string(found));
}

Status CheckNumbers(const TailDirectory& directory, BlockNumber block) {
  const uint32_t record_size = directory.record_size;
  POMAI_RETURN_IF_ERROR(
      CheckMost(block, "tail record size", kMaxTailRecordSize, record_size));
  POMAI_RETURN_IF_ERROR(CheckMost(block, "tail capacity",
                                  TailDirectory::CapacityFor(record_size),
                                  directory.capacity));
  POMAI_RETURN_IF_ERROR(
      CheckMost(block, "tail entries", directory.capacity, directory.count));
  return CheckMost(block, "tail payload pages",
                   PagesFor(uint64_t{directory.count} * record_size),
                   directory.payload_pages);
}

// Ids rise along a chain and a page has one id: no chain loops.
Status CheckNext(const TailDirectory& directory, BlockNumber block,
                 uint64_t id) {
  const bool last = directory.next_block == kNoBlock;
  const bool same_shard = directory.next_id >> 48 == id >> 48;
  if (last ? directory.next_id == 0 : same_shard && directory.next_id > id) {
    return Status::Ok();
  }
  return Status::Corruption(
      "block " + std::to_string(block) +
      ": expected a next tail extent of the same shard behind " +
      std::to_string(id) + ", found " + std::to_string(directory.next_id) +
      " at block " + std::to_string(directory.next_block));
}

}  // namespace

uint32_t TailDirectory::CapacityFor(uint32_t record_size) {
  auto capacity = static_cast<uint32_t>(
      (kPageBodySize - kEntries) * kPageBodySize /
      (kEntrySize * kPageBodySize + uint64_t{record_size} * 4));
  // The last payload page is a whole one.
  while (!Fits(capacity, record_size)) --capacity;
  return capacity;
}

Result<TailDirectory> TailDirectory::Decode(const uint8_t* page,
                                            BlockNumber block, uint64_t id) {
  POMAI_RETURN_IF_ERROR(
      CheckPage(page, block, {id, 0, PageKind::kTailDirectory}));
  const uint8_t* body = PageBody(page);
  TailDirectory directory;
  directory.count = GetFixed<uint32_t>(body + kCount);
  directory.capacity = GetFixed<uint32_t>(body + kCapacity);
  directory.record_size = GetFixed<uint32_t>(body + kRecordSize);
  directory.payload_pages = GetFixed<uint32_t>(body + kPayloadPages);
  directory.codebook_version = GetFixed<uint64_t>(body + kCodebookVersion);
  directory.next_id = GetFixed<uint64_t>(body + kNextId);
  directory.next_block = GetFixed<uint32_t>(body + kNextBlock);
  const auto flags = GetFixed<uint32_t>(body + kFlags);
  POMAI_RETURN_IF_ERROR(CheckMost(block, "tail flags", kClosed, flags));
  directory.closed = flags == kClosed;
  POMAI_RETURN_IF_ERROR(CheckNumbers(directory, block));
  POMAI_RETURN_IF_ERROR(CheckNext(directory, block, id));
  return directory;
}

void TailDirectory::Encode(uint8_t* page) const {
  uint8_t* body = PageBody(page);
  PutFixed<uint32_t>(body + kCount, count);
  PutFixed<uint32_t>(body + kCapacity, capacity);
  PutFixed<uint32_t>(body + kRecordSize, record_size);
  PutFixed<uint32_t>(body + kPayloadPages, payload_pages);
  PutFixed<uint64_t>(body + kCodebookVersion, codebook_version);
  PutFixed<uint64_t>(body + kNextId, next_id);
  PutFixed<uint32_t>(body + kNextBlock, next_block);
  PutFixed<uint32_t>(body + kFlags, closed ? kClosed : 0);
}

void TailDirectory::LinkPayload(uint8_t* page, uint32_t number,
                                BlockNumber block) {
  uint8_t* body = PageBody(page);
  for (; payload_pages <= number; ++payload_pages) {
    PutFixed<uint32_t>(body + PayloadOffset(payload_pages), kNoBlock);
  }
  PutFixed<uint32_t>(body + PayloadOffset(number), block);
}

Result<bool> TailWalk::Next() {
  Release();
  if (next_block_ == kNoBlock) return false;
  if (next_id_ >> 48 != TailExtentId(shard_, 0) >> 48) {
    return Status::Corruption("block " + std::to_string(next_block_) +
                              ": expected a tail extent of shard " +
                              std::to_string(shard_) + ", found extent " +
                              std::to_string(next_id_));
  }
  POMAI_ASSIGN_OR_RETURN(page_, store_->Read(next_block_, PageLock::kShare));
  POMAI_ASSIGN_OR_RETURN(
      directory_, TailDirectory::Decode(page_.data(), next_block_, next_id_));
  block_ = next_block_;
  id_ = next_id_;
  next_block_ = directory_.next_block;
  next_id_ = directory_.next_id;
  return true;
}

}  // namespace pomai
