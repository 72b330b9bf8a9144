#include "core/engine/check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/memtable/shard_page.h"
#include "core/segment/segment_reader.h"

namespace pomai {
namespace {

constexpr uint32_t kReadRows = 1024;

class Checker {
 public:
  using Progress = std::function<void(const char*, uint64_t, uint64_t)>;

  Checker(PageStore* store, PageLock sealed, const Snapshot& snapshot,
          CheckReport* report, const Progress& progress)
      : store_(store),
        sealed_(sealed),
        snapshot_(snapshot),
        view_(*snapshot.view),
        report_(report),
        progress_(progress) {}

  Status Run() {
    POMAI_RETURN_IF_ERROR(MeasureStore());
    Use(kMetaBlock, "meta page");
    for (uint32_t shard = 0; shard < view_.meta.shards; ++shard) {
      Use(ShardBlock(shard), "shard page");
    }
    POMAI_RETURN_IF_ERROR(CheckRetired());
    POMAI_RETURN_IF_ERROR(CheckManifest());
    for (const CodebookRef& ref : view_.manifest.codebooks) {
      POMAI_RETURN_IF_ERROR(
          CheckExtent(ref.extent, "codebook " + std::to_string(ref.version)));
    }
    for (const SegmentRef& ref : view_.manifest.segments) {
      const std::string name = "segment " + std::to_string(ref.extent.id);
      POMAI_RETURN_IF_ERROR(CheckExtent(ref.extent, name));
      POMAI_RETURN_IF_ERROR(Note(CheckSegment(ref, name), name));
    }
    for (uint32_t shard = 0; shard < view_.meta.shards; ++shard) {
      const std::string name = "tail of shard " + std::to_string(shard);
      POMAI_RETURN_IF_ERROR(Note(CheckTail(shard, name), name));
    }
    CheckDuplicates();
    report_->used_pages =
        static_cast<uint64_t>(std::count(used_.begin(), used_.end(), true));
    return Status::Ok();
  }

 private:
  Status MeasureStore() {
    POMAI_ASSIGN_OR_RETURN(const uint32_t pages, store_->PageCount());
    report_->pages = pages;
    used_.resize(pages);
    return Status::Ok();
  }

  void Problem(std::string text) {
    report_->problems.push_back(std::move(text));
  }

  // Turns findings into problems; what is left is the host's own failure.
  Status Note(const Status& status, const std::string& where) {
    if (status.code() != StatusCode::kCorruption) return status;
    Problem(where + ": " + std::string(status.message()));
    return Status::Ok();
  }

  void Use(BlockNumber block, const std::string& what) {
    if (block >= used_.size()) {
      Problem(what + " names block " + std::to_string(block) +
              " of a relation of " + std::to_string(used_.size()));
    } else if (used_[block]) {
      Problem(what + " shares block " + std::to_string(block) +
              " with something else");
    } else {
      used_[block] = true;
    }
  }

  // Pages whose horizon has passed may be anybody's by now, or given back.
  Status CheckRetired() {
    for (const RetiredPages& batch : view_.manifest.retired) {
      const uint64_t horizon =
          batch.horizon != 0 ? batch.horizon : view_.meta.horizon;
      POMAI_ASSIGN_OR_RETURN(const bool passed, store_->HorizonPassed(horizon));
      if (passed) continue;
      for (const BlockRun& run : batch.runs) {
        for (uint32_t i = 0; i < run.count; ++i) {
          Use(run.first + i, "a retired extent");
        }
      }
    }
    return Status::Ok();
  }

  Status CheckManifest() {
    const MetaPage& meta = view_.meta;
    if (meta.manifest_id == 0) return Status::Ok();
    return CheckExtent({meta.manifest_id,
                        PageKind::kManifest,
                        {{meta.manifest_block, meta.manifest_pages}}},
                       "manifest");
  }

  // Reads the header of every page.
  Status CheckExtent(const Extent& extent, const std::string& name) {
    ExtentReader reader(store_, &extent, sealed_);
    for (uint32_t page = 0; page < extent.page_count(); ++page) {
      Use(extent.BlockOf(page), name);
      const Status status =
          reader.At(uint64_t{page} * kPageBodySize, 1).status();
      POMAI_RETURN_IF_ERROR(Note(status, name));
      reader.Release();
      POMAI_RETURN_IF_ERROR(store_->Poll());
      if (++read_ % kReadRows == 0) Report();
    }
    Report();
    return Status::Ok();
  }

  void Report() const {
    if (progress_) progress_("checking pages", read_, report_->pages);
  }

  Status CheckSegment(const SegmentRef& ref, const std::string& name) {
    SegmentReader reader(store_, view_.meta.shape(), &ref, sealed_);
    POMAI_RETURN_IF_ERROR(reader.CheckHeader());
    if (view_.meta.dimensions != 0 &&
        view_.FindCodebook(ref.codebook_version) == nullptr) {
      Problem(name + " names codebook " + std::to_string(ref.codebook_version) +
              ", which the manifest does not");
    }
    POMAI_ASSIGN_OR_RETURN(const SegmentDirectory directory,
                           SegmentDirectory::Load(store_, ref, sealed_));
    uint64_t rows = directory.first_live_row();
    for (uint32_t list = ref.first_live_list(); list < ref.end_list(); ++list) {
      const ListRange range = directory.List(list);
      if (range.first_row != rows) {
        Problem(name + ": list " + std::to_string(list) + " starts at row " +
                std::to_string(range.first_row) + ", expected " +
                std::to_string(rows));
      }
      rows += range.rows;
    }
    rows += directory.WithoutDistance().rows;
    if (rows != ref.rows) {
      Problem(name + ": lists hold " + std::to_string(rows) +
              " rows, the manifest says " + std::to_string(ref.rows));
    }
    reader.Release();
    return CollectRows(ref, directory.first_live_row());
  }

  Status CollectRows(const SegmentRef& ref, uint64_t first_row) {
    for (uint64_t first = first_row; first < ref.rows; first += kReadRows) {
      POMAI_RETURN_IF_ERROR(store_->Poll());
      std::vector<uint64_t> ids;
      std::vector<bool> dead;
      SegmentReader reader(store_, view_.meta.shape(), &ref, sealed_);
      const uint64_t count = std::min<uint64_t>(kReadRows, ref.rows - first);
      POMAI_RETURN_IF_ERROR(reader.Rows(static_cast<uint32_t>(first),
                                        static_cast<uint32_t>(count), &ids,
                                        &dead));
      for (size_t i = 0; i < ids.size(); ++i) Count(ids[i], dead[i]);
    }
    return Status::Ok();
  }

  void Count(uint64_t id, bool dead) {
    if (dead) {
      ++report_->dead;
    } else {
      report_->live_ids.push_back(id);
    }
  }

  Status CheckTail(uint32_t shard, const std::string& name) {
    const TailHead& head = snapshot_.tails[shard];
    POMAI_ASSIGN_OR_RETURN(const auto extents,
                           ListTailExtents(store_, head, shard));
    // In this order: what an insert takes in between is in neither, while the
    // other way round it would be in both.
    std::vector<BlockNumber> spares;
    POMAI_RETURN_IF_ERROR(Note(ReadSpares(shard, &spares), name));
    // Both may lie past the pages there were before.
    POMAI_RETURN_IF_ERROR(MeasureStore());
    for (const BlockNumber block : spares) {
      // Pages that were never written may be missing (tail_append.cc).
      const bool missing = block >= used_.size() &&
                           block - used_.size() < ShardPage::kMostUnwritten;
      if (!missing) Use(block, name + " (spare page)");
    }
    for (const TailExtentInfo& extent : extents) {
      Use(extent.directory, name);
      for (const BlockNumber block : extent.payload) Use(block, name);
      report_->dead += extent.dead;
    }
    TailView view;
    POMAI_RETURN_IF_ERROR(view.Load(store_, head, shard, sealed_));
    uint32_t since_poll = 0;
    for (const TailView::Entry& entry : view.all()) {
      report_->live_ids.push_back(entry.id);
      if (entry.list == kNoDistanceList) continue;
      const Codebook* codebook =
          view_.FindCodebook(view.CodebookVersion(entry));
      if (codebook == nullptr || entry.list >= codebook->list_count()) {
        Problem(name + ": entry of list " + std::to_string(entry.list) +
                " that its codebook does not have");
      }
      POMAI_RETURN_IF_ERROR(view.Record(entry).status());
      if (++since_poll % kReadRows != 0) continue;
      view.Release();
      POMAI_RETURN_IF_ERROR(store_->Poll());
    }
    return Status::Ok();
  }

  // None when somebody has published since the snapshot was taken: pages that
  // it names may be free by now.
  Status ReadSpares(uint32_t shard, std::vector<BlockNumber>* spares) {
    POMAI_ASSIGN_OR_RETURN(const PageGuard meta_page,
                           store_->Read(kMetaBlock, PageLock::kShare));
    POMAI_ASSIGN_OR_RETURN(const MetaPage meta,
                           MetaPage::Decode(meta_page.data()));
    if (meta.sequence != view_.meta.sequence) return Status::Ok();
    const BlockNumber block = ShardBlock(shard);
    POMAI_ASSIGN_OR_RETURN(const PageGuard page,
                           store_->Read(block, PageLock::kShare));
    POMAI_ASSIGN_OR_RETURN(ShardPage root,
                           ShardPage::Decode(page.data(), block, shard));
    *spares = std::move(root.spares);
    return Status::Ok();
  }

  void CheckDuplicates() {
    std::vector<uint64_t> ids = report_->live_ids;
    std::sort(ids.begin(), ids.end());
    for (size_t i = 1; i < ids.size(); ++i) {
      if (ids[i] == ids[i - 1]) {
        Problem("id " + std::to_string(ids[i]) + " is present twice");
      }
    }
  }

  PageStore* store_;
  PageLock sealed_;
  const Snapshot& snapshot_;
  const View& view_;
  CheckReport* report_;
  const Progress& progress_;
  uint64_t read_ = 0;  // pages
  std::vector<bool> used_;
};

}  // namespace

Status CheckMembrane(PageStore* store, PageLock sealed,
                     const Snapshot& snapshot, CheckReport* report,
                     const Checker::Progress& progress) {
  return Checker(store, sealed, snapshot, report, progress).Run();
}

}  // namespace pomai
