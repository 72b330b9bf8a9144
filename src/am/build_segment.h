// BuildSegment: the dynamic shared memory of a parallel build, as one process
// sees it.
//
//   EstimateBuildSegment(context, plan, heap, snapshot);
//   InitializeParallelDSM(context);
//   BuildSegment segment = CreateBuildSegment(context, plan, heap, snapshot);
//   BuildSegment segment = FindBuildSegment(table_of_contents);  // a worker
//
// The functions raise the server's errors: they belong into pg::Call.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "src/am/build_share.h"

namespace pomai::am {

// What every process must know, as plain bytes.
struct SharedPlan {
  Oid heap = InvalidOid;
  Oid index = InvalidOid;
  bool is_concurrent = false;
  int processes = 0;       // at most: workers and the leader
  int sort_kilobytes = 0;  // of each
  MetaPage meta;
  uint64_t codebook_version = 0;
  uint32_t codebook_lists = 0;
  uint64_t codebook_id = 0;
  BlockRun codebook_run{kNoBlock, 0};  // a new codebook is one run

  CodebookRef codebook() const;
  size_t count_slots() const {
    return size_t{meta.shards} * (codebook_lists + size_t{1});
  }
};
static_assert(std::is_trivially_copyable_v<SharedPlan>);
static_assert(std::is_trivially_copyable_v<BuildTotals>);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

struct BuildSegment {
  SharedPlan* plan;
  ParallelTableScanDesc scan;
  Sharedsort* sort;
  BuildTotals* totals;            // one a process, the leader's at the end
  std::atomic<uint32_t>* counts;  // plan->count_slots() sums
  std::atomic<uint64_t>* rows_done;
  BufferUsage* buffer_usage;  // one a worker
  WalUsage* wal_usage;
};

void EstimateBuildSegment(ParallelContext* context, const SharedPlan& plan,
                          Relation heap, ::Snapshot snapshot);
BuildSegment CreateBuildSegment(ParallelContext* context,
                                const SharedPlan& plan, Relation heap,
                                ::Snapshot snapshot);
BuildSegment FindBuildSegment(shm_toc* contents);

}  // namespace pomai::am
