// Progress: what pg_stat_progress_create_index shows of a build.
//
//   EnterBuildPhase(BuildPhase::kEncodingRows, rows);
//   ReportBuildProgress(done);            // tuples_done of tuples_total
//
// Neither fails nor allocates. Backend thread of the leader only.
#pragma once

#include <cstdint>

namespace pomai::am {

// Numbers that the view passes to the access method to get a name back; the
// first is the server's own PROGRESS_CREATEIDX_SUBPHASE_INITIALIZE.
enum class BuildPhase : int64_t {
  kInitializing = 1,
  kSamplingRows,
  kTrainingLists,
  kEncodingRows,
  kSortingEntries,
  kWritingSegments,
  kCalibrating,
  kLogging,
};

// `total`: what tuples_total shows: rows, or units of work while training and
// calibrating; 0 when it is not known.
void EnterBuildPhase(BuildPhase phase, uint64_t total);
void ReportBuildProgress(uint64_t done);
// Of work whose total shows only as it goes.
void ReportBuildWork(uint64_t done, uint64_t total);
// For scans of a part of the table's blocks (whole scans report themselves).
void ReportScanBlocks(uint64_t done, uint64_t total);

}  // namespace pomai::am
