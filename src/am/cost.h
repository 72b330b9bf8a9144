// Cost: what the planner is told of a scan.
//
//   ScanCost cost = EstimateScan(shape, PageCosts());
//
// The server adds the heap's pages and rows to the total, and takes of a query
// with LIMIT the startup and its share of the rest. So the startup is a whole
// search for the first rows; the total is a walk through all rows, nearest
// first, which is what a filter that lets few rows through leads to.
//
// Units are those of the planner. Pure but for reading the server's settings;
// in a backend.
#pragma once

#include <cstdint>

#include "src/pg/server.h"

namespace pomai::am {

// What a scan's cost depends on.
struct ScanShape {
  double rows = 0;   // in the index
  double pages = 0;  // of the index
  double lists = 1;
  double dimensions = 1;
  double probed_rows = 0;  // whose codes the first batch scans
};

struct ScanCost {
  Cost startup;
  Cost total;
};

// `random_page`, `sequential_page`: of the index's tablespace.
ScanCost EstimateScan(const ScanShape& shape, double random_page,
                      double sequential_page);

}  // namespace pomai::am
