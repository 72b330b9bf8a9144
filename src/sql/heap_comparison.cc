#include "src/sql/heap_comparison.h"

#include <algorithm>

#include "src/am/index_shape.h"

namespace pomai::sql {
namespace {

// A broken index of a large table shall not fill the disk with problems.
constexpr uint64_t kMaxReported = 100;

// Runs the predicate of a partial index as the table's owner, who made it.
class OwnersPredicate {
 public:
  explicit OwnersPredicate(const OpenedIndex& opened) {
    GetUserIdAndSecContext(&user_, &context_);
    SetUserIdAndSecContext(opened.heap->rd_rel->relowner,
                           context_ | SECURITY_RESTRICTED_OPERATION);
    settings_ = NewGUCNestLevel();
    (void)set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
                            PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    state_ = CreateExecutorState();
    IndexInfo* info = BuildIndexInfo(opened.index);
    predicate_ = ExecPrepareQual(info->ii_Predicate, state_);
  }

  bool LetsIn(TupleTableSlot* row) {
    ExprContext* context = GetPerTupleExprContext(state_);
    context->ecxt_scantuple = row;
    const bool in = ExecQual(predicate_, context);
    ResetPerTupleExprContext(state_);
    return in;
  }

  // Not a destructor: after an error the server does all of this itself.
  void End() {
    FreeExecutorState(state_);
    AtEOXact_GUC(false, settings_);
    SetUserIdAndSecContext(user_, context_);
  }

 private:
  Oid user_;
  int context_;
  int settings_;
  EState* state_;
  ExprState* predicate_;
};

uint64_t* NewIds(uint64_t count) {
  return static_cast<uint64_t*>(MemoryContextAllocHuge(
      CurrentMemoryContext, (count + 1) * sizeof(uint64_t)));
}

}  // namespace

void ProblemRows::Add(const char* text) {
  Datum value = CStringGetTextDatum(text);
  bool null = false;
  tuplestore_putvalues(result->setResult, result->setDesc, &value, &null);
}

void HeapComparison::Run(uint64_t* ids, uint64_t count) {
  std::sort(ids, ids + count);
  ReportTwice("row (%u,%u) has two entries", ids, count);
  uint64_t* rows = NewIds(count);
  const uint64_t found =
      FollowEntries(ids, std::unique(ids, ids + count) - ids, rows);
  std::sort(rows, rows + found);
  ReportTwice("row (%u,%u) is reached by two entries", rows, found);
  CompareRows(rows, std::unique(rows, rows + found) - rows);
  if (reported_ > kMaxReported) {
    problems_->Add(
        psprintf("... and " UINT64_FORMAT " more", reported_ - kMaxReported));
  }
  pfree(rows);
}

// `what` has two %u: block and offset of row `id`.
void HeapComparison::Report(const char* what, uint64_t id) {
  if (++reported_ > kMaxReported) return;
  const ItemPointerData tid = am::TupleAddress(id);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  problems_->Add(psprintf(what, ItemPointerGetBlockNumberNoCheck(&tid),
                          ItemPointerGetOffsetNumberNoCheck(&tid)));
#pragma GCC diagnostic pop
}

void HeapComparison::ReportTwice(const char* what, const uint64_t* ids,
                                 uint64_t count) {
  for (uint64_t i = 1; i < count; ++i) {
    if (ids[i] == ids[i - 1]) Report(what, ids[i]);
  }
}

// Writes the ids of the rows that the entries reach (of a HOT chain, the member
// that is visible) to `rows` and returns how many there are.
uint64_t HeapComparison::FollowEntries(const uint64_t* ids, uint64_t count,
                                       uint64_t* rows) {
  IndexFetchTableData* fetch = table_index_fetch_begin(opened_.heap);
  TupleTableSlot* slot = table_slot_create(opened_.heap, nullptr);
  const BlockNumber blocks = RelationGetNumberOfBlocks(opened_.heap);
  uint64_t found = 0;
  for (uint64_t i = 0; i < count; ++i) {
    CHECK_FOR_INTERRUPTS();
    ItemPointerData tid = am::TupleAddress(ids[i]);
    if (!ItemPointerIsValid(&tid) ||
        ItemPointerGetBlockNumber(&tid) >= blocks) {
      Report("entry (%u,%u) lies outside the table", ids[i]);
      continue;
    }
    bool call_again = false;
    if (table_index_fetch_tuple(fetch, &tid, snapshot_, slot, &call_again,
                                nullptr)) {
      rows[found++] = am::TupleId(slot->tts_tid);
    } else if (!LinePointerInUse(ids[i])) {
      Report("entry (%u,%u) names a line pointer that is not in use", ids[i]);
    }
    ExecClearTuple(slot);
  }
  ExecDropSingleTupleTableSlot(slot);
  table_index_fetch_end(fetch);
  return found;
}

bool HeapComparison::LinePointerInUse(uint64_t id) {
  // On a standby replay may free it between our two looks, and only heap
  // tables have line pointers.
  if (RecoveryInProgress() ||
      opened_.heap->rd_tableam != GetHeapamTableAmRoutine()) {
    return true;
  }
  const ItemPointerData tid = am::TupleAddress(id);
  const OffsetNumber offset = ItemPointerGetOffsetNumber(&tid);
  Buffer buffer = ReadBuffer(opened_.heap, ItemPointerGetBlockNumber(&tid));
  LockBuffer(buffer, BUFFER_LOCK_SHARE);
  Page page = BufferGetPage(buffer);
  const bool in_use = offset <= PageGetMaxOffsetNumber(page) &&
                      ItemIdIsUsed(PageGetItemId(page, offset));
  UnlockReleaseBuffer(buffer);
  return in_use;
}

// `rows`: what the entries reach, rising, none twice.
void HeapComparison::CompareRows(const uint64_t* rows, uint64_t count) {
  OwnersPredicate predicate(opened_);
  TupleTableSlot* slot = table_slot_create(opened_.heap, nullptr);
  // No synchronised scan: rows shall come in the order of their ids.
  TableScanDesc scan =
      table_beginscan_strat(opened_.heap, snapshot_, 0, nullptr, true, false);
  uint64_t at = 0;
  while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
    CHECK_FOR_INTERRUPTS();
    const uint64_t id = am::TupleId(slot->tts_tid);
    while (at < count && rows[at] < id) ++at;
    const bool reached = at < count && rows[at] == id;
    const bool expected = predicate.LetsIn(slot);
    if (expected && !reached) Report("row (%u,%u) has no entry", id);
    if (!expected && reached) {
      Report("row (%u,%u) has an entry but fails the predicate", id);
    }
  }
  table_endscan(scan);
  ExecDropSingleTupleTableSlot(slot);
  predicate.End();
}

}  // namespace pomai::sql
