// Space: which pages of a store are free, and the publishing of what was
// written into them. For the holder of the maintenance lock, one step of work.
//
//   POMAI_ASSIGN_OR_RETURN(auto space, Space::Open(store, sealed, cache, key));
//   Publication next(space->snapshot().view->manifest);
//   POMAI_ASSIGN_OR_RETURN(ref.extent,
//                          space->Allocate(PageKind::kSegment, pages));
//   ... write the segment ...
//   next.manifest.segments.push_back(ref);
//   POMAI_RETURN_IF_ERROR(space->Publish(std::move(next)));
//
// Free is what neither the meta page, the manifest, the retired pages nor a
// shard page (its tail, its spare pages) names. It is worked out while all of
// these are held in share mode; inserts that come later take spare pages or
// pages behind the end. A crash at any moment leaks nothing: what was written
// and not published is free again for whoever opens the space next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/engine/snapshot.h"
#include "core/memtable/shard_page.h"

namespace pomai {

// What one step changes: published by one change of the meta page and up to
// three shard pages.
struct Publication {
  explicit Publication(Manifest current) : manifest(std::move(current)) {}

  // The new one. Sequence and retired pages are Publish's work.
  Manifest manifest;
  // Extents that it names no more.
  std::vector<Extent> retired;
  // The tail of `cut_shard` begins behind `cut` from now on.
  uint32_t cut_shard = 0;
  std::optional<TailCut> cut;
  // Shards whose inserts are encoded under the manifest's current codebook from
  // now on.
  std::vector<uint32_t> switched_shards;
};

// A tail as it was when the space was opened.
struct TailState {
  TailHead head;
  std::vector<TailExtentInfo> extents;

  uint64_t rows() const;
  // Live ones with distance.
  uint64_t coded_rows() const;
};

class Space {
 public:
  static constexpr size_t kMaxSwitchedShards = PageChange::kMaxPages - 1;

  static Result<std::unique_ptr<Space>> Open(PageStore* store, PageLock sealed,
                                             ViewCache* cache, uint64_t key);

  const Snapshot& snapshot() const { return snapshot_; }
  const std::vector<TailState>& tails() const { return tails_; }
  // Pages whose horizon has not passed.
  const std::vector<RetiredPages>& retired() const { return retired_; }
  uint32_t pages() const { return pages_; }
  uint32_t free_pages() const { return free_pages_; }
  // Free pages below block `end`.
  uint32_t FreeBelow(BlockNumber end) const;
  // The first block of the free pages at the end; pages() when there are none.
  BlockNumber FreeEnd() const;

  // The lowest free pages, then new ones at the end. The extent is nobody's
  // until a manifest that names it is published.
  Result<Extent> Allocate(PageKind kind, uint32_t pages);
  // Publishes and ends this space's use. Aborted when somebody else has
  // published since it was opened. After an error nothing is published. At most
  // kMaxSwitchedShards shards, counting the one whose tail is cut.
  Status Publish(Publication publication);

 private:
  explicit Space(PageStore* store) : store_(store) {}

  Status Derive();
  Status UseTail(const ShardPage& root, uint32_t shard);
  void Use(const std::vector<BlockRun>& runs);
  void UseBlock(BlockNumber block);
  Result<Extent> AllocateRun(PageKind kind, uint32_t pages);
  BlockNumber TakeFree(BlockNumber from);
  std::vector<RetiredPages> RetiredBy(const Publication& publication) const;
  std::vector<BlockNumber> SparesFor(const Publication& publication);
  Status WriteManifest(const Manifest& manifest, MetaPage* meta);
  Status Commit(const Publication& publication, const MetaPage& written);
  Status EditShards(const Publication& publication, PageChange* change);

  PageStore* store_;
  Snapshot snapshot_;
  std::vector<TailState> tails_;
  std::vector<RetiredPages> retired_;  // whose horizon has not passed
  std::vector<bool> used_;
  uint32_t pages_ = 0;
  uint32_t free_pages_ = 0;
  BlockNumber lowest_ = 0;  // no free page is below it
  uint64_t next_id_ = 1;
};

}  // namespace pomai
