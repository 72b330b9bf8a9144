// Support function 1 of the operator classes on real[].

#include "src/pg/vector_decoder.h"
#include "src/sql/real_array.h"
// Last.
#include "src/pg/server.h"

POMAI_SQL_FUNCTION(pomai_real_decode);
Datum pomai_real_decode(PG_FUNCTION_ARGS) {
  const ArrayType* array = PG_GETARG_ARRAYTYPE_P(0);
  auto* to = reinterpret_cast<pomai::pg::DecodedVector*>(PG_GETARG_POINTER(1));
  const pomai::sql::RealArray vector = pomai::sql::ReadRealArray(array);
  if (!to->checked_before) {
    pomai::sql::CheckFinite(vector.values, vector.count);
  }
  to->elements = vector.values;
  to->dimensions = vector.count;
  PG_RETURN_VOID();
}
