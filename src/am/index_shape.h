// IndexShape: what an index is told by its operator class, its column and its
// options, before anything has been built.
//
//   IndexShape shape = ReadIndexShape(index);   // raises the server's errors
//   meta.metric = shape.metric;
//
// Also the tuple id: how a heap row's address is an id of the engine.
// In a backend, with `index` open.
#pragma once

#include <cstdint>

#include "core/base/metric.h"
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

// (block << 16) | offset, so ids sort in the order of the heap.
inline uint64_t TupleId(const ItemPointerData& tid) {
  return uint64_t{ItemPointerGetBlockNumberNoCheck(&tid)} << 16 |
         ItemPointerGetOffsetNumberNoCheck(&tid);
}

inline ItemPointerData TupleAddress(uint64_t id) {
  ItemPointerData tid;
  ItemPointerSet(&tid, static_cast<BlockNumber>(id >> 16),
                 static_cast<OffsetNumber>(id & 0xFFFF));
  return tid;
}

}  // namespace pomai::am
