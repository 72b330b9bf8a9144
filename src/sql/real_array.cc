#include "src/sql/real_array.h"

#include <bit>
#include <cmath>

#include "core/base/metric.h"
#include "src/pg/server.h"

namespace pomai::sql {
namespace {

[[noreturn]] void RaiseNotFinite(float value) {
  ereport(ERROR,
          (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
           std::isnan(value) ? errmsg("NaN not allowed in vector")
                             : errmsg("infinite value not allowed in vector")));
  pg_unreachable();
}

}  // namespace

RealArray ReadRealArray(const ArrayType* array) {
  const int dimensions = ARR_NDIM(array);
  if (dimensions > 1) {
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("array must be 1-D")));
  }
  const int count = ArrayGetNItems(dimensions, ARR_DIMS(array));
  if (count < 1) {
    ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
                    errmsg("vector must have at least 1 dimension")));
  }
  if (count > static_cast<int>(kMaxDimensions)) {
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                    errmsg("vector cannot have more than %u dimensions",
                           kMaxDimensions)));
  }
  if (ARR_HASNULL(array) &&
      array_contains_nulls(const_cast<ArrayType*>(array))) {
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("array must not contain nulls")));
  }
  return RealArray{reinterpret_cast<const float*>(ARR_DATA_PTR(array)),
                   static_cast<uint32_t>(count)};
}

void CheckFinite(const float* values, uint32_t count) {
  // A float whose exponent bits are all set is infinite or NaN. No branch in
  // the loop, so that the compiler makes vector code of it.
  constexpr uint32_t kExponent = 0x7F800000u;
  uint32_t found = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(values[i]);
    found |= (bits & kExponent) == kExponent;
  }
  if (found == 0) return;
  for (uint32_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) RaiseNotFinite(values[i]);
  }
}

}  // namespace pomai::sql
