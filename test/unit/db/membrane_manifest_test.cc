#include "core/db/membrane_manifest.h"

#include <gtest/gtest.h>

#include "core/base/coding.h"
#include "core/host_file/crc32c.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

MembraneManifest Sample(uint64_t number) {
  MembraneManifest manifest;
  manifest.options = {.dimensions = 128,
                      .metric = Metric::kCosine,
                      .bits = 5,
                      .shards = 2,
                      .lists = 7};
  manifest.number = number;
  manifest.sequence = 1000 + number;
  manifest.first_logs = {number, number + 1};
  manifest.pages.image = {"image-7", 4096, 0x12345678};
  manifest.pages.extents = {{"extent-3-7", 81920, 1}, {"extent-4-7", 8192, 2}};
  RowTableFiles rows;
  rows.next_counter = 99;
  rows.deleted = {"deleted-0-7", 64, 3};
  rows.rows = {
      {{"rows-0-7-0", 640, 4}, {}, 0, 48, 25},
      {{"rows-0-7-1", 320, 5}, {{"vectors-0-7-0", 999, 6}}, 50, 98, 25}};
  manifest.rows = {rows, {}};
  return manifest;
}

TEST(MembraneManifest, IsReadAsItWasWritten) {
  const auto bytes = Sample(7).Encode();
  const auto read = MembraneManifest::Decode(bytes);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->Encode(), bytes);
  EXPECT_EQ(read->sequence, 1007u);
  EXPECT_EQ(read->options.metric, Metric::kCosine);
  EXPECT_EQ(read->rows[0].rows[0].file.name, "rows-0-7-0");
  EXPECT_EQ(read->rows[0].rows[1].logs, Sample(7).rows[0].rows[1].logs);
  EXPECT_EQ(read->files().size(), 7u);
}

TEST(MembraneManifest, OlderOnesKnowNoVectorsInLogs) {
  MembraneManifest manifest = Sample(7);
  manifest.rows[0].rows[1].logs.clear();
  const auto bytes = manifest.Encode();
  auto older = bytes;
  older.resize(bytes.size() - 2 * 4);  // of each row file: how many
  PutFixed<uint32_t>(older.data() + 12,
                     Crc32c(std::span<const uint8_t>(older).subspan(16)));
  const auto read = MembraneManifest::Decode(older);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->Encode(), bytes);
}

TEST(MembraneManifest, OtherVersionsAreRefusedByNumber) {
  for (const uint32_t version : {1u, 2u, 4u}) {
    auto bytes = Sample(7).Encode();
    PutFixed<uint32_t>(bytes.data() + 8, version);
    const Status status = MembraneManifest::Decode(bytes).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_NE(status.message().find("version " + std::to_string(version) +
                                    " is refused"),
              std::string::npos)
        << status.ToString();
  }
}

TEST(MembraneManifest, EveryDamagedByteAndEveryShortFileIsSeen) {
  const auto bytes = Sample(7).Encode();
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= 0x10;
    EXPECT_FALSE(MembraneManifest::Decode(damaged).ok()) << i;
    damaged.assign(bytes.begin(), bytes.begin() + static_cast<long>(i));
    EXPECT_EQ(MembraneManifest::Decode(damaged).status().code(),
              StatusCode::kCorruption)
        << i;
  }
}

// The checksum is right, the content is not.
TEST(MembraneManifest, NoContentIsTrusted) {
  const auto bytes = Sample(7).Encode();
  for (size_t i = 16; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = 0xFF;
    PutFixed<uint32_t>(damaged.data() + 12,
                       Crc32c(std::span<const uint8_t>(damaged).subspan(16)));
    (void)MembraneManifest::Decode(damaged);
  }
}

TEST(MembraneManifest, ACrashLeavesTheOldOneOrTheNewOne) {
  RecordingFileSystem files;
  ASSERT_TRUE(files.CreateFolder("/m").ok());
  ASSERT_TRUE(files.SyncFolder("/").ok());
  ASSERT_TRUE(Sample(1).Store(&files, "/m").ok());
  const size_t first = files.steps();
  ASSERT_TRUE(Sample(2).Store(&files, "/m").ok());
  for (size_t step = first; step <= files.steps(); ++step) {
    for (const Unsynced unsynced :
         {Unsynced::kKept, Unsynced::kDropped, Unsynced::kTorn}) {
      auto found = files.Crash(step, unsynced, step);
      const auto manifest = MembraneManifest::Load(found.get(), "/m");
      ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
      if (step == files.steps()) {
        EXPECT_EQ(manifest->number, 2u);
      }
    }
  }
}

// The next checkpoint of the same process finds what the failed one has left.
TEST(MembraneManifest, IsStoredAfterAnAttemptThatFailed) {
  for (uint64_t n = 0;; ++n) {
    RecordingFileSystem files;
    ASSERT_TRUE(files.CreateFolder("/m").ok());
    files.FailChange(n, RecordingFileSystem::Fault::kFull);
    const Status failed = Sample(1).Store(&files, "/m");
    if (files.failure().empty()) {
      EXPECT_EQ(n, 5u);  // create, write, sync, rename, sync of the folder
      break;
    }
    EXPECT_EQ(failed.code(), StatusCode::kResourceExhausted);
    const Status status = Sample(2).Store(&files, "/m");
    ASSERT_TRUE(status.ok()) << files.failure() << ": " << status.ToString();
    EXPECT_EQ(MembraneManifest::Load(&files, "/m")->number, 2u);
  }
}

TEST(MembraneManifest, LogNamesAreReadBack) {
  uint32_t shard = 9;
  uint64_t number = 9;
  EXPECT_TRUE(ParseLogName(LogName(3, 17), &shard, &number));
  EXPECT_EQ(shard, 3u);
  EXPECT_EQ(number, 17u);
  for (const char* name :
       {"", "3-17", "3-.log", "-17.log", "3-017.log", "image-7", "MANIFEST"}) {
    EXPECT_FALSE(ParseLogName(name, &shard, &number)) << name;
  }
}

}  // namespace
}  // namespace pomai
