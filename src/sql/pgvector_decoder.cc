// Support function 1 of the operator classes on pgvector's types vector and
// halfvec, which are read as they are stored:
//
//   int32 varlena header, int16 dimensions, int16 zero, elements
//
// with elements of 4 bytes (vector) or 2 (halfvec, IEEE 754 half precision).
// pgvector's own input functions let no NaN, no infinity and no empty vector
// in.

#include "core/base/coding.h"
#include "core/base/metric.h"
#include "core/kernel/float16.h"
#include "src/pg/vector_decoder.h"
#include "src/sql/real_array.h"
// Last.
#include "src/pg/server.h"

namespace pomai::sql {
namespace {

struct StoredVector {
  const char* elements;
  uint32_t dimensions;
};

// `value` is detoasted. Raises when its length is not that of its dimensions:
// a type that only shares the name.
StoredVector ReadStoredVector(const varlena* value, uint32_t element_size) {
  constexpr uint32_t kHeader = 4;
  const char* bytes = VARDATA(value);
  const uint32_t size = VARSIZE(value) - VARHDRSZ;
  const uint32_t dimensions = size < kHeader ? 0 : GetFixed<uint16_t>(bytes);
  if (dimensions == 0 || dimensions > kMaxDimensions ||
      size != kHeader + dimensions * element_size) {
    ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                    errmsg("%u bytes are no vector of %u dimensions", size,
                           dimensions)));
  }
  return StoredVector{bytes + kHeader, dimensions};
}

}  // namespace
}  // namespace pomai::sql

POMAI_SQL_FUNCTION(pomai_vector_decode);
Datum pomai_vector_decode(PG_FUNCTION_ARGS) {
  using namespace pomai::sql;
  auto* to = reinterpret_cast<pomai::pg::DecodedVector*>(PG_GETARG_POINTER(1));
  const StoredVector vector =
      ReadStoredVector(PG_GETARG_VARLENA_P(0), sizeof(float));
  to->elements = reinterpret_cast<const float*>(vector.elements);
  to->dimensions = vector.dimensions;
  if (!to->checked_before) CheckFinite(to->elements, to->dimensions);
  PG_RETURN_VOID();
}

POMAI_SQL_FUNCTION(pomai_halfvec_decode);
Datum pomai_halfvec_decode(PG_FUNCTION_ARGS) {
  using namespace pomai::sql;
  auto* to = reinterpret_cast<pomai::pg::DecodedVector*>(PG_GETARG_POINTER(1));
  const StoredVector vector =
      ReadStoredVector(PG_GETARG_VARLENA_P(0), sizeof(uint16_t));
  auto* floats = static_cast<float*>(palloc(vector.dimensions * sizeof(float)));
  pomai::kernel::Float16ToFloat(
      reinterpret_cast<const uint16_t*>(vector.elements), floats,
      vector.dimensions);
  to->elements = floats;
  to->dimensions = vector.dimensions;
  PG_RETURN_VOID();
}
