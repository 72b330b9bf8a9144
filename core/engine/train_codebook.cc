// TrainCodebook, SwitchShards, CalibrateCodebook: from one codebook to the
// next.

#include <algorithm>

#include "core/base/fault_point.h"
#include "core/engine/calibrate.h"
#include "core/engine/code_sample.h"
#include "core/engine/list_lengths.h"
#include "core/engine/maintenance_steps.h"
#include "core/kernel/distance.h"

namespace pomai {
namespace {

constexpr uint64_t kTrainingSeed = 0x706f6d6169726574u;
// A sample that does not fit into memory is made smaller, not spilled; it
// has this many rows a list at least.
constexpr uint64_t kLeastSampleRows = 8;

uint64_t RowsOf(const Space& space) {
  const View& view = *space.snapshot().view;
  uint64_t rows = 0;
  for (const auto& directory : view.directories) rows += directory.live_rows();
  for (const TailState& tail : space.tails()) rows += tail.rows();
  return rows;
}

uint64_t CodedRowsOf(const Space& space) {
  uint64_t rows = CodedRows(*space.snapshot().view);
  for (const TailState& tail : space.tails()) rows += tail.coded_rows();
  return rows;
}

uint64_t SampleRows(const MaintenanceHost& host, uint32_t dimensions,
                    uint64_t lists) {
  const uint64_t fit = host.memory / (dimensions * sizeof(float));
  return std::clamp(fit, lists * kLeastSampleRows,
                    lists * SampleRowsPerList(dimensions));
}

// The first shards whose inserts are encoded under another codebook than
// `version`.
std::vector<uint32_t> ShardsToSwitch(const Space& space, uint64_t version) {
  std::vector<uint32_t> shards;
  for (uint32_t shard = 0; shard < space.tails().size(); ++shard) {
    if (space.tails()[shard].head.codebook_version == version) continue;
    shards.push_back(shard);
    if (shards.size() == Space::kMaxSwitchedShards) break;
  }
  return shards;
}

Result<CodebookRef> StoreCodebookIn(const MaintenanceHost& host, Space* space,
                                    uint64_t version,
                                    const Centroids& centroids) {
  CodebookRef ref{version, centroids.list_count(), {}};
  POMAI_ASSIGN_OR_RETURN(
      ref.extent,
      space->Allocate(PageKind::kCodebook, Codebook::PageCount(centroids)));
  POMAI_RETURN_IF_ERROR(
      Codebook::Store(host.store, ref.extent, version, centroids));
  return ref;
}

}  // namespace

Status TrainCodebook(const MaintenanceHost& host, Space* space) {
  POMAI_FAULT_STEP("train");
  const View& view = *space->snapshot().view;
  const uint32_t dimensions = view.meta.shape().dimensions;
  const uint64_t rows = RowsOf(*space);
  const uint32_t lists = ListsFor(view.meta, rows);
  const uint64_t wanted = SampleRows(host, dimensions, lists);
  SampleSet set(dimensions, 0, nullptr);
  CodeSample sample(
      host, *space,
      static_cast<double>(wanted) / static_cast<double>(std::max(rows, wanted)),
      CodeSample::Part::kTraining);
  POMAI_RETURN_IF_ERROR(sample.Draw(&set));
  // All rows are NULL or gone.
  if (set.size() == 0) return Status::Ok();
  TrainingOptions options;
  options.dimensions = dimensions;
  options.lists = lists;
  options.metric = view.meta.metric;
  options.seed = kTrainingSeed;
  options.central_share = CentralShareFor(view.meta, rows);
  options.poll = [&host] { return host.store->Poll(); };
  options.progress = [&host](uint64_t done, uint64_t total) {
    host.Report("training", done, total);
  };
  POMAI_ASSIGN_OR_RETURN(const Centroids centroids, Train(&set, options));
  Publication next(view.manifest);
  const uint64_t version = view.manifest.current_codebook() + 1;
  POMAI_ASSIGN_OR_RETURN(CodebookRef ref,
                         StoreCodebookIn(host, space, version, centroids));
  next.manifest.codebooks.push_back(std::move(ref));
  next.manifest.trained_rows = CodedRowsOf(*space);
  next.switched_shards = ShardsToSwitch(*space, version);
  return space->Publish(std::move(next));
}

Status SwitchShards(const MaintenanceHost&, Space* space) {
  POMAI_FAULT_STEP("switch");
  Publication next(space->snapshot().view->manifest);
  next.switched_shards =
      ShardsToSwitch(*space, next.manifest.current_codebook());
  return space->Publish(std::move(next));
}

Status CalibrateCodebook(const MaintenanceHost& host, Space* space) {
  POMAI_FAULT_STEP("calibrate");
  const View& view = *space->snapshot().view;
  const CalibrationOptions defaults;
  SampleSet queries(view.meta.shape().dimensions, 0, nullptr);
  const double expected =
      static_cast<double>(RowsOf(*space)) / CodeSample::kCalibrationPart;
  CodeSample sample(host, *space, 2.0 * defaults.queries / (expected + 1),
                    CodeSample::Part::kCalibration);
  POMAI_RETURN_IF_ERROR(sample.Draw(&queries));
  Publication next(view.manifest);
  Manifest& manifest = next.manifest;
  for (size_t i = 0; i + 1 < manifest.codebooks.size(); ++i) {
    next.retired.push_back(manifest.codebooks[i].extent);
  }
  manifest.codebooks.erase(manifest.codebooks.begin(),
                           manifest.codebooks.end() - 1);
  const uint32_t dimensions = view.meta.shape().dimensions;
  for (uint64_t i = 0; i < queries.size(); ++i) {
    POMAI_ASSIGN_OR_RETURN(const float* row, queries.Rows(i, 1));
    manifest.max_squared_norm = std::max(
        manifest.max_squared_norm, kernel::InnerProduct(row, row, dimensions));
  }
  NoteCalibration(view, &manifest);
  POMAI_ASSIGN_OR_RETURN(auto next_view, MakeView(host.store, host.sealed,
                                                  view.meta, manifest, &view));
  CalibrationOptions options;
  options.progress = [&host](uint64_t done, uint64_t total) {
    host.Report("calibrating", done, total);
  };
  POMAI_ASSIGN_OR_RETURN(
      manifest.calibration,
      Calibrate(host.store, host.sealed, next_view, &queries, options));
  return space->Publish(std::move(next));
}

}  // namespace pomai
