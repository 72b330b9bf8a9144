// Snapshot: an immutable view of a membrane: one manifest version and the heads
// of the tails. Everything a search, an insert or a vacuum knows of an index
// comes from one.
//
//   POMAI_ASSIGN_OR_RETURN(Snapshot snapshot,
//                          TakeSnapshot(store, PageLock::kPin, cache, key));
//   snapshot.view->manifest.segments ...
//
// Taking one holds the meta page's share lock while it reads the shard pages,
// so manifest and tails belong together. Views are shared between snapshots
// through the cache and never change.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/codebook/codebook.h"
#include "core/host/page_store.h"
#include "core/manifest/manifest.h"
#include "core/manifest/meta_page.h"
#include "core/memtable/tail.h"
#include "core/rabitq/rotation.h"
#include "core/segment/segment_directory.h"

namespace pomai {

struct BatchAssigner;

// One manifest version, parsed.
struct View {
  MetaPage meta;
  Manifest manifest;
  // Every codebook the manifest names, and last the untrained one (version 0);
  // empty while meta.dimensions is 0.
  std::vector<std::shared_ptr<const Codebook>> codebooks;
  // Parallel to manifest.segments.
  std::vector<SegmentDirectory> directories;
  std::shared_ptr<const Rotation> rotation;  // null while dimensions is 0

  // nullptr when the manifest does not name `version`.
  const Codebook* FindCodebook(uint64_t version) const;
  const Codebook* current_codebook() const {
    return FindCodebook(manifest.current_codebook());
  }
};

struct Snapshot {
  std::shared_ptr<const View> view;
  std::vector<TailHead> tails;  // one a shard
};

// Puts a view together; codebooks that `older` (may be null) knows are shared
// with it, others are loaded.
Result<std::shared_ptr<const View>> MakeView(PageStore* store, PageLock sealed,
                                             const MetaPage& meta,
                                             Manifest manifest,
                                             const View* older);

// The views a process keeps, newest per index. Any thread.
class ViewCache {
 public:
  // `assigners`: how many it keeps at most. A store that is written to by many
  // threads wants one a thread.
  explicit ViewCache(size_t assigners = 4) : max_assigners_(assigners) {}

  // `key` names the index's storage (inside PostgreSQL made from the
  // relfilenode). The view is returned only when build id, sequence and
  // dimensions are those of `meta`.
  std::shared_ptr<const View> Find(uint64_t key, const MetaPage& meta) const;
  // The newest view of `key` with the same build id, to take codebooks from.
  std::shared_ptr<const View> FindOlder(uint64_t key,
                                        const MetaPage& meta) const;
  void Put(uint64_t key, std::shared_ptr<const View> view);

  // What batches of inserts are assigned with (list_assignment.h), for the few
  // indexes that were inserted into last. It has scratch space, so one insert
  // takes it away and puts it back. Null: not there.
  std::shared_ptr<BatchAssigner> TakeAssigner(uint64_t key, uint64_t build_id,
                                              uint64_t codebook_version);
  void PutAssigner(uint64_t key, uint64_t build_id, uint64_t codebook_version,
                   std::shared_ptr<BatchAssigner> assigner);

 private:
  static constexpr size_t kMaxViews = 64;
  struct KeptAssigner {
    uint64_t key;
    uint64_t build_id;
    uint64_t codebook_version;
    std::shared_ptr<BatchAssigner> assigner;
  };

  const size_t max_assigners_;
  mutable std::mutex mutex_;  // guards both
  std::vector<std::pair<uint64_t, std::shared_ptr<const View>>> views_;
  std::vector<KeptAssigner> assigners_;
};

// `sealed`: how pages that never change are read (kPin on a primary, kShare on
// a standby). Pages recycled meanwhile make it start again a few times, then
// Aborted.
Result<Snapshot> TakeSnapshot(PageStore* store, PageLock sealed,
                              ViewCache* cache, uint64_t key);

// A snapshot's view alone: without the shard pages, which inserts lock.
Result<std::shared_ptr<const View>> TakeView(PageStore* store, PageLock sealed,
                                             ViewCache* cache, uint64_t key);

}  // namespace pomai
