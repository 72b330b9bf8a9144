#include "src/am/build_tails.h"

#include "src/am/progress.h"

namespace pomai::am {
namespace {

constexpr size_t kBatchRows = 1000;

}  // namespace

Status TailFiller::Visit(uint64_t id, std::span<const float> vector) {
  batch_.push_back({id, vector});
  ++rows_;
  // A vector is only there until this returns.
  if (vector.empty() && batch_.size() < kBatchRows) return Status::Ok();
  return Finish();
}

Status TailFiller::Finish() {
  if (batch_.empty()) return Status::Ok();
  ReportBuildProgress(rows_);
  POMAI_RETURN_IF_ERROR(
      Insert(store_, PageLock::kPin, &cache_, /*key=*/0, batch_));
  batch_.clear();
  return Status::Ok();
}

}  // namespace pomai::am
