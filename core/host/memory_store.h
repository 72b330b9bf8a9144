// MemoryStore: a PageStore in memory that can be made to fail, for tests.
//
//   MemoryStore store;
//   store.FailOperation(17, MemoryStore::Fault::kError);
//   ... run something; at the 17th operation from now it fails
//   MemoryStore crashed = store.CrashCopy();   // what a restart would find
//
// Changes and writes are numbered operations. It asserts the rules of
// page_store.h: lock order, no guard alive at a poll, no page named before it
// was written, at most kMaxPages a change. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/host/page_store.h"

namespace pomai {

class MemoryStore : public PageStore {
 public:
  enum class Fault : uint8_t {
    kError,  // the operation returns Io and changes nothing
    kTear,   // WriteNew writes half of the page, then everything fails
    kCrash,  // this and every later operation fails
  };

  Result<PageGuard> Read(BlockNumber block, PageLock lock) override;
  void Prefetch(BlockNumber first, uint32_t count) override;
  Result<std::unique_ptr<PageChange>> BeginChange() override;
  Result<BlockNumber> Extend(uint32_t count) override;
  Status WriteNew(BlockNumber block, const uint8_t* page) override;
  Result<uint32_t> PageCount() override;
  Status Poll() override;

  // The n-th operation from now on (0 = the next) meets `fault`.
  void FailOperation(uint64_t n, Fault fault);
  uint64_t operations() const { return operations_; }
  // The same pages without faults, locks or pins.
  std::unique_ptr<MemoryStore> CrashCopy() const;
  // Direct access for tests that break bytes.
  uint8_t* MutablePage(BlockNumber block);
  // Pins and locks that are held now.
  int guards() const { return guards_; }

 private:
  friend class MemoryChange;
  void Unpin(uint64_t handle) override;
  Status CountOperation(bool* tear);

  std::vector<std::unique_ptr<uint8_t[]>> pages_;
  uint64_t operations_ = 0;
  uint64_t fail_at_ = UINT64_MAX;
  Fault fault_ = Fault::kError;
  int guards_ = 0;
};

}  // namespace pomai
