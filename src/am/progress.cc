#include "src/am/progress.h"

#include "src/am/callbacks.h"
#include "src/pg/server.h"

namespace pomai::am {

void EnterBuildPhase(BuildPhase phase, uint64_t total) {
  const int parameters[] = {
      PROGRESS_CREATEIDX_SUBPHASE, PROGRESS_CREATEIDX_TUPLES_TOTAL,
      PROGRESS_CREATEIDX_TUPLES_DONE, PROGRESS_SCAN_BLOCKS_TOTAL,
      PROGRESS_SCAN_BLOCKS_DONE};
  const int64 values[] = {static_cast<int64>(phase), static_cast<int64>(total),
                          0, 0, 0};
  pgstat_progress_update_multi_param(5, parameters, values);
}

void ReportBuildProgress(uint64_t done) {
  pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE,
                               static_cast<int64>(done));
}

void ReportBuildWork(uint64_t done, uint64_t total) {
  const int parameters[] = {PROGRESS_CREATEIDX_TUPLES_TOTAL,
                            PROGRESS_CREATEIDX_TUPLES_DONE};
  const int64 values[] = {static_cast<int64>(total), static_cast<int64>(done)};
  pgstat_progress_update_multi_param(2, parameters, values);
}

void ReportScanBlocks(uint64_t done, uint64_t total) {
  const int parameters[] = {PROGRESS_SCAN_BLOCKS_TOTAL,
                            PROGRESS_SCAN_BLOCKS_DONE};
  const int64 values[] = {static_cast<int64>(total), static_cast<int64>(done)};
  pgstat_progress_update_multi_param(2, parameters, values);
}

namespace {

const char* NameOf(BuildPhase phase) {
  switch (phase) {
    case BuildPhase::kInitializing:
      return "initializing";
    case BuildPhase::kSamplingRows:
      return "sampling rows";
    case BuildPhase::kTrainingLists:
      return "training lists";
    case BuildPhase::kEncodingRows:
      return "encoding rows";
    case BuildPhase::kSortingEntries:
      return "sorting entries";
    case BuildPhase::kWritingSegments:
      return "writing segments";
    case BuildPhase::kCalibrating:
      return "calibrating";
    case BuildPhase::kLogging:
      return "writing to the WAL";
  }
  return nullptr;
}

}  // namespace
}  // namespace pomai::am

char* pomai_build_phase_name(int64 phase) {
  using pomai::am::BuildPhase;
  return const_cast<char*>(pomai::am::NameOf(static_cast<BuildPhase>(phase)));
}
