#include "core/engine/build.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "core/base/fault_point.h"
#include "core/kernel/distance.h"
#include "core/segment/segment_writer.h"

namespace pomai {
namespace {

// Rows the assigner gets at once.
constexpr size_t kBatchRows = 512;
// And no more floats: the table's scan polls between batches.
constexpr size_t kBatchFloats = size_t{1} << 20;

// New pages in one run, under the next allocation id.
Result<Extent> Allocate(PageStore* store, MetaPage* meta, PageKind kind,
                        uint32_t pages) {
  POMAI_ASSIGN_OR_RETURN(const BlockNumber first, store->Extend(pages));
  return Extent{meta->next_allocation_id++, kind, {{first, pages}}};
}

Status WriteShardPages(PageStore* store, const MetaPage& meta,
                       uint64_t codebook_version) {
  for (uint32_t shard = 0; shard < meta.shards; ++shard) {
    std::vector<uint8_t> page(kPageSize);
    InitShardPage(page.data(), shard, codebook_version);
    POMAI_RETURN_IF_ERROR(store->WriteNew(ShardBlock(shard), page.data()));
  }
  return Status::Ok();
}

Status WriteMetaPage(PageStore* store, const MetaPage& meta) {
  std::vector<uint8_t> page(kPageSize);
  meta.Encode(page.data());
  return store->WriteNew(kMetaBlock, page.data());
}

// Hands the sorted entries over shard by shard.
class EntryStream {
 public:
  explicit EntryStream(EntrySorter* sorter) : sorter_(sorter) {}

  // Writes the next `rows` entries, all of `shard`, with `writer`, whose lists
  // begin with `first_list`.
  Status Write(uint32_t shard, uint32_t first_list, uint64_t rows,
               SegmentWriter* writer,
               const std::function<void(uint64_t)>& progress) {
    for (uint64_t i = 0; i < rows; ++i) {
      BuildEntry entry{};
      POMAI_ASSIGN_OR_RETURN(const bool more, sorter_->Next(&entry));
      if (!more || entry.partition >> 32 != shard) {
        return Status::Internal("a shard has fewer entries than were counted");
      }
      POMAI_RETURN_IF_ERROR(
          writer->Add(static_cast<uint32_t>(entry.partition) - first_list,
                      entry.id, entry.record));
      if (++written_ % kBatchRows == 0 && progress) progress(written_);
    }
    return Status::Ok();
  }

 private:
  EntrySorter* sorter_;
  uint64_t written_ = 0;
};

// Rows of the lists from `*list` on that make a piece, and, with the last list,
// of rows without distance. Moves `*list` behind them.
std::vector<uint32_t> TakePiece(std::span<const uint32_t> list_rows,
                                uint64_t piece_rows, uint32_t* list) {
  const auto lists = static_cast<uint32_t>(list_rows.size() - 1);
  std::vector<uint32_t> taken;
  uint64_t left = 0;
  for (uint32_t i = *list; i < lists; ++i) left += list_rows[i];
  for (uint64_t rows = 0; *list < lists && (rows < piece_rows || left == 0);) {
    taken.push_back(list_rows[*list]);
    rows += list_rows[*list];
    left -= list_rows[*list];
    ++*list;
  }
  taken.push_back(*list == lists ? list_rows[lists] : 0);
  return taken;
}

}  // namespace

Status CreateMembrane(PageStore* store, const MetaPage& meta) {
  POMAI_ASSIGN_OR_RETURN(const BlockNumber first,
                         store->Extend(1 + meta.shards));
  if (first != kMetaBlock) {
    return Status::Internal("a new index starts at block " +
                            std::to_string(first));
  }
  POMAI_RETURN_IF_ERROR(WriteMetaPage(store, meta));
  return WriteShardPages(store, meta, 0);
}

SampleSet::SampleSet(uint32_t dimensions, size_t memory, Scratch* scratch)
    : dimensions_(dimensions),
      rows_in_memory_(scratch == nullptr
                          ? UINT64_MAX
                          : memory / (dimensions * sizeof(float))),
      scratch_(scratch) {}

Status SampleSet::Add(uint64_t id, const float* row) {
  ids_.push_back(id);
  if (ids_.size() <= rows_in_memory_) {
    memory_rows_.insert(memory_rows_.end(), row, row + dimensions_);
    return Status::Ok();
  }
  return scratch_->Append(row, dimensions_ * sizeof(float));
}

Result<const float*> SampleSet::Rows(uint64_t first, uint32_t count) {
  if (first + count <= rows_in_memory_) {
    return memory_rows_.data() + first * dimensions_;
  }
  buffer_.resize(size_t{count} * dimensions_);
  const uint64_t in_memory =
      first < rows_in_memory_ ? rows_in_memory_ - first : 0;
  std::copy_n(memory_rows_.begin() + static_cast<long>(first * dimensions_),
              in_memory * dimensions_, buffer_.begin());
  const size_t row_bytes = dimensions_ * sizeof(float);
  POMAI_RETURN_IF_ERROR(
      scratch_->ReadAt((first + in_memory - rows_in_memory_) * row_bytes,
                       buffer_.data() + in_memory * dimensions_,
                       (count - in_memory) * row_bytes));
  return static_cast<const float*>(buffer_.data());
}

BuildEncoder::BuildEncoder(const MetaPage& meta, const Centroids* centroids,
                           EntrySorter* sorter)
    : meta_(meta),
      shape_(meta.shape()),
      centroids_(centroids),
      sorter_(sorter),
      batch_rows_(std::clamp<size_t>(
          kBatchFloats / std::max(shape_.dimensions, 1u), 64, kBatchRows)),
      batch_(batch_rows_ * shape_.dimensions),
      lists_(batch_rows_),
      record_(shape_.record_size()),
      counts_(size_t{meta.shards} * (centroids->list_count() + 1)) {
  if (meta.dimensions == 0) return;
  preparation_.emplace(meta.metric, std::make_shared<const Rotation>(
                                        meta.dimensions, meta.rotation_seed));
  assigner_.emplace(centroids);
  encoder_.emplace(shape_);
}

Status BuildEncoder::Add(uint64_t id, std::span<const float> vector) {
  if (!vector.empty() && vector.size() != meta_.dimensions) {
    return Status::InvalidArgument(
        "expected " + std::to_string(meta_.dimensions) + " dimensions, not " +
        std::to_string(vector.size()));
  }
  float* to = batch_.data() + batch_ids_.size() * shape_.dimensions;
  if (!vector.empty() && preparation_->Apply(vector.data(), to)) {
    batch_ids_.push_back(id);
    return batch_ids_.size() == batch_rows_ ? Drain() : Status::Ok();
  }
  const uint32_t list = centroids_->list_count();
  const uint64_t shard = id % meta_.shards;
  ++counts_[shard * (list + 1) + list];
  return sorter_->Put({shard << 32 | list, id, {}});
}

Status BuildEncoder::Finish() { return Drain(); }

Status BuildEncoder::Drain() {
  if (batch_ids_.empty()) return Status::Ok();
  const uint32_t list_slots = centroids_->list_count() + 1;
  const uint32_t dimensions = shape_.dimensions;
  assigner_->Assign(batch_.data(), static_cast<uint32_t>(batch_ids_.size()),
                    lists_.data());
  for (size_t i = 0; i < batch_ids_.size(); ++i) {
    const float* vector = batch_.data() + i * dimensions;
    const uint32_t list = lists_[i];
    const float* centroid =
        centroids_->lists.data() + size_t{list} * dimensions;
    max_squared_norm_ = std::max(
        max_squared_norm_, kernel::InnerProduct(vector, vector, dimensions));
    encoder_->Encode(vector, centroid, record_.data());
    const uint64_t shard = batch_ids_[i] % meta_.shards;
    ++counts_[shard * list_slots + list];
    POMAI_RETURN_IF_ERROR(
        sorter_->Put({shard << 32 | list, batch_ids_[i], record_}));
  }
  batch_ids_.clear();
  return Status::Ok();
}

Result<CodebookRef> StoreCodebook(PageStore* store, MetaPage* meta,
                                  uint64_t version,
                                  const Centroids& centroids) {
  CodebookRef ref{version, centroids.list_count(), {}};
  POMAI_ASSIGN_OR_RETURN(ref.extent, Allocate(store, meta, PageKind::kCodebook,
                                              Codebook::PageCount(centroids)));
  POMAI_RETURN_IF_ERROR(Codebook::Store(store, ref.extent, version, centroids));
  return ref;
}

Result<std::vector<SegmentRef>> WriteSegments(
    PageStore* store, MetaPage* meta, const CodebookRef& codebook,
    std::span<const uint32_t> counts, EntrySorter* sorter,
    const std::function<void(uint64_t)>& progress) {
  const size_t list_slots = codebook.lists + size_t{1};
  const uint64_t rows =
      std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  const uint64_t piece = PieceRows(meta->shape(), rows);
  std::vector<SegmentRef> segments;
  EntryStream stream(sorter);
  for (uint32_t shard = 0; shard < meta->shards; ++shard) {
    const auto all = counts.subspan(shard * list_slots, list_slots);
    for (uint32_t list = 0; list < codebook.lists;) {
      const uint32_t first_list = list;
      const std::vector<uint32_t> list_rows = TakePiece(all, piece, &list);
      if (std::all_of(list_rows.begin(), list_rows.end(),
                      [](uint32_t count) { return count == 0; })) {
        continue;
      }
      SegmentRef ref = SegmentWriter::Plan(
          meta->shape(), shard, codebook.version, first_list, list_rows);
      POMAI_ASSIGN_OR_RETURN(ref.extent,
                             Allocate(store, meta, PageKind::kSegment,
                                      SegmentWriter::PlannedPages(ref)));
      SegmentWriter writer(store, meta->shape(), &ref, list_rows);
      POMAI_RETURN_IF_ERROR(
          stream.Write(shard, first_list, ref.rows, &writer, progress));
      POMAI_RETURN_IF_ERROR(writer.Finish());
      ref.squared_residuals = writer.squared_residuals();
      segments.push_back(std::move(ref));
    }
  }
  return segments;
}

Status PublishBuild(PageStore* store, MetaPage* meta, Manifest manifest) {
  POMAI_FAULT_STEP("build");
  manifest.sequence = ++meta->sequence;
  const std::vector<uint8_t> bytes = manifest.Encode();
  POMAI_ASSIGN_OR_RETURN(
      Extent extent,
      Allocate(store, meta, PageKind::kManifest, PagesFor(bytes.size())));
  POMAI_RETURN_IF_ERROR(Manifest::Store(store, extent, bytes));
  POMAI_FAULT_POINT("manifest-written");
  meta->manifest_id = extent.id;
  meta->manifest_block = extent.runs[0].first;
  meta->manifest_pages = extent.runs[0].count;
  meta->manifest_bytes = static_cast<uint32_t>(bytes.size());
  POMAI_RETURN_IF_ERROR(
      WriteShardPages(store, *meta, manifest.current_codebook()));
  return WriteMetaPage(store, *meta);
}

}  // namespace pomai
