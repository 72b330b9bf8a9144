#include "src/sql/index_access.h"

#include "src/am/callbacks.h"
#include "src/am/pending_inserts.h"

namespace pomai::sql {
namespace {

bool IsPomaiIndex(Relation relation) {
  return relation->rd_rel->relkind == RELKIND_INDEX &&
         relation->rd_indam->ambuild == pomai_build;
}

bool HasReadablePages(Relation index) {
  if (RELATION_IS_OTHER_TEMP(index)) return false;
  return !RecoveryInProgress() ||
         index->rd_rel->relpersistence == RELPERSISTENCE_PERMANENT;
}

[[noreturn]] void RaiseWrongType(Oid id) {
  const char* name = get_rel_name(id);
  if (get_rel_relkind(id) == RELKIND_PARTITIONED_INDEX) {
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                    errmsg("\"%s\" is a partitioned index", name),
                    errhint("Name the index of one of the partitions.")));
  }
  if (name == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                    errmsg("relation with OID %u does not exist", id)));
  }
  ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                  errmsg("\"%s\" is not a pomai index", name)));
  pg_unreachable();
}

// Leaves `opened` empty when there is no index `id` any more.
void LockAndOpen(Oid id, LOCKMODE heap_lock, OpenedIndex* opened) {
  const Oid heap = IndexGetRelation(id, true);
  if (!OidIsValid(heap)) return;
  opened->heap = try_relation_open(heap, heap_lock);
  if (opened->heap == nullptr) return;
  opened->index = try_relation_open(id, AccessShareLock);
  if (opened->index == nullptr) {
    relation_close(opened->heap, heap_lock);
    opened->heap = nullptr;
  }
}

}  // namespace

OpenedIndex OpenIndex(Oid id, LOCKMODE heap_lock) {
  am::FlushPendingInserts();
  OpenedIndex opened;
  LockAndOpen(id, heap_lock, &opened);
  if (opened.index == nullptr || !IsPomaiIndex(opened.index)) {
    RaiseWrongType(id);
  }
  if (!HasReadablePages(opened.index)) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot read index \"%s\"",
                           RelationGetRelationName(opened.index)),
                    errdetail("It is a temporary index of another session, or "
                              "unlogged on a standby.")));
  }
  return opened;
}

void CloseIndex(const OpenedIndex& opened, LOCKMODE heap_lock) {
  relation_close(opened.index, heap_lock == NoLock ? NoLock : AccessShareLock);
  relation_close(opened.heap, heap_lock);
}

bool TryOpenIndex(Oid id, OpenedIndex* opened) {
  LockAndOpen(id, AccessShareLock, opened);
  if (opened->index == nullptr) return false;
  if (IsPomaiIndex(opened->index) && HasReadablePages(opened->index) &&
      opened->index->rd_index->indisready) {
    return true;
  }
  CloseIndex(*opened, AccessShareLock);
  return false;
}

bool MayRead(const OpenedIndex& opened) {
  const Oid heap = RelationGetRelid(opened.heap);
  return pg_class_aclcheck(heap, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
         compat::OwnsRelation(heap, GetUserId());
}

void RequireRead(const OpenedIndex& opened) {
  if (MayRead(opened)) return;
  aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE,
                 RelationGetRelationName(opened.heap));
}

void RequireOwner(Oid id) {
  if (compat::OwnsRelation(id, GetUserId())) return;
  aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_INDEX, get_rel_name(id));
}

}  // namespace pomai::sql
