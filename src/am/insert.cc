// aminsert: decodes and checks one row, which may run user code, and hands it
// to the statement's batch.

#include "src/am/callbacks.h"
#include "src/am/pending_inserts.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"
#include "src/pg/vector_decoder.h"

namespace pomai::am {
namespace {

Status InsertOne(const RowInsert& insert, const Datum* value) {
  pg::DecodedVector vector;
  if (value != nullptr) {
    pg::VectorDecoder decoder;
    POMAI_RETURN_IF_ERROR(decoder.Open(insert.index));
    POMAI_RETURN_IF_ERROR(decoder.Decode(*value, &vector));
  }
  return ProcessPendingInserts()->Add(insert, vector.span());
}

}  // namespace
}  // namespace pomai::am

extern "C" bool pomai_insert(Relation index, Datum* values, bool* nulls,
                             ItemPointer address, Relation heap,
                             IndexUniqueCheck, bool, IndexInfo* index_info) {
  using namespace pomai;
  MemoryContext context = AllocSetContextCreate(
      CurrentMemoryContext, "pomai insert", ALLOCSET_DEFAULT_SIZES);
  MemoryContext before = MemoryContextSwitchTo(context);
  const am::RowInsert insert{index, heap, address, index_info};
  const Datum* value = nulls[0] ? nullptr : &values[0];
  pg::Entry([&] { return am::InsertOne(insert, value); });
  MemoryContextSwitchTo(before);
  MemoryContextDelete(context);
  return false;
}

// From 17 on: the statement's inserts are done.
extern "C" void pomai_insert_cleanup(Relation, IndexInfo* index_info) {
  using namespace pomai;
  am::PendingInserts* pending = am::ProcessPendingInserts();
  if (pending->empty()) return;
  pg::Entry([&] { return pending->Flush(index_info->ii_Context); });
}
