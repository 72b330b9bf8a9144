#include "src/am/build_parallel.h"

#include <algorithm>

#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

Result<SharedPlan> ShareablePlan(const BuildRelations& relations,
                                 const BuildPlan& plan, int workers) {
  SharedPlan shared;
  shared.heap = RelationGetRelid(relations.heap);
  shared.index = RelationGetRelid(relations.index);
  shared.is_concurrent = relations.index_info->ii_Concurrent;
  shared.processes = workers + 1;
  shared.sort_kilobytes = maintenance_work_mem / shared.processes;
  shared.meta = plan.meta;
  shared.codebook_version = plan.codebook.version;
  shared.codebook_lists = plan.codebook.lists;
  if (plan.codebook.version == 0) return shared;
  if (plan.codebook.extent.runs.size() != 1) {
    return Status::Internal("a new codebook must be one run of pages");
  }
  shared.codebook_id = plan.codebook.extent.id;
  shared.codebook_run = plan.codebook.extent.runs[0];
  return shared;
}

// TOAST pages are read with the rows they belong to, so they are worth as much
// as the table's: the server's threshold is lowered by their share.
void LowerThreshold(Relation heap) {
  const Oid toast = heap->rd_rel->reltoastrelid;
  if (!OidIsValid(toast)) return;
  Relation toast_table = table_open(toast, AccessShareLock);
  const double toast_pages = RelationGetNumberOfBlocks(toast_table);
  table_close(toast_table, AccessShareLock);
  const double pages = RelationGetNumberOfBlocks(heap);
  if (pages == 0) return;
  min_parallel_table_scan_size = static_cast<int>(
      min_parallel_table_scan_size * (pages / (pages + toast_pages)));
}

}  // namespace

Result<int> PlanBuildWorkers(const BuildRelations& relations) {
  int workers = 0;
  const int threshold = min_parallel_table_scan_size;
  Status status = pg::Call([&]() noexcept {
    LowerThreshold(relations.heap);
    workers = plan_create_index_workers(RelationGetRelid(relations.heap),
                                        RelationGetRelid(relations.index));
  });
  min_parallel_table_scan_size = threshold;
  POMAI_RETURN_IF_ERROR(status);
  return workers;
}

Result<std::unique_ptr<ParallelBuild>> ParallelBuild::Launch(
    const BuildRelations& relations, const BuildPlan& plan, int workers) {
  POMAI_ASSIGN_OR_RETURN(SharedPlan shared,
                         ShareablePlan(relations, plan, workers));
  std::unique_ptr<ParallelBuild> build(new ParallelBuild(plan));
  bool running = false;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    build->Start(shared, relations.heap);
    running = build->context_->nworkers_launched > 0;
    if (!running) build->Leave();
  }));
  if (!running) build.reset();
  return build;
}

void ParallelBuild::Start(const SharedPlan& shared, Relation heap) {
  EnterParallelMode();
  context_ = CreateParallelContext("pomai", "pomai_parallel_build_main",
                                   shared.processes - 1);
  snapshot_ = shared.is_concurrent ? RegisterSnapshot(GetTransactionSnapshot())
                                   : SnapshotAny;
  EstimateBuildSegment(context_, shared, heap, snapshot_);
  InitializeParallelDSM(context_);
  if (context_->seg == nullptr) return;
  segment_ = CreateBuildSegment(context_, shared, heap, snapshot_);
  LaunchParallelWorkers(context_);
  ereport(DEBUG1, (errmsg_internal("launched %d parallel workers",
                                   context_->nworkers_launched)));
}

void ParallelBuild::Leave() {
  DestroyParallelContext(context_);
  if (IsMVCCSnapshot(snapshot_)) UnregisterSnapshot(snapshot_);
  ExitParallelMode();
}

Status ParallelBuild::Run(BuildScan* scan, const Centroids* centroids) {
  POMAI_RETURN_IF_ERROR(RunShare(scan, centroids));
  POMAI_RETURN_IF_ERROR(
      pg::Call([&]() noexcept { WaitForParallelWorkersToFinish(context_); }));
  Sum();
  return Status::Ok();
}

Status ParallelBuild::RunShare(BuildScan* scan, const Centroids* centroids) {
  POMAI_ASSIGN_OR_RETURN(
      auto sorter,
      TupleSorter::CreateShare(segment_.plan->sort_kilobytes, segment_.sort));
  TableScanDesc part = nullptr;
  POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept {
    part = table_beginscan_parallel(scan->heap(), segment_.scan);
  }));
  BuildShare share(scan, plan_, centroids, sorter.get(), segment_.rows_done);
  POMAI_RETURN_IF_ERROR(share.Run(part, true));
  counts_ = share.counts();
  totals_ = share.totals();
  return Status::Ok();
}

void ParallelBuild::Sum() {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += segment_.counts[i];
  for (int i = 0; i < context_->nworkers_launched; ++i) {
    totals_.Add(segment_.totals[i]);
  }
}

Result<std::unique_ptr<TupleSorter>> ParallelBuild::Merge() {
  POMAI_ASSIGN_OR_RETURN(
      auto sorter, TupleSorter::CreateMerge(maintenance_work_mem, segment_.sort,
                                            context_->nworkers_launched + 1));
  POMAI_RETURN_IF_ERROR(sorter->Sort());
  return sorter;
}

Status ParallelBuild::Finish() {
  return pg::Call([&]() noexcept {
    for (int i = 0; i < context_->nworkers_launched; ++i) {
      InstrAccumParallelQuery(&segment_.buffer_usage[i],
                              &segment_.wal_usage[i]);
    }
    Leave();
  });
}

}  // namespace pomai::am
