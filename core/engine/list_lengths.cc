#include "core/engine/list_lengths.h"

#include <algorithm>

#include "core/engine/defaults.h"

namespace pomai {
namespace {

// A table that grows evenly reaches it at 2.25 times its size: lists grow as
// the square root of the rows.
constexpr double kMostScannedRatio = 1.5;
constexpr double kMostResidualRatio = 1.15;
constexpr double kMostCalibratedGrowth = 1.3;
// Below this, codes are too coarse to train on.
constexpr uint32_t kLeastBits = 3;
// Of fewer lists a search scans a good part in any case.
constexpr uint32_t kFewestWithCentral = 128;
// Of the codes that a search scans in any case.
constexpr double kCentralPart = 1.0 / 16;

template <typename Visitor>
void ForEachCurrentSegment(const View& view, const Visitor& visit) {
  const Manifest& manifest = view.manifest;
  for (size_t i = 0; i < manifest.segments.size(); ++i) {
    if (manifest.segments[i].codebook_version == manifest.current_codebook()) {
      visit(manifest.segments[i], view.directories[i]);
    }
  }
}

}  // namespace

double RowsOfARowsList(const View& view) {
  const Codebook* codebook = view.current_codebook();
  if (codebook == nullptr) return 0;
  std::vector<uint64_t> lengths(codebook->list_count());
  ForEachCurrentSegment(view, [&](const SegmentRef& ref,
                                  const SegmentDirectory& directory) {
    for (uint32_t list = ref.first_live_list(); list < ref.end_list(); ++list) {
      lengths[list] += directory.List(list).rows;
    }
  });
  double rows = 0, squares = 0;
  for (const uint64_t length : lengths) {
    rows += static_cast<double>(length);
    squares += static_cast<double>(length) * static_cast<double>(length);
  }
  return rows == 0 ? 0 : squares / rows;
}

double MeanSquaredResidual(const View& view) {
  double rows = 0, squares = 0;
  ForEachCurrentSegment(
      view, [&](const SegmentRef& ref, const SegmentDirectory&) {
        rows += static_cast<double>(ref.rows - ref.rows_without_distance);
        squares += ref.squared_residuals;
      });
  return rows == 0 ? 0 : squares / rows;
}

uint64_t CodedRows(const View& view) {
  uint64_t rows = 0;
  for (const SegmentDirectory& directory : view.directories) {
    rows += directory.live_rows() - directory.WithoutDistance().rows;
  }
  return rows;
}

void NoteCalibration(const View& view, Manifest* manifest) {
  manifest->calibrated_rows = CodedRows(view);
  if (manifest->calibrated_codebook == manifest->current_codebook()) return;
  manifest->calibrated_codebook = manifest->current_codebook();
  // A build calibrates what it has trained.
  if (manifest->trained_rows == 0) {
    manifest->trained_rows = manifest->calibrated_rows;
  }
  // Lists have grown as the rows have since it was trained.
  const double growth =
      static_cast<double>(std::max<uint64_t>(manifest->calibrated_rows, 1)) /
      static_cast<double>(std::max<uint64_t>(manifest->trained_rows, 1));
  manifest->trained_list_rows =
      static_cast<float>(RowsOfARowsList(view) / growth);
  manifest->mean_squared_residual =
      static_cast<float>(MeanSquaredResidual(view));
}

bool CalibrationIsOutgrown(const View& view) {
  const Manifest& manifest = view.manifest;
  if (manifest.calibrated_codebook == 0) return false;
  // Never without rows, however few it was calibrated with.
  return static_cast<double>(CodedRows(view)) >
         kMostCalibratedGrowth * static_cast<double>(manifest.calibrated_rows);
}

uint32_t ListsFor(const MetaPage& meta, uint64_t rows) {
  return meta.lists != 0 ? meta.lists : AutomaticLists(rows);
}

double CentralShareFor(const MetaPage& meta, uint64_t rows) {
  // The nearest by inner product are long rows, not those about the mean.
  if (meta.metric == Metric::kInnerProduct) return 0;
  if (ListsFor(meta, rows) < kFewestWithCentral || meta.bits < kLeastBits) {
    return 0;
  }
  const uint64_t codes = LeastCodes(meta.shape().dimensions);
  return kCentralPart * static_cast<double>(codes) /
         static_cast<double>(std::max(rows, codes));
}

bool CodebookIsOutgrown(const View& view) {
  const Manifest& manifest = view.manifest;
  const Codebook* codebook = view.current_codebook();
  if (codebook == nullptr || codebook->version() == 0) return false;
  if (view.meta.bits < kLeastBits || manifest.trained_rows == 0) return false;
  const uint64_t rows = CodedRows(view);
  const double growth =
      static_cast<double>(rows) / static_cast<double>(manifest.trained_rows);
  // By the lists that were asked for: rows of few values get fewer, each time.
  const double more_lists =
      static_cast<double>(ListsFor(view.meta, rows)) /
      static_cast<double>(ListsFor(view.meta, manifest.trained_rows));
  // Of one that is still being moved to nothing else is known.
  if (manifest.calibrated_codebook != codebook->version() ||
      manifest.trained_list_rows == 0) {
    return more_lists >= kMostScannedRatio;
  }
  const double fresh = manifest.trained_list_rows * growth / more_lists;
  if (RowsOfARowsList(view) >= kMostScannedRatio * fresh) return true;
  // Rows of few values have no residuals, before and after.
  return MeanSquaredResidual(view) >
         kMostResidualRatio * manifest.mean_squared_residual;
}

}  // namespace pomai
