#include "core/host_file/file_change.h"

#include <cassert>
#include <cstring>

namespace pomai {

Result<const uint8_t*> FileChange::Lock(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(Target * target, Find(block));
  if (target->copy.get() != nullptr) return target->copy.bytes();
  return FileStore::BytesOf(target->slot->Load());
}

Result<uint8_t*> FileChange::Edit(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(Target * target, Find(block));
  if (target->copy.get() == nullptr) {
    MakeCopy(target);
    std::memcpy(target->copy.get()->bytes,
                FileStore::BytesOf(target->slot->Load()), kPageSize);
  }
  return target->copy.get()->bytes;
}

Result<uint8_t*> FileChange::Init(BlockNumber block) {
  POMAI_ASSIGN_OR_RETURN(Target * target, Find(block));
  if (target->copy.get() == nullptr) MakeCopy(target);
  std::memset(target->copy.get()->bytes, 0, kPageSize);
  return target->copy.get()->bytes;
}

// Readers that lock the pages see all of it or nothing: every latch is held
// until the last page is published.
Status FileChange::Commit() {
  for (Target& target : targets_) {
    if (target.copy.get() == nullptr) continue;
    store_->Publish(target.block, std::move(target.copy));
  }
  Unlock();
  return Status::Ok();
}

Result<FileChange::Target*> FileChange::Find(BlockNumber block) {
  for (Target& target : targets_) {
    if (target.block == block) return &target;
  }
  BlockTable::Slot* slot = store_->blocks_.Find(block);
  if (slot == nullptr) return store_->PastEnd(block);
  targets_.push_back({block, slot, PageReference()});
  slot->latch.lock();
  return &targets_.back();
}

void FileChange::MakeCopy(Target* target) {
  ++edited_;
  assert(edited_ <= kMaxPages);
  target->copy = PageReference(PageVersion::New());
}

void FileChange::Unlock() {
  for (Target& target : targets_) target.slot->latch.unlock();
  targets_.clear();
}

}  // namespace pomai
