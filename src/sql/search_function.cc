// pomai_search: the nearest rows by an index's own operator, as a query. So
// privileges, row security and whether the index may be used are decided by
// those who decide it for every query.

#include "src/am/index_shape.h"
#include "src/sql/index_access.h"
// Last.
#include "src/pg/server.h"

namespace pomai::sql {
namespace {

// "schema.<->", as OPERATOR(...) takes it.
char* OrderingOperator(Relation index) {
  const am::IndexShape shape = am::ReadIndexShape(index);
  const Oid type = index->rd_opcintype[0];
  const Oid found = get_opfamily_member(index->rd_opfamily[0], type, type,
                                        static_cast<int16>(shape.metric));
  HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(found));
  if (!HeapTupleIsValid(tuple)) {
    elog(ERROR, "cache lookup failed for operator %u", found);
  }
  const auto* form =
      reinterpret_cast<const FormData_pg_operator*>(GETSTRUCT(tuple));
  char* name = psprintf(
      "%s.%s", quote_identifier(get_namespace_name(form->oprnamespace)),
      NameStr(form->oprname));
  ReleaseSysCache(tuple);
  return name;
}

// The indexed column or expression, as SQL.
char* IndexedExpression(Relation index) {
  return TextDatumGetCString(DirectFunctionCall3(
      pg_get_indexdef_ext, ObjectIdGetDatum(RelationGetRelid(index)),
      Int32GetDatum(1), BoolGetDatum(false)));
}

// The predicate of a partial index, as SQL; nullptr when there is none.
char* IndexPredicate(Relation index) {
  bool none = false;
  const Datum stored = SysCacheGetAttr(INDEXRELID, index->rd_indextuple,
                                       Anum_pg_index_indpred, &none);
  if (none) return nullptr;
  return TextDatumGetCString(DirectFunctionCall2(
      pg_get_expr, stored, ObjectIdGetDatum(index->rd_index->indrelid)));
}

// SELECT ctid and distance of the rows nearest to $1 (real[]), at most $2.
char* SearchQuery(Relation index) {
  const Oid heap = index->rd_index->indrelid;
  const char* distance =
      psprintf("(%s) OPERATOR(%s) ($1::%s)", IndexedExpression(index),
               OrderingOperator(index),
               format_type_be_qualified(index->rd_opcintype[0]));
  const char* predicate = IndexPredicate(index);
  return psprintf(
      "SELECT ctid, %s FROM ONLY %s WHERE %s ORDER BY %s LIMIT $2", distance,
      quote_qualified_identifier(get_namespace_name(get_rel_namespace(heap)),
                                 get_rel_name(heap)),
      predicate == nullptr ? "true" : predicate, distance);
}

void RunSearch(const char* query, Datum vector, int32 k,
               ReturnSetInfo* result) {
  Oid types[] = {FLOAT4ARRAYOID, INT8OID};
  Datum values[] = {vector, Int64GetDatum(k)};
  SPI_connect();
  const int code = SPI_execute_with_args(query, lengthof(types), types, values,
                                         nullptr, true, 0);
  if (code != SPI_OK_SELECT) {
    elog(ERROR, "search failed: %s", SPI_result_code_string(code));
  }
  for (uint64 row = 0; row < SPI_processed; ++row) {
    Datum columns[2];
    bool nulls[2];
    heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, columns,
                      nulls);
    tuplestore_putvalues(result->setResult, result->setDesc, columns, nulls);
  }
  SPI_finish();
}

}  // namespace
}  // namespace pomai::sql

POMAI_SQL_FUNCTION(pomai_search);
Datum pomai_search(PG_FUNCTION_ARGS) {
  using namespace pomai::sql;
  const Oid id = PG_GETARG_OID(0);
  const int32 k = PG_GETARG_INT32(2);
  if (k < 0) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("k must not be negative")));
  }
  InitMaterializedSRF(fcinfo, 0);
  const OpenedIndex opened = OpenIndex(id, AccessShareLock);
  const char* query = SearchQuery(opened.index);
  CloseIndex(opened, NoLock);
  RunSearch(query, PG_GETARG_DATUM(1), k,
            reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo));
  return Datum{0};
}
