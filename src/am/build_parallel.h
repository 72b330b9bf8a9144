// ParallelBuild: the main pass of a build in several processes.
//
//   POMAI_ASSIGN_OR_RETURN(auto parallel,
//                          ParallelBuild::Launch(relations, plan, workers));
//   if (parallel != nullptr) {
//     POMAI_RETURN_IF_ERROR(parallel->Run(&scan, &centroids));
//     POMAI_ASSIGN_OR_RETURN(auto sorted, parallel->Merge());
//     ... read `sorted`, destroy it ...
//     POMAI_RETURN_IF_ERROR(parallel->Finish());
//   }
//
// Each process, the leader too, reads blocks of one shared scan, encodes their
// rows and sorts them into temporary files; the leader merges the files.
// Workers read the codebook from the index's pages. After an error the server
// ends the workers with the transaction.
//
// In the leader's backend.
#pragma once

#include <memory>
#include <vector>

#include "src/am/build_segment.h"
#include "src/host_pg/tuple_sorter.h"

namespace pomai::am {

struct BuildRelations {
  Relation heap;
  Relation index;
  IndexInfo* index_info;
};

// Worker processes this build may have; 0: none. As the server decides it for
// a btree, but vectors that were moved to the TOAST table count, too.
Result<int> PlanBuildWorkers(const BuildRelations& relations);

class ParallelBuild {
 public:
  // nullptr when no worker could be started.
  static Result<std::unique_ptr<ParallelBuild>> Launch(
      const BuildRelations& relations, const BuildPlan& plan, int workers);

  // The leader's share; returns when every process has done its own.
  Status Run(BuildScan* scan, const Centroids* centroids);
  // After Run: the entries of all processes.
  Result<std::unique_ptr<TupleSorter>> Merge();
  // After Run: of all processes.
  const std::vector<uint32_t>& counts() const { return counts_; }
  const BuildTotals& totals() const { return totals_; }
  // Leaves parallel mode. What Merge returned is gone by then.
  Status Finish();

 private:
  explicit ParallelBuild(const BuildPlan& plan) : plan_(plan) {}
  void Start(const SharedPlan& shared, Relation heap);
  void Leave();
  Status RunShare(BuildScan* scan, const Centroids* centroids);
  void Sum();

  BuildPlan plan_;
  ParallelContext* context_ = nullptr;
  ::Snapshot snapshot_ = nullptr;
  BuildSegment segment_{};
  std::vector<uint32_t> counts_;
  BuildTotals totals_;
};

}  // namespace pomai::am
