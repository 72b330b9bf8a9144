// The access method's callbacks, one file a duty: build.cc, insert.cc, scan.cc,
// vacuum.cc, options.cc, validate.cc, cost.cc, progress.cc. handler.cc hands
// them to the server, which calls them in a backend, with the index open and
// locked.
#pragma once

#include "src/pg/server.h"

extern "C" {

IndexBuildResult* pomai_build(Relation heap, Relation index,
                              IndexInfo* index_info);
void pomai_build_empty(Relation index);
char* pomai_build_phase_name(int64 phase);

bool pomai_insert(Relation index, Datum* values, bool* nulls,
                  ItemPointer address, Relation heap, IndexUniqueCheck unique,
                  bool unchanged, IndexInfo* index_info);

void pomai_insert_cleanup(Relation index, IndexInfo* index_info);

IndexBulkDeleteResult* pomai_bulk_delete(IndexVacuumInfo* vacuum,
                                         IndexBulkDeleteResult* result,
                                         IndexBulkDeleteCallback callback,
                                         void* callback_state);
IndexBulkDeleteResult* pomai_vacuum_cleanup(IndexVacuumInfo* vacuum,
                                            IndexBulkDeleteResult* result);

void pomai_cost_estimate(PlannerInfo* root, IndexPath* path, double loop_count,
                         Cost* startup_cost, Cost* total_cost,
                         Selectivity* selectivity, double* correlation,
                         double* pages);
bytea* pomai_options(Datum options, bool validate);
bool pomai_property(Oid index, int column, IndexAMProperty property,
                    const char* name, bool* result, bool* is_null);
bool pomai_validate(Oid operator_class);

IndexScanDesc pomai_begin_scan(Relation index, int keys, int order_bys);
void pomai_rescan(IndexScanDesc scan, ScanKey keys, int key_count,
                  ScanKey order_bys, int order_by_count);
bool pomai_get_tuple(IndexScanDesc scan, ScanDirection direction);
void pomai_end_scan(IndexScanDesc scan);

}  // extern "C"
