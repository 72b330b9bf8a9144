// pomai_check: what is wrong with an index. First its own pages, then its
// entries against the table's rows.

#include <algorithm>
#include <string>
#include <vector>

#include "core/engine/check.h"
#include "src/host_pg/process_cache.h"
#include "src/host_pg/relation_store.h"
#include "src/pg/entry.h"
#include "src/sql/heap_comparison.h"
#include "src/sql/index_access.h"
// Last.
#include "src/pg/server.h"

namespace pomai::sql {
namespace {

// Plain, so that it outlives the C++ frames that fill it.
struct LiveIds {
  uint64_t* ids = nullptr;
  uint64_t count = 0;
};

void KeepReport(const CheckReport& report, ProblemRows* problems,
                LiveIds* live) {
  for (const std::string& problem : report.problems) {
    problems->Add(problem.c_str());
  }
  live->count = report.live_ids.size();
  live->ids = static_cast<uint64_t*>(MemoryContextAllocHuge(
      CurrentMemoryContext, (live->count + 1) * sizeof(uint64_t)));
  std::copy(report.live_ids.begin(), report.live_ids.end(), live->ids);
}

// The engine's snapshot comes after the server's: every row that the server's
// sees is in it.
Status CheckPages(const OpenedIndex& opened, ProblemRows* problems,
                  LiveIds* live) {
  Relation index = opened.index;
  RelationStore store(index);
  store.set_heap(opened.heap);
  POMAI_ASSIGN_OR_RETURN(
      const pomai::Snapshot snapshot,
      TakeSnapshot(&store, SealedLock(), ProcessViewCache(), ViewKey(index)));
  CheckReport report;
  POMAI_RETURN_IF_ERROR(CheckMembrane(&store, SealedLock(), snapshot, &report));
  return pg::Call([&]() noexcept { KeepReport(report, problems, live); });
}

// On a primary VACUUM is kept away: it takes entries and line pointers away
// one after the other.
LOCKMODE HeapLock() {
  return RecoveryInProgress() ? AccessShareLock : ShareUpdateExclusiveLock;
}

}  // namespace
}  // namespace pomai::sql

POMAI_SQL_FUNCTION(pomai_check);
Datum pomai_check(PG_FUNCTION_ARGS) {
  using namespace pomai;
  const Oid id = PG_GETARG_OID(0);
  sql::CloseIndex(sql::OpenIndex(id, AccessShareLock), AccessShareLock);
  sql::RequireOwner(id);
  InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
  sql::ProblemRows problems{
      reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)};
  const sql::OpenedIndex opened = sql::OpenIndex(id, sql::HeapLock());
  PushActiveSnapshot(GetLatestSnapshot());
  sql::LiveIds live;
  pg::Entry([&] { return sql::CheckPages(opened, &problems, &live); });
  // An index that CREATE INDEX CONCURRENTLY left behind lacks rows.
  if (opened.index->rd_index->indisvalid) {
    sql::HeapComparison comparison(opened, GetActiveSnapshot(), &problems);
    comparison.Run(live.ids, live.count);
  }
  PopActiveSnapshot();
  sql::CloseIndex(opened, sql::HeapLock());
  return Datum{0};
}
