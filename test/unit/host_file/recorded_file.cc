#include "test/unit/host_file/recorded_file.h"

#include <algorithm>

namespace pomai {

using Kind = FileStep::Kind;

Status RecordedFile::Write(uint64_t offset, std::span<const uint8_t> bytes) {
  CheckIdle();
  return Do(Kind::kWrite, offset, bytes);
}

Status RecordedFile::Sync() {
  CheckIdle();
  return Do(Kind::kSync);
}

Status RecordedFile::StartWrite(uint64_t offset, std::span<const uint8_t> bytes,
                                bool sync) {
  CheckIdle();
  started_ = true;
  sync_ = sync;
  bytes_ = bytes;
  copy_.assign(bytes.begin(), bytes.end());
  outcome_ = Do(Kind::kWrite, offset, bytes);
  return Status::Ok();
}

Status RecordedFile::Wait() {
  if (!started_) return Status::Ok();
  if (!std::equal(copy_.begin(), copy_.end(), bytes_.begin())) {
    RecordingFileSystem::BreakRule("bytes of a started write changed: " +
                                   path_);
  }
  started_ = false;
  if (!outcome_.ok() || !sync_) return outcome_;
  return Sync();
}

Status RecordedFile::Preallocate(uint64_t bytes) {
  CheckIdle();
  return Do(Kind::kGrow, bytes);
}

Status RecordedFile::Truncate(uint64_t bytes) {
  CheckIdle();
  return Do(Kind::kResize, bytes);
}

Status RecordedFile::Read(uint64_t offset, std::span<uint8_t> out) {
  CheckIdle();
  const std::lock_guard lock(files_->mutex_);
  POMAI_RETURN_IF_ERROR(files_->CountRead("read " + path_));
  const FileContent& content = files_->tree_.Content(node_);
  if (offset > content.size() || content.size() - offset < out.size()) {
    return Status::Corruption("read " + path_ + " at " +
                              std::to_string(offset) + ": found the end");
  }
  content.Read(offset, out);
  return Status::Ok();
}

Result<uint64_t> RecordedFile::Size() {
  const std::lock_guard lock(files_->mutex_);
  return files_->tree_.Content(node_).size();
}

void RecordedFile::CheckIdle() const {
  if (started_) RecordingFileSystem::BreakRule("a call before Wait: " + path_);
}

Status RecordedFile::Do(Kind kind, uint64_t offset,
                        std::span<const uint8_t> bytes) {
  FileStep step{.kind = kind, .node = node_, .offset = offset, .path = path_};
  if (kind == Kind::kWrite) {
    step.bytes =
        std::make_shared<std::vector<uint8_t>>(bytes.begin(), bytes.end());
  }
  return files_->Change(std::move(step));
}

}  // namespace pomai
