#include "src/host_pg/temp_scratch.h"

#include <string>

#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai {

TempScratch::TempScratch() : context_(CurrentMemoryContext) {}

TempScratch::~TempScratch() {
  if (file_ == nullptr) return;
  // A file that cannot be closed goes with the transaction.
  (void)pg::Call([&]() noexcept { BufFileClose(file_); }).ok();
}

Status TempScratch::Append(const void* from, size_t size) {
  if (file_ == nullptr) POMAI_RETURN_IF_ERROR(Open());
  POMAI_RETURN_IF_ERROR(MoveTo(size_));
  POMAI_RETURN_IF_ERROR(Keep(pg::Call(
      [&]() noexcept { BufFileWrite(file_, const_cast<void*>(from), size); })));
  size_ += size;
  position_ = size_;
  return Status::Ok();
}

Status TempScratch::ReadAt(uint64_t offset, void* to, size_t size) {
  if (offset + size > size_) {
    return Status::Corruption("scratch file: expected " +
                              std::to_string(offset + size) + " bytes, found " +
                              std::to_string(size_));
  }
  POMAI_RETURN_IF_ERROR(MoveTo(offset));
  size_t found = 0;
  POMAI_RETURN_IF_ERROR(
      Keep(pg::Call([&]() noexcept { found = BufFileRead(file_, to, size); })));
  if (found != size) {
    return Status::Io("scratch file: read " + std::to_string(found) + " of " +
                      std::to_string(size) + " bytes");
  }
  position_ = offset + size;
  return Status::Ok();
}

Status TempScratch::Open() {
  return pg::Call([&]() noexcept {
    MemoryContext old = MemoryContextSwitchTo(context_);
    PrepareTempTablespaces();
    file_ = BufFileCreateTemp(false);
    MemoryContextSwitchTo(old);
  });
}

Status TempScratch::MoveTo(uint64_t offset) {
  if (position_ == offset) return Status::Ok();
  int failed = 0;
  POMAI_RETURN_IF_ERROR(Keep(pg::Call([&]() noexcept {
    failed = BufFileSeek(file_, 0, static_cast<off_t>(offset), SEEK_SET);
  })));
  if (failed != 0) {
    return Status::Io("scratch file: no byte " + std::to_string(offset));
  }
  position_ = offset;
  return Status::Ok();
}

Status TempScratch::Keep(Status status) {
  if (!status.ok()) file_ = nullptr;
  return status;
}

}  // namespace pomai
