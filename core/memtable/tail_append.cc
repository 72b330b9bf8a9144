// AppendToTail: one change after the other, each of which publishes as many
// entries as one directory has room for.
//
// A change locks the shard page, then the last directory. Payload pages that
// are linked already (at most the one in which the last record ended) are
// edited in the change; new pages are written whole before it and named by it.
// So a change has up to three pages: directory and payload, or shard page and
// the directory before a new one; and the shard page where new pages came from
// its spare ones.

#include <algorithm>
#include <memory>
#include <string>

#include "core/base/fault_point.h"
#include "core/memtable/shard_page.h"
#include "core/memtable/tail.h"
#include "core/memtable/tail_directory.h"

namespace pomai {
namespace {

// New payload pages of one change: bounds the time the shard is locked.
constexpr uint32_t kPagesPerChange = 32;

// Where new pages of a change come from: the shard's spare ones, then the
// file's end. What is extended too far becomes spare.
class NewPages {
 public:
  // `expected`: pages the change will want, about.
  NewPages(PageStore* store, std::vector<BlockNumber>* spares,
           uint32_t expected)
      : store_(store),
        spares_(spares),
        expected_(std::min(expected, kPagesPerChange)) {}

  Result<BlockNumber> Take() {
    if (spares_->empty()) {
      const uint32_t count = std::max(expected_, taken_ + 1) - taken_;
      POMAI_ASSIGN_OR_RETURN(const BlockNumber first, store_->Extend(count));
      for (uint32_t i = count; i > 0; --i) spares_->push_back(first + i - 1);
      if (count > 1) changed_ = true;
    } else {
      changed_ = true;
    }
    ++taken_;
    const BlockNumber block = spares_->back();
    POMAI_RETURN_IF_ERROR(Reach(block));
    spares_->pop_back();
    return block;
  }

  // Whether the spare pages are other ones than those on the shard page.
  bool changed() const { return changed_; }

 private:
  // The file may end before a spare page: that it was extended is not logged,
  // so a standby knows only of pages that were written.
  Status Reach(BlockNumber block) {
    if (block < pages_) return Status::Ok();
    POMAI_ASSIGN_OR_RETURN(pages_, store_->PageCount());
    if (block < pages_) return Status::Ok();
    const uint32_t missing = block + 1 - pages_;
    if (missing > ShardPage::kMostUnwritten) {
      return Status::Corruption("spare page: expected a block near " +
                                std::to_string(pages_) + ", found " +
                                std::to_string(block));
    }
    POMAI_ASSIGN_OR_RETURN(const BlockNumber first, store_->Extend(missing));
    pages_ = first + missing;
    return Status::Ok();
  }

  PageStore* store_;
  std::vector<BlockNumber>* spares_;
  uint32_t expected_;
  uint32_t taken_ = 0;
  uint32_t pages_ = 0;  // of the store, at least
  bool changed_ = false;
};

uint64_t BytesOf(std::span<const TailEntry> entries) {
  uint64_t bytes = 0;
  for (const TailEntry& entry : entries) bytes += entry.record.size();
  return bytes;
}

// Puts the records of one change into the payload pages of one extent, front to
// back.
class PayloadWriter {
 public:
  // `directory_page` and `directory`: of extent `id`, edited by the caller and
  // kept up to date here.
  PayloadWriter(PageStore* store, PageChange* change, NewPages* pages,
                uint64_t id, uint8_t* directory_page, TailDirectory* directory)
      : store_(store),
        change_(change),
        pages_(pages),
        id_(id),
        directory_page_(directory_page),
        directory_(directory) {}

  uint32_t new_pages() const { return new_pages_; }

  Status Put(uint32_t slot, std::span<const uint8_t> record) {
    uint64_t at = uint64_t{slot} * directory_->record_size;
    while (!record.empty()) {
      POMAI_RETURN_IF_ERROR(Enter(static_cast<uint32_t>(at / kPageBodySize)));
      const size_t inside = at % kPageBodySize;
      const size_t part = std::min(record.size(), kPageBodySize - inside);
      std::memcpy(PageBody(page_) + inside, record.data(), part);
      record = record.subspan(part);
      at += part;
    }
    return Status::Ok();
  }

  // Writes the page that was being filled. Once, at the end.
  Status Finish() {
    if (!current_is_new_) return Status::Ok();
    current_is_new_ = false;
    PutPageHeader(page_, {id_, number_ + 1, PageKind::kTailPayload});
    POMAI_ASSIGN_OR_RETURN(const BlockNumber block, pages_->Take());
    POMAI_RETURN_IF_ERROR(store_->WriteNew(block, page_));
    directory_->LinkPayload(directory_page_, number_, block);
    return Status::Ok();
  }

 private:
  Status Enter(uint32_t number) {
    if (page_ != nullptr && number == number_) return Status::Ok();
    POMAI_RETURN_IF_ERROR(Finish());
    number_ = number;
    const BlockNumber block = number < directory_->payload_pages
                                  ? directory_->Payload(directory_page_, number)
                                  : kNoBlock;
    if (block == kNoBlock) {
      image_.assign(kPageSize, 0);
      page_ = image_.data();
      current_is_new_ = true;
      ++new_pages_;
      return Status::Ok();
    }
    POMAI_ASSIGN_OR_RETURN(const uint8_t* found, change_->Lock(block));
    POMAI_RETURN_IF_ERROR(
        CheckPage(found, block, {id_, number + 1, PageKind::kTailPayload}));
    POMAI_ASSIGN_OR_RETURN(page_, change_->Edit(block));
    return Status::Ok();
  }

  PageStore* store_;
  PageChange* change_;
  NewPages* pages_;
  uint64_t id_;
  uint8_t* directory_page_;
  TailDirectory* directory_;
  uint8_t* page_ = nullptr;
  uint32_t number_ = 0;
  bool current_is_new_ = false;
  uint32_t new_pages_ = 0;
  std::vector<uint8_t> image_;
};

// One append to one shard.
class TailAppender {
 public:
  TailAppender(PageStore* store, BlockNumber shard_block, uint32_t shard,
               uint64_t codebook_version, uint32_t record_size)
      : store_(store),
        shard_block_(shard_block),
        shard_(shard),
        codebook_version_(codebook_version),
        record_size_(record_size) {}

  // Publishes the first of `entries` in one change and returns how many; none
  // when the shard's codebook is another one.
  Result<size_t> Step(std::span<const TailEntry> entries);
  // After it: what AppendResult::tail_rows says.
  uint64_t tail_rows() const {
    if (!root_.has_tail()) return 0;
    return (root_.last_id - root_.first_id + 1) *
           TailDirectory::CapacityFor(record_size_);
  }

 private:
  Result<size_t> FillLast(const TailDirectory& last,
                          std::span<const TailEntry> entries);
  Result<size_t> AddExtent(const TailDirectory& last,
                           std::span<const TailEntry> entries);
  Result<size_t> Fill(uint64_t id, uint8_t* page, TailDirectory* directory,
                      NewPages* pages, std::span<const TailEntry> entries);
  Status Link(const TailDirectory& last, BlockNumber block, uint64_t id);

  PageStore* store_;
  BlockNumber shard_block_;
  uint32_t shard_;
  uint64_t codebook_version_;
  uint32_t record_size_;
  std::unique_ptr<PageChange> change_;
  ShardPage root_;
};

Result<size_t> TailAppender::Step(std::span<const TailEntry> entries) {
  POMAI_ASSIGN_OR_RETURN(change_, store_->BeginChange());
  POMAI_ASSIGN_OR_RETURN(const uint8_t* page, change_->Lock(shard_block_));
  POMAI_ASSIGN_OR_RETURN(root_, ShardPage::Decode(page, shard_block_, shard_));
  if (root_.codebook_version != codebook_version_) return size_t{0};
  TailDirectory last;
  if (root_.has_tail()) {
    const BlockNumber block = root_.last_block;
    POMAI_ASSIGN_OR_RETURN(const uint8_t* found, change_->Lock(block));
    POMAI_ASSIGN_OR_RETURN(last,
                           TailDirectory::Decode(found, block, root_.last_id));
    if (last.next_block != kNoBlock) {
      return Status::Corruption(
          "block " + std::to_string(block) +
          ": expected no tail extent behind the last one, found block " +
          std::to_string(last.next_block));
    }
    if (last.codebook_version == codebook_version_ &&
        last.record_size == record_size_ && last.count < last.capacity &&
        !last.closed) {
      return FillLast(last, entries);
    }
  }
  return AddExtent(last, entries);
}

Result<size_t> TailAppender::FillLast(const TailDirectory& last,
                                      std::span<const TailEntry> entries) {
  TailDirectory directory = last;
  POMAI_ASSIGN_OR_RETURN(uint8_t * page, change_->Edit(root_.last_block));
  NewPages pages(store_, &root_.spares, PagesFor(BytesOf(entries)));
  POMAI_ASSIGN_OR_RETURN(const size_t count, Fill(root_.last_id, page,
                                                  &directory, &pages, entries));
  if (pages.changed()) {
    POMAI_ASSIGN_OR_RETURN(uint8_t * shard_page, change_->Edit(shard_block_));
    root_.Encode(shard_page, shard_);
  }
  POMAI_FAULT_POINT("pages-written");
  POMAI_RETURN_IF_ERROR(change_->Commit());
  return count;
}

Result<size_t> TailAppender::AddExtent(const TailDirectory& last,
                                       std::span<const TailEntry> entries) {
  if (root_.extents == kMaxTailExtents) {
    return Status::ResourceExhausted("shard " + std::to_string(shard_) +
                                     " has used all of its tail extents");
  }
  const uint64_t id = TailExtentId(shard_, root_.extents + 1);
  TailDirectory directory;
  directory.capacity = TailDirectory::CapacityFor(record_size_);
  directory.record_size = record_size_;
  directory.codebook_version = codebook_version_;
  std::vector<uint8_t> page(kPageSize);
  PutPageHeader(page.data(), {id, 0, PageKind::kTailDirectory});
  NewPages pages(store_, &root_.spares, 1 + PagesFor(BytesOf(entries)));
  POMAI_ASSIGN_OR_RETURN(const size_t count,
                         Fill(id, page.data(), &directory, &pages, entries));
  POMAI_ASSIGN_OR_RETURN(const BlockNumber block, pages.Take());
  POMAI_RETURN_IF_ERROR(store_->WriteNew(block, page.data()));
  POMAI_FAULT_POINT("extent-written");
  POMAI_RETURN_IF_ERROR(Link(last, block, id));
  return count;
}

// Appends to a directory page (a copy that nobody sees yet) and its payload.
Result<size_t> TailAppender::Fill(uint64_t id, uint8_t* page,
                                  TailDirectory* directory, NewPages* pages,
                                  std::span<const TailEntry> entries) {
  PayloadWriter payload(store_, change_.get(), pages, id, page, directory);
  size_t count = 0;
  for (const TailEntry& entry : entries) {
    const uint32_t slot = directory->count;
    if (slot == directory->capacity) break;
    if (payload.new_pages() >= kPagesPerChange) break;
    POMAI_RETURN_IF_ERROR(payload.Put(slot, entry.record));
    TailDirectory::PutEntry(page, slot, entry.id, entry.list);
    ++directory->count;
    ++count;
  }
  POMAI_RETURN_IF_ERROR(payload.Finish());
  directory->Encode(page);
  return count;
}

// Commits the extent `id` at `block` as the chain's last one.
Status TailAppender::Link(const TailDirectory& last, BlockNumber block,
                          uint64_t id) {
  const BlockNumber last_block = root_.last_block;
  const bool first = !root_.has_tail();
  root_.extents += 1;
  root_.last_block = block;
  root_.last_id = id;
  if (first) {
    root_.first_block = block;
    root_.first_id = id;
  }
  POMAI_ASSIGN_OR_RETURN(uint8_t * shard_page, change_->Edit(shard_block_));
  root_.Encode(shard_page, shard_);
  if (!first) {
    TailDirectory directory = last;
    directory.next_block = block;
    directory.next_id = id;
    POMAI_ASSIGN_OR_RETURN(uint8_t * page, change_->Edit(last_block));
    directory.Encode(page);
  }
  return change_->Commit();
}

Status CheckEntries(std::span<const TailEntry> entries, uint32_t record_size) {
  if (record_size > kMaxTailRecordSize) {
    return Status::InvalidArgument("tail records of " +
                                   std::to_string(record_size) + " bytes");
  }
  for (const TailEntry& entry : entries) {
    const bool coded = entry.list != kNoDistanceList;
    const bool right = coded ? record_size > 0 && entry.list < kMaxLists &&
                                   entry.record.size() == record_size
                             : entry.record.empty();
    if (right) continue;
    return Status::InvalidArgument(
        "tail entry for list " + std::to_string(entry.list) +
        ": expected a record of " + std::to_string(coded ? record_size : 0) +
        " bytes, found " + std::to_string(entry.record.size()));
  }
  return Status::Ok();
}

}  // namespace

Result<TailCut> CloseTail(PageStore* store, BlockNumber shard_block,
                          uint32_t shard) {
  POMAI_ASSIGN_OR_RETURN(auto change, store->BeginChange());
  POMAI_ASSIGN_OR_RETURN(const uint8_t* page, change->Lock(shard_block));
  POMAI_ASSIGN_OR_RETURN(const ShardPage root,
                         ShardPage::Decode(page, shard_block, shard));
  if (!root.has_tail()) return TailCut();
  const TailCut cut{root.last_block, root.last_id};
  POMAI_ASSIGN_OR_RETURN(const uint8_t* found, change->Lock(cut.block));
  POMAI_ASSIGN_OR_RETURN(TailDirectory last,
                         TailDirectory::Decode(found, cut.block, cut.id));
  if (last.closed) return cut;
  last.closed = true;
  POMAI_ASSIGN_OR_RETURN(uint8_t * copy, change->Edit(cut.block));
  last.Encode(copy);
  POMAI_RETURN_IF_ERROR(change->Commit());
  return cut;
}

Status CutTail(PageChange* change, const TailCut& cut, ShardPage* root) {
  POMAI_ASSIGN_OR_RETURN(const uint8_t* page, change->Lock(cut.block));
  POMAI_ASSIGN_OR_RETURN(const TailDirectory last,
                         TailDirectory::Decode(page, cut.block, cut.id));
  root->first_block = last.next_block;
  root->first_id = last.next_id;
  if (last.next_block == kNoBlock) {
    root->last_block = kNoBlock;
    root->last_id = 0;
  }
  return Status::Ok();
}

Status AppendToTail(PageStore* store, BlockNumber shard_block, uint32_t shard,
                    uint64_t codebook_version, uint32_t record_size,
                    std::span<const TailEntry> entries, AppendResult* done) {
  *done = AppendResult();
  POMAI_RETURN_IF_ERROR(CheckEntries(entries, record_size));
  while (done->appended < entries.size()) {
    if (done->appended > 0) POMAI_RETURN_IF_ERROR(store->Poll());
    TailAppender appender(store, shard_block, shard, codebook_version,
                          record_size);
    POMAI_ASSIGN_OR_RETURN(const size_t count,
                           appender.Step(entries.subspan(done->appended)));
    if (count == 0) {
      done->codebook_changed = true;
      break;
    }
    done->appended += count;
    done->tail_rows = appender.tail_rows();
    POMAI_FAULT_POINT("appended");
  }
  return Status::Ok();
}

}  // namespace pomai
