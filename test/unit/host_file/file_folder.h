// FileFolder: a folder for one test, gone with it.
//
//   FileFolder folder;
//   files->Create(folder.path() + "/image-7");
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/host_file/posix_file_system.h"

namespace pomai {

class FileFolder {
 public:
  FileFolder() {
    std::string name = std::filesystem::temp_directory_path() / "pomaiXXXXXX";
    const char* made = mkdtemp(name.data());
    EXPECT_NE(made, nullptr);
    path_ = name;
  }
  ~FileFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  FileSystem* files() const { return PosixFileSystem(); }

  // Changes one byte of a file.
  void Flip(const std::string& name, uint64_t offset) const {
    std::fstream file(path_ + "/" + name,
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    ASSERT_TRUE(file.good());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 0x10));
  }

 private:
  std::string path_;
};

}  // namespace pomai
