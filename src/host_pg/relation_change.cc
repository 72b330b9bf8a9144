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
    buffer = ReadBufferExtended(store_->relation_, store_->fork_, block, mode,
                                store_->strategy_);
    if (mode == RBM_NORMAL) LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
  }));
  ++store_->held_;
  HeldPage& page = pages_.emplace_back();
  page.block = block;
  page.buffer = buffer;
  return &page;
}

// References into pages_ are given out only for as long as nothing is added.
Status RelationChange::Copy(HeldPage* page) {
  if (page->copy != nullptr) return Status::Ok();
  if (edited_ == kMaxPages) {
    return Status::Internal("a change of more than " +
                            std::to_string(kMaxPages) + " pages");
  }
  page->copy = std::make_unique<uint8_t[]>(kPageSize);
  ++edited_;
  return Status::Ok();
}

Result<const uint8_t*> RelationChange::Lock(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_NORMAL));
  if (page->copy != nullptr) {
    return static_cast<const uint8_t*>(page->copy.get());
  }
  return reinterpret_cast<const uint8_t*>(BufferGetPage(page->buffer));
}

Result<uint8_t*> RelationChange::Edit(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_NORMAL));
  if (page->copy != nullptr) return page->copy.get();
  POMAI_RETURN_IF_ERROR(Copy(page));
  std::memcpy(page->copy.get(), BufferGetPage(page->buffer), kPageSize);
  return page->copy.get();
}

Result<uint8_t*> RelationChange::Init(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(HeldPage * page, Hold(block, RBM_ZERO_AND_LOCK));
  POMAI_RETURN_IF_ERROR(Copy(page));
  page->init = true;
  return page->copy.get();
}

// The server's header of an edited page is that of the buffer, which our lock
// has kept as it was; only what is ours is copied.
void RelationChange::ApplyLogged() {
  GenericXLogState* state = GenericXLogStart(store_->relation_);
  for (const HeldPage& page : pages_) {
    if (page.copy == nullptr) continue;
    ::Page image = GenericXLogRegisterBuffer(
        state, page.buffer, page.init ? GENERIC_XLOG_FULL_IMAGE : 0);
    if (page.init) {
      FillPage(image, page.copy.get());
    } else {
      CopyContents(image, page.copy.get());
    }
  }
  GenericXLogFinish(state);
}

void RelationChange::ApplyUnlogged() {
  for (const HeldPage& page : pages_) {
    if (page.copy == nullptr) continue;
    ::Page target = BufferGetPage(page.buffer);
    if (page.init) {
      FillPage(target, page.copy.get());
    } else {
      CopyContents(target, page.copy.get());
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
  for (auto page = pages_.rbegin(); page != pages_.rend(); ++page) {
    if (!store_->abandoned_) UnlockReleaseBuffer(page->buffer);
    --store_->held_;
  }
  pages_.clear();
  edited_ = 0;
}

}  // namespace pomai
