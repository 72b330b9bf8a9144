// The access method's ambuild and ambuildempty.
#include "src/am/build_fork.h"
#include "src/am/build_index.h"
#include "src/am/callbacks.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

IndexBuildResult* pomai_build(Relation heap, Relation index,
                              IndexInfo* index_info) {
  auto* result =
      static_cast<IndexBuildResult*>(palloc0(sizeof(IndexBuildResult)));
  pomai::pg::Entry([&]() -> pomai::Status {
    pomai::am::IndexBuild build({heap, index, index_info});
    pomai::am::BuildTotals totals;
    POMAI_RETURN_IF_ERROR(build.Run(&totals));
    index_info->ii_BrokenHotChain |= totals.broken_hot_chain;
    result->heap_tuples = totals.table_rows;
    result->index_tuples = totals.index_rows;
    return pomai::Status::Ok();
  });
  return result;
}

void pomai_build_empty(Relation index) {
  pomai::pg::Entry([&] { return pomai::am::BuildInitFork(index); });
}
