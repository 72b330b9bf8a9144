// Passes over all entries of a tail, dead ones too: VACUUM and checks.

#include <string>

#include "core/base/fault_point.h"
#include "core/memtable/tail.h"
#include "core/memtable/tail_directory.h"

namespace pomai {
namespace {

struct SlotId {
  uint32_t slot;
  uint64_t id;
};

std::vector<SlotId> LiveEntries(const TailWalk& walk) {
  std::vector<SlotId> live;
  for (uint32_t slot = 0; slot < walk.directory().count; ++slot) {
    const uint32_t list = TailDirectory::EntryList(walk.page(), slot);
    if ((list & kDeadEntry) != 0) continue;
    live.push_back({slot, TailDirectory::EntryId(walk.page(), slot)});
  }
  return live;
}

// Flags `entries` of the directory of `extent_id` at `block` in one change.
// Slots never move, but the page may have been recycled: decoded again.
Status SetDead(PageStore* store, BlockNumber block, uint64_t extent_id,
               const std::vector<SlotId>& entries) {
  POMAI_ASSIGN_OR_RETURN(auto change, store->BeginChange());
  POMAI_ASSIGN_OR_RETURN(const uint8_t* found, change->Lock(block));
  POMAI_ASSIGN_OR_RETURN(const TailDirectory directory,
                         TailDirectory::Decode(found, block, extent_id));
  if (entries.back().slot >= directory.count) {
    return Status::Corruption(
        "block " + std::to_string(block) + ": expected more than " +
        std::to_string(entries.back().slot) + " tail entries, found " +
        std::to_string(directory.count));
  }
  POMAI_ASSIGN_OR_RETURN(uint8_t * page, change->Edit(block));
  for (const SlotId& entry : entries) {
    const uint32_t list = TailDirectory::EntryList(page, entry.slot);
    TailDirectory::PutEntry(page, entry.slot, entry.id, list | kDeadEntry);
  }
  return change->Commit();
}

}  // namespace

Result<TailSweep> SweepTail(PageStore* store, BlockNumber shard_block,
                            uint32_t shard, DeadPredicate* dead) {
  TailHead head;
  {
    POMAI_ASSIGN_OR_RETURN(PageGuard page,
                           store->Read(shard_block, PageLock::kShare));
    POMAI_ASSIGN_OR_RETURN(head,
                           ReadShardPage(page.data(), shard_block, shard));
  }
  TailSweep sweep;
  TailWalk walk(store, head, shard);
  for (;;) {
    POMAI_RETURN_IF_ERROR(store->Poll());
    POMAI_ASSIGN_OR_RETURN(const bool more, walk.Next());
    if (!more) return sweep;
    const std::vector<SlotId> live = LiveEntries(walk);
    walk.Release();
    std::vector<SlotId> died;
    for (const SlotId& entry : live) {
      POMAI_ASSIGN_OR_RETURN(const bool is_dead, dead->IsDead(entry.id));
      if (is_dead) died.push_back(entry);
    }
    if (!died.empty()) {
      POMAI_RETURN_IF_ERROR(SetDead(store, walk.block(), walk.id(), died));
      POMAI_FAULT_POINT("swept");
    }
    sweep.live += live.size() - died.size();
    sweep.removed += died.size();
  }
}

Result<std::vector<TailExtentInfo>> ListTailExtents(PageStore* store,
                                                    const TailHead& head,
                                                    uint32_t shard) {
  std::vector<TailExtentInfo> extents;
  TailWalk walk(store, head, shard);
  for (;;) {
    POMAI_ASSIGN_OR_RETURN(const bool more, walk.Next());
    if (!more) return extents;
    const TailDirectory& directory = walk.directory();
    TailExtentInfo extent{walk.id(),
                          walk.block(),
                          directory.count,
                          0,
                          0,
                          directory.codebook_version,
                          {}};
    for (uint32_t slot = 0; slot < directory.count; ++slot) {
      const uint32_t list = TailDirectory::EntryList(walk.page(), slot);
      if ((list & kDeadEntry) != 0) {
        ++extent.dead;
      } else if (list != kNoDistanceList) {
        ++extent.coded;
      }
    }
    for (uint32_t i = 0; i < directory.payload_pages; ++i) {
      const BlockNumber block = directory.Payload(walk.page(), i);
      if (block != kNoBlock) extent.payload.push_back(block);
    }
    extents.push_back(std::move(extent));
  }
}

}  // namespace pomai
