// The description of the access method, and what happens when the library is
// loaded.

#include "src/am/callbacks.h"
#include "src/am/executor_hook.h"
#include "src/am/fault_setting.h"
#include "src/am/index_shape.h"
#include "src/am/options.h"
#include "src/am/pending_inserts.h"
#include "src/am/settings.h"
#include "src/pg/server.h"
#include "src/pg/vector_decoder.h"

using namespace pomai;

namespace {

void DescribeAbilities(IndexAmRoutine* routine) {
  routine->amstrategies = am::kStrategies;
  routine->amsupport = pg::kSupportFunctions;
  routine->amoptsprocnum = 0;
  routine->amcanorder = false;
  routine->amcanorderbyop = true;
  routine->amcanbackward = false;
  routine->amcanunique = false;
  routine->amcanmulticol = false;
  // An ORDER BY needs no condition on the column. So the index has every row,
  // NULLs too, but there is no operator to look for them with.
  routine->amoptionalkey = true;
  routine->amsearcharray = false;
  routine->amsearchnulls = false;
  routine->amstorage = false;
  routine->amclusterable = false;
  // Predicate locks are taken in scan.cc and checked in insert.cc.
  routine->ampredlocks = true;
  routine->amcanparallel = false;
  routine->amcaninclude = false;
  routine->amusemaintenanceworkmem = false;
  routine->amparallelvacuumoptions =
      VACUUM_OPTION_PARALLEL_BULKDEL | VACUUM_OPTION_PARALLEL_COND_CLEANUP;
  routine->amkeytype = InvalidOid;
}

void DescribeCallbacks(IndexAmRoutine* routine) {
  routine->ambuild = pomai_build;
  routine->ambuildempty = pomai_build_empty;
  routine->aminsert = pomai_insert;
  routine->ambulkdelete = pomai_bulk_delete;
  routine->amvacuumcleanup = pomai_vacuum_cleanup;
  routine->amcanreturn = nullptr;
  routine->amcostestimate = pomai_cost_estimate;
  routine->amoptions = pomai_options;
  routine->amproperty = pomai_property;
  routine->ambuildphasename = pomai_build_phase_name;
  routine->amvalidate = pomai_validate;
  routine->amadjustmembers = nullptr;
  routine->ambeginscan = pomai_begin_scan;
  routine->amrescan = pomai_rescan;
  routine->amgettuple = pomai_get_tuple;
  routine->amgetbitmap = nullptr;
  routine->amendscan = pomai_end_scan;
  routine->ammarkpos = nullptr;
  routine->amrestrpos = nullptr;
  routine->amestimateparallelscan = nullptr;
  routine->aminitparallelscan = nullptr;
  routine->amparallelrescan = nullptr;
}

}  // namespace

extern "C" {
POMAI_MODULE_MAGIC("pomai", "0.1.0");

PGDLLEXPORT void _PG_init() {
#ifdef __GLIBC__
  // A search takes and gives back some 300 KB. By default that memory goes back
  // to the kernel each time and comes as fresh pages the next time, a sixth of
  // the search's time.
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_MMAP_THRESHOLD, 16 << 20);
#endif
  am::DefineOptions();
  am::DefineFaultSetting();
  am::DefineSettings();
  am::WatchTransactions();
  am::WatchExecutor();
}
}  // extern "C"

POMAI_SQL_FUNCTION(pomai_handler);
Datum pomai_handler(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  IndexAmRoutine* routine = makeNode(IndexAmRoutine);
  DescribeAbilities(routine);
  DescribeCallbacks(routine);
  compat::DescribeLater(routine, pomai_insert_cleanup);
  PG_RETURN_POINTER(routine);
}
