// A heap row's address as an id of the engine: (block << 16) | offset, so ids
// sort in the order of the heap.
//
//   ItemPointerData address = TupleAddress(TupleId(*tid));
#pragma once

#include <cstdint>

#include "src/pg/server.h"

namespace pomai {

inline uint64_t TupleId(const ItemPointerData& tid) {
  return uint64_t{ItemPointerGetBlockNumberNoCheck(&tid)} << 16 |
         ItemPointerGetOffsetNumberNoCheck(&tid);
}

inline uint32_t TupleBlock(uint64_t id) {
  return static_cast<uint32_t>(id >> 16);
}

inline ItemPointerData TupleAddress(uint64_t id) {
  ItemPointerData tid;
  ItemPointerSet(&tid, TupleBlock(id), static_cast<OffsetNumber>(id & 0xFFFF));
  return tid;
}

}  // namespace pomai
