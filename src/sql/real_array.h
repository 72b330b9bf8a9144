// RealArray: the elements of a real[] value as a vector.
//
//   RealArray vector = ReadRealArray(PG_GETARG_ARRAYTYPE_P(0));
//   double norm = kernel::Norm(vector.values, vector.count);
//
// Called from SQL functions with no C++ object above them that has a
// destructor: both raise server errors.
#pragma once

#include <cstdint>

struct ArrayType;

namespace pomai::sql {

struct RealArray {
  const float* values;  // into the array
  uint32_t count;       // 1 .. kMaxDimensions
};

// Raises for an array that is no vector: several dimensions, none, too many
// elements, NULL elements. Does not look at the values.
RealArray ReadRealArray(const ArrayType* array);

// Raises when a value is NaN or infinite.
void CheckFinite(const float* values, uint32_t count);

}  // namespace pomai::sql
