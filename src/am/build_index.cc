#include "src/am/build_index.h"

#include <algorithm>
#include <utility>

#include "core/engine/calibrate.h"
#include "core/engine/list_lengths.h"
#include "src/am/build_fork.h"
#include "src/am/build_tails.h"
#include "src/am/progress.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

constexpr uint64_t kTrainingSeed = 0x706f6d6169747261u;
constexpr uint64_t kFirstCodebook = 1;
// No more than one row of eight is held out of the training.
constexpr uint64_t kLeastInterval = 8;

size_t BuildMemory() { return size_t{1024} * maintenance_work_mem; }

}  // namespace

Status IndexBuild::Run(BuildTotals* totals) {
  POMAI_RETURN_IF_ERROR(Survey());
  if (!survey_.exact || survey_.rows > 0) {
    if (plan_.meta.dimensions == 0) {
      POMAI_RETURN_IF_ERROR(FillTails());
    } else {
      POMAI_RETURN_IF_ERROR(Train());
      POMAI_RETURN_IF_ERROR(Encode());
      POMAI_RETURN_IF_ERROR(Calibrate());
      POMAI_RETURN_IF_ERROR(Publish());
    }
  }
  *totals = totals_;
  return Log();
}

Status IndexBuild::Survey() {
  EnterBuildPhase(BuildPhase::kSamplingRows, 0);
  POMAI_ASSIGN_OR_RETURN(const IndexShape shape, ShapeOf(relations_.index));
  POMAI_RETURN_IF_ERROR(scan_.Open(shape.dimensions));
  POMAI_ASSIGN_OR_RETURN(survey_, SurveyTable(&scan_));
  totals_.table_rows = scan_.table_rows();
  POMAI_ASSIGN_OR_RETURN(plan_.meta, NewMetaPage(shape, scan_.dimensions()));
  plan_.expected_rows = survey_.rows;
  return CreateMembrane(&store_, plan_.meta);
}

// The sample gets half of the memory: while it grows it may be there twice.
Status IndexBuild::Train() {
  const MetaPage& meta = plan_.meta;
  plan_.codebook = CodebookRef{0, 1, {}};
  centroids_ = UntrainedCentroids(padded(), meta.metric);
  rotation_ =
      std::make_shared<const Rotation>(meta.dimensions, meta.rotation_seed);
  if (survey_.vectors < kMinTrainingRows) return Status::Ok();
  const uint64_t lists = ListsFor(meta, survey_.vectors);
  const uint64_t wanted = lists * SampleRowsPerList(plan_.meta.dimensions);
  EnterBuildPhase(BuildPhase::kSamplingRows, std::min(wanted, survey_.vectors));
  TempScratch scratch;
  SampleSet sample(padded(), BuildMemory() / 2, &scratch);
  Preparation preparation(meta.metric, rotation_);
  queries_ =
      std::make_unique<SampleSet>(padded(), BuildMemory() / 8, &query_scratch_);
  const uint64_t interval =
      std::max(kLeastInterval, std::min(wanted, survey_.vectors) /
                                   CalibrationOptions().queries);
  POMAI_RETURN_IF_ERROR(DrawSample(&scan_, survey_, PlanDraw(survey_, wanted),
                                   &preparation,
                                   {&sample, queries_.get(), interval}));
  if (sample.size() == 0) return Status::Ok();
  return TrainOn(&sample, static_cast<uint32_t>(lists));
}

Status IndexBuild::TrainOn(SampleSet* sample, uint32_t lists) {
  EnterBuildPhase(BuildPhase::kTrainingLists, 0);
  TrainingOptions options;
  options.dimensions = padded();
  options.lists = lists;
  options.metric = plan_.meta.metric;
  options.seed = kTrainingSeed;
  options.central_share = CentralShareFor(plan_.meta, survey_.vectors);
  options.poll = [this] { return store_.Poll(); };
  options.progress = ReportBuildWork;
  POMAI_ASSIGN_OR_RETURN(centroids_, pomai::Train(sample, options));
  POMAI_ASSIGN_OR_RETURN(
      plan_.codebook,
      StoreCodebook(&store_, &plan_.meta, kFirstCodebook, centroids_));
  manifest_.codebooks.push_back(plan_.codebook);
  return Status::Ok();
}

Status IndexBuild::Encode() {
  POMAI_ASSIGN_OR_RETURN(const int workers, PlanBuildWorkers(relations_));
  EnterBuildPhase(BuildPhase::kEncodingRows, plan_.expected_rows);
  std::unique_ptr<ParallelBuild> parallel;
  if (workers > 0) {
    POMAI_ASSIGN_OR_RETURN(parallel,
                           ParallelBuild::Launch(relations_, plan_, workers));
  }
  return parallel == nullptr ? EncodeAlone() : EncodeTogether(parallel.get());
}

Status IndexBuild::EncodeAlone() {
  std::atomic<uint64_t> rows_done = 0;
  POMAI_ASSIGN_OR_RETURN(auto sorter,
                         TupleSorter::Create(maintenance_work_mem));
  BuildShare share(&scan_, plan_, &centroids_, sorter.get(), &rows_done);
  POMAI_RETURN_IF_ERROR(share.Run(nullptr, true));
  totals_ = share.totals();
  return WriteSegments(share.counts(), sorter.get());
}

Status IndexBuild::EncodeTogether(ParallelBuild* parallel) {
  POMAI_RETURN_IF_ERROR(parallel->Run(&scan_, &centroids_));
  totals_ = parallel->totals();
  {
    POMAI_ASSIGN_OR_RETURN(auto sorter, parallel->Merge());
    POMAI_RETURN_IF_ERROR(WriteSegments(parallel->counts(), sorter.get()));
  }
  return parallel->Finish();
}

Status IndexBuild::WriteSegments(std::span<const uint32_t> counts,
                                 EntrySorter* sorter) {
  EnterBuildPhase(BuildPhase::kWritingSegments,
                  static_cast<uint64_t>(totals_.index_rows));
  POMAI_ASSIGN_OR_RETURN(
      manifest_.segments,
      pomai::WriteSegments(&store_, &plan_.meta, plan_.codebook, counts, sorter,
                           ReportBuildProgress));
  return Status::Ok();
}

Status IndexBuild::Calibrate() {
  uint64_t vectors = 0;
  for (const SegmentRef& segment : manifest_.segments) {
    vectors += segment.rows - segment.rows_without_distance;
  }
  manifest_.max_squared_norm = totals_.max_squared_norm;
  if (vectors == 0 || queries_ == nullptr) return Status::Ok();
  EnterBuildPhase(BuildPhase::kCalibrating, 0);
  POMAI_ASSIGN_OR_RETURN(auto view, MakeView(&store_, PageLock::kPin,
                                             plan_.meta, manifest_, nullptr));
  NoteCalibration(*view, &manifest_);
  CalibrationOptions options;
  options.progress = ReportBuildWork;
  POMAI_ASSIGN_OR_RETURN(
      manifest_.calibration,
      pomai::Calibrate(&store_, PageLock::kPin, std::move(view), queries_.get(),
                       options));
  return Status::Ok();
}

Status IndexBuild::Publish() {
  return PublishBuild(&store_, &plan_.meta, std::move(manifest_));
}

Status IndexBuild::FillTails() {
  TailFiller filler(&store_);
  POMAI_RETURN_IF_ERROR(scan_.All(&filler));
  POMAI_RETURN_IF_ERROR(filler.Finish());
  totals_.table_rows = scan_.table_rows();
  totals_.index_rows = static_cast<double>(filler.rows());
  return Status::Ok();
}

Status IndexBuild::Log() {
  if (!RelationNeedsWAL(relations_.index)) return Status::Ok();
  EnterBuildPhase(BuildPhase::kLogging, 0);
  return LogFork(relations_.index, MAIN_FORKNUM);
}

}  // namespace pomai::am
