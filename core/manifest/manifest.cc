#include "core/manifest/manifest.h"

#include <string>

#include "core/base/coding.h"

namespace pomai {
namespace {

void PutRuns(std::vector<uint8_t>* bytes, const std::vector<BlockRun>& runs) {
  AppendFixed<uint32_t>(bytes, static_cast<uint32_t>(runs.size()));
  for (const BlockRun& run : runs) {
    AppendFixed<uint32_t>(bytes, run.first);
    AppendFixed<uint32_t>(bytes, run.count);
  }
}

void PutExtent(std::vector<uint8_t>* bytes, const Extent& extent) {
  AppendFixed<uint64_t>(bytes, extent.id);
  PutRuns(bytes, extent.runs);
}

void PutSegment(std::vector<uint8_t>* bytes, const SegmentRef& segment) {
  PutExtent(bytes, segment.extent);
  AppendFixed<uint32_t>(bytes, segment.shard);
  AppendFixed<uint32_t>(bytes, segment.first_list);
  AppendFixed<uint32_t>(bytes, segment.lists);
  AppendFixed<uint32_t>(bytes, segment.live_from);
  AppendFixed<uint64_t>(bytes, segment.codebook_version);
  AppendFixed<uint64_t>(bytes, segment.rows);
  AppendFixed<uint64_t>(bytes, segment.rows_without_distance);
  AppendFixed<double>(bytes, segment.squared_residuals);
  for (uint32_t number :
       {segment.blocks, segment.directory_page, segment.blocks_page,
        segment.refine_page, segment.ids_page, segment.dead_page}) {
    AppendFixed<uint32_t>(bytes, number);
  }
}

void PutCalibration(std::vector<uint8_t>* bytes, const Calibration& grid) {
  AppendFixed<uint32_t>(bytes, static_cast<uint32_t>(grid.ks.size()));
  AppendFixed<uint32_t>(bytes, static_cast<uint32_t>(grid.targets.size()));
  for (uint32_t k : grid.ks) AppendFixed<uint32_t>(bytes, k);
  for (float target : grid.targets) AppendFixed<float>(bytes, target);
  for (float tau : grid.taus) AppendFixed<float>(bytes, tau);
  for (float codes : grid.codes) AppendFixed<float>(bytes, codes);
}

}  // namespace

uint64_t Manifest::segment_rows() const {
  uint64_t rows = 0;
  for (const SegmentRef& segment : segments) rows += segment.rows;
  return rows;
}

std::vector<uint8_t> Manifest::Encode() const {
  std::vector<uint8_t> bytes;
  AppendFixed<uint64_t>(&bytes, sequence);
  AppendFixed<uint64_t>(&bytes, trained_rows);
  AppendFixed<float>(&bytes, max_squared_norm);
  AppendFixed<float>(&bytes, mean_squared_residual);
  AppendFixed<float>(&bytes, trained_list_rows);
  AppendFixed<uint64_t>(&bytes, calibrated_codebook);
  AppendFixed<uint64_t>(&bytes, calibrated_rows);
  AppendFixed<uint32_t>(&bytes, static_cast<uint32_t>(codebooks.size()));
  for (const CodebookRef& codebook : codebooks) {
    AppendFixed<uint64_t>(&bytes, codebook.version);
    AppendFixed<uint32_t>(&bytes, codebook.lists);
    PutExtent(&bytes, codebook.extent);
  }
  AppendFixed<uint32_t>(&bytes, static_cast<uint32_t>(segments.size()));
  for (const SegmentRef& segment : segments) PutSegment(&bytes, segment);
  PutCalibration(&bytes, calibration);
  AppendFixed<uint32_t>(&bytes, static_cast<uint32_t>(retired.size()));
  for (const RetiredPages& pages : retired) {
    AppendFixed<uint64_t>(&bytes, pages.horizon);
    PutRuns(&bytes, pages.runs);
  }
  return bytes;
}

Status Manifest::Store(PageStore* store, const Extent& extent,
                       std::span<const uint8_t> bytes) {
  ExtentStream stream(store, &extent, 0);
  POMAI_RETURN_IF_ERROR(stream.Append(bytes.data(), bytes.size()));
  return stream.Finish();
}

Result<Manifest> Manifest::Load(PageStore* store, const MetaPage& meta,
                                PageLock lock) {
  if (meta.manifest_id == 0) return Manifest();
  const Extent extent = meta.manifest_extent();
  ExtentReader reader(store, &extent, lock);
  POMAI_ASSIGN_OR_RETURN(const uint8_t* bytes,
                         reader.At(0, meta.manifest_bytes));
  const std::string place =
      "manifest at block " + std::to_string(meta.manifest_block) + ": ";
  Result<Manifest> manifest = Decode({bytes, meta.manifest_bytes});
  if (!manifest.ok()) {
    return Status::Corruption(place + std::string(manifest.status().message()));
  }
  if (manifest->sequence != meta.sequence) {
    return Status::Corruption(place + "expected sequence " +
                              std::to_string(meta.sequence) + ", found " +
                              std::to_string(manifest->sequence));
  }
  return manifest;
}

}  // namespace pomai
