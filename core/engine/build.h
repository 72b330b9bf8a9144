// Building an index from all rows of a table at once.
//
//   leader                                    every process
//   CreateMembrane(store, params)
//   SampleSet sample(...); sample.Add(...)
//   Train(&sample, ...); StoreCodebook(...)
//                                             BuildEncoder encoder(...)
//                                             encoder.Add(id, vector) ...
//                                             encoder.Finish(); sorter->Sort()
//   WriteSegments(...)
//   Calibrate(...)
//   PublishBuild(...)
//
// Until PublishBuild the index is empty: meta page and shard pages, no
// manifest. An index whose table has too few rows to train on goes through the
// same steps with UntrainedCentroids.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/codebook/assigner.h"
#include "core/codebook/training.h"
#include "core/engine/preparation.h"
#include "core/engine/snapshot.h"
#include "core/host/scratch.h"
#include "core/rabitq/code.h"

namespace pomai {

// Writes meta page and shard pages of an empty index into an empty store.
// `meta`: build_id, rotation_seed, dimensions, bits, metric, shards, lists set.
Status CreateMembrane(PageStore* store, const MetaPage& meta);

// Rows drawn for training, prepared; in memory up to `memory` bytes, the rest
// in scratch. Which rows are drawn is the caller's choice.
class SampleSet : public TrainingSample {
 public:
  // `scratch` may be null while everything fits `memory`.
  SampleSet(uint32_t dimensions, size_t memory, Scratch* scratch);

  // `row`: `dimensions` floats, prepared.
  Status Add(uint64_t id, const float* row);

  uint64_t size() const override { return ids_.size(); }
  uint64_t id(uint64_t row) const { return ids_[row]; }
  Result<const float*> Rows(uint64_t first, uint32_t count) override;

 private:
  uint32_t dimensions_;
  uint64_t rows_in_memory_;
  Scratch* scratch_;
  std::vector<uint64_t> ids_;
  std::vector<float> memory_rows_;
  std::vector<float> buffer_;
};

// Entries of one process on their way into the sorter. Batches a few hundred
// rows for the assigner.
class BuildEncoder {
 public:
  // `centroids` and `sorter` must outlive it. While meta.dimensions is 0 only
  // NULL vectors are legal.
  BuildEncoder(const MetaPage& meta, const Centroids* centroids,
               EntrySorter* sorter);

  // `vector`: meta.dimensions floats, or empty for NULL.
  Status Add(uint64_t id, std::span<const float> vector);
  // Hands over what is batched. Then counts() is final.
  Status Finish();
  // Rows per shard and list: shards x (lists + 1), the last of each shard for
  // rows without distance.
  const std::vector<uint32_t>& counts() const { return counts_; }
  float max_squared_norm() const { return max_squared_norm_; }

 private:
  Status Drain();

  MetaPage meta_;
  CodeShape shape_;
  const Centroids* centroids_;
  EntrySorter* sorter_;
  size_t batch_rows_;
  std::optional<Preparation> preparation_;
  std::optional<Assigner> assigner_;
  std::optional<Encoder> encoder_;
  std::vector<uint64_t> batch_ids_;
  std::vector<float> batch_;
  std::vector<uint32_t> lists_;
  std::vector<uint8_t> record_;
  std::vector<uint32_t> counts_;
  float max_squared_norm_ = 0;
};

// Writes `centroids` as codebook `version` into new pages. The result names
// them. Takes allocation ids from `meta`.
Result<CodebookRef> StoreCodebook(PageStore* store, MetaPage* meta,
                                  uint64_t version, const Centroids& centroids);

// Reads the sorted entries and writes each shard's rows into segments of some
// lists each, so that a later merge needs little space beside.
// `progress` gets rows written so far; may be empty.
Result<std::vector<SegmentRef>> WriteSegments(
    PageStore* store, MetaPage* meta, const CodebookRef& codebook,
    std::span<const uint32_t> counts, EntrySorter* sorter,
    const std::function<void(uint64_t)>& progress);

// Writes the manifest and names it on the meta page.
Status PublishBuild(PageStore* store, MetaPage* meta, Manifest manifest);

}  // namespace pomai
