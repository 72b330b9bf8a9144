#include "core/host/memory_store.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

namespace pomai {
namespace {

// Blocks outside the order: immutable pages and pages of no kind.
constexpr uint64_t kUnordered = 0;

[[noreturn]] void BreakRule(const std::string& what) {
  std::fprintf(stderr, "MemoryStore: %s\n", what.c_str());
  std::abort();
}

std::string Name(BlockNumber block) { return "block " + std::to_string(block); }

// A page's place in the lock order of page_store.h. All pages of a segment
// count as dead bitmap.
uint64_t RankOf(const uint8_t* page) {
  const uint8_t* at = page + kPageHeaderOffset;
  const auto number = GetFixed<uint32_t>(at + 8);
  const auto kind = static_cast<PageKind>(GetFixed<uint8_t>(at + 14));
  switch (kind) {
    case PageKind::kMeta:
      return uint64_t{1} << 32;
    case PageKind::kShard:
      return uint64_t{2} << 32 | number;
    case PageKind::kTailDirectory:
      return uint64_t{3} << 32;
    case PageKind::kTailPayload:
      return uint64_t{4} << 32 | number;
    case PageKind::kSegment:
      return uint64_t{5} << 32;
    case PageKind::kManifest:
    case PageKind::kCodebook:
      break;
  }
  return kUnordered;
}

}  // namespace

class MemoryChange : public PageChange {
 public:
  explicit MemoryChange(MemoryStore* store) : store_(store) {
    ++store_->changes_;
  }
  ~MemoryChange() override {
    Unlock();
    --store_->changes_;
  }

  Result<const uint8_t*> Lock(BlockNumber block) override {
    POMAI_ASSIGN_OR_RETURN(Target * target, Find(block, false));
    if (target->copy != nullptr) return target->copy.get();
    return store_->pages_[block].bytes.get();
  }

  Result<uint8_t*> Edit(BlockNumber block) override {
    POMAI_ASSIGN_OR_RETURN(Target * target, Find(block, false));
    if (target->copy != nullptr) return target->copy.get();
    if (!store_->pages_[block].written) {
      BreakRule(Name(block) + " is edited but was never written");
    }
    MakeCopy(target);
    std::memcpy(target->copy.get(), store_->pages_[block].bytes.get(),
                kPageSize);
    return target->copy.get();
  }

  Result<uint8_t*> Init(BlockNumber block) override {
    POMAI_ASSIGN_OR_RETURN(Target * target, Find(block, true));
    if (target->copy == nullptr) MakeCopy(target);
    std::memset(target->copy.get(), 0, kPageSize);
    return target->copy.get();
  }

  Status Commit() override;

 private:
  struct Target {
    BlockNumber block;
    std::unique_ptr<uint8_t[]> copy;
  };

  // The locked page `block`, locked now if it was not.
  Result<Target*> Find(BlockNumber block, bool fresh) {
    if (committed_) BreakRule(Name(block) + " used by a committed change");
    for (auto& target : targets_) {
      if (target->block == block) return target.get();
    }
    POMAI_RETURN_IF_ERROR(store_->CountRead(block));
    store_->Acquire(block, true, fresh);
    targets_.push_back(std::make_unique<Target>(Target{block, nullptr}));
    return targets_.back().get();
  }

  void MakeCopy(Target* target) {
    if (++edited_ > kMaxPages) {
      BreakRule("a change of more than " + std::to_string(kMaxPages) +
                " pages");
    }
    target->copy = std::make_unique<uint8_t[]>(kPageSize);
  }

  void Unlock() {
    for (const auto& target : targets_) store_->Release(target->block);
    targets_.clear();
  }

  MemoryStore* store_;
  std::vector<std::unique_ptr<Target>> targets_;
  int edited_ = 0;
  bool committed_ = false;
};

Status MemoryChange::Commit() {
  if (committed_) BreakRule("a change is committed twice");
  if (edited_ > 0) {
    bool tear = false;
    POMAI_RETURN_IF_ERROR(store_->CountOperation(&tear));
    for (const auto& target : targets_) {
      if (target->copy == nullptr) continue;
      MemoryStore::Page& page = store_->pages_[target->block];
      std::memcpy(page.bytes.get(), target->copy.get(), kPageSize);
      page.written = true;
    }
    for (MemoryStore::Page& page : store_->pages_) page.logged = page.written;
  }
  committed_ = true;
  Unlock();
  return Status::Ok();
}

MemoryStore::~MemoryStore() {
  if (guards_ != 0 || changes_ != 0) BreakRule("a guard outlives the store");
}

Result<PageGuard> MemoryStore::Read(BlockNumber block, PageLock lock) {
  POMAI_RETURN_IF_ERROR(CountRead(block));
  const bool locked = lock == PageLock::kShare;
  if (locked) {
    Acquire(block, false, false);
  } else {
    ++guards_;
  }
  const uint64_t handle = uint64_t{block} << 1 | (locked ? 1 : 0);
  return PageGuard(this, handle, pages_[block].bytes.get());
}

void MemoryStore::Prefetch(BlockNumber, uint32_t, uint32_t) {}

Result<std::unique_ptr<PageChange>> MemoryStore::BeginChange() {
  return std::unique_ptr<PageChange>(std::make_unique<MemoryChange>(this));
}

Result<BlockNumber> MemoryStore::Extend(uint32_t count) {
  bool tear = false;
  POMAI_RETURN_IF_ERROR(CountOperation(&tear));
  const auto first = static_cast<BlockNumber>(pages_.size());
  for (uint32_t i = 0; i < count; ++i) {
    pages_.push_back({std::make_unique<uint8_t[]>(kPageSize)});
  }
  return first;
}

Status MemoryStore::WriteNew(BlockNumber block, const uint8_t* page) {
  if (block >= pages_.size()) BreakRule(Name(block) + " is past the end");
  bool tear = false;
  const Status status = CountOperation(&tear);
  if (!status.ok() && !tear) return status;
  Acquire(block, true, true);
  std::memcpy(pages_[block].bytes.get(), page,
              tear ? kPageSize / 2 : kPageSize);
  pages_[block].written = true;
  pages_[block].logged = false;
  Release(block);
  return status;
}

Result<uint32_t> MemoryStore::PageCount() {
  return static_cast<uint32_t>(pages_.size());
}

Result<bool> MemoryStore::Truncate(uint32_t pages, uint32_t expected) {
  if (held_horizon_ != UINT64_MAX || pages_.size() != expected) return false;
  bool tear = false;
  POMAI_RETURN_IF_ERROR(CountOperation(&tear));
  pages_.resize(pages);
  return true;
}

Status MemoryStore::Poll() {
  if (guards_ != 0 || changes_ != 0) {
    BreakRule("polled with " + std::to_string(guards_) + " guards and " +
              std::to_string(changes_) + " changes alive");
  }
  if (polls_++ == fail_poll_at_) return Status::Aborted("cancelled by a test");
  return Status::Ok();
}

void MemoryStore::FailOperation(uint64_t n, Fault fault) {
  fail_at_ = operations_ + n;
  fault_ = fault;
}

std::unique_ptr<MemoryStore> MemoryStore::CrashCopy(Unlogged unlogged) const {
  auto copy = std::make_unique<MemoryStore>();
  for (const Page& page : pages_) {
    Page found{std::make_unique<uint8_t[]>(kPageSize)};
    if (page.logged || unlogged == Unlogged::kKept) {
      std::memcpy(found.bytes.get(), page.bytes.get(), kPageSize);
      found.written = found.logged = page.written;
    }
    copy->pages_.push_back(std::move(found));
  }
  return copy;
}

uint8_t* MemoryStore::MutablePage(BlockNumber block) {
  return pages_.at(block).bytes.get();
}

void MemoryStore::Unpin(uint64_t handle) {
  if ((handle & 1) != 0) {
    Release(static_cast<BlockNumber>(handle >> 1));
  } else {
    --guards_;
  }
}

Status MemoryStore::CountOperation(bool* tear) {
  const uint64_t number = operations_++;
  *tear = false;
  if (crashed_) return Status::Io("the store has crashed");
  if (number != fail_at_) return Status::Ok();
  if (fault_ == Fault::kNoMemory) throw std::bad_alloc();
  crashed_ = fault_ != Fault::kError;
  *tear = fault_ == Fault::kTear;
  return Status::Io("operation " + std::to_string(number) + " failed");
}

Status MemoryStore::CountRead(BlockNumber block) {
  if (reads_++ == fail_read_at_) {
    return Status::Io(Name(block) + ": read failed");
  }
  if (block >= pages_.size()) {
    return Status::Corruption(Name(block) + ": expected a block below " +
                              std::to_string(pages_.size()));
  }
  return Status::Ok();
}

void MemoryStore::Acquire(BlockNumber block, bool exclusive, bool fresh) {
  const uint64_t rank = fresh ? kUnordered : RankOf(pages_[block].bytes.get());
  for (const HeldLock& held : locks_) {
    if (held.block == block) BreakRule(Name(block) + " is locked already");
    if (rank == kUnordered || held.rank < rank) continue;
    // A reader may hold several pages of a segment.
    if (held.rank == rank && !held.exclusive && !exclusive) continue;
    BreakRule(Name(block) + " is locked after " + Name(held.block) +
              ", against the lock order");
  }
  locks_.push_back({block, rank, exclusive});
  ++guards_;
}

void MemoryStore::Release(BlockNumber block) {
  const auto held =
      std::find_if(locks_.begin(), locks_.end(),
                   [&](const HeldLock& lock) { return lock.block == block; });
  if (held == locks_.end()) BreakRule(Name(block) + " is not locked");
  locks_.erase(held);
  --guards_;
}

}  // namespace pomai
