#include "core/host_file/file_copy.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

TEST(FileCopy, IsTheWholeFileAndDurable) {
  // Below, at and above the pieces in which it is copied.
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{8} << 20, (size_t{17} << 20) + 5}) {
    RecordingFileSystem files;
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i >> 12);
    ASSERT_TRUE(files.Create("/from").ok());
    files.SetBytes("/from", bytes);
    ASSERT_TRUE(CopyFile(&files, "/from", "/to").ok());
    ASSERT_TRUE(files.SyncFolder("/").ok());
    const auto found = files.Crash(files.steps(), Unsynced::kDropped);
    EXPECT_TRUE(found->Bytes("/to") == bytes) << size;
  }
}

TEST(MakeFolder, AFolderHasItsNameWhenItIsFilled) {
  RecordingFileSystem files;
  const Status status =
      MakeFolder(&files, "/made", [&](const std::string& part) -> Status {
        EXPECT_FALSE(files.Exists("/made").value());
        POMAI_ASSIGN_OR_RETURN(auto file, files.Create(part + "/file"));
        return file->Sync();
      });
  ASSERT_TRUE(status.ok()) << status.ToString();
  const auto found = files.Crash(files.steps(), Unsynced::kDropped);
  EXPECT_TRUE(found->Exists("/made/file").value());
  EXPECT_FALSE(found->Exists("/made.part").value());
}

TEST(MakeFolder, WhatIsThereIsNotTouched) {
  RecordingFileSystem files;
  ASSERT_TRUE(files.CreateFolder("/made").ok());
  const Status status = MakeFolder(&files, "/made", [](const std::string&) {
    ADD_FAILURE();
    return Status::Ok();
  });
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace pomai
