#include "core/host_file/stored_bytes.h"

#include <cstring>

#include "core/host_file/crc32c.h"

namespace pomai {

Result<StoredBytes> StoredBytes::Open(FileSystem* files,
                                      const std::string& folder,
                                      const StoredFile& stored,
                                      Checksum checksum) {
  StoredBytes bytes;
  bytes.path_ = folder + "/" + stored.name;
  POMAI_ASSIGN_OR_RETURN(bytes.mapped_, files->Map(bytes.path_));
  if (bytes.size() != stored.bytes) {
    return bytes.Wrong("length", std::to_string(stored.bytes),
                       std::to_string(bytes.size()));
  }
  if (checksum == Checksum::kSkip) return bytes;
  const uint32_t found = Crc32c(bytes.mapped_->bytes());
  if (found != stored.crc32c) {
    return bytes.Wrong("crc32c of the file", std::to_string(stored.crc32c),
                       std::to_string(found));
  }
  return bytes;
}

Status StoredBytes::ExpectText(const char* what, std::string_view expected) {
  POMAI_ASSIGN_OR_RETURN(const uint8_t* at, Bytes(what, expected.size()));
  if (std::memcmp(at, expected.data(), expected.size()) == 0) {
    return Status::Ok();
  }
  return Wrong(what, std::string(expected), "other bytes", expected.size());
}

Result<const uint8_t*> StoredBytes::Bytes(const char* what, uint64_t size) {
  const uint64_t left = this->size() - offset_;
  if (size > left) {
    return Wrong(what, std::to_string(size) + " bytes",
                 std::to_string(left) + " before the end");
  }
  const uint8_t* at = mapped_->bytes().data() + offset_;
  offset_ += size;
  return at;
}

Status StoredBytes::Align(uint64_t alignment) {
  const uint64_t rest = (alignment - offset_ % alignment) % alignment;
  POMAI_ASSIGN_OR_RETURN(const uint8_t* zeros, Bytes("zeros", rest));
  for (uint64_t i = 0; i < rest; ++i) {
    if (zeros[i] != 0) {
      return Wrong("zeros", "0", std::to_string(zeros[i]), rest - i);
    }
  }
  return Status::Ok();
}

Status StoredBytes::ExpectEnd() {
  if (offset_ == size()) return Status::Ok();
  return Wrong("end of the file", std::to_string(offset_) + " bytes",
               std::to_string(size()));
}

Status StoredBytes::Wrong(const char* what, const std::string& expected,
                          const std::string& found, uint64_t back) const {
  return Status::Corruption(path_ + ": offset " +
                            std::to_string(offset_ - back) + ": " + what +
                            ": expected " + expected + ", found " + found);
}

}  // namespace pomai
