// pomai_last_scan: what the last index scan of this session did.

#include "src/am/scan.h"
// Last.
#include "src/pg/server.h"

POMAI_SQL_FUNCTION(pomai_last_scan);
Datum pomai_last_scan(PG_FUNCTION_ARGS) {
  const pomai::am::LastScan& last = pomai::am::GetLastScan();
  TupleDesc row;
  if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE) {
    elog(ERROR, "return type must be a row type");
  }
  const pomai::SearchStats& stats = last.stats;
  Datum values[] = {
      Int64GetDatum(stats.lists_probed), Int64GetDatum(stats.codes_scanned),
      Int64GetDatum(stats.codes_refined), Int64GetDatum(stats.rows_measured),
      Int64GetDatum(stats.rows_returned)};
  bool nulls[lengthof(values)];
  // All NULL before the first scan.
  memset(nulls, !OidIsValid(last.index), sizeof(nulls));
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls));
}
