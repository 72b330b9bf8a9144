// StoredBytes: a StoredFile, mapped and compared with what the MANIFEST says;
// read from the front to the back.
//
//   POMAI_ASSIGN_OR_RETURN(auto bytes, StoredBytes::Open(fs, folder, stored,
//                                                        Checksum::kCompare));
//   POMAI_RETURN_IF_ERROR(bytes.Expect<uint32_t>("version", 1));
//   POMAI_ASSIGN_OR_RETURN(uint64_t rows, bytes.Number<uint64_t>("rows"));
//
// Errors are Corruption naming file, offset, expected and found. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/coding.h"
#include "core/host_file/file_system.h"
#include "core/host_file/stored_file.h"

namespace pomai {

enum class Checksum : uint8_t {
  kSkip,  // large files: the length only
  kCompare,
};

class StoredBytes {
 public:
  static Result<StoredBytes> Open(FileSystem* files, const std::string& folder,
                                  const StoredFile& stored, Checksum checksum);

  uint64_t offset() const { return offset_; }
  uint64_t size() const { return mapped_->bytes().size(); }

  // The next sizeof(T) bytes as a number; `what` is for messages.
  template <typename T>
  Result<T> Number(const char* what) {
    POMAI_ASSIGN_OR_RETURN(const uint8_t* at, Bytes(what, sizeof(T)));
    return GetFixed<T>(at);
  }
  template <typename T>
  Status Expect(const char* what, T expected) {
    POMAI_ASSIGN_OR_RETURN(const T found, Number<T>(what));
    if (found == expected) return Status::Ok();
    return Wrong(what, std::to_string(expected), std::to_string(found),
                 sizeof(T));
  }
  Status ExpectText(const char* what, std::string_view expected);
  // A pointer to the next `size` bytes, which lives as the file does.
  Result<const uint8_t*> Bytes(const char* what, uint64_t size);
  // Goes on at the next multiple of `alignment`.
  Status Align(uint64_t alignment);
  Status ExpectEnd();
  // Corruption at `back` bytes before what comes next.
  Status Wrong(const char* what, const std::string& expected,
               const std::string& found, uint64_t back = 0) const;

  const std::string& path() const { return path_; }
  // Ends this object's use.
  std::unique_ptr<MappedFile> TakeFile() { return std::move(mapped_); }

 private:
  std::string path_;
  std::unique_ptr<MappedFile> mapped_;
  uint64_t offset_ = 0;
};

}  // namespace pomai
