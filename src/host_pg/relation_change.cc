#include "src/host_pg/relation_change.h"

#include <cstring>
#include <string>
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

// PageSetLSN would take our PageHeader for the server's.
void SetLsn(::Page page, XLogRecPtr lsn) {
  PageXLogRecPtrSet(reinterpret_cast<::PageHeader>(page)->pd_lsn, lsn);
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
  POMAI_RETURN_IF_ERROR(mode == RBM_NORMAL ? store_->CheckRead(block)
                                           : store_->CheckBlock(block));
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

// References into pages_ are given out only for as long as nothing is added.
Status RelationChange::Copy(HeldPage* page) {
  if (page->edited != nullptr) return Status::Ok();
  if (edited_ == kMaxPages) {
    return Status::Internal("a change of more than " +
                            std::to_string(kMaxPages) + " pages");
  }
  ++edited_;
  if (page->init) {
    page->edited = std::make_unique<uint8_t[]>(kPageSize);
    return Status::Ok();
  }
  page->edited = std::make_unique_for_overwrite<uint8_t[]>(kPageSize);
  std::memcpy(page->edited.get(), BufferGetPage(page->buffer), kPageSize);
  return Status::Ok();
}

Result<const uint8_t*> RelationChange::Lock(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_NORMAL));
  if (page->edited != nullptr) {
    return static_cast<const uint8_t*>(page->edited.get());
  }
  return reinterpret_cast<const uint8_t*>(BufferGetPage(page->buffer));
}

Result<uint8_t*> RelationChange::Edit(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_NORMAL));
  POMAI_RETURN_IF_ERROR(Copy(page));
  return page->edited.get();
}

Result<uint8_t*> RelationChange::Init(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_ZERO_AND_LOCK));
  page->init = true;
  POMAI_RETURN_IF_ERROR(Copy(page));
  return page->edited.get();
}

// The server's header of an edited page stays that of the buffer; only what is
// ours is copied.
void RelationChange::Apply(const HeldPage& page) {
  ::Page target = BufferGetPage(page.buffer);
  if (page.init) {
    FillPage(target, page.edited.get());
  } else {
    CopyContents(target, page.edited.get());
  }
  MarkBufferDirty(page.buffer);
}

// What GenericXLogFinish would do with the same pages: one record of the same
// bytes, but for where fragments end.
void RelationChange::ApplyLogged() {
  XLogBeginInsert();
  compat::BeginCritical();
  uint8_t number = 0;
  for (const HeldPage& page : pages_) {
    if (page.edited == nullptr) continue;
    Apply(page);
    if (page.init) {
      XLogRegisterBuffer(number, page.buffer,
                         REGBUF_FORCE_IMAGE | REGBUF_STANDARD);
    } else {
      const PageDelta& delta = deltas_[number];
      XLogRegisterBuffer(number, page.buffer, REGBUF_STANDARD);
      XLogRegisterBufData(number, const_cast<char*>(delta.data()),
                          delta.size());
    }
    ++number;
  }
  const XLogRecPtr end = XLogInsert(RM_GENERIC_ID, 0);
  for (const HeldPage& page : pages_) {
    if (page.edited != nullptr) SetLsn(BufferGetPage(page.buffer), end);
  }
  compat::EndCritical();
}

void RelationChange::ApplyUnlogged() {
  compat::BeginCritical();
  for (const HeldPage& page : pages_) {
    if (page.edited != nullptr) Apply(page);
  }
  compat::EndCritical();
}

// Before the critical section, in which nothing may fail.
void RelationChange::ComputeDeltas() {
  deltas_ = std::make_unique_for_overwrite<PageDelta[]>(edited_);
  PageDelta* next = deltas_.get();
  for (const HeldPage& page : pages_) {
    if (page.edited == nullptr) continue;
    if (!page.init) {
      const auto* before =
          reinterpret_cast<const uint8_t*>(BufferGetPage(page.buffer));
      next->Compare(before, page.edited.get());
    }
    ++next;
  }
}

Status RelationChange::Commit() {
  if (edited_ == 0) {
    Release();
    return Status::Ok();
  }
  const bool log = store_->mode_ == RelationStore::Mode::kLive &&
                   RelationNeedsWAL(store_->relation_);
  if (log) ComputeDeltas();
  const Status status = pg::Call([&]() noexcept {
    if (log) {
      ApplyLogged();
    } else {
      ApplyUnlogged();
    }
  });
  Release();
  return status;
}

void RelationChange::Release() {
  for (auto page = pages_.rbegin(); page != pages_.rend(); ++page) {
    if (!store_->abandoned_) UnlockReleaseBuffer(page->buffer);
    --store_->held_;
  }
  pages_.clear();
  edited_ = 0;
}

}  // namespace pomai
