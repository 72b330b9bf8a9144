#include "src/am/cost.h"

#include <algorithm>
#include <cmath>

#include "core/engine/snapshot.h"
#include "core/engine/stop_rule.h"
#include "src/am/callbacks.h"
#include "src/am/settings.h"
#include "src/host_pg/process_cache.h"
#include "src/host_pg/relation_store.h"
#include "src/pg/entry.h"
// Last.
#include "src/pg/server.h"

namespace pomai::am {
namespace {

// Rows of the first batch of a search, whose threshold tells how far it goes.
constexpr uint32_t kFirstBatch = 10;
// Meta page, shard page, tail directory: read by every scan.
constexpr double kPagesOfAnyScan = 3;
// Dimensions of work for which the planner's "operator" is the price: ranking
// compares int8 with int8, scanning looks 4 dimensions up at once.
constexpr double kRankDimensions = 100;
constexpr double kScanDimensions = 400;
// Exact distances and refinements for each row that is returned.
constexpr double kOperatorsARow = 6;

// The rows that a search for `kFirstBatch` rows scans: as many of them as
// searches did that the index was calibrated with.
double ProbedRows(const View& view, const ScanShape& shape) {
  if (settings::probes > 0) {
    return shape.rows * std::min(1.0, settings::probes / shape.lists);
  }
  const float codes =
      view.manifest.calibration.Codes(kFirstBatch, settings::target_recall);
  const auto calibrated = static_cast<double>(view.manifest.calibrated_rows);
  const double scanned = codes * shape.rows / std::max(calibrated, 1.0);
  const auto least =
      static_cast<double>(LeastCodes(static_cast<size_t>(shape.dimensions)));
  return std::min(shape.rows, std::max(scanned, least));
}

Status ReadShape(Relation index, ScanShape* shape) {
  RelationStore store(index);
  POMAI_ASSIGN_OR_RETURN(
      const pomai::Snapshot snapshot,
      TakeSnapshot(&store, SealedLock(), ProcessViewCache(), ViewKey(index)));
  const View& view = *snapshot.view;
  const auto sealed = static_cast<double>(view.manifest.segment_rows());
  // Tails are not counted: that would read them.
  const double tail = std::max(0.0, shape->rows - sealed);
  shape->rows = sealed + tail;
  if (!view.manifest.codebooks.empty()) {
    shape->lists = view.manifest.codebooks.back().lists;
  }
  shape->dimensions = std::max(1u, view.meta.dimensions);
  shape->probed_rows = ProbedRows(view, *shape);
  return Status::Ok();
}

// What the planner knows without looking into the index.
ScanShape ShapeFromPlanner(const IndexOptInfo& index) {
  ScanShape shape;
  shape.rows = std::max(1.0, index.tuples);
  shape.pages = std::max(1.0, static_cast<double>(index.pages));
  shape.probed_rows = std::min(shape.rows, 50 * std::sqrt(shape.rows));
  return shape;
}

ScanShape ShapeOf(const IndexOptInfo& info) {
  ScanShape shape = ShapeFromPlanner(info);
  if (info.hypothetical) return shape;
  Relation index = index_open(info.indexoid, NoLock);
  pg::Entry([&] {
    ScanShape read = shape;
    const Status status = ReadShape(index, &read);
    // A broken index shall not break the plans of other queries.
    if (status.code() == StatusCode::kHostError) return status;
    if (status.ok()) shape = read;
    return Status::Ok();
  });
  index_close(index, NoLock);
  return shape;
}

}  // namespace

ScanCost EstimateScan(const ScanShape& shape, double random_page,
                      double sequential_page) {
  const double share =
      std::clamp(shape.probed_rows / std::max(shape.rows, 1.0), 0.0, 1.0);
  const double lists_probed = std::max(1.0, std::ceil(share * shape.lists));
  const double pages_read = share * shape.pages;
  const double scan_a_row =
      cpu_operator_cost * shape.dimensions / kScanDimensions;
  const double rank =
      cpu_operator_cost * shape.lists * shape.dimensions / kRankDimensions;
  // A list's pages lie side by side; many lists share one.
  const double jumps = kPagesOfAnyScan + std::min(lists_probed, pages_read);
  ScanCost cost;
  cost.startup = jumps * random_page + pages_read * sequential_page + rank +
                 share * shape.rows * scan_a_row;
  cost.total =
      cost.startup + (shape.pages - pages_read) * sequential_page +
      (1 - share) * shape.rows * scan_a_row +
      shape.rows * (cpu_index_tuple_cost + kOperatorsARow * cpu_operator_cost);
  return cost;
}

}  // namespace pomai::am

extern "C" void pomai_cost_estimate(PlannerInfo* root, IndexPath* path,
                                    double loop_count, Cost* startup_cost,
                                    Cost* total_cost, Selectivity* selectivity,
                                    double* correlation, double* pages) {
  using namespace pomai::am;
  *correlation = 0;
  *pages = 0;
  if (path->indexorderbys == NIL) {
    *startup_cost = *total_cost = get_float8_infinity();
    *selectivity = 0;
    pomai::compat::DisablePath(&path->path);
    return;
  }
  GenericCosts generic = {};
  genericcostestimate(root, path, loop_count, &generic);
  double random_page = 0, sequential_page = 0;
  get_tablespace_page_costs(path->indexinfo->reltablespace, &random_page,
                            &sequential_page);
  const ScanCost cost =
      EstimateScan(ShapeOf(*path->indexinfo), random_page, sequential_page);
  *startup_cost = cost.startup;
  *total_cost = cost.total;
  *selectivity = generic.indexSelectivity;
  *pages = generic.numIndexPages;
}
