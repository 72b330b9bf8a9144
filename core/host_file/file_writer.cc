#include "core/host_file/file_writer.h"

#include <algorithm>
#include <utility>

#include "core/host_file/crc32c.h"

namespace pomai {
namespace {

// Each is synced. One sync of a whole file at its end would fill the disk's
// queue, and the syncs of logs, which writers wait for, come behind all of it.
constexpr size_t kBufferBytes = size_t{1} << 20;

}  // namespace

Result<std::unique_ptr<FileWriter>> FileWriter::Create(
    FileSystem* files, const std::string& folder, const std::string& name) {
  std::unique_ptr<FileWriter> writer(new FileWriter(name));
  POMAI_ASSIGN_OR_RETURN(writer->file_, files->Create(folder + "/" + name));
  writer->buffer_.reserve(kBufferBytes);
  return writer;
}

Status FileWriter::Append(const void* bytes, size_t size) {
  const auto* from = static_cast<const uint8_t*>(bytes);
  while (size > 0) {
    const size_t part = std::min(size, kBufferBytes - buffer_.size());
    buffer_.insert(buffer_.end(), from, from + part);
    from += part;
    size -= part;
    if (buffer_.size() == kBufferBytes) POMAI_RETURN_IF_ERROR(Start());
  }
  return Status::Ok();
}

Status FileWriter::Align(uint64_t alignment) {
  static constexpr uint8_t kZeros[64] = {};
  while (size() % alignment != 0) {
    const uint64_t rest = alignment - size() % alignment;
    POMAI_RETURN_IF_ERROR(
        Append(kZeros, std::min<uint64_t>(rest, sizeof(kZeros))));
  }
  return Status::Ok();
}

Result<StoredFile> FileWriter::Finish() {
  POMAI_RETURN_IF_ERROR(file_->Wait());
  if (!buffer_.empty()) {
    POMAI_RETURN_IF_ERROR(file_->Write(started_bytes_, buffer_));
  }
  POMAI_RETURN_IF_ERROR(file_->Sync());
  stored_.crc32c = Crc32c(buffer_, stored_.crc32c);
  stored_.bytes = size();
  return stored_;
}

Status FileWriter::Start() {
  POMAI_RETURN_IF_ERROR(file_->Wait());
  started_.swap(buffer_);
  buffer_.clear();
  buffer_.reserve(kBufferBytes);
  const uint64_t offset = started_bytes_;
  started_bytes_ += started_.size();
  POMAI_RETURN_IF_ERROR(file_->StartWrite(offset, started_, true));
  stored_.crc32c = Crc32c(started_, stored_.crc32c);
  return Status::Ok();
}

}  // namespace pomai
