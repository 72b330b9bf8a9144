// TemporaryFolder: a folder of a test, removed with all it holds at its end.
//
//   TemporaryFolder folder;
//   auto db = DB::Open(options, folder.path() + "/db");
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace pomai {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "pomai-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Inverts the byte at `offset` of a file.
inline void FlipByte(const std::string& path, uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<long>(offset));
  char byte = 0;
  file.get(byte);
  file.seekp(static_cast<long>(offset));
  file.put(static_cast<char>(~byte));
}

}  // namespace pomai
