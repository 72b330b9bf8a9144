#include "core/engine/snapshot.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pomai {
namespace {

constexpr int kMaxAttempts = 8;

// Meta page and shard pages as of one moment; without `tails` the meta page
// alone.
Status ReadHeads(PageStore* store, MetaPage* meta,
                 std::vector<TailHead>* tails) {
  POMAI_ASSIGN_OR_RETURN(PageGuard guard,
                         store->Read(kMetaBlock, PageLock::kShare));
  POMAI_ASSIGN_OR_RETURN(*meta, MetaPage::Decode(guard.data()));
  if (tails == nullptr) return Status::Ok();
  tails->clear();
  for (uint32_t shard = 0; shard < meta->shards; ++shard) {
    const BlockNumber block = ShardBlock(shard);
    POMAI_ASSIGN_OR_RETURN(PageGuard page,
                           store->Read(block, PageLock::kShare));
    POMAI_ASSIGN_OR_RETURN(TailHead head,
                           ReadShardPage(page.data(), block, shard));
    tails->push_back(head);
  }
  return Status::Ok();
}

// The older view has nearly all segments that a step of maintenance left.
Result<SegmentDirectory> DirectoryOf(PageStore* store, const SegmentRef& ref,
                                     PageLock sealed, const View* older) {
  if (older != nullptr) {
    const auto& known = older->manifest.segments;
    for (size_t i = 0; i < known.size(); ++i) {
      if (known[i].extent.id != ref.extent.id) continue;
      return older->directories[i].For(ref);
    }
  }
  return SegmentDirectory::Load(store, ref, sealed);
}

// Both of one moment. `tails` may be null.
Result<std::shared_ptr<const View>> Take(PageStore* store, PageLock sealed,
                                         ViewCache* cache, uint64_t key,
                                         std::vector<TailHead>* tails) {
  for (int attempt = 1;; ++attempt) {
    MetaPage meta;
    POMAI_RETURN_IF_ERROR(ReadHeads(store, &meta, tails));
    if (auto view = cache->Find(key, meta)) return view;
    const auto older = cache->FindOlder(key, meta);
    Status status;
    if (auto manifest = Manifest::Load(store, meta, sealed); manifest.ok()) {
      auto view = MakeView(store, sealed, meta, std::move(manifest).value(),
                           older.get());
      if (view.ok()) {
        cache->Put(key, *view);
        return view;
      }
      status = view.status();
    } else {
      status = manifest.status();
    }
    if (status.code() != StatusCode::kAborted || attempt == kMaxAttempts) {
      return status;
    }
    POMAI_RETURN_IF_ERROR(store->Poll());
  }
}

}  // namespace

const Codebook* View::FindCodebook(uint64_t version) const {
  for (const auto& codebook : codebooks) {
    if (codebook->version() == version) return codebook.get();
  }
  return nullptr;
}

std::shared_ptr<const View> ViewCache::Find(uint64_t key,
                                            const MetaPage& meta) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [known, view] : views_) {
    if (known == key && view->meta.build_id == meta.build_id &&
        view->meta.sequence == meta.sequence &&
        view->meta.dimensions == meta.dimensions) {
      return view;
    }
  }
  return nullptr;
}

std::shared_ptr<const View> ViewCache::FindOlder(uint64_t key,
                                                 const MetaPage& meta) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [known, view] : views_) {
    if (known == key && view->meta.build_id == meta.build_id &&
        view->meta.dimensions == meta.dimensions) {
      return view;
    }
  }
  return nullptr;
}

Result<std::shared_ptr<const View>> MakeView(PageStore* store, PageLock sealed,
                                             const MetaPage& meta,
                                             Manifest manifest,
                                             const View* older) {
  auto view = std::make_shared<View>();
  view->meta = meta;
  view->manifest = std::move(manifest);
  for (const SegmentRef& ref : view->manifest.segments) {
    POMAI_ASSIGN_OR_RETURN(SegmentDirectory directory,
                           DirectoryOf(store, ref, sealed, older));
    view->directories.push_back(std::move(directory));
  }
  if (meta.dimensions == 0) return std::shared_ptr<const View>(view);
  const uint32_t padded = meta.shape().dimensions;
  for (const CodebookRef& ref : view->manifest.codebooks) {
    std::shared_ptr<const Codebook> codebook;
    if (older != nullptr) {
      for (const auto& known : older->codebooks) {
        if (known->version() == ref.version) codebook = known;
      }
    }
    if (codebook == nullptr) {
      POMAI_ASSIGN_OR_RETURN(codebook,
                             Codebook::Load(store, ref.extent, sealed));
    }
    if (codebook->version() != ref.version ||
        codebook->dimensions() != padded) {
      return Status::Corruption("codebook " + std::to_string(ref.version) +
                                " does not belong to this index");
    }
    view->codebooks.push_back(std::move(codebook));
  }
  view->codebooks.push_back(Codebook::Untrained(padded, meta.metric));
  if (older != nullptr && older->rotation != nullptr) {
    view->rotation = older->rotation;
  } else {
    view->rotation =
        std::make_shared<const Rotation>(meta.dimensions, meta.rotation_seed);
  }
  return std::shared_ptr<const View>(view);
}

void ViewCache::Put(uint64_t key, std::shared_ptr<const View> view) {
  const std::lock_guard lock(mutex_);
  std::erase_if(views_,
                [key](const auto& entry) { return entry.first == key; });
  if (views_.size() >= kMaxViews) views_.erase(views_.begin());
  views_.emplace_back(key, std::move(view));
}

std::shared_ptr<BatchAssigner> ViewCache::TakeAssigner(
    uint64_t key, uint64_t build_id, uint64_t codebook_version) {
  const std::lock_guard lock(mutex_);
  const auto kept =
      std::find_if(assigners_.begin(), assigners_.end(), [&](const auto& one) {
        return one.key == key && one.build_id == build_id &&
               one.codebook_version == codebook_version;
      });
  if (kept == assigners_.end()) return nullptr;
  auto assigner = std::move(kept->assigner);
  assigners_.erase(kept);
  return assigner;
}

void ViewCache::PutAssigner(uint64_t key, uint64_t build_id,
                            uint64_t codebook_version,
                            std::shared_ptr<BatchAssigner> assigner) {
  const std::lock_guard lock(mutex_);
  std::erase_if(assigners_, [&](const KeptAssigner& kept) {
    return kept.key == key && (kept.build_id != build_id ||
                               kept.codebook_version < codebook_version);
  });
  if (assigners_.size() >= max_assigners_) assigners_.erase(assigners_.begin());
  assigners_.push_back({key, build_id, codebook_version, std::move(assigner)});
}

Result<Snapshot> TakeSnapshot(PageStore* store, PageLock sealed,
                              ViewCache* cache, uint64_t key) {
  Snapshot snapshot;
  POMAI_ASSIGN_OR_RETURN(snapshot.view,
                         Take(store, sealed, cache, key, &snapshot.tails));
  return snapshot;
}

Result<std::shared_ptr<const View>> TakeView(PageStore* store, PageLock sealed,
                                             ViewCache* cache, uint64_t key) {
  return Take(store, sealed, cache, key, nullptr);
}

}  // namespace pomai
