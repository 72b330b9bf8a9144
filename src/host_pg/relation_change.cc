#include "src/host_pg/relation_change.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/host/page.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai {

static_assert(kPageSize == BLCKSZ);
static_assert(kPageBodyOffset >= SizeOfPageHeaderData);

namespace {

constexpr size_t kSpecialSize = kPageSize - kPageHeaderOffset;
static_assert(kSpecialSize == MAXALIGN(kSpecialSize));

void CopyContents(char* to, const uint8_t* from) {
  std::memcpy(to + kPageBodyOffset, from + kPageBodyOffset,
              kPageSize - kPageBodyOffset);
}

}  // namespace

void FillPage(::Page page, const uint8_t* from) {
  PageInit(page, kPageSize, kSpecialSize);
  // No hole: what lies between pd_lower and pd_upper is not logged.
  reinterpret_cast<::PageHeader>(page)->pd_lower = kPageHeaderOffset;
  CopyContents(page, from);
}

Result<RelationChange::HeldPage*> RelationChange::Hold(BlockNumber block,
                                                       ReadBufferMode mode) {
  for (HeldPage& page : pages_) {
    if (page.block == block) return &page;
  }
  POMAI_RETURN_IF_ERROR(store_->CheckBlock(block));
  pages_.reserve(pages_.size() + 1);
  Buffer buffer = InvalidBuffer;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    if (mode == RBM_NORMAL) {
      buffer = store_->PinRaw(block);
      LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
    } else {
      buffer = ReadBufferExtended(store_->relation_, store_->fork_, block, mode,
                                  store_->strategy_);
    }
  }));
  ++store_->held_;
  HeldPage& page = pages_.emplace_back();
  page.block = block;
  page.buffer = buffer;
  return &page;
}

// An edited page that was locked later would come before it in the record.
bool RelationChange::IsNextInRecord(const HeldPage& page) const {
  if (store_->mode_ == RelationStore::Mode::kBuild || page.init) return false;
  return std::none_of(
      &page, pages_.data() + pages_.size(),
      [](const HeldPage& later) { return later.edited != nullptr; });
}

// References into pages_ are given out only for as long as nothing is added.
Status RelationChange::Copy(HeldPage* page) {
  if (page->edited != nullptr) return Status::Ok();
  if (edited_ == kMaxPages) {
    return Status::Internal("a change of more than " +
                            std::to_string(kMaxPages) + " pages");
  }
  ++edited_;
  if (all_in_record_ && IsNextInRecord(*page)) {
    return pg::Call([&]() noexcept {
      if (record_ == nullptr) record_ = GenericXLogStart(store_->relation_);
      page->edited = reinterpret_cast<uint8_t*>(
          GenericXLogRegisterBuffer(record_, page->buffer, 0));
    });
  }
  all_in_record_ = false;
  page->own = std::make_unique<uint8_t[]>(kPageSize);
  page->edited = page->own.get();
  if (!page->init) {
    std::memcpy(page->edited, BufferGetPage(page->buffer), kPageSize);
  }
  return Status::Ok();
}

Result<const uint8_t*> RelationChange::Lock(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_NORMAL));
  if (page->edited != nullptr) return static_cast<const uint8_t*>(page->edited);
  return reinterpret_cast<const uint8_t*>(BufferGetPage(page->buffer));
}

Result<uint8_t*> RelationChange::Edit(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_NORMAL));
  POMAI_RETURN_IF_ERROR(Copy(page));
  return page->edited;
}

Result<uint8_t*> RelationChange::Init(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_ZERO_AND_LOCK));
  page->init = true;
  POMAI_RETURN_IF_ERROR(Copy(page));
  return page->edited;
}

// The server's header of an edited page is that of the buffer, which our lock
// has kept as it was; only what is ours is copied.
GenericXLogState* RelationChange::RegisterAll() const {
  GenericXLogState* record = GenericXLogStart(store_->relation_);
  for (const HeldPage& page : pages_) {
    if (page.edited == nullptr) continue;
    ::Page image = GenericXLogRegisterBuffer(
        record, page.buffer, page.init ? GENERIC_XLOG_FULL_IMAGE : 0);
    if (page.init) {
      FillPage(image, page.edited);
    } else {
      CopyContents(image, page.edited);
    }
  }
  return record;
}

void RelationChange::ApplyLogged() {
  GenericXLogFinish(all_in_record_ && record_ != nullptr
                        ? std::exchange(record_, nullptr)
                        : RegisterAll());
}

void RelationChange::ApplyUnlogged() {
  for (const HeldPage& page : pages_) {
    if (page.edited == nullptr) continue;
    ::Page target = BufferGetPage(page.buffer);
    if (page.init) {
      FillPage(target, page.edited);
    } else {
      CopyContents(target, page.edited);
    }
    MarkBufferDirty(page.buffer);
  }
}

Status RelationChange::Commit() {
  const bool build = store_->mode_ == RelationStore::Mode::kBuild;
  const Status status = pg::Call([&]() noexcept {
    if (build) {
      ApplyUnlogged();
    } else {
      ApplyLogged();
    }
  });
  Release();
  return status;
}

void RelationChange::Release() {
  if (record_ != nullptr) GenericXLogAbort(std::exchange(record_, nullptr));
  for (auto page = pages_.rbegin(); page != pages_.rend(); ++page) {
    if (!store_->abandoned_) UnlockReleaseBuffer(page->buffer);
    --store_->held_;
  }
  pages_.clear();
  edited_ = 0;
  all_in_record_ = true;
}

}  // namespace pomai
