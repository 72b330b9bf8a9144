// VectorDecoder: from a column's value to floats, by support function 1 of the
// operator class, so that the access method knows no type.
//
//   SQL:  pomai_real_decode(real[], internal) RETURNS void
//
//   VectorDecoder decoder;
//   POMAI_RETURN_IF_ERROR(decoder.Open(index));
//   DecodedVector vector;
//   POMAI_RETURN_IF_ERROR(decoder.Decode(value, &vector));
//
// The support function's second argument is a pointer to a DecodedVector, which
// it fills. It rejects what no index takes (NULL elements, NaN and infinity,
// several dimensions, empty, more than kMaxDimensions) with an error of its
// own.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/status.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::pg {

// Support function numbers of the access method.
inline constexpr uint16_t kDecodeFunction = 1;
inline constexpr uint16_t kSupportFunctions = 1;

struct DecodedVector {
  // Out: `dimensions` floats, inside the (detoasted) value or allocated in
  // CurrentMemoryContext. The caller resets that context.
  const float* elements = nullptr;
  uint32_t dimensions = 0;
  // In: the value is one that the index holds, so its elements were looked at
  // when it came in. The callee may leave NaN and infinity unchecked.
  bool checked_before = false;

  std::span<const float> span() const { return {elements, dimensions}; }
};

class VectorDecoder {
 public:
  // Uses what the relation cache keeps: `index` stays open longer than this.
  Status Open(Relation index) {
    return Call([&]() noexcept { OpenRaw(index); });
  }
  // `value` is not NULL.
  Status Decode(Datum value, DecodedVector* to) const {
    return Call([&]() noexcept { DecodeRaw(value, to); });
  }

  // The same two for code that is under a Call already, or that has no C++
  // frame below it: they raise the server's errors.
  void OpenRaw(Relation index) {
    function_ = index_getprocinfo(index, 1, kDecodeFunction);
  }
  void DecodeRaw(Datum value, DecodedVector* to) const {
    FunctionCall2Coll(function_, InvalidOid, value, PointerGetDatum(to));
  }

 private:
  FmgrInfo* function_ = nullptr;
};

}  // namespace pomai::pg
