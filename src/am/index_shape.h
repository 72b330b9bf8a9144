// IndexShape: what an index is told by its operator class, its column and its
// options, before anything has been built.
//
//   IndexShape shape = ReadIndexShape(index);   // raises the server's errors
//   meta.metric = shape.metric;
//
// In a backend, with `index` open.
#pragma once

#include <cstdint>

#include "core/base/metric.h"
#include "src/host_pg/tuple_id.h"
#include "src/pg/server.h"

namespace pomai::am {

struct IndexShape {
  Metric metric = Metric::kL2;
  uint32_t dimensions = 0;  // by the column's type modifier; 0: by its rows
  uint32_t bits = 0;        // 0: automatic
  uint32_t shards = 0;      // 0: automatic
  uint32_t lists = 0;       // 0: automatic
};

// Raises 22023 when the column's type has more than kMaxDimensions, 42P17 when
// its operator class has not exactly one ordering operator.
IndexShape ReadIndexShape(Relation index);

// The strategy number of an ordering operator names the metric.
inline constexpr uint16_t kStrategies = 3;

using pomai::TupleAddress;
using pomai::TupleId;

}  // namespace pomai::am
