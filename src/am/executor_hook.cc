#include "src/am/executor_hook.h"

#include "src/am/callbacks.h"
#include "src/am/pending_inserts.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

ExecutorStart_hook_type next_executor_start = nullptr;

// The search whose rows are those of the query or subquery that ends in `top`,
// one for one and in its order; else null. WITH TIES looks at the columns that
// order.
IndexScanState* SearchOf(PlanState* top) {
  if (IsA(top, LimitState)) {
    const auto* limit = castNode(LimitState, top);
    if (limit->limitOption == LIMIT_OPTION_WITH_TIES) return nullptr;
    top = outerPlanState(top);
  }
  if (!IsA(top, IndexScanState)) return nullptr;
  auto* scan = castNode(IndexScanState, top);
  const Relation index = scan->iss_RelationDesc;
  // EXPLAIN opens no index.
  return index != nullptr && index->rd_indam->amgettuple == pomai_get_tuple
             ? scan
             : nullptr;
}

// The columns of `scan` with NULL for what orders its rows and is dropped from
// the query's, whose columns are `top`; NIL if there is nothing of the kind.
List* ColumnsThatAreRead(const IndexScan* scan, List* top) {
  List* columns = NIL;
  bool changed = false;
  ListCell* cell;
  ListCell* top_cell;
  forboth(cell, scan->scan.plan.targetlist, top_cell, top) {
    auto* column = lfirst_node(TargetEntry, cell);
    auto* expression = reinterpret_cast<Node*>(column->expr);
    if (lfirst_node(TargetEntry, top_cell)->resjunk &&
        list_member(scan->indexorderbyorig, expression)) {
      column = flatCopyTargetEntry(column);
      column->expr = reinterpret_cast<Expr*>(makeNullConst(
          exprType(expression), exprTypmod(expression), InvalidOid));
      changed = true;
    }
    columns = lappend(columns, column);
  }
  return changed ? columns : NIL;
}

// Changes the plan's state only: the plan itself may be a cached one's.
void DropUnreadDistance(PlanState* top) {
  IndexScanState* scan = SearchOf(top);
  if (scan == nullptr || scan->ss.ps.ps_ProjInfo == nullptr) return;
  PlanState* state = &scan->ss.ps;
  // What building a projection leaves in the state must not be there twice.
  if (state->subPlan != NIL) return;
  List* columns = ColumnsThatAreRead(castNode(IndexScan, state->plan),
                                     top->plan->targetlist);
  if (columns == NIL) return;
  state->ps_ProjInfo = ExecBuildProjectionInfo(
      columns, state->ps_ExprContext, state->ps_ResultTupleSlot, state,
      scan->ss.ss_ScanTupleSlot->tts_tupleDescriptor);
}

// LIMIT is the last a query does, and what is dropped from its rows is read by
// none around it either.
bool DropBelowLimits(PlanState* state, void*) {
  if (IsA(state, LimitState)) DropUnreadDistance(state);
  return compat::WalkPlanStates(state, DropBelowLimits);
}

void DropUnreadDistances(const QueryDesc* query) {
  MemoryContext before = MemoryContextSwitchTo(query->estate->es_query_cxt);
  if (IsA(query->planstate, IndexScanState)) {
    DropUnreadDistance(query->planstate);
  }
  DropBelowLimits(query->planstate, nullptr);
  MemoryContextSwitchTo(before);
}

void StartExecutor(QueryDesc* query, int flags) {
  if (query->plannedstmt->parallelModeNeeded) FlushPendingInserts();
  if (next_executor_start != nullptr) {
    next_executor_start(query, flags);
  } else {
    standard_ExecutorStart(query, flags);
  }
  DropUnreadDistances(query);
}

}  // namespace

void WatchExecutor() {
  next_executor_start = ExecutorStart_hook;
  ExecutorStart_hook = StartExecutor;
}

}  // namespace pomai::am
