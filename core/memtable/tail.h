// Tail: a shard's unsealed entries, in pages: a chain of tail extents, each a
// directory page and payload pages.
//
//   AppendResult done;
//   Status status = AppendToTail(store, shard_block, shard, codebook_version,
//                                record_size, entries, &done);
//   TailView view;
//   POMAI_RETURN_IF_ERROR(view.Load(store, head, shard, lock));
//
// Bytes of a shard page's body (kind kShard, allocation id 0, page number =
// shard):
//   u64 codebook version   entries appended must be encoded under it
//   u64 extents            tail extents ever made by this shard
//   u32 first block, u32 last block   directories; kNoBlock when there is none
//   u64 first id, u64 last id         their allocation ids
//   u32 spare pages, u32 zero
//   spare pages x u32 block           free pages the tail may grow into
// Bytes of a directory page's body (kind kTailDirectory, page number 0):
//   u32 count              entries published
//   u32 capacity           entries that fit
//   u32 record size        bytes of a code record
//   u32 payload pages      pages linked so far
//   u64 codebook version
//   u64 next id, u32 next block       the next extent
//   u32 flags                         bit 0: closed, nothing is appended
//   capacity x { u64 id, u32 list and flags } bit 31: dead; list 0x7FFFFFFF:
//                                             a row without distance
//   payload page blocks, u32 each; kNoBlock where no record has bytes
// Payload pages (kind kTailPayload, page number from 1 on, the directory's
// allocation id): record n at byte n x record size of their bodies in a row.
//
// Allocation ids of tails: 1 << 63 | shard << 48 | extent number; other
// allocations have bit 63 clear.
//
// A payload page is linked in the change that publishes the first record with
// bytes in it. Ids rise along the chain, so it cannot loop.
//
// Publishing is the change that raises `count` or links the extent; payload
// bytes behind it mean nothing. All of it happens under the shard page's
// exclusive lock. New pages are spare ones or come from the file's end; they
// are written whole before the change that names them and takes them off the
// spare ones: a crash in between leaves them spare, or named by nobody, which
// is free space.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/metric.h"
#include "core/host/extent.h"
#include "core/host/page_store.h"

namespace pomai {

inline constexpr uint32_t kNoDistanceList = 0x7FFFFFFFu;
// The largest code record: kMaxDimensions with kMaxBits.
inline constexpr uint32_t kMaxTailRecordSize =
    24 + kMaxDimensions / 8 + kMaxDimensions * (kMaxBits - 1) / 8;

// What a snapshot keeps of a shard's tail.
struct TailHead {
  uint64_t codebook_version = 0;
  BlockNumber first_block = kNoBlock;
  uint64_t first_id = 0;
};

struct TailEntry {
  uint64_t id;
  uint32_t list;                    // or kNoDistanceList
  std::span<const uint8_t> record;  // empty for kNoDistanceList
};

struct AppendResult {
  size_t appended = 0;
  // Rows in the tail now, about: its extents are counted as full.
  uint64_t tail_rows = 0;
  // The shard's codebook is another one now: encode the rest again.
  bool codebook_changed = false;
};

// Writes an empty shard page (a new index).
void InitShardPage(uint8_t* page, uint32_t shard, uint64_t codebook_version);
// Reads what a snapshot needs of a shard page.
Result<TailHead> ReadShardPage(const uint8_t* page, BlockNumber block,
                               uint32_t shard);

// Appends `entries` to the shard's tail in as few changes as pages allow. Stops
// early only with codebook_changed or an error. `done` is raised right after
// each change that published entries, so it is also right when an error
// follows: those entries stay. `record_size`: bytes of a record under the
// shard's codebook (0 while the dimensions are unknown: rows without distance
// only); InvalidArgument when a record has another size. Polls between changes:
// the caller holds no guard.
Status AppendToTail(PageStore* store, BlockNumber shard_block, uint32_t shard,
                    uint64_t codebook_version, uint32_t record_size,
                    std::span<const TailEntry> entries, AppendResult* done);

// The end of a closed part of a tail: everything up to this extent.
struct TailCut {
  BlockNumber block = kNoBlock;
  uint64_t id = 0;
};

// Closes the last extent of a tail, so that what there is can be sealed while
// new entries go to another extent. The maintenance lock is held. kNoBlock when
// the tail is empty.
Result<TailCut> CloseTail(PageStore* store, BlockNumber shard_block,
                          uint32_t shard);

// The live entries of one tail, in memory, grouped by codebook and list. For
// one search; one thread.
class TailView {
 public:
  struct Entry {
    uint64_t id;
    uint32_t list;
    uint32_t extent;  // index into the view's extents
    uint32_t slot;
  };

  // Walks the chain from `head`, one directory's share lock at a time. Dead
  // entries are left out. `lock` is for payload pages. Aborted when a page was
  // recycled, Corruption when bytes are wrong. `last_id`: the last extent to
  // look at.
  Status Load(PageStore* store, const TailHead& head, uint32_t shard,
              PageLock lock, uint64_t last_id = ~0ull);

  uint64_t size() const { return entries_.size(); }
  // Whether entries with distance are encoded under this codebook.
  bool Uses(uint64_t codebook_version) const;
  // Entries of a list of a codebook, in append order.
  std::span<const Entry> List(uint64_t codebook_version, uint32_t list) const;
  // All rows without distance, whatever their codebook.
  std::span<const Entry> WithoutDistance() const;
  // By codebook and list; rows without distance come last.
  std::span<const Entry> all() const { return entries_; }
  // The codebook `entry` was encoded under.
  uint64_t CodebookVersion(const Entry& entry) const {
    return extents_[entry.extent].codebook_version;
  }
  // The code record of `entry`; valid until the next call. Not for entries
  // without distance.
  Result<const uint8_t*> Record(const Entry& entry);
  void Release();

 private:
  struct ExtentPages {
    uint64_t id;
    uint64_t codebook_version;
    uint32_t codebook;  // index into codebooks_
    uint32_t record_size;
    std::vector<BlockNumber> payload;
  };

  Result<const uint8_t*> PayloadPage(const ExtentPages& extent, uint32_t page);
  uint32_t CodebookNumber(uint64_t version);
  // The order of all(). `codebook`: index into codebooks_.
  uint64_t KeyOf(const Entry& entry) const;
  std::span<const Entry> Between(uint64_t first_key, uint64_t end_key) const;
  void GroupByList();

  PageStore* store_ = nullptr;
  PageLock lock_ = PageLock::kShare;
  std::vector<ExtentPages> extents_;
  std::vector<uint64_t> codebooks_;  // versions
  std::vector<Entry> entries_;       // by KeyOf
  PageGuard page_;
  BlockNumber page_block_ = kNoBlock;
  std::vector<uint8_t> buffer_;
};

// Walks all entries of a tail, dead ones too, for VACUUM: `dead` decides which
// live entries die; their flags are set, one change a directory. Returns
// {live left, newly dead}; entries appended meanwhile may be missing. The
// caller holds the maintenance lock and no guard (polls between directories).
struct TailSweep {
  uint64_t live = 0;
  uint64_t removed = 0;
};
class DeadPredicate {
 public:
  virtual ~DeadPredicate() = default;
  // Whether entry `id` is dead. Called with no page locked or pinned.
  virtual Result<bool> IsDead(uint64_t id) = 0;
};
Result<TailSweep> SweepTail(PageStore* store, BlockNumber shard_block,
                            uint32_t shard, DeadPredicate* dead);

// Every page of a tail, in the chain's order: for checks and for deriving free
// space.
struct TailExtentInfo {
  uint64_t id;
  BlockNumber directory;
  uint32_t count;
  uint32_t dead;
  uint32_t coded;  // live entries with distance
  uint64_t codebook_version;
  // Of the pages that are linked, in the order of their page numbers.
  std::vector<BlockNumber> payload;
};
Result<std::vector<TailExtentInfo>> ListTailExtents(PageStore* store,
                                                    const TailHead& head,
                                                    uint32_t shard);

}  // namespace pomai
