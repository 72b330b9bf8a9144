// HeapComparison: whether an index's entries are the rows of its table, each
// present exactly once.
//
//   HeapComparison comparison(opened, GetActiveSnapshot(), &problems);
//   comparison.Run(ids, count);
//
// Every row that `snapshot` sees and the predicate lets in must be reached by
// exactly one entry, and no other row by any. An entry that reaches no row is
// sound as long as its line pointer is in use: VACUUM takes entries away before
// it frees line pointers. `ids` must have been read after `snapshot` was taken.
//
// Raises the server's errors and owns nothing: no C++ object above with a
// destructor.
#pragma once

#include <cstdint>

#include "src/pg/server.h"
#include "src/sql/index_access.h"

namespace pomai::sql {

// Where problems go: a set-returning function's rows of one text column.
struct ProblemRows {
  ReturnSetInfo* result;

  void Add(const char* text);
};

class HeapComparison {
 public:
  HeapComparison(const OpenedIndex& opened, ::Snapshot snapshot,
                 ProblemRows* problems)
      : opened_(opened), snapshot_(snapshot), problems_(problems) {}

  // `ids`: the tuple ids of all live entries; sorted in place. The predicate
  // runs as the table's owner.
  void Run(uint64_t* ids, uint64_t count);

 private:
  void Report(const char* what, uint64_t id);
  void ReportTwice(const char* what, const uint64_t* ids, uint64_t count);
  uint64_t FollowEntries(const uint64_t* ids, uint64_t count, uint64_t* rows);
  bool LinePointerInUse(uint64_t id);
  void CompareRows(const uint64_t* rows, uint64_t count);

  OpenedIndex opened_;
  ::Snapshot snapshot_;
  ProblemRows* problems_;
  uint64_t reported_ = 0;
};

}  // namespace pomai::sql
