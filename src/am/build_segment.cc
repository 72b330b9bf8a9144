#include "src/am/build_segment.h"

#include <new>

#include "src/pg/server.h"

namespace pomai::am {
namespace {

// Keys of the table of contents.
enum Key : uint64_t {
  kPlan = 1,
  kScan,
  kSort,
  kTotals,
  kCounts,
  kRowsDone,
  kBufferUsage,
  kWalUsage,
};

Size SizeOf(Key key, const SharedPlan& plan, Relation heap,
            ::Snapshot snapshot) {
  const Size processes = plan.processes;
  switch (key) {
    case kPlan:
      return sizeof(SharedPlan);
    case kScan:
      return table_parallelscan_estimate(heap, snapshot);
    case kSort:
      return tuplesort_estimate_shared(plan.processes);
    case kTotals:
      return mul_size(sizeof(BuildTotals), processes);
    case kCounts:
      return mul_size(sizeof(std::atomic<uint32_t>), plan.count_slots());
    case kRowsDone:
      return sizeof(std::atomic<uint64_t>);
    case kBufferUsage:
      return mul_size(sizeof(BufferUsage), processes);
    case kWalUsage:
      return mul_size(sizeof(WalUsage), processes);
  }
  return 0;
}

template <typename T>
T* Find(shm_toc* contents, Key key) {
  return static_cast<T*>(shm_toc_lookup(contents, key, false));
}

}  // namespace

CodebookRef SharedPlan::codebook() const {
  CodebookRef ref{codebook_version, codebook_lists, {}};
  ref.extent = Extent{codebook_id, PageKind::kCodebook, {codebook_run}};
  return ref;
}

void EstimateBuildSegment(ParallelContext* context, const SharedPlan& plan,
                          Relation heap, ::Snapshot snapshot) {
  for (uint64_t key = kPlan; key <= kWalUsage; ++key) {
    shm_toc_estimate_chunk(&context->estimator,
                           SizeOf(static_cast<Key>(key), plan, heap, snapshot));
    shm_toc_estimate_keys(&context->estimator, 1);
  }
}

BuildSegment CreateBuildSegment(ParallelContext* context,
                                const SharedPlan& plan, Relation heap,
                                ::Snapshot snapshot) {
  for (uint64_t key = kPlan; key <= kWalUsage; ++key) {
    const Size size = SizeOf(static_cast<Key>(key), plan, heap, snapshot);
    void* chunk = shm_toc_allocate(context->toc, size);
    memset(chunk, 0, size);
    shm_toc_insert(context->toc, key, chunk);
  }
  BuildSegment segment = FindBuildSegment(context->toc);
  new (segment.plan) SharedPlan(plan);
  table_parallelscan_initialize(heap, segment.scan, snapshot);
  tuplesort_initialize_shared(segment.sort, plan.processes, context->seg);
  return segment;
}

// Atomics of plain numbers start as the zeros that Create wrote.
BuildSegment FindBuildSegment(shm_toc* contents) {
  return {Find<SharedPlan>(contents, kPlan),
          Find<ParallelTableScanDescData>(contents, kScan),
          Find<Sharedsort>(contents, kSort),
          Find<BuildTotals>(contents, kTotals),
          Find<std::atomic<uint32_t>>(contents, kCounts),
          Find<std::atomic<uint64_t>>(contents, kRowsDone),
          Find<BufferUsage>(contents, kBufferUsage),
          Find<WalUsage>(contents, kWalUsage)};
}

}  // namespace pomai::am
