// RecordedFile: a file of a RecordingFileSystem.
//
//   return std::make_unique<RecordedFile>(this, node, path);
//
// As file_system.h says; must not outlive its file system.
#pragma once

#include <string>
#include <vector>

#include "test/unit/host_file/recording_file_system.h"

namespace pomai {

class RecordedFile : public File {
 public:
  RecordedFile(RecordingFileSystem* files, uint64_t node, std::string path)
      : files_(files), node_(node), path_(std::move(path)) {}
  ~RecordedFile() override { (void)Wait().ok(); }

  Status Write(uint64_t offset, std::span<const uint8_t> bytes) override;
  Status Sync() override;
  Status StartWrite(uint64_t offset, std::span<const uint8_t> bytes,
                    bool sync) override;
  Status Wait() override;
  Status Preallocate(uint64_t bytes) override;
  Status Truncate(uint64_t bytes) override;
  Status Read(uint64_t offset, std::span<uint8_t> out) override;
  Result<uint64_t> Size() override;

 private:
  void CheckIdle() const;
  Status Do(FileStep::Kind kind, uint64_t offset = 0,
            std::span<const uint8_t> bytes = {});

  RecordingFileSystem* files_;
  uint64_t node_;
  std::string path_;
  bool started_ = false;
  bool sync_ = false;
  std::span<const uint8_t> bytes_;
  std::vector<uint8_t> copy_;  // of them, to see that they stay
  Status outcome_;
};

}  // namespace pomai
