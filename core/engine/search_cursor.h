// SearchCursor: the rows of a membrane, nearest first, as many as are asked
// for.
//
//   POMAI_ASSIGN_OR_RETURN(auto cursor, SearchCursor::Open(
//       store, PageLock::kPin, snapshot, query, {.target_recall = 0.95},
//       source));
//   SearchCursor::Hit hit;
//   while (...) { POMAI_ASSIGN_OR_RETURN(bool more, cursor->Next(&hit)); ... }
//
// Works in batches of 10, 20, 40, ... rows. For each batch it probes lists in
// order of centroid distance until the batch's rows are found and the stop rule
// (stop_rule.h) says that it is far enough, refines what its bound lets
// through, and measures exactly what can still be among the k best. Rows of a
// batch come in exact order; a row that only a later batch finds comes when it
// is found. Rows whose distance is NULL or NaN come last; no row is ever
// missing. Holds no page when a call returns. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/engine/snapshot.h"
#include "core/host/vector_source.h"

namespace pomai {

struct SearchOptions {
  double target_recall = 0.95;
  // Ranked lists (list_scanner.h) instead of the target; 0: by target.
  uint32_t probes = 0;
};

// What one search did, for pomai_last_scan and tests.
struct SearchStats {
  uint64_t lists_probed = 0;
  uint64_t codes_scanned = 0;  // segment codes and tail records
  uint64_t codes_refined = 0;
  uint64_t rows_measured = 0;  // exact distances asked for
  uint64_t rows_returned = 0;
};

class SearchCursor {
 public:
  struct Hit {
    uint64_t id = 0;
    double distance = 0;        // as the SQL operator returns it
    bool has_distance = false;  // false: NULL or NaN
  };

  // `query`: as the user gave it, meta.dimensions floats; empty: every distance
  // is NULL and rows come in storage order (a NULL query; a zero vector under
  // cosine is treated the same). InvalidArgument for another length. `store`
  // and `source` must outlive the cursor.
  static Result<std::unique_ptr<SearchCursor>> Open(
      PageStore* store, PageLock sealed, Snapshot snapshot,
      std::span<const float> query, const SearchOptions& options,
      VectorSource* source);
  virtual ~SearchCursor() = default;

  // False when every row has been returned. Aborted when a page was recycled
  // under the search (a standby): open again if nothing was returned yet.
  virtual Result<bool> Next(Hit* hit) = 0;
  virtual const SearchStats& stats() const = 0;
};

}  // namespace pomai
