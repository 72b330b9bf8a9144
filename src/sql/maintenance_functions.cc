// pomai_seal, pomai_merge, pomai_retrain: maintenance by hand; pomai_snapshot:
// what an index consists of at this moment, and which pages wait for whom.

#include <vector>

#include "core/memtable/tail_directory.h"
#include "src/am/maintenance.h"
#include "src/host_pg/maintenance_lock.h"
#include "src/host_pg/process_cache.h"
#include "src/pg/entry.h"
#include "src/sql/index_access.h"
// Last.
#include "src/pg/server.h"

namespace pomai::sql {
namespace {

// What a forced run leaves behind.
struct Outcome {
  uint64_t tail_rows_before = 0;
  uint64_t segments = 0;
  uint64_t lists = 0;
};

Result<pomai::Snapshot> LookAt(Relation index) {
  RelationStore store(index);
  return TakeSnapshot(&store, SealedLock(), ProcessViewCache(), ViewKey(index));
}

Result<uint64_t> TailRows(Relation index) {
  POMAI_ASSIGN_OR_RETURN(const pomai::Snapshot snapshot, LookAt(index));
  RelationStore store(index);
  uint64_t rows = 0;
  for (uint32_t shard = 0; shard < snapshot.tails.size(); ++shard) {
    POMAI_ASSIGN_OR_RETURN(
        const auto extents,
        ListTailExtents(&store, snapshot.tails[shard], shard));
    for (const TailExtentInfo& extent : extents) rows += extent.count;
  }
  return rows;
}

Status Run(const OpenedIndex& opened, MaintenanceGoal goal, Outcome* outcome) {
  Relation index = opened.index;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept { LockMaintenance(index); }));
  POMAI_ASSIGN_OR_RETURN(outcome->tail_rows_before, TailRows(index));
  Maintenance maintenance(goal);
  am::MaintenanceRun run(opened.heap, index, &maintenance);
  POMAI_RETURN_IF_ERROR(run.All());
  POMAI_ASSIGN_OR_RETURN(const pomai::Snapshot snapshot, LookAt(index));
  const Manifest& manifest = snapshot.view->manifest;
  outcome->segments = manifest.segments.size();
  outcome->lists =
      manifest.codebooks.empty() ? 1 : manifest.codebooks.back().lists;
  return pg::Call([&]() noexcept { UnlockMaintenance(index); });
}

// Under locks that keep DDL away, as the owner's inserts would hold them.
Outcome Force(FunctionCallInfo fcinfo, const char* name, MaintenanceGoal goal) {
  const Oid id = PG_GETARG_OID(0);
  PreventCommandDuringRecovery(name);
  PreventCommandIfReadOnly(name);
  CloseIndex(OpenIndex(id, AccessShareLock), AccessShareLock);
  RequireOwner(id);
  const OpenedIndex opened = OpenIndex(id, AccessShareLock);
  LockRelation(opened.index, RowExclusiveLock);
  Outcome outcome;
  pg::Entry([&] { return Run(opened, goal, &outcome); });
  CloseIndex(opened, NoLock);
  return outcome;
}

// A row of pomai_snapshot.
struct PartRow {
  const char* kind;
  bool has_shard;
  uint32_t shard;
  uint64_t id;
  uint64_t rows;
  uint64_t pages;
  uint64_t horizon;  // 0: none
};

constexpr uint64_t kTailNumber = (uint64_t{1} << 48) - 1;

uint64_t PagesOf(const std::vector<BlockRun>& runs) {
  uint64_t pages = 0;
  for (const BlockRun& run : runs) pages += run.count;
  return pages;
}

Status CollectParts(Relation index, std::vector<PartRow>* rows) {
  POMAI_ASSIGN_OR_RETURN(const pomai::Snapshot snapshot, LookAt(index));
  RelationStore store(index);
  const MetaPage& meta = snapshot.view->meta;
  const Manifest& manifest = snapshot.view->manifest;
  rows->push_back({"manifest", false, 0, meta.sequence, manifest.segment_rows(),
                   meta.manifest_pages, 0});
  for (const CodebookRef& ref : manifest.codebooks) {
    rows->push_back(
        {"codebook", false, 0, ref.version, 0, ref.extent.page_count(), 0});
  }
  for (uint32_t shard = 0; shard < snapshot.tails.size(); ++shard) {
    POMAI_ASSIGN_OR_RETURN(
        const auto extents,
        ListTailExtents(&store, snapshot.tails[shard], shard));
    PartRow row{"tail", true, shard, 0, 0, 0, 0};
    for (const TailExtentInfo& extent : extents) {
      row.id = extent.id & kTailNumber;
      row.rows += extent.count;
      row.pages += 1 + extent.payload.size();
    }
    rows->push_back(row);
  }
  for (const RetiredPages& batch : manifest.retired) {
    rows->push_back({"retired", false, 0, 0, 0, PagesOf(batch.runs),
                     batch.horizon != 0 ? batch.horizon : meta.horizon});
  }
  return Status::Ok();
}

void PutPart(ReturnSetInfo* result, const PartRow& row) {
  Datum values[] = {
      CStringGetTextDatum(row.kind),
      Int32GetDatum(row.shard),
      Int64GetDatum(row.id),
      Int64GetDatum(row.rows),
      Int64GetDatum(row.pages),
      FullTransactionIdGetDatum(FullTransactionIdFromU64(row.horizon))};
  bool nulls[lengthof(values)] = {};
  const bool retired = row.horizon != 0;
  nulls[1] = !row.has_shard;
  nulls[2] = nulls[3] = retired;
  nulls[5] = !retired;
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Status PutParts(Relation index, ReturnSetInfo* result) {
  std::vector<PartRow> rows;
  POMAI_RETURN_IF_ERROR(CollectParts(index, &rows));
  return pg::Call([&]() noexcept {
    for (const PartRow& row : rows) PutPart(result, row);
  });
}

}  // namespace
}  // namespace pomai::sql

using pomai::MaintenanceGoal;

POMAI_SQL_FUNCTION(pomai_seal);
Datum pomai_seal(PG_FUNCTION_ARGS) {
  PG_RETURN_INT64(
      pomai::sql::Force(fcinfo, "pomai_seal()", MaintenanceGoal::kForceSeal)
          .tail_rows_before);
}

POMAI_SQL_FUNCTION(pomai_merge);
Datum pomai_merge(PG_FUNCTION_ARGS) {
  PG_RETURN_INT64(
      pomai::sql::Force(fcinfo, "pomai_merge()", MaintenanceGoal::kForceMerge)
          .segments);
}

POMAI_SQL_FUNCTION(pomai_retrain);
Datum pomai_retrain(PG_FUNCTION_ARGS) {
  PG_RETURN_INT64(pomai::sql::Force(fcinfo, "pomai_retrain()",
                                    MaintenanceGoal::kForceRetrain)
                      .lists);
}

POMAI_SQL_FUNCTION(pomai_snapshot);
Datum pomai_snapshot(PG_FUNCTION_ARGS) {
  using namespace pomai;
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const sql::OpenedIndex opened =
      sql::OpenIndex(PG_GETARG_OID(0), AccessShareLock);
  sql::RequireRead(opened);
  pg::Entry([&] { return sql::PutParts(opened.index, result); });
  sql::CloseIndex(opened, AccessShareLock);
  return Datum{0};
}
