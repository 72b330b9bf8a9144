// BuildShare: what one process does of a build's main pass: it scans its share
// of the table, encodes the rows and sorts them.
//
//   BuildShare share(&scan, build, &sorter, &rows_done);
//   POMAI_RETURN_IF_ERROR(share.Run(parallel_scan, true));
//   ... share.encoder().counts(), share.totals()
//
// Backend thread, of the leader or of a parallel worker.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/engine/build.h"
#include "src/am/build_scan.h"

namespace pomai::am {

// What the main pass of a build has to know, the same in every process.
struct BuildPlan {
  MetaPage meta;
  CodebookRef codebook;  // version 0: untrained
  uint64_t expected_rows = 0;
};

// Sums over the rows of one process or of all. Plain bytes: they lie in shared
// memory.
struct BuildTotals {
  double table_rows = 0;
  double index_rows = 0;
  float max_squared_norm = 0;
  bool broken_hot_chain = false;

  void Add(const BuildTotals& other);
};

class BuildShare {
 public:
  // `rows_done` counts the rows of all processes for the progress view.
  // Everything must outlive the share.
  BuildShare(BuildScan* scan, const BuildPlan& plan, const Centroids* centroids,
             EntrySorter* sorter, std::atomic<uint64_t>* rows_done)
      : scan_(scan),
        encoder_(plan.meta, centroids, sorter),
        sorter_(sorter),
        rows_done_(rows_done) {}

  // With `parallel_scan` null every row. `report`: this process shows the
  // progress.
  Status Run(TableScanDesc parallel_scan, bool report);

  // Rows per shard and list, as BuildEncoder::counts().
  const std::vector<uint32_t>& counts() const { return encoder_.counts(); }
  const BuildTotals& totals() const { return totals_; }

 private:
  BuildScan* scan_;
  BuildEncoder encoder_;
  EntrySorter* sorter_;
  std::atomic<uint64_t>* rows_done_;
  BuildTotals totals_;
};

}  // namespace pomai::am
