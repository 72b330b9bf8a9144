// Differences between PostgreSQL 15, 16, 17 and 18, all of them.
//
//   compat::VacuumDelay();   // vacuum_delay_point, which takes a flag from 18
//
// Included by src/pg/server.h only. What these functions raise, the server
// raises: inside C++ they belong into Call (src/pg/entry.h).
#pragma once

static_assert(PG_VERSION_NUM >= 150000 && PG_VERSION_NUM < 190000,
              "pomai supports PostgreSQL 15 to 18");

#if PG_VERSION_NUM >= 180000
#define POMAI_MODULE_MAGIC(module_name, module_version) \
  PG_MODULE_MAGIC_EXT(.name = (module_name), .version = (module_version))
#else
#define POMAI_MODULE_MAGIC(module_name, module_version) PG_MODULE_MAGIC
#endif

// Before the definition of a function that SQL calls by name. Until 16 the
// server's own macro exports no more than the record that describes it.
#define POMAI_SQL_FUNCTION(name)            \
  extern "C" {                              \
  PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
  PG_FUNCTION_INFO_V1(name);                \
  }                                         \
  static_assert(true, "takes the semicolon")

namespace pomai::compat {

// A number for the storage of `relation`. Two storages may share one (the
// caller tells them apart by what is on their pages), a storage never has two.
inline uint64_t StorageKey(Relation relation) {
#if PG_VERSION_NUM >= 160000
  const RelFileLocator& at = relation->rd_locator;
  const uint64_t database = at.dbOid, file = at.relNumber, space = at.spcOid;
#else
  const RelFileNode& at = relation->rd_node;
  const uint64_t database = at.dbNode, file = at.relNode, space = at.spcNode;
#endif
  return (database << 32 | file) ^ space * 0x9e3779b97f4a7c15u;
}

// Whether the storage of `relation` was made in this transaction: other
// sessions cannot open it yet.
inline bool MadeInTransaction(Relation relation) {
#if PG_VERSION_NUM >= 160000
  const SubTransactionId newest = relation->rd_firstRelfilelocatorSubid;
#else
  const SubTransactionId newest = relation->rd_firstRelfilenodeSubid;
#endif
  return newest != InvalidSubTransactionId ||
         relation->rd_createSubid != InvalidSubTransactionId;
}

// Adds up to `count` zeroed pages at the end of `fork`, at least one, without
// a gap. The caller holds the relation's extension lock (or is alone).
// Returns how many; `*first` is the first of them.
inline uint32_t ExtendFork(Relation relation, ForkNumber fork, uint32_t count,
                           BlockNumber* first) {
#if PG_VERSION_NUM >= 160000
  constexpr uint32_t kPagesAtOnce = 64;
  Buffer buffers[kPagesAtOnce];
  uint32_t extended = 0;
  BufferManagerRelation target = {};
  target.rel = relation;
  *first = ExtendBufferedRelBy(target, fork, nullptr, EB_SKIP_EXTENSION_LOCK,
                               Min(count, kPagesAtOnce), buffers, &extended);
  for (uint32_t i = 0; i < extended; ++i) ReleaseBuffer(buffers[i]);
  return extended;
#else
  (void)count;
  Buffer buffer =
      ReadBufferExtended(relation, fork, P_NEW, RBM_NORMAL, nullptr);
  *first = BufferGetBlockNumber(buffer);
  ReleaseBuffer(buffer);
  return 1;
#endif
}

// Calls `walk` for every node below `state`, until it returns true.
inline bool WalkPlanStates(PlanState* state, bool (*walk)(PlanState*, void*)) {
#if PG_VERSION_NUM >= 160000
  return planstate_tree_walker(state, walk, nullptr);
#else
  return planstate_tree_walker(
      state, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walk)),
      nullptr);
#endif
}

// Pins `block` if `buffer` still holds it, sparing the look-up of the buffer.
// Not for temporary relations.
inline bool PinRecent(Relation relation, ForkNumber fork, BlockNumber block,
                      Buffer buffer) {
#if PG_VERSION_NUM >= 160000
  return ReadRecentBuffer(relation->rd_locator, fork, block, buffer);
#else
  return ReadRecentBuffer(relation->rd_node, fork, block, buffer);
#endif
}

// The snapshot that TOAST tables are read with. `memory` holds it before 18.
inline ::Snapshot ToastSnapshot(SnapshotData* memory) {
#if PG_VERSION_NUM >= 180000
  (void)memory;
  return get_toast_snapshot();
#else
  init_toast_snapshot(memory);
  return memory;
#endif
}

inline IndexScanDesc BeginIndexScan(Relation table, Relation index,
                                    ::Snapshot snapshot, int keys) {
#if PG_VERSION_NUM >= 180000
  return index_beginscan(table, index, snapshot, nullptr, keys, 0);
#else
  return index_beginscan(table, index, snapshot, keys, 0);
#endif
}

// START_CRIT_SECTION and END_CRIT_SECTION. Theirs count with ++ on a volatile,
// which C++20 deprecates.
inline void BeginCritical() { CritSectionCount = CritSectionCount + 1; }
inline void EndCritical() {
  Assert(CritSectionCount > 0);
  CritSectionCount = CritSectionCount - 1;
}

// Sleeps as the cost limits of VACUUM ask for, and honours interrupts.
inline void VacuumDelay() {
#if PG_VERSION_NUM >= 180000
  vacuum_delay_point(false);
#else
  vacuum_delay_point();
#endif
}

// Lets VacuumDelay sleep as an autovacuum worker does: by the settings
// vacuum_cost_delay, which is given here, and vacuum_cost_limit.
inline void BeginCostLimits(const char* delay) {
  SetConfigOption("vacuum_cost_delay", delay, PGC_USERSET, PGC_S_OVERRIDE);
#if PG_VERSION_NUM >= 160000
  VacuumUpdateCosts();
#else
  VacuumCostActive = VacuumCostDelay > 0;
#endif
}

// transaction_timeout, which exists from 17 on.
inline void LiftTransactionTimeout() {
#if PG_VERSION_NUM >= 170000
  SetConfigOption("transaction_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
#endif
}

// Raises "snapshot too old" where the server still knows that. `block` is one
// that every change of what a search sees would touch.
inline void CheckOldSnapshot(::Snapshot snapshot, Relation relation,
                             BlockNumber block) {
#if PG_VERSION_NUM < 170000
  if (old_snapshot_threshold < 0) return;
  Buffer buffer = ReadBuffer(relation, block);
  LockBuffer(buffer, BUFFER_LOCK_SHARE);
  TestForOldSnapshot(snapshot, relation, BufferGetPage(buffer));
  UnlockReleaseBuffer(buffer);
#else
  (void)snapshot, (void)relation, (void)block;
#endif
}

// Whether `role` owns `relation` or may act as its owner.
inline bool OwnsRelation(Oid relation, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_ownercheck(RelationRelationId, relation, role);
#else
  return pg_class_ownercheck(relation, role);
#endif
}

// Keeps the planner from taking `path` as long as there is another. Its costs
// are infinite already, which was enough before 18.
inline void DisablePath(Path* path) {
#if PG_VERSION_NUM >= 180000
  path->disabled_nodes = 2;
#else
  (void)path;
#endif
}

// Counts one search for EXPLAIN ANALYZE (from 18).
inline void CountSearch(IndexScanDesc scan) {
#if PG_VERSION_NUM >= 180000
  if (scan->instrument != nullptr) ++scan->instrument->nsearches;
#else
  (void)scan;
#endif
}

// What later versions added to the access method's description.
inline void DescribeLater(IndexAmRoutine* routine,
                          void (*insert_cleanup)(Relation, IndexInfo*)) {
#if PG_VERSION_NUM >= 160000
  routine->amsummarizing = false;
#endif
#if PG_VERSION_NUM >= 170000
  routine->amcanbuildparallel = true;
  routine->aminsertcleanup = insert_cleanup;
#endif
#if PG_VERSION_NUM >= 180000
  routine->amcanhash = false;
  routine->amconsistentequality = false;
  routine->amconsistentordering = false;
  routine->amgettreeheight = nullptr;
  routine->amtranslatestrategy = nullptr;
  routine->amtranslatecmptype = nullptr;
#endif
  (void)routine, (void)insert_cleanup;
}

}  // namespace pomai::compat
