// PendingInserts: the rows that the statements under way in this backend have
// inserted and that are not in the index yet, a batch for each statement and
// index.
//
//   POMAI_RETURN_IF_ERROR(pending->Add(insert, vector));   // aminsert
//   FlushPendingInserts();                                  // before a search
//
// A batch never outlives its statement: an entry that is still in memory names
// a row that VACUUM may take away, and whose place it may give to another row,
// as soon as the inserting (sub)transaction has aborted. It is applied
//   - when it has pomai.batch_size rows, or all batches together
//     kMostPendingBytes,
//   - before this backend searches a pomai index or starts a parallel query,
//   - at the statement's end, when the memory context of its IndexInfo goes,
//     and from 17 on when the server says that inserts are done,
//   - before the transaction commits or is prepared, for what outlives
//     statements (CREATE INDEX CONCURRENTLY); after that rows are written
//     straight through.
// An abort drops it. So no DDL, savepoint or other session ever meets an entry
// that is only here.
//
// The first row of a batch takes RowExclusiveLock on the index to the end of
// the transaction: the executor lets its own go before the context does, and
// SET TABLESPACE would copy the file in between.
//
// A serializable transaction owes a check for conflicts from the first change
// of an apply until the check has passed, whatever error comes in between and
// is caught by an exception block: the next apply, the statement's last one at
// the latest, makes up for it.
//
// User code (decoding, checks) has run before Add; applying runs none.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <utility>

#include "core/engine/insert_batch.h"
#include "src/pg/server.h"

namespace pomai::am {

inline constexpr size_t kMostPendingBytes = size_t{32} << 20;

// What aminsert is called for.
struct RowInsert {
  Relation index;
  Relation heap;
  ItemPointer address;
  IndexInfo* index_info;
};

class PendingInserts {
 public:
  // Keeps the row, or writes it straight through where it must not wait: rows
  // that ON CONFLICT may take back, tables that are no heap, indexes whose
  // dimensions are not settled, rows after the last flush before a commit.
  // InvalidArgument when the vector's length is not the index's. Under
  // pg::Entry.
  Status Add(const RowInsert& insert, std::span<const float> vector);

  bool empty() const { return batches_.empty(); }
  // Those of a memory context, or all (null). Batches go as they are applied.
  Status Flush(MemoryContext owner);
  void Drop(MemoryContext owner);
  void DropOf(SubTransactionId subtransaction);
  void MoveOf(SubTransactionId subtransaction, SubTransactionId parent);
  void set_write_through(bool value) { write_through_ = value; }

 private:
  // The memory context of an IndexInfo, and the index.
  using Key = std::pair<MemoryContext, Oid>;
  struct Batch {
    Oid heap = InvalidOid;
    SubTransactionId subtransaction = InvalidSubTransactionId;
    uint32_t dimensions = 0;
    // For the first rows to be applied, where this transaction's id has kept
    // the pages that it names from being reused. Null afterwards.
    std::shared_ptr<const View> view;
    InsertBatch rows;
    size_t bytes = 0;  // of `rows`, as they count in bytes_
    // Rows are published, or may be, and no check for conflicts has followed.
    bool unchecked = false;
  };

  Result<Batch*> BatchFor(const RowInsert& insert);
  Status Apply(Oid index, Batch* batch);
  static Status Publish(Relation heap, Relation index, Batch* batch);
  void CountBytes(Batch* batch);
  template <typename Predicate>
  void DropIf(Predicate goes);

  std::map<Key, Batch> batches_;
  size_t bytes_ = 0;  // of all batches
  bool write_through_ = false;
};

PendingInserts* ProcessPendingInserts();

// Applies everything that is pending. Raises the server's errors: no C++ object
// above with a destructor.
void FlushPendingInserts();

// Once a process: the hooks that applying depends on.
void WatchTransactions();

}  // namespace pomai::am
