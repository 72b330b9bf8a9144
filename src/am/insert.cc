// aminsert: one row, straight into its shard's tail. Every backend finds it as
// soon as this returns.

#include <span>

#include "core/engine/insert_rows.h"
#include "src/am/callbacks.h"
#include "src/am/maintenance.h"
#include "src/host_pg/process_cache.h"
#include "src/host_pg/relation_store.h"
#include "src/host_pg/tuple_id.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"
#include "src/pg/vector_decoder.h"

namespace pomai::am {
namespace {

Status InsertOne(Relation heap, Relation index, const Datum* value,
                 ItemPointer address) {
  pg::DecodedVector vector;
  if (value != nullptr) {
    pg::VectorDecoder decoder;
    POMAI_RETURN_IF_ERROR(decoder.Open(index));
    POMAI_RETURN_IF_ERROR(decoder.Decode(*value, &vector));
  }
  const InsertRow row{TupleId(*address), vector.span()};
  RelationStore store(index);
  uint64_t tail_rows = 0;
  POMAI_RETURN_IF_ERROR(Insert(&store, PageLock::kPin, ProcessViewCache(),
                               ViewKey(index), {&row, 1}, &tail_rows));
  // After publishing: a reader that came in between has its predicate lock by
  // now; one that comes later finds the row.
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    CheckForSerializableConflictIn(index, nullptr, InvalidBlockNumber);
  }));
  return AfterInserts(heap, index, tail_rows);
}

}  // namespace
}  // namespace pomai::am

extern "C" bool pomai_insert(Relation index, Datum* values, bool* nulls,
                             ItemPointer address, Relation heap,
                             IndexUniqueCheck, bool, IndexInfo*) {
  MemoryContext context = AllocSetContextCreate(
      CurrentMemoryContext, "pomai insert", ALLOCSET_DEFAULT_SIZES);
  MemoryContext before = MemoryContextSwitchTo(context);
  const Datum* value = nulls[0] ? nullptr : &values[0];
  pomai::pg::Entry(
      [&] { return pomai::am::InsertOne(heap, index, value, address); });
  MemoryContextSwitchTo(before);
  MemoryContextDelete(context);
  return false;
}
