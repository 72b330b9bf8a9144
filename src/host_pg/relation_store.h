// RelationStore: the pages of an index, in the server's shared buffers.
//
//   RelationStore store(index);
//   POMAI_ASSIGN_OR_RETURN(Snapshot snapshot,
//       TakeSnapshot(&store, SealedLock(), ProcessViewCache(), key));
//
// A change is one generic WAL record; a new page is logged as a full image. An
// index that needs no WAL (temporary, unlogged) takes the same path and logs
// nothing. While an index is built nobody else sees it and nothing is logged:
// the build logs the whole fork at its end, which is also the only way for the
// init fork of an unlogged index.
//
// On disk: the server's page header, then our body and special space without a
// hole between them, because generic WAL zeroes a hole.
//
// Under pg::Entry, in the process that opened the relation. Holds no pin, lock
// or memory of the server but through the guards and changes it gave out.
#pragma once

#include <memory>

#include "core/host/page_store.h"
#include "src/host_pg/recent_buffers.h"
#include "src/host_pg/waiter_watch.h"
#include "src/pg/server.h"

namespace pomai {

class RelationStore : public PageStore {
 public:
  enum class Mode : uint8_t {
    kLive,   // other processes may use the index
    kBuild,  // nobody else does; nothing is logged
  };
  enum class PollAs : uint8_t {
    kStatement,  // honours interrupts
    kVacuum,     // and sleeps as VACUUM's cost limits ask for
    kWorker,     // and rests as long as it works
  };

  // `relation` stays open longer than this.
  explicit RelationStore(Relation relation, Mode mode = Mode::kLive,
                         ForkNumber fork = MAIN_FORKNUM)
      : relation_(relation), fork_(fork), mode_(mode) {}
  // A lock or pin that outlives its store is a bug.
  ~RelationStore() override { Assert(abandoned_ || held_ == 0); }

  // Pages go through this ring of buffers (VACUUM). Null: all of them.
  void set_strategy(BufferAccessStrategy strategy) { strategy_ = strategy; }
  void set_poll_as(PollAs poll_as) { poll_as_ = poll_as; }
  // Poll fails with Aborted once it notices somebody. Null: nobody is watched.
  void set_watch(WaiterWatch* watch) { watch_ = watch; }
  // The index's table, for HorizonPassed.
  void set_heap(Relation heap) { heap_ = heap; }

  Result<PageGuard> Read(BlockNumber block, PageLock lock) override;
  void Prefetch(BlockNumber block, uint32_t offset, uint32_t length) override;
  Result<std::unique_ptr<PageChange>> BeginChange() override;
  Result<BlockNumber> Extend(uint32_t count) override;
  Status WriteNew(BlockNumber block, const uint8_t* page) override;
  Result<uint32_t> PageCount() override;
  Result<uint64_t> Horizon() override;
  // Without a table nothing has passed.
  Result<bool> HorizonPassed(uint64_t horizon) override;
  Result<bool> Truncate(uint32_t pages, uint32_t expected) override;
  Status Poll() override;

  // From now on guards let nothing go: the transaction has ended under them and
  // took pins and locks with it. For memory that is freed after an error.
  void Abandon() { abandoned_ = true; }

 private:
  friend class RelationChange;
  void Unpin(uint64_t handle) override;
  Status CheckBlock(BlockNumber block);
  Status CheckRead(BlockNumber block);
  void TakeTurns();
  void FindRecent();
  Buffer PinRaw(BlockNumber block);

  Relation relation_;
  Relation heap_ = nullptr;
  WaiterWatch* watch_ = nullptr;
  ForkNumber fork_;
  Mode mode_;
  PollAs poll_as_ = PollAs::kStatement;
  bool abandoned_ = false;
  BufferAccessStrategy strategy_ = nullptr;
  RecentBuffers* recent_ = nullptr;  // the process's; null: not used
  uint32_t known_pages_ = 0;         // the fork is at least this long
  int held_ = 0;                     // pages pinned now
  TimestampTz turn_began_ = 0;       // of a worker's work
};

// How pages that never change are read: on a standby they may be reused under
// a search, so their bytes are read under a lock.
inline PageLock SealedLock() {
  return RecoveryInProgress() ? PageLock::kShare : PageLock::kPin;
}

}  // namespace pomai
