#include "core/db/row_applier.h"

#include "core/host_file/log_operation.h"

namespace pomai {
namespace {

// Rows that are assigned and encoded together.
constexpr size_t kFlushRows = 4096;
constexpr int kMaxAttempts = 64;

}  // namespace

Status RowApplier::Apply(uint64_t sequence, std::span<const uint8_t> body,
                         uint64_t offset) {
  LogOperationReader operations(body, rows_->shape().dimensions);
  LogOperation operation;
  for (;;) {
    POMAI_ASSIGN_OR_RETURN(const bool more, operations.Next(&operation));
    if (!more) return Status::Ok();
    if (operation.kind == LogOperationKind::kDelete) {
      rows_->Delete(operation.id, sequence);
      continue;
    }
    const uint64_t place = offset == 0 ? 0 : offset + operation.vector_offset;
    const float* kept = nullptr;
    const uint64_t number =
        rows_->Put(operation.id, sequence, operation.vector, place, &kept);
    // No checkpoint is adopted before Flush that was taken after this.
    batch_.Borrow(number, {kept, operation.vector.size()});
    if (batch_.size() >= kFlushRows) POMAI_RETURN_IF_ERROR(Flush());
  }
}

Status RowApplier::Flush() {
  outcome_ = InsertOutcome();
  Status status;
  for (int attempt = 0; attempt < kMaxAttempts && !batch_.empty(); ++attempt) {
    const FileStore::Reader reader = store_->Register();
    status = batch_.Apply(store_, PageLock::kPin, cache_, kViewKey, &outcome_);
    // Aborted: maintenance was faster. The batch has what is still to be done.
    if (status.code() != StatusCode::kAborted) return status;
    POMAI_RETURN_IF_ERROR(store_->Poll());
  }
  return status;
}

}  // namespace pomai
