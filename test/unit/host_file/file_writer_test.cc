#include "core/host_file/file_writer.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/host_file/crc32c.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

// Three full buffers and a part of a fourth.
std::vector<uint8_t> Content() {
  std::vector<uint8_t> bytes((size_t{3} << 20) + 1000);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(i * 7 + i / 4096);
  }
  return bytes;
}

Result<StoredFile> WriteFile(FileSystem* files,
                             const std::vector<uint8_t>& bytes) {
  POMAI_ASSIGN_OR_RETURN(auto writer, FileWriter::Create(files, "", "file"));
  constexpr size_t kPiece = 70000;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    POMAI_RETURN_IF_ERROR(
        writer->Append(bytes.data() + at, std::min(kPiece, bytes.size() - at)));
  }
  return writer->Finish();
}

TEST(FileWriter, AFinishedFileIsDurableAndItsChecksumIsOfAllOfIt) {
  RecordingFileSystem files;
  const auto bytes = Content();
  const auto stored = WriteFile(&files, bytes);
  ASSERT_TRUE(stored.ok()) << stored.status().ToString();
  EXPECT_EQ(stored->name, "file");
  EXPECT_EQ(stored->bytes, bytes.size());
  EXPECT_EQ(stored->crc32c, Crc32c(bytes));
  ASSERT_TRUE(files.SyncFolder("/").ok());
  const auto found = files.Crash(files.steps(), Unsynced::kDropped);
  EXPECT_TRUE(found->Bytes("/file") == bytes);
}

TEST(FileWriter, EachFailureIsReported) {
  for (uint64_t n = 0;; ++n) {
    RecordingFileSystem files;
    files.FailChange(n, RecordingFileSystem::Fault::kIo);
    const auto stored = WriteFile(&files, Content());
    if (files.failure().empty()) {
      EXPECT_GE(n, 9u);  // the creation, four writes and their syncs
      break;
    }
    EXPECT_EQ(stored.status().code(), StatusCode::kIo) << files.failure();
  }
}

}  // namespace
}  // namespace pomai
