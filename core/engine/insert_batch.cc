#include "core/engine/insert_batch.h"

#include <algorithm>
#include <memory>
#include <string>

#include "core/base/at_exit.h"
#include "core/base/fault_point.h"
#include "core/engine/defaults.h"
#include "core/engine/list_assignment.h"
#include "core/engine/maintenance_plan.h"
#include "core/engine/preparation.h"
#include "core/rabitq/code.h"

namespace pomai {
namespace {

constexpr int kMaxAttempts = 16;

// Writes the dimensions of the first vector onto the meta page, unless somebody
// was faster.
Status SettleDimensions(PageStore* store, uint32_t dimensions) {
  POMAI_ASSIGN_OR_RETURN(auto change, store->BeginChange());
  POMAI_ASSIGN_OR_RETURN(uint8_t * page, change->Edit(kMetaBlock));
  POMAI_ASSIGN_OR_RETURN(MetaPage meta, MetaPage::Decode(page));
  if (meta.dimensions != 0) return Status::Ok();
  meta.dimensions = dimensions;
  if (meta.bits == 0) meta.bits = AutomaticBits(dimensions);
  meta.Encode(page);
  return change->Commit();
}

}  // namespace

// The rows of one shard on their way into its tail.
class ShardInsert {
 public:
  ShardInsert(PageStore* store, PageLock sealed, ViewCache* cache, uint64_t key,
              uint32_t shard)
      : store_(store),
        sealed_(sealed),
        cache_(cache),
        key_(key),
        shard_(shard) {}

  void Add(InsertBatch::Row* row) { rows_.push_back(row); }
  bool empty() const { return rows_.empty(); }

  // Encodes for the current codebook, and again when the shard turns out to
  // have another one: a retrain is under way.
  Status Run(const InsertBatch& batch, std::shared_ptr<const View> view,
             InsertOutcome* outcome) {
    uint64_t version = view->manifest.current_codebook();
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
      POMAI_RETURN_IF_ERROR(Encode(batch, *view, version));
      AppendResult done;
      const Status status = Append(version, RecordSize(*view), &done);
      outcome->tail_load =
          std::max(outcome->tail_load, done.tail_rows / TailLimit(*view));
      if (!status.ok() || !done.codebook_changed) return status;
      POMAI_RETURN_IF_ERROR(store_->Poll());
      POMAI_ASSIGN_OR_RETURN(Snapshot snapshot,
                             TakeSnapshot(store_, sealed_, cache_, key_));
      view = std::move(snapshot.view);
      version = snapshot.tails[shard_].codebook_version;
    }
    return Status::Aborted("the codebook changed " +
                           std::to_string(kMaxAttempts) +
                           " times during one insert");
  }

 private:
  static uint32_t RecordSize(const View& view) {
    return view.meta.dimensions == 0 ? 0 : view.meta.shape().record_size();
  }

  // Also when memory runs out between two changes, what the first one published
  // leaves the batch.
  Status Append(uint64_t version, uint32_t record_size, AppendResult* done) {
    const AtExit mark([this, done]() noexcept {
      const auto end = rows_.begin() + static_cast<long>(done->appended);
      for (auto row = rows_.begin(); row != end; ++row) {
        (*row)->published = true;
      }
      rows_.erase(rows_.begin(), end);
    });
    return AppendToTail(store_, ShardBlock(shard_), shard_, version,
                        record_size, entries_, done);
  }

  Status Encode(const InsertBatch& batch, const View& view, uint64_t version) {
    entries_.clear();
    for (const auto* row : rows_) {
      entries_.push_back({row->id, kNoDistanceList, {}});
    }
    records_.resize(entries_.size() * RecordSize(view));
    if (view.meta.dimensions == 0) return Status::Ok();
    const CodeShape shape = view.meta.shape();
    Preparation preparation(view.meta.metric, view.rotation);
    const auto vectors = std::make_unique_for_overwrite<float[]>(
        rows_.size() * shape.dimensions);
    std::vector<size_t> coded;
    const size_t rows_per_poll = RowsPerPoll(shape.dimensions);
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (i % rows_per_poll == rows_per_poll - 1) {
        POMAI_RETURN_IF_ERROR(store_->Poll());
      }
      const auto vector = batch.VectorOf(*rows_[i]);
      float* to = vectors.get() + coded.size() * shape.dimensions;
      if (vector.empty() || !preparation.Apply(vector.data(), to)) continue;
      coded.push_back(i);
    }
    return EncodeVectors(view, version, vectors.get(), coded);
  }

  // `coded`: the rows that `vectors` belong to.
  Status EncodeVectors(const View& view, uint64_t version, const float* vectors,
                       const std::vector<size_t>& coded) {
    const CodeShape shape = view.meta.shape();
    const Codebook* codebook = view.FindCodebook(version);
    if (codebook == nullptr) {
      return Status::Aborted("codebook " + std::to_string(version) +
                             " is not in this snapshot");
    }
    ListAssignment assignment(store_, sealed_, cache_, key_, view, *codebook);
    POMAI_RETURN_IF_ERROR(assignment.Assign(vectors, coded.size()));
    Encoder encoder(shape);
    const size_t rows_per_poll = RowsPerPoll(shape.dimensions);
    for (size_t n = 0; n < coded.size(); ++n) {
      if (n % rows_per_poll == rows_per_poll - 1) {
        assignment.Release();
        POMAI_RETURN_IF_ERROR(store_->Poll());
      }
      POMAI_ASSIGN_OR_RETURN(const float* centroid, assignment.Centroid(n));
      uint8_t* record = records_.data() + coded[n] * shape.record_size();
      encoder.Encode(vectors + n * shape.dimensions, centroid, record);
      entries_[coded[n]].list = assignment.List(n);
      entries_[coded[n]].record = {record, shape.record_size()};
    }
    return Status::Ok();
  }

  PageStore* store_;
  PageLock sealed_;
  ViewCache* cache_;
  uint64_t key_;
  uint32_t shard_;
  std::vector<InsertBatch::Row*> rows_;
  std::vector<TailEntry> entries_;
  std::vector<uint8_t> records_;
};

Status CheckVectorLength(uint32_t expected, size_t found) {
  if (found > kMaxDimensions) {
    return Status::InvalidArgument("vector cannot have more than " +
                                   std::to_string(kMaxDimensions) +
                                   " dimensions");
  }
  if (found == expected || found == 0 || expected == 0) return Status::Ok();
  return Status::InvalidArgument("expected " + std::to_string(expected) +
                                 " dimensions, not " + std::to_string(found));
}

void InsertBatch::Add(uint64_t id, std::span<const float> vector) {
  rows_.push_back({id, nullptr, floats_.size(),
                   static_cast<uint32_t>(vector.size()), false});
  floats_.insert(floats_.end(), vector.begin(), vector.end());
}

void InsertBatch::Borrow(uint64_t id, std::span<const float> vector) {
  rows_.push_back(
      {id, vector.data(), 0, static_cast<uint32_t>(vector.size()), false});
}

uint32_t InsertBatch::FirstDimensions() const {
  for (const Row& row : rows_) {
    if (row.dimensions != 0) return row.dimensions;
  }
  return 0;
}

Status InsertBatch::CheckDimensions(uint32_t expected) const {
  if (expected == 0) expected = FirstDimensions();
  for (const Row& row : rows_) {
    POMAI_RETURN_IF_ERROR(CheckVectorLength(expected, row.dimensions));
  }
  return Status::Ok();
}

void InsertBatch::ForgetPublished() noexcept {
  std::erase_if(rows_, [](const Row& row) { return row.published; });
  if (!rows_.empty()) return;
  // Clearing would keep the memory, of every partition a statement writes to.
  std::vector<Row>().swap(rows_);
  std::vector<float>().swap(floats_);
}

Status InsertBatch::Apply(PageStore* store, PageLock sealed, ViewCache* cache,
                          uint64_t key, InsertOutcome* outcome,
                          std::shared_ptr<const View> view) {
  if (rows_.empty()) return Status::Ok();
  POMAI_FAULT_STEP("insert");
  POMAI_FAULT_POINT("begun");
  if (view == nullptr) {
    POMAI_ASSIGN_OR_RETURN(view, TakeView(store, sealed, cache, key));
  }
  POMAI_RETURN_IF_ERROR(CheckDimensions(view->meta.dimensions));
  if (view->meta.dimensions == 0 && FirstDimensions() != 0) {
    POMAI_RETURN_IF_ERROR(SettleDimensions(store, FirstDimensions()));
    POMAI_FAULT_POINT("dimensions-settled");
    POMAI_ASSIGN_OR_RETURN(view, TakeView(store, sealed, cache, key));
    POMAI_RETURN_IF_ERROR(CheckDimensions(view->meta.dimensions));
  }
  const uint32_t shards = view->meta.shards;
  std::vector<ShardInsert> inserts;
  inserts.reserve(shards);
  for (uint32_t shard = 0; shard < shards; ++shard) {
    inserts.emplace_back(store, sealed, cache, key, shard);
  }
  for (Row& row : rows_) inserts[row.id % shards].Add(&row);
  const AtExit forget([this]() noexcept { ForgetPublished(); });
  for (ShardInsert& insert : inserts) {
    if (insert.empty()) continue;
    POMAI_RETURN_IF_ERROR(insert.Run(*this, view, outcome));
  }
  return Status::Ok();
}

}  // namespace pomai
