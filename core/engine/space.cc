#include "core/engine/space.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "core/base/fault_point.h"

namespace pomai {
namespace {

// Spare pages a shard gets at most with one publication.
constexpr size_t kMostSpares = ShardPage::kMaxSpares / 2;
// And no more of a large file than this part: they are kept from everything
// else.
constexpr uint32_t kSpareShare = 32;
constexpr uint32_t kSparesOfAny = 64;

// Batches of retired pages that a manifest tells apart.
constexpr size_t kMostRetired = 64;

// Sorted, without neighbours that could be one run.
std::vector<BlockRun> RunsOf(std::vector<BlockNumber> blocks) {
  std::sort(blocks.begin(), blocks.end());
  std::vector<BlockRun> runs;
  for (const BlockNumber block : blocks) {
    if (!runs.empty() && runs.back().first + runs.back().count == block) {
      ++runs.back().count;
    } else {
      runs.push_back({block, 1});
    }
  }
  return runs;
}

void AddBlocks(const std::vector<BlockRun>& runs,
               std::vector<BlockNumber>* blocks) {
  for (const BlockRun& run : runs) {
    for (uint32_t i = 0; i < run.count; ++i) blocks->push_back(run.first + i);
  }
}

// While one transaction goes on, none of its batches can be used, and without a
// bound each manifest would be longer than the one before. So the earliest two
// become one, which waits for the later.
void BoundRetired(std::vector<RetiredPages>* retired) {
  while (retired->size() > kMostRetired) {
    std::vector<BlockNumber> blocks;
    AddBlocks((*retired)[0].runs, &blocks);
    AddBlocks((*retired)[1].runs, &blocks);
    (*retired)[1].runs = RunsOf(std::move(blocks));
    (*retired)[1].horizon =
        std::max((*retired)[0].horizon, (*retired)[1].horizon);
    retired->erase(retired->begin());
  }
}

}  // namespace

uint64_t TailState::rows() const {
  uint64_t rows = 0;
  for (const TailExtentInfo& extent : extents) rows += extent.count;
  return rows;
}

uint64_t TailState::coded_rows() const {
  uint64_t rows = 0;
  for (const TailExtentInfo& extent : extents) rows += extent.coded;
  return rows;
}

Result<std::unique_ptr<Space>> Space::Open(PageStore* store, PageLock sealed,
                                           ViewCache* cache, uint64_t key) {
  std::unique_ptr<Space> space(new Space(store));
  POMAI_ASSIGN_OR_RETURN(space->snapshot_,
                         TakeSnapshot(store, sealed, cache, key));
  POMAI_RETURN_IF_ERROR(space->Derive());
  return space;
}

// Nobody publishes meanwhile, for we have the maintenance lock; inserts wait
// for the shard pages.
Status Space::Derive() {
  const MetaPage& meta = snapshot_.view->meta;
  const Manifest& manifest = snapshot_.view->manifest;
  for (RetiredPages batch : manifest.retired) {
    if (batch.horizon == 0) batch.horizon = meta.horizon;
    POMAI_ASSIGN_OR_RETURN(const bool passed,
                           store_->HorizonPassed(batch.horizon));
    if (!passed) retired_.push_back(std::move(batch));
  }
  next_id_ = meta.next_allocation_id;
  POMAI_ASSIGN_OR_RETURN(PageGuard meta_page,
                         store_->Read(kMetaBlock, PageLock::kShare));
  std::vector<PageGuard> shard_pages(meta.shards);
  std::vector<ShardPage> roots(meta.shards);
  for (uint32_t shard = 0; shard < meta.shards; ++shard) {
    const BlockNumber block = ShardBlock(shard);
    POMAI_ASSIGN_OR_RETURN(shard_pages[shard],
                           store_->Read(block, PageLock::kShare));
    POMAI_ASSIGN_OR_RETURN(
        roots[shard],
        ShardPage::Decode(shard_pages[shard].data(), block, shard));
  }
  POMAI_ASSIGN_OR_RETURN(pages_, store_->PageCount());
  used_.assign(pages_, false);
  free_pages_ = pages_;
  Use({{kMetaBlock, 1 + meta.shards}});
  Use(meta.manifest_extent().runs);
  for (const CodebookRef& ref : manifest.codebooks) Use(ref.extent.runs);
  for (const SegmentRef& ref : manifest.segments) Use(ref.extent.runs);
  for (const RetiredPages& batch : retired_) Use(batch.runs);
  for (uint32_t shard = 0; shard < meta.shards; ++shard) {
    POMAI_RETURN_IF_ERROR(UseTail(roots[shard], shard));
  }
  return Status::Ok();
}

Status Space::UseTail(const ShardPage& root, uint32_t shard) {
  for (const BlockNumber block : root.spares) UseBlock(block);
  TailState tail;
  tail.head = {root.codebook_version, root.first_block, root.first_id};
  POMAI_ASSIGN_OR_RETURN(tail.extents,
                         ListTailExtents(store_, tail.head, shard));
  for (const TailExtentInfo& extent : tail.extents) {
    UseBlock(extent.directory);
    for (const BlockNumber block : extent.payload) UseBlock(block);
  }
  tails_.push_back(std::move(tail));
  return Status::Ok();
}

void Space::Use(const std::vector<BlockRun>& runs) {
  for (const BlockRun& run : runs) {
    for (uint32_t i = 0; i < run.count; ++i) UseBlock(run.first + i);
  }
}

void Space::UseBlock(BlockNumber block) {
  if (block >= pages_ || used_[block]) return;
  used_[block] = true;
  --free_pages_;
}

uint32_t Space::FreeBelow(BlockNumber end) const {
  const auto last = used_.begin() + std::min(end, pages_);
  return static_cast<uint32_t>(std::count(used_.begin(), last, false));
}

BlockNumber Space::FreeEnd() const {
  BlockNumber end = pages_;
  while (end > 0 && !used_[end - 1]) --end;
  return end;
}

// The first free block from `from` on, now used; kNoBlock when there is none.
BlockNumber Space::TakeFree(BlockNumber from) {
  while (from < pages_ && used_[from]) ++from;
  if (from >= pages_) return kNoBlock;
  UseBlock(from);
  return from;
}

Result<Extent> Space::Allocate(PageKind kind, uint32_t pages) {
  Extent extent{next_id_++, kind, {}};
  std::vector<BlockNumber> blocks;
  while (blocks.size() < pages) {
    const BlockNumber block = TakeFree(lowest_);
    if (block == kNoBlock) break;
    lowest_ = block + 1;
    blocks.push_back(block);
  }
  extent.runs = RunsOf(std::move(blocks));
  if (const uint32_t rest = pages - extent.page_count(); rest > 0) {
    POMAI_ASSIGN_OR_RETURN(const BlockNumber first, store_->Extend(rest));
    extent.runs.push_back({first, rest});
  }
  POMAI_FAULT_POINT("allocated");
  return extent;
}

Result<Extent> Space::AllocateRun(PageKind kind, uint32_t pages) {
  uint32_t length = 0;
  for (BlockNumber block = lowest_; block < pages_; ++block) {
    length = used_[block] ? 0 : length + 1;
    if (length < pages) continue;
    const BlockRun run{block + 1 - pages, pages};
    Use({run});
    return Extent{next_id_++, kind, {run}};
  }
  POMAI_ASSIGN_OR_RETURN(const BlockNumber first, store_->Extend(pages));
  return Extent{next_id_++, kind, {{first, pages}}};
}

// Earlier batches that still wait, and what this publication gives up. That
// one's horizon is not known before the meta page is locked, so it stands
// there.
std::vector<RetiredPages> Space::RetiredBy(
    const Publication& publication) const {
  std::vector<BlockNumber> blocks;
  AddBlocks(snapshot_.view->meta.manifest_extent().runs, &blocks);
  for (const Extent& extent : publication.retired) {
    AddBlocks(extent.runs, &blocks);
  }
  if (publication.cut) {
    for (const auto& extent : tails_[publication.cut_shard].extents) {
      if (extent.id > publication.cut->id) break;
      blocks.push_back(extent.directory);
      blocks.insert(blocks.end(), extent.payload.begin(), extent.payload.end());
    }
  }
  std::vector<RetiredPages> retired = retired_;
  BoundRetired(&retired);
  if (!blocks.empty()) retired.push_back({0, RunsOf(std::move(blocks))});
  return retired;
}

// For the shard whose tail is cut: free pages for about as long a tail.
std::vector<BlockNumber> Space::SparesFor(const Publication& publication) {
  std::vector<BlockNumber> spares;
  if (!publication.cut) return spares;
  size_t wanted = 0;
  for (const auto& extent : tails_[publication.cut_shard].extents) {
    wanted += 1 + extent.payload.size();
  }
  const size_t share = std::max(kSparesOfAny, pages_ / kSpareShare);
  wanted = std::min({wanted, kMostSpares, share});
  BlockNumber from = lowest_;
  while (spares.size() < wanted) {
    const BlockNumber block = TakeFree(from);
    if (block == kNoBlock) break;
    from = block + 1;
    spares.push_back(block);
  }
  // Taken from the back.
  std::reverse(spares.begin(), spares.end());
  return spares;
}

Status Space::Publish(Publication publication) {
  POMAI_FAULT_POINT("written");
  // Meta page, a page a shard: what one change can hold.
  assert(publication.switched_shards.size() + (publication.cut ? 1 : 0) <=
         kMaxSwitchedShards);
  publication.manifest.sequence = snapshot_.view->manifest.sequence + 1;
  publication.manifest.retired = RetiredBy(publication);
  MetaPage meta = snapshot_.view->meta;
  POMAI_RETURN_IF_ERROR(WriteManifest(publication.manifest, &meta));
  POMAI_FAULT_POINT("manifest-written");
  POMAI_RETURN_IF_ERROR(Commit(publication, meta));
  POMAI_FAULT_POINT("published");
  return Status::Ok();
}

Status Space::WriteManifest(const Manifest& manifest, MetaPage* meta) {
  const std::vector<uint8_t> bytes = manifest.Encode();
  POMAI_ASSIGN_OR_RETURN(
      const Extent extent,
      AllocateRun(PageKind::kManifest, PagesFor(bytes.size())));
  POMAI_RETURN_IF_ERROR(Manifest::Store(store_, extent, bytes));
  meta->sequence = manifest.sequence;
  meta->next_allocation_id = next_id_;
  meta->manifest_id = extent.id;
  meta->manifest_block = extent.runs[0].first;
  meta->manifest_pages = extent.runs[0].count;
  meta->manifest_bytes = static_cast<uint32_t>(bytes.size());
  return Status::Ok();
}

Status Space::Commit(const Publication& publication, const MetaPage& written) {
  POMAI_ASSIGN_OR_RETURN(auto change, store_->BeginChange());
  POMAI_ASSIGN_OR_RETURN(uint8_t * page, change->Edit(kMetaBlock));
  POMAI_ASSIGN_OR_RETURN(const MetaPage found, MetaPage::Decode(page));
  const MetaPage& expected = snapshot_.view->meta;
  if (found.build_id != expected.build_id ||
      found.sequence != expected.sequence ||
      found.dimensions != expected.dimensions) {
    return Status::Aborted(
        "the index changed under its maintenance: expected "
        "sequence " +
        std::to_string(expected.sequence) + ", found " +
        std::to_string(found.sequence));
  }
  MetaPage next = written;
  POMAI_ASSIGN_OR_RETURN(next.horizon, store_->Horizon());
  next.Encode(page);
  POMAI_RETURN_IF_ERROR(EditShards(publication, change.get()));
  return change->Commit();
}

// Shard pages by number, then the directory behind which the tail goes on.
Status Space::EditShards(const Publication& publication, PageChange* change) {
  std::vector<uint32_t> shards = publication.switched_shards;
  if (publication.cut) shards.push_back(publication.cut_shard);
  std::sort(shards.begin(), shards.end());
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  std::vector<uint8_t*> pages;
  for (const uint32_t shard : shards) {
    POMAI_ASSIGN_OR_RETURN(uint8_t * page, change->Edit(ShardBlock(shard)));
    pages.push_back(page);
  }
  for (size_t i = 0; i < shards.size(); ++i) {
    const uint32_t shard = shards[i];
    POMAI_ASSIGN_OR_RETURN(
        ShardPage root, ShardPage::Decode(pages[i], ShardBlock(shard), shard));
    const auto& switched = publication.switched_shards;
    if (std::find(switched.begin(), switched.end(), shard) != switched.end()) {
      root.codebook_version = publication.manifest.current_codebook();
    }
    if (publication.cut && shard == publication.cut_shard) {
      POMAI_RETURN_IF_ERROR(CutTail(change, *publication.cut, &root));
      // Earlier ones may lie at the file's end; nobody reads them.
      root.spares = SparesFor(publication);
    }
    root.Encode(pages[i], shard);
  }
  return Status::Ok();
}

}  // namespace pomai
