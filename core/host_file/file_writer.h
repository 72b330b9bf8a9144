// FileWriter: writes a new immutable file from the front to the back, and its
// checksum with it.
//
//   POMAI_ASSIGN_OR_RETURN(auto writer, FileWriter::Create(fs, folder, name));
//   POMAI_RETURN_IF_ERROR(writer->Append(bytes, size));
//   POMAI_ASSIGN_OR_RETURN(StoredFile stored, writer->Finish());
//
// One thread. Destroyed before Finish, it leaves part of a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/host_file/file_system.h"
#include "core/host_file/stored_file.h"

namespace pomai {

class FileWriter {
 public:
  // AlreadyExists when the name is taken.
  static Result<std::unique_ptr<FileWriter>> Create(FileSystem* files,
                                                    const std::string& folder,
                                                    const std::string& name);

  Status Append(const void* bytes, size_t size);
  // Zeros up to the next multiple of `alignment`.
  Status Align(uint64_t alignment);
  // Bytes appended.
  uint64_t size() const { return started_bytes_ + buffer_.size(); }
  // Writes the rest and syncs. Once, at the end.
  Result<StoredFile> Finish();

 private:
  explicit FileWriter(std::string name) { stored_.name = std::move(name); }
  // Sends the buffer on its way, when the one before it has arrived.
  Status Start();

  StoredFile stored_;
  uint64_t started_bytes_ = 0;
  std::vector<uint8_t> buffer_;
  std::vector<uint8_t> started_;  // on its way
  std::unique_ptr<File> file_;    // its end waits for what is on its way
};

}  // namespace pomai
