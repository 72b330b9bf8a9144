// IndexBuild: CREATE INDEX and REINDEX, from the empty file to the published
// manifest.
//
//   IndexBuild build({heap, index, index_info});
//   BuildTotals totals;
//   POMAI_RETURN_IF_ERROR(build.Run(&totals));
//
// Steps: survey the table, create the membrane, draw a sample, train the
// lists, encode all rows (in several processes), write the segments, calibrate,
// publish, log every page. The bytes depend on the table and the options
// alone, but for the random build id and the rounding of sums: not on memory or
// processes. Memory stays near maintenance_work_mem, the sample and the
// entries spill into temporary files.
//
// Until the end nothing is logged and nobody else sees the index; an error
// leaves a file that the server removes. In the backend of the command.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/build.h"
#include "src/am/build_parallel.h"
#include "src/am/build_sample.h"
#include "src/host_pg/relation_store.h"
#include "src/host_pg/temp_scratch.h"

namespace pomai::am {

class IndexBuild {
 public:
  // `relations` stay open longer than this.
  explicit IndexBuild(const BuildRelations& relations)
      : relations_(relations),
        store_(relations.index, RelationStore::Mode::kBuild),
        scan_(relations.heap, relations.index, relations.index_info) {}

  Status Run(BuildTotals* totals);

 private:
  Status Survey();
  Status Train();
  Status TrainOn(SampleSet* sample, uint32_t lists);
  Status Encode();
  Status EncodeAlone();
  Status EncodeTogether(ParallelBuild* parallel);
  Status WriteSegments(std::span<const uint32_t> counts, EntrySorter* sorter);
  Status Calibrate();
  Status Publish();
  Status FillTails();
  Status Log();

  uint32_t padded() const { return plan_.meta.shape().dimensions; }

  BuildRelations relations_;
  RelationStore store_;
  BuildScan scan_;
  TableSurvey survey_;
  BuildPlan plan_;
  std::shared_ptr<const Rotation> rotation_;
  Centroids centroids_;
  TempScratch query_scratch_;
  std::unique_ptr<SampleSet> queries_;  // to calibrate with; null: untrained
  BuildTotals totals_;
  Manifest manifest_;
};

}  // namespace pomai::am
