// The operators <->, <#> and <=> on real[]: the distances of the same kernels
// that order an index scan's rows, so both orders are the same to the last bit.
//
// No C++ object here has a destructor and the kernels neither throw nor call
// the server, so server errors are raised in place.

#include <cmath>

#include "core/kernel/distance.h"
#include "src/pg/server.h"
#include "src/sql/real_array.h"

namespace pomai::sql {
namespace {

// A distance between finite vectors is finite (sums are kept in double), but
// for the cosine of a zero vector. So values are looked at only when the
// distance is not finite: the usual call reads each vector once.
Datum Distance(Metric metric, const ArrayType* left, const ArrayType* right) {
  const RealArray a = ReadRealArray(left);
  const RealArray b = ReadRealArray(right);
  if (a.count != b.count) {
    ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
                    errmsg("different vector dimensions %u and %u", a.count,
                           b.count)));
  }
  const double distance = kernel::Distance(metric, a.values, b.values, a.count);
  if (!std::isfinite(distance)) {
    CheckFinite(a.values, a.count);
    CheckFinite(b.values, b.count);
  }
  return Float8GetDatum(distance);
}

}  // namespace
}  // namespace pomai::sql

POMAI_SQL_FUNCTION(pomai_real_l2_distance);
Datum pomai_real_l2_distance(PG_FUNCTION_ARGS) {
  return pomai::sql::Distance(pomai::Metric::kL2, PG_GETARG_ARRAYTYPE_P(0),
                              PG_GETARG_ARRAYTYPE_P(1));
}

POMAI_SQL_FUNCTION(pomai_real_negative_inner_product);
Datum pomai_real_negative_inner_product(PG_FUNCTION_ARGS) {
  return pomai::sql::Distance(pomai::Metric::kInnerProduct,
                              PG_GETARG_ARRAYTYPE_P(0),
                              PG_GETARG_ARRAYTYPE_P(1));
}

POMAI_SQL_FUNCTION(pomai_real_cosine_distance);
Datum pomai_real_cosine_distance(PG_FUNCTION_ARGS) {
  return pomai::sql::Distance(pomai::Metric::kCosine, PG_GETARG_ARRAYTYPE_P(0),
                              PG_GETARG_ARRAYTYPE_P(1));
}
