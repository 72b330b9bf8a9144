// MemoryStore: a PageStore in memory that can be made to fail, for tests.
//
//   MemoryStore store;
//   store.FailOperation(17, MemoryStore::Fault::kCrash);
//   ... run something; from the 17th operation from now on everything fails
//   auto crashed = store.CrashCopy();   // what a restart would find
//
// Operations are what changes the store: Commit (of a change with pages),
// WriteNew, Extend, Truncate. A broken rule of page_store.h is a bug of the
// caller and ends the process with a message: lock order, a lock taken twice, a
// guard or a change alive at a poll, an edit of a block that was never written,
// more than kMaxPages pages a change. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/host/page_store.h"

namespace pomai {

class MemoryStore : public PageStore {
 public:
  enum class Fault : uint8_t {
    kError,     // the operation returns Io and changes nothing
    kNoMemory,  // it throws std::bad_alloc and changes nothing
    kTear,      // as kCrash, but a WriteNew leaves half of the page
    kCrash,     // this and every later operation fails
  };
  // What a crash does to pages of WriteNew that no commit has followed.
  enum class Unlogged : uint8_t { kKept, kLost };

  MemoryStore() = default;
  ~MemoryStore() override;

  Result<PageGuard> Read(BlockNumber block, PageLock lock) override;
  void Prefetch(BlockNumber block, uint32_t offset, uint32_t length) override;
  Result<std::unique_ptr<PageChange>> BeginChange() override;
  Result<BlockNumber> Extend(uint32_t count) override;
  Status WriteNew(BlockNumber block, const uint8_t* page) override;
  Result<uint32_t> PageCount() override;
  // Horizons rise with every call; one has passed unless it is held.
  Result<uint64_t> Horizon() override { return ++horizon_; }
  Result<bool> HorizonPassed(uint64_t horizon) override {
    return horizon < held_horizon_;
  }
  // False while a horizon is held.
  Result<bool> Truncate(uint32_t pages, uint32_t expected) override;
  Status Poll() override;

  // As if a search began now and went on: no later horizon passes.
  void HoldHorizon() { held_horizon_ = horizon_ + 1; }
  void LetHorizonGo() { held_horizon_ = UINT64_MAX; }

  // The n-th operation from now on (0 = the next) meets `fault`.
  void FailOperation(uint64_t n, Fault fault);
  uint64_t operations() const { return operations_; }
  // The n-th page read or locked from now on (0 = the next) fails with Io.
  void FailRead(uint64_t n) { fail_read_at_ = reads_ + n; }
  uint64_t reads() const { return reads_; }
  // The n-th poll from now on (0 = the next) fails with Aborted.
  void FailPoll(uint64_t n) { fail_poll_at_ = polls_ + n; }
  uint64_t polls() const { return polls_; }
  // The same pages without faults, locks or pins.
  std::unique_ptr<MemoryStore> CrashCopy(
      Unlogged unlogged = Unlogged::kKept) const;
  // Direct access for tests that break bytes.
  uint8_t* MutablePage(BlockNumber block);
  // Pins and locks that are held now.
  int guards() const { return guards_; }

 private:
  friend class MemoryChange;
  struct Page {
    std::unique_ptr<uint8_t[]> bytes;
    bool written = false;  // by WriteNew or a change; before that: all zero
    bool logged = false;   // survives every crash
  };
  struct HeldLock {
    BlockNumber block;
    uint64_t rank;
    bool exclusive;
  };

  void Unpin(uint64_t handle) override;
  Status CountOperation(bool* tear);
  Status CountRead(BlockNumber block);
  // Takes a lock, after the rules. `fresh`: nobody else can name the block, so
  // its place in the order is free.
  void Acquire(BlockNumber block, bool exclusive, bool fresh);
  void Release(BlockNumber block);

  std::vector<Page> pages_;
  std::vector<HeldLock> locks_;
  uint64_t operations_ = 0;
  uint64_t fail_at_ = UINT64_MAX;
  uint64_t reads_ = 0;
  uint64_t fail_read_at_ = UINT64_MAX;
  uint64_t polls_ = 0;
  uint64_t fail_poll_at_ = UINT64_MAX;
  Fault fault_ = Fault::kError;
  bool crashed_ = false;
  uint64_t horizon_ = 0;
  uint64_t held_horizon_ = UINT64_MAX;
  int guards_ = 0;
  int changes_ = 0;
};

}  // namespace pomai
