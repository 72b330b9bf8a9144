// PageStore: the pages an index lives in, as the engine sees them. PostgreSQL's
// buffer manager implements it for an index, a file for the stand-alone
// library, memory for tests.
//
//   POMAI_ASSIGN_OR_RETURN(PageGuard page, store->Read(block, PageLock::kPin));
//   Use(page.data());                       // until `page` goes
//
//   POMAI_ASSIGN_OR_RETURN(auto change, store->BeginChange());
//   POMAI_ASSIGN_OR_RETURN(uint8_t* copy, change->Edit(block));
//   PutFixed<uint32_t>(PageBody(copy), 42);
//   POMAI_RETURN_IF_ERROR(change->Commit());  // all of its pages or none
//
// Lock order, for Read with kShare and for changes alike: meta page, shard
// pages by number, tail directory, tail payload, dead bitmap. No guard and no
// change may be alive when an interrupt is polled, a vector is fetched or a
// call into the engine returns to its host.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "core/base/status.h"
#include "core/host/page.h"

namespace pomai {

enum class PageLock : uint8_t {
  kPin,    // the page stays in memory; enough for pages that never change
  kShare,  // and nobody changes it meanwhile
};

class PageStore;

// A page that is held in memory while this object lives. Move-only.
class PageGuard {
 public:
  PageGuard() = default;
  PageGuard(PageStore* store, uint64_t handle, const uint8_t* data)
      : store_(store), handle_(handle), data_(data) {}
  PageGuard(PageGuard&& other) noexcept { *this = std::move(other); }
  PageGuard& operator=(PageGuard&& other) noexcept {
    if (this == &other) return *this;
    Release();
    store_ = std::exchange(other.store_, nullptr);
    handle_ = other.handle_;
    data_ = std::exchange(other.data_, nullptr);
    return *this;
  }
  ~PageGuard() { Release(); }

  // All kPageSize bytes; nullptr when empty.
  const uint8_t* data() const { return data_; }
  void Release();

 private:
  PageStore* store_ = nullptr;
  uint64_t handle_ = 0;
  const uint8_t* data_ = nullptr;
};

// A change of up to kMaxPages pages that becomes durable and visible as one.
// Pages are edited as private copies; Commit publishes them. Destroying an
// uncommitted change forgets it and lets every lock go.
class PageChange {
 public:
  static constexpr int kMaxPages = 4;
  virtual ~PageChange() = default;

  // Locks a page exclusively and returns its bytes, without making it part of
  // the change (Edit may follow). Does not count towards kMaxPages.
  virtual Result<const uint8_t*> Lock(BlockNumber block) = 0;
  // Locks a page exclusively (unless Lock did) and returns the copy to edit.
  virtual Result<uint8_t*> Edit(BlockNumber block) = 0;
  // As Edit for a block that holds nothing yet: the copy is zeroed, the whole
  // page is logged.
  virtual Result<uint8_t*> Init(BlockNumber block) = 0;
  // Throws nothing once the pages are published.
  virtual Status Commit() = 0;
};

class PageStore {
 public:
  virtual ~PageStore() = default;

  // Io or HostError when the page cannot be read; Corruption past the end.
  virtual Result<PageGuard> Read(BlockNumber block, PageLock lock) = 0;
  // A hint that `length` bytes of a page are read soon: brings them nearer to
  // the processor where they are in memory, else does nothing. Nanoseconds.
  virtual void Prefetch(BlockNumber block, uint32_t offset,
                        uint32_t length) = 0;

  virtual Result<std::unique_ptr<PageChange>> BeginChange() = 0;

  // Adds `count` pages at the end, contiguous, all zero. Nothing may name them
  // before WriteNew or PageChange::Init has filled them.
  virtual Result<BlockNumber> Extend(uint32_t count) = 0;
  // Fills a page of a new allocation as a whole (`page`: kPageSize bytes).
  // Durable no later than the next committed change, or than the end of the
  // build in a store that is being built.
  virtual Status WriteNew(BlockNumber block, const uint8_t* page) = 0;

  // Number of pages.
  virtual Result<uint32_t> PageCount() = 0;

  // A point in time. What is retired now may be reused once it has passed:
  // once no search that began before can still be under way. Read under the
  // exclusive lock of the meta page.
  virtual Result<uint64_t> Horizon() = 0;
  virtual Result<bool> HorizonPassed(uint64_t horizon) = 0;
  // Gives the pages from `pages` on, which nothing names, back. False, and
  // nothing changed, when others use the store, or when it has become longer
  // than `expected` pages.
  virtual Result<bool> Truncate(uint32_t pages, uint32_t expected) = 0;

  // Not ok when the caller should give up (a cancel, a shutdown). Cheap;
  // polled every few hundred microseconds of work.
  virtual Status Poll() = 0;

 private:
  friend class PageGuard;
  virtual void Unpin(uint64_t handle) = 0;
};

inline void PageGuard::Release() {
  if (store_ != nullptr) store_->Unpin(handle_);
  store_ = nullptr;
  data_ = nullptr;
}

}  // namespace pomai
