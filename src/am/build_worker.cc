// A parallel worker of a build: attaches to the leader's segment, does its
// share and leaves the sums there. build_parallel.h has the whole picture.
#include "core/codebook/codebook.h"
#include "src/am/build_segment.h"
#include "src/host_pg/relation_store.h"
#include "src/host_pg/tuple_sorter.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

class BuildWorker {
 public:
  BuildWorker(dsm_segment* memory, shm_toc* contents)
      : memory_(memory), contents_(contents) {}

  Status Run() {
    POMAI_RETURN_IF_ERROR(pg::Call([&]() noexcept { Attach(); }));
    POMAI_RETURN_IF_ERROR(Encode());
    return pg::Call([&]() noexcept { Detach(); });
  }

 private:
  void Attach();
  Status Encode();
  Result<Centroids> ReadCentroids();
  void Leave(const BuildShare& share);
  void Detach();

  LOCKMODE heap_lock() const {
    return segment_.plan->is_concurrent ? ShareUpdateExclusiveLock : ShareLock;
  }
  LOCKMODE index_lock() const {
    return segment_.plan->is_concurrent ? RowExclusiveLock
                                        : AccessExclusiveLock;
  }

  dsm_segment* memory_;
  shm_toc* contents_;
  BuildSegment segment_{};
  Relation heap_ = nullptr;
  Relation index_ = nullptr;
  IndexInfo* index_info_ = nullptr;
  TableScanDesc part_ = nullptr;
};

// The locks are the leader's: a group of processes shares them.
void BuildWorker::Attach() {
  segment_ = FindBuildSegment(contents_);
  pgstat_report_activity(STATE_RUNNING, "building a pomai index");
  heap_ = table_open(segment_.plan->heap, heap_lock());
  index_ = index_open(segment_.plan->index, index_lock());
  index_info_ = BuildIndexInfo(index_);
  index_info_->ii_Concurrent = segment_.plan->is_concurrent;
  tuplesort_attach_shared(segment_.sort, memory_);
  InstrStartParallelQuery();
  part_ = table_beginscan_parallel(heap_, segment_.scan);
}

Result<Centroids> BuildWorker::ReadCentroids() {
  const SharedPlan& plan = *segment_.plan;
  if (plan.codebook_version == 0) {
    return UntrainedCentroids(plan.meta.shape().dimensions, plan.meta.metric);
  }
  RelationStore store(index_, RelationStore::Mode::kBuild);
  return Codebook::LoadCentroids(&store, plan.codebook().extent,
                                 PageLock::kPin);
}

Status BuildWorker::Encode() {
  const SharedPlan& plan = *segment_.plan;
  POMAI_ASSIGN_OR_RETURN(const Centroids centroids, ReadCentroids());
  POMAI_ASSIGN_OR_RETURN(auto sorter, TupleSorter::CreateShare(
                                          plan.sort_kilobytes, segment_.sort));
  BuildScan scan(heap_, index_, index_info_);
  POMAI_RETURN_IF_ERROR(scan.Open(plan.meta.dimensions));
  BuildShare share(&scan, BuildPlan{plan.meta, plan.codebook(), 0}, &centroids,
                   sorter.get(), segment_.rows_done);
  POMAI_RETURN_IF_ERROR(share.Run(part_, false));
  Leave(share);
  return Status::Ok();
}

void BuildWorker::Leave(const BuildShare& share) {
  segment_.totals[ParallelWorkerNumber] = share.totals();
  for (size_t i = 0; i < share.counts().size(); ++i) {
    segment_.counts[i].fetch_add(share.counts()[i], std::memory_order_relaxed);
  }
}

void BuildWorker::Detach() {
  InstrEndParallelQuery(&segment_.buffer_usage[ParallelWorkerNumber],
                        &segment_.wal_usage[ParallelWorkerNumber]);
  index_close(index_, index_lock());
  table_close(heap_, heap_lock());
}

}  // namespace
}  // namespace pomai::am

// The worker's entry point, which the leader names to the server.
extern "C" PGDLLEXPORT void pomai_parallel_build_main(dsm_segment* memory,
                                                      shm_toc* contents) {
  pomai::pg::Entry([&] {
    pomai::am::BuildWorker worker(memory, contents);
    return worker.Run();
  });
}
