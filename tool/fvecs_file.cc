#include "tool/fvecs_file.h"

#include "core/base/coding.h"
#include "core/base/metric.h"
#include "core/host_file/posix_file_system.h"

namespace pomai::tool {

Result<std::unique_ptr<FvecsFile>> FvecsFile::Open(const std::string& path) {
  auto file = std::make_unique<FvecsFile>();
  POMAI_ASSIGN_OR_RETURN(file->mapped_, PosixFileSystem()->Map(path));
  const auto bytes = file->mapped_->bytes();
  if (bytes.size() < 4) return Status::Corruption(path + ": no vectors");
  file->dimensions_ = GetFixed<uint32_t>(bytes.data());
  const uint64_t record = 4 + uint64_t{file->dimensions_} * 4;
  if (file->dimensions_ == 0 || file->dimensions_ > kMaxDimensions ||
      bytes.size() % record != 0) {
    return Status::Corruption(
        path + ": expected vectors of one length, found " +
        std::to_string(file->dimensions_) + " dimensions in " +
        std::to_string(bytes.size()) + " bytes");
  }
  file->size_ = bytes.size() / record;
  for (uint64_t i = 0; i < file->size_; ++i) {
    const auto found = GetFixed<uint32_t>(bytes.data() + i * record);
    if (found == file->dimensions_) continue;
    return Status::Corruption(path + ": vector " + std::to_string(i) +
                              ": expected " +
                              std::to_string(file->dimensions_) +
                              " dimensions, found " + std::to_string(found));
  }
  return file;
}

std::span<const float> FvecsFile::vector(uint64_t i) const {
  const uint64_t record = 4 + uint64_t{dimensions_} * 4;
  // Records begin at multiples of four.
  return {
      reinterpret_cast<const float*>(mapped_->bytes().data() + i * record + 4),
      dimensions_};
}

}  // namespace pomai::tool
