#include "src/host_pg/relation_store.h"

#include <string>

#include "src/host_pg/process_cache.h"
#include "src/host_pg/relation_change.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai {
namespace {

// A guard's handle: the buffer's number, and whether it is locked.
constexpr uint64_t kLockedFlag = uint64_t{1} << 32;

uint64_t HandleOf(Buffer buffer, PageLock lock) {
  return static_cast<uint32_t>(buffer) |
         (lock == PageLock::kShare ? kLockedFlag : 0);
}

}  // namespace

// The length of the fork is asked for only when `block` is not below the last
// answer: an index never gets shorter while it is open.
Status RelationStore::CheckBlock(BlockNumber block) {
  if (likely(block < known_pages_)) return Status::Ok();
  POMAI_ASSIGN_OR_RETURN(known_pages_, PageCount());
  FindRecent();
  if (block < known_pages_) return Status::Ok();
  return Status::Corruption("block " + std::to_string(block) +
                            ": expected a block below " +
                            std::to_string(known_pages_) + ", the end");
}

// Without asking for the length, where this process has seen the block before:
// should the file have become shorter since, the read fails, too.
Status RelationStore::CheckRead(BlockNumber block) {
  if (likely(block < known_pages_)) return Status::Ok();
  if (recent_ == nullptr) FindRecent();
  if (recent_ != nullptr && block < recent_->size()) return Status::Ok();
  return CheckBlock(block);
}

// Looking buffers up would be a sixth of a search.
Buffer RelationStore::PinRaw(BlockNumber block) {
  if (recent_ == nullptr || block >= recent_->size()) {
    return ReadBufferExtended(relation_, fork_, block, RBM_NORMAL, strategy_);
  }
  return PinWithGuess(relation_, block, &(*recent_)[block]);
}

// Only pages of the main fork in shared buffers, and outside of VACUUM's ring.
void RelationStore::FindRecent() {
  if (recent_ == nullptr && fork_ == MAIN_FORKNUM && strategy_ == nullptr &&
      !RelationUsesLocalBuffers(relation_)) {
    recent_ = ProcessRecentBuffers(compat::StorageKey(relation_));
  }
  if (recent_ != nullptr && recent_->size() < known_pages_) {
    recent_->resize(known_pages_, InvalidBuffer);
  }
}

Result<PageGuard> RelationStore::Read(BlockNumber block, PageLock lock) {
  POMAI_RETURN_IF_ERROR(CheckRead(block));
  Buffer buffer = InvalidBuffer;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    buffer = PinRaw(block);
    if (lock == PageLock::kShare) LockBuffer(buffer, BUFFER_LOCK_SHARE);
  }));
  ++held_;
  return PageGuard(this, HandleOf(buffer, lock),
                   reinterpret_cast<const uint8_t*>(BufferGetPage(buffer)));
}

// Neither call raises for a buffer that is pinned and locked.
void RelationStore::Unpin(uint64_t handle) {
  --held_;
  if (abandoned_) return;
  const auto buffer = static_cast<Buffer>(static_cast<uint32_t>(handle));
  if ((handle & kLockedFlag) != 0) LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
  ReleaseBuffer(buffer);
}

// Where the page was last time, pinned or not: nothing is read.
void RelationStore::Prefetch(BlockNumber block, uint32_t offset,
                             uint32_t length) {
  if (recent_ == nullptr || block >= recent_->size()) return;
  const Buffer recent = (*recent_)[block];
  if (recent == InvalidBuffer) return;
  PrefetchBytes(
      reinterpret_cast<const uint8_t*>(BufferGetBlock(recent)) + offset,
      length);
}

Result<std::unique_ptr<PageChange>> RelationStore::BeginChange() {
  return std::unique_ptr<PageChange>(std::make_unique<RelationChange>(this));
}

// Under the extension lock from the first block to the last, so that they are
// contiguous.
Result<BlockNumber> RelationStore::Extend(uint32_t count) {
  BlockNumber first = kNoBlock;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    LockRelationForExtension(relation_, ExclusiveLock);
    for (uint32_t done = 0; done < count;) {
      BlockNumber at;
      const uint32_t added =
          compat::ExtendFork(relation_, fork_, count - done, &at);
      if (done == 0) first = at;
      Assert(at == first + done);
      done += added;
      CHECK_FOR_INTERRUPTS();
    }
    UnlockRelationForExtension(relation_, ExclusiveLock);
  }));
  return first;
}

Status RelationStore::WriteNew(BlockNumber block, const uint8_t* page) {
  POMAI_RETURN_IF_ERROR(CheckBlock(block));
  const bool log = mode_ == Mode::kLive && RelationNeedsWAL(relation_);
  return pg::Call([&]() noexcept {
    Buffer buffer = ReadBufferExtended(relation_, fork_, block,
                                       RBM_ZERO_AND_LOCK, strategy_);
    compat::BeginCritical();
    FillPage(BufferGetPage(buffer), page);
    MarkBufferDirty(buffer);
    if (log) log_newpage_buffer(buffer, true);
    compat::EndCritical();
    UnlockReleaseBuffer(buffer);
  });
}

Result<uint32_t> RelationStore::PageCount() {
  uint32_t pages = 0;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    pages = RelationGetNumberOfBlocksInFork(relation_, fork_);
  }));
  return pages;
}

// What is read under the meta page's exclusive lock: a search whose snapshot
// could still lead it to the old pages took it before, so its xmin is at most
// this.
Result<uint64_t> RelationStore::Horizon() {
  return U64FromFullTransactionId(ReadNextFullTransactionId());
}

// By the table, never the index: searches hold snapshots of the table.
Result<bool> RelationStore::HorizonPassed(uint64_t horizon) {
  if (heap_ == nullptr) return false;
  // Pages are given out on the primary; a standby cannot tell.
  if (RecoveryInProgress()) return true;
  Assert(heap_->rd_rel->relkind != RELKIND_INDEX);
  bool passed = false;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    passed = GlobalVisCheckRemovableFullXid(heap_,
                                            FullTransactionIdFromU64(horizon));
  }));
  return passed;
}

// As VACUUM does with a table: only if nobody else uses the index right now. A
// standby's searches wait for, or are cancelled by, the lock's replay.
Result<bool> RelationStore::Truncate(uint32_t pages, uint32_t expected) {
  bool done = false;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    if (IsInParallelMode() ||
        !ConditionalLockRelation(relation_, AccessExclusiveLock)) {
      return;
    }
    if (RelationGetNumberOfBlocksInFork(relation_, fork_) == expected) {
      RelationTruncate(relation_, pages);
      done = true;
    }
    UnlockRelation(relation_, AccessExclusiveLock);
  }));
  if (done) known_pages_ = pages;
  return done;
}

// A process that computes without a pause has its time slice to the end, some
// milliseconds in which inserts and searches that wake up may have to wait for
// a processor.
void RelationStore::TakeTurns() {
  constexpr TimestampTz kShortest = 500, kLongest = 10000;  // microseconds
  const TimestampTz now = GetCurrentTimestamp();
  const TimestampTz worked = turn_began_ == 0 ? 0 : now - turn_began_;
  compat::VacuumDelay();
  if (worked >= kShortest && GetCurrentTimestamp() - now < worked) {
    pg_usleep(Min(worked, kLongest));
  }
  const TimestampTz then = GetCurrentTimestamp();
  if (then - now >= Min(worked, kLongest)) turn_began_ = then;
}

Status RelationStore::Poll() {
  Assert(held_ == 0);
  if (watch_ != nullptr) {
    bool waits = false;
    POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept { waits = watch_->Look(); }));
    if (waits) return Status::Aborted("another session waits");
  }
  if (poll_as_ != PollAs::kStatement) {
    return pg::Call([this]() noexcept {
      if (poll_as_ == PollAs::kWorker) {
        TakeTurns();
      } else {
        compat::VacuumDelay();
      }
    });
  }
  if (likely(!INTERRUPTS_PENDING_CONDITION())) return Status::Ok();
  return pg::Call([]() noexcept { CHECK_FOR_INTERRUPTS(); });
}

}  // namespace pomai
