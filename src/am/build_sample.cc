#include "src/am/build_sample.h"

#include <algorithm>
#include <vector>

#include "core/base/random.h"
#include "core/host/extent.h"
#include "src/am/progress.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

// A table of up to 8 MB is counted; of a larger one, blocks until the vectors
// in them make the estimate good to some percent.
constexpr uint32_t kCountedBlocks = 1024;
constexpr uint32_t kFirstSurveyBlocks = 256;
constexpr uint64_t kSurveyVectors = 1000;
// Rows that are drawn from one block: neighbours in the heap may resemble each
// other, so not all; but a block that is read should give several.
constexpr double kRowsFromBlock = 4;
constexpr double kLeastRowShare = 0.25;
// From this share of the blocks on, one scan of the table is faster.
constexpr double kScanShare = 0.5;
constexpr uint32_t kPrefetchRuns = 32;

constexpr uint64_t kSurveySeed = 0x706f6d61692d6131u;
constexpr uint64_t kBlockSeed = 0x706f6d61692d6232u;
constexpr uint64_t kRowSeed = 0x706f6d61692d7233u;

bool IsDrawn(uint64_t seed, uint64_t address, double share) {
  return share >= 1 || Random(seed ^ address).Uniform() < share;
}

class SurveyVisitor : public RowVisitor {
 public:
  explicit SurveyVisitor(const BuildScan* scan) : scan_(scan) {}

  bool Wants(uint64_t, bool is_null) override {
    ++rows_;
    if (!is_null) ++vectors_;
    return !is_null && scan_->dimensions() == 0;
  }
  Status Visit(uint64_t, std::span<const float>) override {
    return Status::Ok();
  }

  uint64_t rows() const { return rows_; }
  uint64_t vectors() const { return vectors_; }

 private:
  const BuildScan* scan_;
  uint64_t rows_ = 0;
  uint64_t vectors_ = 0;
};

class DrawVisitor : public RowVisitor {
 public:
  DrawVisitor(double share, Preparation* preparation, const DrawnRows& drawn)
      : share_(share),
        preparation_(preparation),
        drawn_(drawn),
        rotated_(preparation->padded()) {}

  bool Wants(uint64_t id, bool is_null) override {
    return !is_null && IsDrawn(kRowSeed, id, share_);
  }
  Status Visit(uint64_t id, std::span<const float> vector) override {
    if (!preparation_->Apply(vector.data(), rotated_.data())) {
      return Status::Ok();
    }
    if (++rows_ % 256 == 0) ReportBuildProgress(rows_);
    SampleSet* to =
        rows_ % drawn_.interval == 0 ? drawn_.held_out : drawn_.sample;
    return to->Add(id, rotated_.data());
  }

 private:
  double share_;
  Preparation* preparation_;
  DrawnRows drawn_;
  uint64_t rows_ = 0;
  std::vector<float> rotated_;
};

Result<TableSurvey> CountRows(BuildScan* scan, uint32_t blocks) {
  SurveyVisitor visitor(scan);
  POMAI_RETURN_IF_ERROR(scan->All(&visitor));
  return TableSurvey{blocks, visitor.rows(), visitor.vectors(), true};
}

// One block of each of `count` equal parts of the table.
Status VisitSpread(BuildScan* scan, uint32_t blocks, uint32_t count,
                   RowVisitor* visitor) {
  Random random(kSurveySeed);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t first = i * blocks / count;
    const uint64_t next = (i + 1) * blocks / count;
    POMAI_RETURN_IF_ERROR(scan->Blocks(
        static_cast<BlockNumber>(first + random.Below(next - first)), 1,
        visitor));
  }
  return Status::Ok();
}

std::vector<BlockRun> DrawnRuns(uint32_t blocks, double share) {
  std::vector<BlockRun> runs;
  for (BlockNumber block = 0; block < blocks; ++block) {
    if (!IsDrawn(kBlockSeed, block, share)) continue;
    if (!runs.empty() && runs.back().first + runs.back().count == block) {
      ++runs.back().count;
    } else {
      runs.push_back({block, 1});
    }
  }
  return runs;
}

Status Prefetch(Relation heap, const BlockRun& run) {
  return pg::Call([&]() noexcept {
    for (uint32_t i = 0; i < run.count; ++i) {
      PrefetchBuffer(heap, MAIN_FORKNUM, run.first + i);
    }
  });
}

Status VisitRuns(BuildScan* scan, uint32_t blocks,
                 const std::vector<BlockRun>& runs, RowVisitor* visitor) {
  for (size_t i = 0; i < runs.size(); ++i) {
    if (i + kPrefetchRuns < runs.size()) {
      POMAI_RETURN_IF_ERROR(Prefetch(scan->heap(), runs[i + kPrefetchRuns]));
    }
    POMAI_RETURN_IF_ERROR(scan->Blocks(runs[i].first, runs[i].count, visitor));
    ReportScanBlocks(runs[i].first + runs[i].count, blocks);
  }
  return Status::Ok();
}

}  // namespace

Result<TableSurvey> SurveyTable(BuildScan* scan) {
  uint32_t blocks = 0;
  POMAI_RETURN_IF_ERROR(pg::Call(
      [&]() noexcept { blocks = RelationGetNumberOfBlocks(scan->heap()); }));
  if (blocks <= kCountedBlocks) return CountRows(scan, blocks);
  for (uint32_t count = kFirstSurveyBlocks; count < blocks / 8; count *= 4) {
    SurveyVisitor visitor(scan);
    POMAI_RETURN_IF_ERROR(VisitSpread(scan, blocks, count, &visitor));
    if (visitor.vectors() < kSurveyVectors) continue;
    const double scale = static_cast<double>(blocks) / count;
    return TableSurvey{blocks, static_cast<uint64_t>(visitor.rows() * scale),
                       static_cast<uint64_t>(visitor.vectors() * scale), false};
  }
  return CountRows(scan, blocks);
}

SampleDraw PlanDraw(const TableSurvey& survey, uint64_t wanted) {
  if (wanted >= survey.vectors) return {1, 1};
  const double share = static_cast<double>(wanted) / survey.vectors;
  const double rows =
      std::max(share, std::clamp(kRowsFromBlock / survey.vectors_per_block(),
                                 kLeastRowShare, 1.0));
  if (share / rows >= kScanShare) return {1, share};
  return {share / rows, rows};
}

Status DrawSample(BuildScan* scan, const TableSurvey& survey,
                  const SampleDraw& draw, Preparation* preparation,
                  const DrawnRows& drawn) {
  DrawVisitor visitor(draw.rows, preparation, drawn);
  if (draw.blocks >= 1) return scan->All(&visitor);
  return VisitRuns(scan, survey.blocks, DrawnRuns(survey.blocks, draw.blocks),
                   &visitor);
}

}  // namespace pomai::am
