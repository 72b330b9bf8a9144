#include "src/am/build_tails.h"

#include "src/am/progress.h"

namespace pomai::am {
namespace {

constexpr size_t kBatchRows = 1000;

}  // namespace

Status TailFiller::Visit(uint64_t id, std::span<const float> vector) {
  batch_.Add(id, vector);
  ++rows_;
  return batch_.size() < kBatchRows ? Status::Ok() : Finish();
}

Status TailFiller::Finish() {
  if (batch_.empty()) return Status::Ok();
  ReportBuildProgress(rows_);
  InsertOutcome outcome;
  return batch_.Apply(store_, PageLock::kPin, &cache_, /*key=*/0, &outcome);
}

}  // namespace pomai::am
