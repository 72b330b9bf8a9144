// Engine: reading.

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/db/engine.h"
#include "core/engine/search_cursor.h"

namespace pomai {
namespace {

Status CheckQuery(std::span<const float> query, uint32_t dimensions,
                  const ReadOptions& options) {
  if (query.size() != dimensions) {
    return Status::InvalidArgument("expected " + std::to_string(dimensions) +
                                   " dimensions, not " +
                                   std::to_string(query.size()));
  }
  for (size_t i = 0; i < query.size(); ++i) {
    if (std::isfinite(query[i])) continue;
    return Status::InvalidArgument("element " + std::to_string(i) +
                                   " of the query is not finite");
  }
  if (options.target_recall > 0) return Status::Ok();
  return Status::InvalidArgument("target_recall must be above 0, not " +
                                 std::to_string(options.target_recall));
}

}  // namespace

Status Engine::CheckOpen() const {
  if (!closed_) return Status::Ok();
  return Status::FailedPrecondition(folder_ + " is closed");
}

Result<uint64_t> Engine::SequenceOf(const ReadOptions& options,
                                    std::shared_ptr<const DbSnapshot>* held) {
  POMAI_RETURN_IF_ERROR(CheckOpen());
  *held = options.snapshot;
  if (*held == nullptr) *held = SnapshotList::Take(snapshots_, *sequencer_);
  if (!snapshots_->Owns(**held)) {
    return Status::InvalidArgument("the snapshot is of another membrane");
  }
  return (*held)->sequence();
}

Result<Snapshot> Engine::TakeEngineSnapshot() {
  return TakeSnapshot(store_.get(), PageLock::kPin, &cache_, kViewKey);
}

Result<std::shared_ptr<const DbSnapshot>> Engine::GetSnapshot() {
  POMAI_RETURN_IF_ERROR(CheckOpen());
  return SnapshotList::Take(snapshots_, *sequencer_);
}

Result<std::vector<float>> Engine::Get(uint64_t id,
                                       const ReadOptions& options) {
  std::shared_ptr<const DbSnapshot> held;
  POMAI_ASSIGN_OR_RETURN(const uint64_t sequence, SequenceOf(options, &held));
  const RowTable& table = *tables_[id % shape_.shards];
  std::vector<float> vector(shape_.dimensions);
  const uint64_t number = table.Find(id, sequence);
  if (number == kNoRow ||
      !table.Read(number, sequence, nullptr, vector.data())) {
    return Status::NotFound("id " + std::to_string(id));
  }
  return vector;
}

Result<bool> Engine::Exists(uint64_t id, const ReadOptions& options) {
  std::shared_ptr<const DbSnapshot> held;
  POMAI_ASSIGN_OR_RETURN(const uint64_t sequence, SequenceOf(options, &held));
  return tables_[id % shape_.shards]->Find(id, sequence) != kNoRow;
}

Result<std::vector<Neighbour>> Engine::Search(std::span<const float> query,
                                              size_t k,
                                              const ReadOptions& options) {
  std::shared_ptr<const DbSnapshot> held;
  POMAI_ASSIGN_OR_RETURN(const uint64_t sequence, SequenceOf(options, &held));
  POMAI_RETURN_IF_ERROR(CheckQuery(query, shape_.dimensions, options));
  // The engine's snapshot comes after the sequence: whatever that sees is in.
  const FileStore::Reader reader = store_->Register();
  POMAI_ASSIGN_OR_RETURN(Snapshot snapshot, TakeEngineSnapshot());
  RowSource source(shape_.metric, query, &tables_, sequence);
  POMAI_ASSIGN_OR_RETURN(
      auto cursor,
      SearchCursor::Open(
          store_.get(), PageLock::kPin, std::move(snapshot), query,
          {.target_recall = options.target_recall, .probes = options.probes},
          &source));
  std::vector<Neighbour> found;
  while (found.size() < k) {
    SearchCursor::Hit hit;
    POMAI_ASSIGN_OR_RETURN(const bool more, cursor->Next(&hit));
    if (!more) break;
    Neighbour row;
    if (!source.IdOf(hit.id, &row.id)) continue;
    row.distance = hit.has_distance ? hit.distance
                                    : std::numeric_limits<double>::quiet_NaN();
    found.push_back(row);
  }
  // The cursor's order is exact within its batches only. NaN comes last.
  std::stable_sort(
      found.begin(), found.end(), [](const Neighbour& a, const Neighbour& b) {
        return a.distance < b.distance ||
               (b.distance != b.distance && a.distance == a.distance);
      });
  return found;
}

class EngineIterator : public RowIterator {
 public:
  EngineIterator(std::shared_ptr<Engine> engine,
                 std::shared_ptr<const DbSnapshot> snapshot)
      : engine_(std::move(engine)),
        snapshot_(std::move(snapshot)),
        vector_(engine_->shape_.dimensions) {}

  bool Next() override {
    const uint64_t sequence = snapshot_->sequence();
    while (shard_ < engine_->tables_.size()) {
      const RowTable& table = *engine_->tables_[shard_];
      if (at_ == count_) {
        count_ = table.List(from_, sequence, numbers_);
        at_ = 0;
      }
      if (count_ == 0) {
        ++shard_;
        from_ = 0;
        continue;
      }
      const uint64_t number = numbers_[at_++];
      from_ = number + 1;
      if (table.Read(number, sequence, &id_, vector_.data())) return true;
    }
    return false;
  }
  uint64_t id() const override { return id_; }
  std::span<const float> vector() const override { return vector_; }
  const Status& status() const override { return status_; }

 private:
  std::shared_ptr<Engine> engine_;  // also of a membrane that is dropped
  std::shared_ptr<const DbSnapshot> snapshot_;
  size_t shard_ = 0;
  uint64_t from_ = 0;
  uint64_t numbers_[256];
  size_t at_ = 0;
  size_t count_ = 0;
  uint64_t id_ = 0;
  std::vector<float> vector_;
  Status status_;
};

Result<std::unique_ptr<RowIterator>> Engine::NewIterator(
    const ReadOptions& options) {
  std::shared_ptr<const DbSnapshot> held;
  POMAI_RETURN_IF_ERROR(SequenceOf(options, &held).status());
  return std::unique_ptr<RowIterator>(
      std::make_unique<EngineIterator>(shared_from_this(), std::move(held)));
}

}  // namespace pomai
