// StoredBytes: a StoredFile, mapped, compared with what the MANIFEST says, and
// read as byte_reader.h says.
//
//   POMAI_ASSIGN_OR_RETURN(auto bytes, StoredBytes::Open(fs, folder, stored,
//                                                        Checksum::kCompare));
//   bytes.U32("version", 1, 1);
//   const uint64_t rows = bytes.U64("rows");
//   POMAI_RETURN_IF_ERROR(bytes.status());
//
// Errors are Corruption naming file, offset, expected and found. One thread.
#pragma once

#include <memory>
#include <string>

#include "core/base/byte_reader.h"
#include "core/host_file/file_system.h"
#include "core/host_file/stored_file.h"

namespace pomai {

enum class Checksum : uint8_t {
  kSkip,  // large files: the length only
  kCompare,
};

class StoredBytes : public ByteReader {
 public:
  static Result<StoredBytes> Open(FileSystem* files, const std::string& folder,
                                  const StoredFile& stored, Checksum checksum);

  const std::string& path() const { return path_; }
  // Ends this object's use.
  std::unique_ptr<MappedFile> TakeFile() { return std::move(mapped_); }

 private:
  StoredBytes(std::unique_ptr<MappedFile> mapped, const std::string& path)
      : ByteReader(mapped->bytes(), path + ": "),
        path_(path),
        mapped_(std::move(mapped)) {}

  std::string path_;
  std::unique_ptr<MappedFile> mapped_;
};

}  // namespace pomai
