#include "core/engine/insert_rows.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/engine/defaults.h"
#include "core/engine/preparation.h"
#include "core/rabitq/code.h"

namespace pomai {
namespace {

constexpr int kMaxAttempts = 16;

Status WrongDimensions(uint32_t expected, size_t found) {
  return Status::InvalidArgument("expected " + std::to_string(expected) +
                                 " dimensions, not " + std::to_string(found));
}

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

Status CheckDimensions(uint32_t expected, std::span<const InsertRow> rows) {
  for (const InsertRow& row : rows) {
    if (row.vector.empty()) continue;
    if (row.vector.size() > kMaxDimensions) {
      return Status::InvalidArgument("vector cannot have more than " +
                                     std::to_string(kMaxDimensions) +
                                     " dimensions");
    }
    if (expected == 0) expected = static_cast<uint32_t>(row.vector.size());
    if (row.vector.size() != expected) {
      return WrongDimensions(expected, row.vector.size());
    }
  }
  return Status::Ok();
}

// The rows of one shard, encoded under one codebook version.
class ShardBatch {
 public:
  ShardBatch(const View& view, uint32_t shard, uint64_t version)
      : view_(view), shard_(shard), version_(version) {}

  Status Encode(PageStore* store, PageLock sealed,
                std::span<const InsertRow> rows) {
    const uint32_t record_size = this->record_size();
    for (const InsertRow& row : rows) {
      if (row.id % view_.meta.shards != shard_) continue;
      entries_.push_back({row.id, kNoDistanceList, {}});
    }
    records_.resize(entries_.size() * record_size);
    if (view_.meta.dimensions == 0) return Status::Ok();
    return EncodeVectors(store, sealed, rows);
  }

  uint32_t record_size() const {
    return view_.meta.dimensions == 0 ? 0 : view_.meta.shape().record_size();
  }
  std::span<const TailEntry> entries() const { return entries_; }

 private:
  Status EncodeVectors(PageStore* store, PageLock sealed,
                       std::span<const InsertRow> rows) {
    const CodeShape shape = view_.meta.shape();
    const Codebook* codebook = view_.FindCodebook(version_);
    if (codebook == nullptr) {
      return Status::Aborted("codebook " + std::to_string(version_) +
                             " is not in this snapshot");
    }
    Preparation preparation(view_.meta.metric, view_.rotation);
    Encoder encoder(shape);
    ExtentReader reader(store, &codebook->extent(), sealed);
    std::vector<float> vector(shape.dimensions);
    std::vector<float> centroid(shape.dimensions);
    size_t n = 0;
    for (const InsertRow& row : rows) {
      if (row.id % view_.meta.shards != shard_) continue;
      TailEntry& entry = entries_[n];
      uint8_t* record = records_.data() + n++ * shape.record_size();
      if (row.vector.empty()) continue;
      if (!preparation.Apply(row.vector.data(), vector.data())) continue;
      POMAI_ASSIGN_OR_RETURN(entry.list,
                             codebook->Assign(store, sealed, vector.data()));
      POMAI_RETURN_IF_ERROR(
          codebook->ReadCentroid(&reader, entry.list, centroid.data()));
      encoder.Encode(vector.data(), centroid.data(), record);
      entry.record = {record, shape.record_size()};
    }
    return Status::Ok();
  }

  const View& view_;
  uint32_t shard_;
  uint64_t version_;
  std::vector<TailEntry> entries_;
  std::vector<uint8_t> records_;
};

// Appends the rows of `shard`, encoding again whenever a retrain gave the shard
// another codebook meanwhile.
Status InsertIntoShard(PageStore* store, PageLock sealed, ViewCache* cache,
                       uint64_t key, uint32_t shard, Snapshot snapshot,
                       std::span<const InsertRow> rows, uint64_t* tail_rows) {
  size_t done = 0;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const uint64_t version = snapshot.tails[shard].codebook_version;
    ShardBatch batch(*snapshot.view, shard, version);
    POMAI_RETURN_IF_ERROR(batch.Encode(store, sealed, rows));
    AppendResult result;
    POMAI_RETURN_IF_ERROR(AppendToTail(store, ShardBlock(shard), shard, version,
                                       batch.record_size(),
                                       batch.entries().subspan(done), &result));
    done += result.appended;
    if (tail_rows != nullptr) {
      *tail_rows = std::max(*tail_rows, result.tail_rows);
    }
    if (!result.codebook_changed) return Status::Ok();
    POMAI_RETURN_IF_ERROR(store->Poll());
    POMAI_ASSIGN_OR_RETURN(snapshot, TakeSnapshot(store, sealed, cache, key));
  }
  return Status::Aborted("the codebook changed " +
                         std::to_string(kMaxAttempts) +
                         " times during one insert");
}

}  // namespace

Status Insert(PageStore* store, PageLock sealed, ViewCache* cache, uint64_t key,
              std::span<const InsertRow> rows, uint64_t* tail_rows) {
  POMAI_ASSIGN_OR_RETURN(Snapshot snapshot,
                         TakeSnapshot(store, sealed, cache, key));
  POMAI_RETURN_IF_ERROR(CheckDimensions(snapshot.view->meta.dimensions, rows));
  if (snapshot.view->meta.dimensions == 0) {
    for (const InsertRow& row : rows) {
      if (row.vector.empty()) continue;
      POMAI_RETURN_IF_ERROR(
          SettleDimensions(store, static_cast<uint32_t>(row.vector.size())));
      POMAI_ASSIGN_OR_RETURN(snapshot, TakeSnapshot(store, sealed, cache, key));
      POMAI_RETURN_IF_ERROR(
          CheckDimensions(snapshot.view->meta.dimensions, rows));
      break;
    }
  }
  const uint32_t shards = snapshot.view->meta.shards;
  std::vector<bool> wanted(shards);
  for (const InsertRow& row : rows) wanted[row.id % shards] = true;
  for (uint32_t shard = 0; shard < shards; ++shard) {
    if (!wanted[shard]) continue;
    POMAI_RETURN_IF_ERROR(InsertIntoShard(store, sealed, cache, key, shard,
                                          snapshot, rows, tail_rows));
  }
  return Status::Ok();
}

}  // namespace pomai
