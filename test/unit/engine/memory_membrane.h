// MemoryMembrane: a whole index in memory with its table beside it, for tests
// of the engine.
//
//   MemoryMembrane membrane({.dimensions = 32, .metric = Metric::kL2});
//   membrane.Build(vectors);             // row i gets id i + 1
//   auto nearest = membrane.Search(query, 10, {});
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/engine/build.h"
#include "core/engine/calibrate.h"
#include "core/engine/insert_batch.h"
#include "core/engine/list_lengths.h"
#include "core/engine/search_cursor.h"
#include "core/host/memory_store.h"
#include "core/kernel/distance.h"

namespace pomai {

using Vector = std::vector<float>;

class MemorySorter : public EntrySorter {
 public:
  Status Put(const BuildEntry& entry) override {
    entries_.push_back({entry.partition,
                        entry.id,
                        {entry.record.begin(), entry.record.end()}});
    return Status::Ok();
  }
  Status Sort() override {
    std::sort(
        entries_.begin(), entries_.end(), [](const Stored& a, const Stored& b) {
          return std::pair(a.partition, a.id) < std::pair(b.partition, b.id);
        });
    return Status::Ok();
  }
  Result<bool> Next(BuildEntry* entry) override {
    if (next_ == entries_.size()) return false;
    const Stored& stored = entries_[next_++];
    *entry = BuildEntry{stored.partition, stored.id, stored.record};
    return true;
  }

 private:
  struct Stored {
    uint64_t partition;
    uint64_t id;
    std::vector<uint8_t> record;
  };
  std::vector<Stored> entries_;
  size_t next_ = 0;
};

// The table: rows by id. An empty vector is NULL.
class MemoryTable : public VectorSource {
 public:
  MemoryTable(Metric metric, const std::map<uint64_t, Vector>* rows,
              Vector query)
      : metric_(metric), rows_(rows), query_(std::move(query)) {}

  Status Measure(std::span<const uint64_t> ids,
                 std::span<ExactDistance> out) override {
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto row = rows_->find(ids[i]);
      out[i] = {};
      if (row == rows_->end()) continue;
      out[i].state = RowState::kNoDistance;
      if (row->second.empty()) continue;
      out[i].distance = kernel::Distance(metric_, query_.data(),
                                         row->second.data(), query_.size());
      if (!std::isnan(out[i].distance)) out[i].state = RowState::kFound;
    }
    return Status::Ok();
  }

 private:
  Metric metric_;
  const std::map<uint64_t, Vector>* rows_;
  Vector query_;
};

struct MembraneSpec {
  uint32_t dimensions = 32;
  Metric metric = Metric::kL2;
  uint32_t bits = 5;
  uint32_t shards = 1;
  uint32_t lists = 0;
};

class MemoryMembrane {
 public:
  explicit MemoryMembrane(const MembraneSpec& spec) {
    meta_.build_id = 77;
    meta_.rotation_seed = 5;
    meta_.dimensions = spec.dimensions;
    meta_.metric = spec.metric;
    meta_.bits = spec.bits;
    meta_.shards = spec.shards;
    meta_.lists = spec.lists;
    const Status status = CreateMembrane(store_.get(), meta_);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  void Build(const std::vector<Vector>& vectors) {
    const Status status = TryBuild(vectors);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  Status TryBuild(const std::vector<Vector>& vectors) {
    for (size_t i = 0; i < vectors.size(); ++i) rows_[i + 1] = vectors[i];
    SampleSet sample(meta_.shape().dimensions, 0, nullptr);
    POMAI_RETURN_IF_ERROR(FillSample(&sample));
    const uint32_t lists = ListsFor(meta_, vectors.size());
    Manifest manifest;
    CodebookRef codebook{0, 1, {}};
    Centroids centroids =
        UntrainedCentroids(meta_.shape().dimensions, meta_.metric);
    if (lists > 1) {
      TrainingOptions options;
      options.dimensions = meta_.shape().dimensions;
      options.lists = lists;
      options.metric = meta_.metric;
      options.central_share = CentralShareFor(meta_, vectors.size());
      POMAI_ASSIGN_OR_RETURN(centroids, Train(&sample, options));
      POMAI_ASSIGN_OR_RETURN(codebook,
                             StoreCodebook(store_.get(), &meta_, 1, centroids));
      manifest.codebooks.push_back(codebook);
    }
    MemorySorter sorter;
    BuildEncoder encoder(meta_, &centroids, &sorter);
    for (const auto& [id, vector] : rows_) {
      POMAI_RETURN_IF_ERROR(encoder.Add(id, vector));
    }
    POMAI_RETURN_IF_ERROR(encoder.Finish());
    POMAI_RETURN_IF_ERROR(sorter.Sort());
    manifest.max_squared_norm = encoder.max_squared_norm();
    POMAI_ASSIGN_OR_RETURN(manifest.segments,
                           WriteSegments(store_.get(), &meta_, codebook,
                                         encoder.counts(), &sorter, nullptr));
    POMAI_ASSIGN_OR_RETURN(auto view, MakeView(store_.get(), PageLock::kPin,
                                               meta_, manifest, nullptr));
    NoteCalibration(*view, &manifest);
    POMAI_ASSIGN_OR_RETURN(
        view, MakeView(store_.get(), PageLock::kPin, meta_, manifest, nullptr));
    POMAI_ASSIGN_OR_RETURN(
        manifest.calibration,
        Calibrate(store_.get(), PageLock::kPin, view, &sample, {}));
    return PublishBuild(store_.get(), &meta_, manifest);
  }

  Status Insert(uint64_t id, const Vector& vector) {
    InsertBatch batch;
    batch.Add(id, vector);
    const Status status = Apply(&batch);
    if (status.ok()) rows_[id] = vector;
    return status;
  }

  Status Apply(InsertBatch* batch) {
    InsertOutcome outcome;
    return batch->Apply(store_.get(), PageLock::kPin, &*cache_, 1, &outcome);
  }

  Result<Snapshot> TakeSnapshot() {
    return pomai::TakeSnapshot(store_.get(), PageLock::kPin, &*cache_, 1);
  }

  // The first `limit` hits.
  Result<std::vector<SearchCursor::Hit>> TrySearch(
      const Vector& query, size_t limit, const SearchOptions& options) {
    POMAI_ASSIGN_OR_RETURN(Snapshot snapshot, TakeSnapshot());
    MemoryTable table(snapshot.view->meta.metric, &rows_, query);
    POMAI_ASSIGN_OR_RETURN(
        auto cursor,
        SearchCursor::Open(store_.get(), PageLock::kPin, std::move(snapshot),
                           query, options, &table));
    std::vector<SearchCursor::Hit> hits;
    while (hits.size() < limit) {
      SearchCursor::Hit hit;
      POMAI_ASSIGN_OR_RETURN(const bool more, cursor->Next(&hit));
      EXPECT_EQ(store_->guards(), 0);
      if (!more) break;
      hits.push_back(hit);
    }
    stats_ = cursor->stats();
    return hits;
  }

  std::vector<SearchCursor::Hit> Search(const Vector& query, size_t limit,
                                        const SearchOptions& options = {}) {
    auto hits = TrySearch(query, limit, options);
    EXPECT_TRUE(hits.ok()) << hits.status().ToString();
    return hits.ok() ? *hits : std::vector<SearchCursor::Hit>();
  }

  // The ids of the k nearest rows by brute force.
  std::vector<uint64_t> Exact(const Vector& query, size_t k) const {
    std::vector<std::pair<double, uint64_t>> all;
    for (const auto& [id, vector] : rows_) {
      if (vector.empty()) continue;
      const double distance = kernel::Distance(meta_.metric, query.data(),
                                               vector.data(), query.size());
      if (!std::isnan(distance)) all.emplace_back(distance, id);
    }
    const auto end = all.begin() + static_cast<long>(std::min(k, all.size()));
    std::partial_sort(all.begin(), end, all.end());
    all.erase(end, all.end());
    std::vector<uint64_t> ids;
    for (const auto& row : all) ids.push_back(row.second);
    return ids;
  }

  // Mean recall@k over `queries`.
  double Recall(const std::vector<Vector>& queries, size_t k,
                const SearchOptions& options) {
    size_t found = 0;
    for (const Vector& query : queries) {
      const auto truth = Exact(query, k);
      for (const auto& hit : Search(query, k, options)) {
        found +=
            static_cast<size_t>(std::count(truth.begin(), truth.end(), hit.id));
      }
    }
    return static_cast<double>(found) / static_cast<double>(queries.size() * k);
  }

  MemoryStore* store() { return store_.get(); }
  void ReplaceStore(std::unique_ptr<MemoryStore> store) {
    store_ = std::move(store);
    cache_.emplace();
  }
  std::map<uint64_t, Vector>& rows() { return rows_; }
  const SearchStats& stats() const { return stats_; }
  ViewCache* cache() { return &*cache_; }

 private:
  Status FillSample(SampleSet* sample) {
    if (meta_.dimensions == 0) return Status::Ok();
    Preparation preparation(
        meta_.metric, std::make_shared<const Rotation>(meta_.dimensions,
                                                       meta_.rotation_seed));
    Vector prepared(preparation.padded());
    for (const auto& [id, vector] : rows_) {
      if (vector.empty() ||
          !preparation.Apply(vector.data(), prepared.data())) {
        continue;
      }
      POMAI_RETURN_IF_ERROR(sample->Add(id, prepared.data()));
    }
    return Status::Ok();
  }

  std::unique_ptr<MemoryStore> store_ = std::make_unique<MemoryStore>();
  MetaPage meta_;
  std::optional<ViewCache> cache_{std::in_place};
  std::map<uint64_t, Vector> rows_;
  SearchStats stats_;
};

// `count` vectors around `clusters` centres; clusters of different sizes and
// widths, as real embeddings have.
inline std::vector<Vector> ClusteredVectors(uint32_t count, uint32_t dimensions,
                                            uint32_t clusters, uint64_t seed) {
  Random centre_random(999);  // the same centres for every seed
  const auto gaussian = [](Random* random) {
    const double u = 1 - random->Uniform();
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * random->Uniform());
  };
  std::vector<Vector> centres(clusters, Vector(dimensions));
  for (Vector& centre : centres) {
    for (float& x : centre) x = static_cast<float>(gaussian(&centre_random));
  }
  Random random(seed);
  std::vector<Vector> vectors(count, Vector(dimensions));
  for (Vector& vector : vectors) {
    const double u = random.Uniform();
    const auto cluster = static_cast<size_t>(u * u * clusters);
    const double width = 0.3 + 0.5 * static_cast<double>(cluster) / clusters;
    for (uint32_t i = 0; i < dimensions; ++i) {
      vector[i] =
          centres[cluster][i] + static_cast<float>(width * gaussian(&random));
    }
  }
  return vectors;
}

}  // namespace pomai
