// Opening an index that an SQL function is given by name.
//
//   OpenedIndex opened = OpenIndex(PG_GETARG_OID(0), AccessShareLock);
//   ...
//   CloseIndex(opened, AccessShareLock);
//
// Tables are locked before their indexes, as DROP INDEX and REINDEX do. All of
// it raises the server's errors: no C++ object above with a destructor. In a
// backend, inside a transaction; an error closes what is open.
#pragma once

#include "src/pg/server.h"

namespace pomai::sql {

struct OpenedIndex {
  Relation heap = nullptr;
  Relation index = nullptr;
};

// Raises 42809 when `id` is no pomai index that has pages (a partitioned index
// has none), 0A000 when this session cannot read them: a temporary one of
// another session, an unlogged one on a standby.
OpenedIndex OpenIndex(Oid id, LOCKMODE heap_lock);
// `heap_lock`: the table's lock to let go, NoLock to keep both to the end of
// the transaction.
void CloseIndex(const OpenedIndex& opened, LOCKMODE heap_lock);

// The same for a list of all indexes: false where OpenIndex would raise, when
// `id` is gone meanwhile or is being built.
bool TryOpenIndex(Oid id, OpenedIndex* opened);

// Whether the current user may know what the index holds: who may read the
// whole table, or owns it.
bool MayRead(const OpenedIndex& opened);
// Raises 42501 if not.
void RequireRead(const OpenedIndex& opened);
// Raises 42501 unless the current user owns relation `id`.
void RequireOwner(Oid id);

}  // namespace pomai::sql
