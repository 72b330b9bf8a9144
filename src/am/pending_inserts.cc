#include "src/am/pending_inserts.h"

#include "src/am/maintenance.h"
#include "src/am/settings.h"
#include "src/host_pg/process_cache.h"
#include "src/host_pg/relation_store.h"
#include "src/host_pg/tuple_id.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

// The statement that owns `context` has ended: well, or by an error.
void EndStatement(void* context) {
  auto* owner = static_cast<MemoryContext>(context);
  PendingInserts* pending = ProcessPendingInserts();
  if (!IsTransactionState()) {
    pending->Drop(owner);
    return;
  }
  pg::Entry([&] { return pending->Flush(owner); });
}

// In the memory of the context itself, once for all batches it owns.
void WatchContext(MemoryContext owner) {
  auto* callback = static_cast<MemoryContextCallback*>(
      MemoryContextAllocZero(owner, sizeof(MemoryContextCallback)));
  callback->func = EndStatement;
  callback->arg = owner;
  MemoryContextRegisterResetCallback(owner, callback);
}

void EndTransaction(XactEvent event, void*) {
  PendingInserts* pending = ProcessPendingInserts();
  switch (event) {
    case XACT_EVENT_PRE_COMMIT:
    case XACT_EVENT_PARALLEL_PRE_COMMIT:
    case XACT_EVENT_PRE_PREPARE:
      FlushPendingInserts();
      pending->set_write_through(true);
      break;
    default:
      pending->Drop(nullptr);
      pending->set_write_through(false);
  }
}

void EndSubtransaction(SubXactEvent event, SubTransactionId own,
                       SubTransactionId parent, void*) {
  PendingInserts* pending = ProcessPendingInserts();
  if (event == SUBXACT_EVENT_ABORT_SUB) pending->DropOf(own);
  if (event == SUBXACT_EVENT_COMMIT_SUB) pending->MoveOf(own, parent);
}

// INSERT ... ON CONFLICT takes such a row back while its transaction goes on;
// VACUUM may then give its place to another session's row.
bool IsSpeculative(Relation heap, ItemPointer address) {
  Buffer buffer = ReadBuffer(heap, ItemPointerGetBlockNumber(address));
  LockBuffer(buffer, BUFFER_LOCK_SHARE);
  ::Page page = BufferGetPage(buffer);
  // PageGetItemId would take our PageHeader for the server's.
  ItemId item = &reinterpret_cast<::PageHeader>(page)
                     ->pd_linp[ItemPointerGetOffsetNumber(address) - 1];
  // CREATE INDEX CONCURRENTLY names the root of a HOT chain, which may be a
  // line pointer without a row.
  const bool speculative =
      ItemIdIsNormal(item) &&
      HeapTupleHeaderIsSpeculative(
          reinterpret_cast<HeapTupleHeader>(PageGetItem(page, item)));
  UnlockReleaseBuffer(buffer);
  return speculative;
}

bool MayWait(const RowInsert& insert) {
  return settings::batch_size > 1 &&
         insert.heap->rd_tableam == GetHeapamTableAmRoutine() &&
         !IsSpeculative(insert.heap, insert.address);
}

Result<std::shared_ptr<const View>> ViewOf(Relation index) {
  RelationStore store(index);
  return TakeView(&store, PageLock::kPin, ProcessViewCache(), ViewKey(index));
}

}  // namespace

PendingInserts* ProcessPendingInserts() {
  static auto* pending = new PendingInserts();
  return pending;
}

void FlushPendingInserts() {
  PendingInserts* pending = ProcessPendingInserts();
  if (!pending->empty()) pg::Entry([&] { return pending->Flush(nullptr); });
}

void WatchTransactions() {
  RegisterXactCallback(EndTransaction, nullptr);
  RegisterSubXactCallback(EndSubtransaction, nullptr);
}

Result<PendingInserts::Batch*> PendingInserts::BatchFor(
    const RowInsert& insert) {
  MemoryContext owner = insert.index_info->ii_Context;
  const Oid index = RelationGetRelid(insert.index);
  const Key key(owner, index);
  const auto next = batches_.lower_bound(key);
  if (next != batches_.end() && next->first == key) return &next->second;
  const auto any = batches_.lower_bound(Key(owner, InvalidOid));
  const bool watched = any != batches_.end() && any->first.first == owner;
  bool may_keep = false;
  Batch batch;
  batch.heap = RelationGetRelid(insert.heap);
  POMAI_ASSIGN_OR_RETURN(batch.view, ViewOf(insert.index));
  batch.dimensions = batch.view->meta.dimensions;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    batch.subtransaction = GetCurrentSubTransactionId();
    LockRelationOid(index, RowExclusiveLock);
    if (!watched) WatchContext(owner);
    may_keep = TransactionIdIsValid(GetTopTransactionIdIfAny());
  }));
  if (!may_keep) batch.view = nullptr;
  return &batches_.emplace_hint(next, key, std::move(batch))->second;
}

Status PendingInserts::Add(const RowInsert& insert,
                           std::span<const float> vector) {
  bool waits = false;
  if (!write_through_) {
    POMAI_RETURN_IF_ERROR(
        pg::Call([&]() noexcept { waits = MayWait(insert); }));
  }
  Batch* batch = nullptr;
  if (waits) {
    POMAI_ASSIGN_OR_RETURN(batch, BatchFor(insert));
    waits = batch->dimensions != 0 || vector.empty();
  }
  if (!waits) {
    // If this fails its row goes with it: nobody owes anything.
    Batch one;
    one.rows.Add(TupleId(*insert.address), vector);
    POMAI_RETURN_IF_ERROR(Publish(insert.heap, insert.index, &one));
    if (batch == nullptr) return Status::Ok();
    POMAI_ASSIGN_OR_RETURN(const auto view, ViewOf(insert.index));
    batch->dimensions = view->meta.dimensions;
    return Status::Ok();
  }
  POMAI_RETURN_IF_ERROR(CheckVectorLength(batch->dimensions, vector.size()));
  batch->rows.Add(TupleId(*insert.address), vector);
  CountBytes(batch);
  if (batch->rows.size() >= static_cast<size_t>(settings::batch_size)) {
    POMAI_RETURN_IF_ERROR(Publish(insert.heap, insert.index, batch));
    CountBytes(batch);
  }
  return bytes_ > kMostPendingBytes ? Flush(nullptr) : Status::Ok();
}

void PendingInserts::CountBytes(Batch* batch) {
  bytes_ += batch->rows.bytes() - batch->bytes;
  batch->bytes = batch->rows.bytes();
}

// With a snapshot where nothing else holds back the horizon after which pages
// are reused.
Status PendingInserts::Publish(Relation heap, Relation index, Batch* batch) {
  bool pushed = false;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    if (TransactionIdIsValid(GetTopTransactionIdIfAny())) return;
    PushActiveSnapshot(GetTransactionSnapshot());
    pushed = true;
  }));
  // The server's own snapshot of its catalog would do, but comes and goes.
  Assert(HaveRegisteredOrActiveSnapshot() ||
         TransactionIdIsValid(GetTopTransactionIdIfAny()));
  RelationStore store(index);
  InsertOutcome outcome;
  batch->unchecked = true;
  POMAI_RETURN_IF_ERROR(batch->rows.Apply(&store, PageLock::kPin,
                                          ProcessViewCache(), ViewKey(index),
                                          &outcome, std::move(batch->view)));
  // After publishing: a reader that came in between has its predicate lock by
  // now; one that comes later finds the rows.
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    CheckForSerializableConflictIn(index, nullptr, InvalidBlockNumber);
    if (pushed) PopActiveSnapshot();
  }));
  batch->unchecked = false;
  return AfterInserts(heap, index, outcome.tail_load);
}

// Outside of aminsert the executor may have closed the relations; their locks
// are held.
Status PendingInserts::Apply(Oid index, Batch* batch) {
  if (batch->rows.empty() && !batch->unchecked) return Status::Ok();
  Relation heap_relation = nullptr;
  Relation index_relation = nullptr;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    heap_relation = table_open(batch->heap, NoLock);
    index_relation = index_open(index, NoLock);
  }));
  POMAI_RETURN_IF_ERROR(Publish(heap_relation, index_relation, batch));
  CountBytes(batch);
  return pg::Call([&]() noexcept {
    index_close(index_relation, NoLock);
    table_close(heap_relation, NoLock);
  });
}

Status PendingInserts::Flush(MemoryContext owner) {
  for (auto& [key, batch] : batches_) {
    if (owner != nullptr && key.first != owner) continue;
    POMAI_RETURN_IF_ERROR(Apply(key.second, &batch));
  }
  // Of a statement that goes on the empty batch stays, for it is watched.
  if (owner != nullptr) Drop(owner);
  return Status::Ok();
}

template <typename Predicate>
void PendingInserts::DropIf(Predicate goes) {
  std::erase_if(batches_, [&](const auto& item) {
    const auto& [key, batch] = item;
    if (!goes(key, batch)) return false;
    bytes_ -= batch.bytes;
    return true;
  });
}

void PendingInserts::Drop(MemoryContext owner) {
  DropIf([owner](const Key& key, const Batch&) {
    return owner == nullptr || key.first == owner;
  });
}

void PendingInserts::DropOf(SubTransactionId subtransaction) {
  DropIf([subtransaction](const Key&, const Batch& batch) {
    return batch.subtransaction == subtransaction;
  });
}

void PendingInserts::MoveOf(SubTransactionId subtransaction,
                            SubTransactionId parent) {
  for (auto& [key, batch] : batches_) {
    if (batch.subtransaction == subtransaction) batch.subtransaction = parent;
  }
}

}  // namespace pomai::am
