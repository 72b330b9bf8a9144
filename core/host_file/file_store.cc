#include "core/host_file/file_store.h"

#include <cstring>

#include "core/host_file/file_change.h"

namespace pomai {
namespace {

alignas(64) constexpr uint8_t kZeroPage[kPageSize] = {};

}  // namespace

std::unique_ptr<FileStore> FileStore::New() {
  return std::unique_ptr<FileStore>(new FileStore);
}

FileStore::~FileStore() = default;

const uint8_t* FileStore::BytesOf(PageWord word) {
  return word.empty() ? kZeroPage : word.bytes();
}

Status FileStore::PastEnd(BlockNumber block) const {
  return Status::Corruption("block " + std::to_string(block) +
                            ": expected a block below " +
                            std::to_string(blocks_.size()));
}

Result<PageGuard> FileStore::Read(BlockNumber block, PageLock lock) {
  BlockTable::Slot* slot = blocks_.Find(block);
  if (slot == nullptr) [[unlikely]]
    return PastEnd(block);
  if (lock == PageLock::kShare) {
    // Nobody can put another version there meanwhile.
    slot->latch.lock_shared();
    return PageGuard(this, uint64_t{block} << 1 | 1, BytesOf(slot->Load()));
  }
  const PageWord word = slot->Hold();
  if (word.sealed()) [[likely]]
    return PageGuard(nullptr, 0, word.bytes());
  if (word.empty()) return PageGuard(nullptr, 0, kZeroPage);
  return PageGuard(this, reinterpret_cast<uint64_t>(word.version()),
                   word.bytes());
}

void FileStore::Unpin(uint64_t handle) {
  if ((handle & 1) != 0) {
    blocks_.At(static_cast<BlockNumber>(handle >> 1))->latch.unlock_shared();
  } else {
    reinterpret_cast<PageVersion*>(handle)->Release();
  }
}

void FileStore::Prefetch(BlockNumber block, uint32_t offset, uint32_t length) {
  BlockTable::Slot* slot = blocks_.Find(block);
  if (slot == nullptr) return;
  PrefetchBytes(BytesOf(slot->Load()) + offset, length);
}

Result<std::unique_ptr<PageChange>> FileStore::BeginChange() {
  return std::unique_ptr<PageChange>(std::make_unique<FileChange>(this));
}

Result<BlockNumber> FileStore::Extend(uint32_t count) {
  const std::lock_guard lock(extending_);
  const BlockNumber first = blocks_.size();
  if (blocks_.Grow(count)) return first;
  return Status::ResourceExhausted(
      "a membrane has no room for " + std::to_string(count) +
      " pages more than its " + std::to_string(first));
}

Status FileStore::WriteNew(BlockNumber block, const uint8_t* page) {
  if (blocks_.Find(block) == nullptr) return PastEnd(block);
  PageReference version(PageVersion::New());
  std::memcpy(version.get()->bytes, page, kPageSize);
  Publish(block, std::move(version));
  return Status::Ok();
}

Result<uint32_t> FileStore::PageCount() { return blocks_.size(); }

Result<uint64_t> FileStore::Horizon() { return readers_.Horizon(); }

Result<bool> FileStore::HorizonPassed(uint64_t horizon) {
  return readers_.Passed(horizon);
}

// Nobody reads what nothing names, so others may go on. An insert that takes
// new pages meanwhile makes the store longer than expected.
Result<bool> FileStore::Truncate(uint32_t pages, uint32_t expected) {
  const std::lock_guard lock(extending_);
  if (blocks_.size() != expected) return false;
  for (BlockNumber block = pages; block < expected; ++block) {
    RetireWord(blocks_.At(block)->Exchange(PageWord()));
  }
  blocks_.Shrink(pages);
  return true;
}

Status FileStore::Poll() {
  if (!stopped_.load(std::memory_order_relaxed)) return Status::Ok();
  return Status::Aborted("the membrane is being closed");
}

void FileStore::Stop() { stopped_.store(true, std::memory_order_relaxed); }

void FileStore::Publish(BlockNumber block, PageReference page) {
  const PageWord next = PageWord::Version(page.release());
  RetireWord(blocks_.At(block)->Exchange(next));
}

// Whoever holds an unsealed version has a reference. Sealed ones may be in use
// by every reader of today.
void FileStore::RetireWord(PageWord old) {
  if (old.version() == nullptr) return;
  PageReference page(old.version());
  if (!old.sealed()) return;
  Retired retired;
  retired.pages.push_back(std::move(page));
  Retire(std::move(retired));
}

void FileStore::Retire(Retired retired) {
  const std::lock_guard lock(mutex_);
  retired.horizon = readers_.Horizon();
  retired_.push_back(std::move(retired));
  while (!retired_.empty() && readers_.Passed(retired_.front().horizon)) {
    Forget(retired_.front());
    retired_.pop_front();
  }
}

void FileStore::Forget(const Retired& retired) {
  if (retired.block != kNoBlock) {
    BlockTable::Slot* slot = blocks_.Find(retired.block);
    PageVersion* version = retired.pages[0].get();
    if (slot != nullptr && slot->Replace(PageWord::Version(version), {})) {
      version->Release();  // the slot's
    }
  }
  if (!retired.extent) return;
  const uint8_t* bytes = retired.extent->file->bytes().data();
  for (const BlockRun& run : retired.extent->extent.runs) {
    for (uint32_t i = 0; i < run.count; ++i, bytes += kPageSize) {
      BlockTable::Slot* slot = blocks_.Find(run.first + i);
      if (slot != nullptr) slot->Replace(PageWord::Mapped(bytes), {});
    }
  }
}

}  // namespace pomai
