// Callers of aminsert that the server itself does not have, but an extension
// may be: an IndexInfo that lives as long as the session, and an insert while
// the transaction commits; and a table that is no heap. In modules with fault
// points only.
//
//   SELECT pomai_test_insert('t_embedding', ctid, embedding, false) FROM t;
//   CREATE ACCESS METHOD other TYPE TABLE HANDLER pomai_test_table;

#include "src/pg/server.h"

namespace {

struct Insert {
  Oid index;
  ItemPointerData place;
  Datum vector;
};

IndexInfo* long_info = nullptr;  // of the session's first index
Insert* late = nullptr;          // waits for the end of the transaction

void Run(Insert* insert) {
  Relation index = index_open(insert->index, RowExclusiveLock);
  Relation heap = table_open(index->rd_index->indrelid, RowExclusiveLock);
  if (long_info == nullptr) {
    MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
    long_info = BuildIndexInfo(index);
    MemoryContextSwitchTo(before);
  }
  bool is_null = false;
  index_insert(index, &insert->vector, &is_null, &insert->place, heap,
               UNIQUE_CHECK_NO, false, long_info);
  // As the executor does.
  table_close(heap, NoLock);
  index_close(index, RowExclusiveLock);
}

void EndTransaction(XactEvent event, void*) {
  if (event == XACT_EVENT_PRE_COMMIT && late != nullptr) Run(late);
  late = nullptr;
}

// Before _PG_init: the callback that is registered first is called last.
[[maybe_unused]] const bool registered = [] {
  RegisterXactCallback(EndTransaction, nullptr);
  return true;
}();

}  // namespace

// (index regclass, place tid, vector real[], at_commit boolean)
POMAI_SQL_FUNCTION(pomai_test_insert);
Datum pomai_test_insert(PG_FUNCTION_ARGS) {
  MemoryContext before = MemoryContextSwitchTo(TopTransactionContext);
  auto* insert = static_cast<Insert*>(palloc(sizeof(Insert)));
  insert->index = PG_GETARG_OID(0);
  insert->place = *reinterpret_cast<ItemPointer>(PG_GETARG_POINTER(1));
  insert->vector = PointerGetDatum(PG_GETARG_ARRAYTYPE_P_COPY(2));
  MemoryContextSwitchTo(before);
  if (PG_GETARG_BOOL(3)) {
    late = insert;
  } else {
    Run(insert);
  }
  PG_RETURN_VOID();
}

// The heap under another name, with a heap's TOAST table. Building an index is
// what the heap's functions refuse to do for others.
POMAI_SQL_FUNCTION(pomai_test_table);
Datum pomai_test_table(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  static TableAmRoutine routine = *GetHeapamTableAmRoutine();
  routine.relation_toast_am = [](Relation) -> Oid { return HEAP_TABLE_AM_OID; };
  routine.index_build_range_scan =
      [](Relation table, Relation index, IndexInfo* info, bool allow_sync,
         bool anyvisible, bool progress, BlockNumber first, BlockNumber count,
         IndexBuildCallback callback, void* state, TableScanDesc scan) {
        table->rd_tableam = GetHeapamTableAmRoutine();
        const double rows = table_index_build_range_scan(
            table, index, info, allow_sync, anyvisible, progress, first, count,
            callback, state, scan);
        table->rd_tableam = &routine;
        return rows;
      };
  PG_RETURN_POINTER(&routine);
}
