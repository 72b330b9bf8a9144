#include "core/host_file/log_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/coding.h"
#include "core/host_file/crc32c.h"
#include "core/host_file/log_writer.h"
#include "core/host_file/posix_file_system.h"
#include "test/unit/host_file/log_sample.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

// Three groups, each synced: sequence 1; 2, 3; 4. Starts: where each record
// begins, and last the end.
class LogReaderTest : public testing::Test {
 protected:
  LogReaderTest() {
    auto log = std::move(LogWriter::Create(&files_, "/log", 0)).value();
    for (const auto& group : {std::vector<uint64_t>{1}, {2, 3}, {4}}) {
      for (const uint64_t sequence : group) {
        starts_.push_back(log->size() + log->pending());
        log->Add({.sequence = sequence,
                  .shards = 2,
                  .body = Body(sequence, 50 + sequence)});
      }
      EXPECT_TRUE(log->Start(true).ok());
      EXPECT_TRUE(log->Wait().ok());
    }
    starts_.push_back(log->size());
    bytes_ = files_.Bytes("/log");
  }

  LogContent Read(const Bytes& bytes, bool last = true) {
    files_.SetBytes("/log", bytes);
    return ReadLog(&files_, "/log", last);
  }
  uint8_t* LastRecord() { return bytes_.data() + starts_[3]; }
  // Though its checksum is right.
  void ExpectLastRecordIsTorn() {
    PutFixed<uint32_t>(LastRecord(), LogRecordCrc(starts_[3], LastRecord()));
    const LogContent found = Read(bytes_);
    ASSERT_TRUE(found.status.ok()) << found.status.ToString();
    EXPECT_EQ(found.end, starts_[3]);
  }
  // How many records end at `size` or before.
  size_t Whole(uint64_t size) const {
    size_t count = 0;
    while (count < 4 &&
           starts_[count] + kLogRecordHeaderSize + 51 + count <= size) {
      ++count;
    }
    return count;
  }

  RecordingFileSystem files_;
  std::vector<uint64_t> starts_;
  Bytes bytes_;
};

TEST_F(LogReaderTest, ReadsSequencesShardsAndBodies) {
  auto log = std::move(LogReader::Open(&files_, "/log", true)).value();
  for (uint64_t sequence = 1; sequence <= 4; ++sequence) {
    LogRecord record;
    EXPECT_EQ(log->end(), starts_[sequence - 1]);
    ASSERT_TRUE(log->Next(&record).value());
    EXPECT_EQ(record.sequence, sequence);
    EXPECT_EQ(record.shards, 2u);
    EXPECT_EQ(Bytes(record.body.begin(), record.body.end()),
              Body(sequence, 50 + sequence));
  }
  LogRecord record;
  EXPECT_FALSE(log->Next(&record).value());
  EXPECT_FALSE(log->Next(&record).value());
  EXPECT_FALSE(log->torn());
}

TEST_F(LogReaderTest, AnEmptyFileHasNoRecords) {
  for (const bool last : {false, true}) {
    const LogContent found = Read({}, last);
    EXPECT_TRUE(found.status.ok()) << found.status.ToString();
    EXPECT_TRUE(found.sequences.empty());
    EXPECT_FALSE(found.torn);
  }
}

TEST_F(LogReaderTest, AnEndTornAtAnyByteIsCut) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    const Bytes torn(bytes_.begin(), bytes_.begin() + static_cast<long>(size));
    files_.SetBytes("/log", torn);
    const LogContent found = ReadLog(&files_, "/log", true, true);
    ASSERT_TRUE(found.status.ok()) << size << found.status.ToString();
    ASSERT_EQ(found.sequences.size(), Whole(size)) << size;
    const LogContent cut = ReadLog(&files_, "/log", false);
    ASSERT_TRUE(cut.status.ok()) << size << cut.status.ToString();
    ASSERT_EQ(cut.bodies, found.bodies);
  }
}

TEST_F(LogReaderTest, AnEndTornToZerosAtAnyByteIsCut) {
  for (size_t size = starts_[3]; size < bytes_.size(); ++size) {
    Bytes torn = bytes_;
    std::fill(torn.begin() + static_cast<long>(size), torn.end(), 0);
    if (torn == bytes_) continue;  // it was zero anyway
    const LogContent found = Read(torn);
    ASSERT_TRUE(found.status.ok()) << size << found.status.ToString();
    ASSERT_EQ(found.sequences.size(), 3u) << size;
    ASSERT_EQ(found.end, starts_[3]);
    ASSERT_TRUE(found.torn);
  }
}

TEST_F(LogReaderTest, ZerosAfterTheEndAreRoomThatWasNotUsed) {
  for (const size_t more : {1, 7, 8, 31, 32, 33, 5000}) {
    Bytes longer = bytes_;
    longer.resize(longer.size() + more);
    const LogContent found = Read(longer);
    ASSERT_TRUE(found.status.ok()) << found.status.ToString();
    EXPECT_EQ(found.sequences.size(), 4u);
    EXPECT_EQ(found.end, bytes_.size());
    EXPECT_TRUE(found.torn);
    EXPECT_EQ(Read(longer, false).status.code(), StatusCode::kCorruption);
  }
}

TEST_F(LogReaderTest, AFlippedBitBeforeTheLastGroupIsCorruption) {
  for (size_t at = 0; at < starts_[3]; ++at) {
    Bytes flipped = bytes_;
    flipped[at] ^= static_cast<uint8_t>(1 << at % 8);
    const LogContent found = Read(flipped);
    ASSERT_EQ(found.status.code(), StatusCode::kCorruption) << at;
    const size_t whole = static_cast<size_t>(
        std::upper_bound(starts_.begin(), starts_.end(), at) - starts_.begin());
    ASSERT_EQ(found.sequences.size(), whole == 0 ? 0 : whole - 1) << at;
  }
}

TEST_F(LogReaderTest, AFlippedBitThatNoRecordPromisesIsTheEnd) {
  for (size_t at = starts_[3]; at < bytes_.size(); ++at) {
    Bytes flipped = bytes_;
    flipped[at] ^= static_cast<uint8_t>(1 << at % 8);
    const LogContent found = Read(flipped);
    ASSERT_TRUE(found.status.ok()) << at << found.status.ToString();
    ASSERT_EQ(found.sequences.size(), 3u) << at;
    ASSERT_EQ(found.end, starts_[3]);
    // In a file that is complete there is no such end.
    ASSERT_EQ(Read(flipped, false).status.code(), StatusCode::kCorruption);
  }
}

TEST_F(LogReaderTest, CorruptionNamesFileOffsetExpectedAndFound) {
  Bytes broken = bytes_;
  broken[starts_[1] + kLogRecordHeaderSize] ^= 1;
  const auto crc = GetFixed<uint32_t>(broken.data() + starts_[1]);
  const auto expected = LogRecordCrc(starts_[1], broken.data() + starts_[1]);
  EXPECT_EQ(Read(broken).status.message(),
            "/log at " + std::to_string(starts_[1]) + ": expected crc " +
                std::to_string(expected) + ", found " + std::to_string(crc) +
                "; the record at " + std::to_string(starts_[3]) +
                " promises that " + std::to_string(starts_[3]) +
                " bytes were synced");
}

TEST_F(LogReaderTest, ARecordInAnotherPlaceIsNotSound) {
  Bytes moved = bytes_;
  std::copy(bytes_.begin() + static_cast<long>(starts_[0]),
            bytes_.begin() + static_cast<long>(starts_[1]),
            moved.begin() + static_cast<long>(starts_[3]));
  EXPECT_EQ(Read(moved).sequences, std::vector<uint64_t>({1, 2, 3}));
}

TEST_F(LogReaderTest, SequencesThatDoNotRiseAreCorruption) {
  Bytes broken = bytes_;
  uint8_t* record = broken.data() + starts_[2];
  PutFixed<uint64_t>(record + 8, 2);
  PutFixed<uint32_t>(record, LogRecordCrc(starts_[2], record));
  const LogContent found = Read(broken);
  EXPECT_EQ(found.status.message(),
            "/log at " + std::to_string(starts_[2]) +
                ": expected a sequence above 2, found 2");
}

TEST_F(LogReaderTest, ARecordThatPromisesWhatLiesBehindItIsNotSound) {
  PutFixed<uint64_t>(LastRecord() + 16, starts_[3] + 1);
  ExpectLastRecordIsTorn();
}

TEST_F(LogReaderTest, ARecordOfAnotherTypeIsNotSound) {
  LastRecord()[28] = kLogBatch + 1;
  ExpectLastRecordIsTorn();
}

TEST_F(LogReaderTest, AFileThatBeginsAsNoLogDoesIsNone) {
  Bytes other = bytes_;
  other[0] ^= 1;
  PutFixed<uint32_t>(other.data() + 12,
                     Crc32c(std::span<const uint8_t>(other).first(12)));
  const Status status = Read(other).status;
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_NE(status.message().find("expected a log's first bytes"),
            std::string::npos);
}

TEST_F(LogReaderTest, RecordsOfAnotherVersionAreRefusedByName) {
  for (const uint32_t version : {1u, 3u}) {
    Bytes other = bytes_;
    PutFixed<uint32_t>(other.data() + 8, version);
    PutFixed<uint32_t>(other.data() + 12,
                       Crc32c(std::span<const uint8_t>(other).first(12)));
    const Status status = Read(other).status;
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(status.message(),
              "/log: expected log version 2, found " + std::to_string(version) +
                  ": open and close the membrane with the pomai that wrote it");
    // One without records, with and without room for them.
    for (const size_t room : {0, 64}) {
      other.resize(kLogHeaderSize);
      other.resize(kLogHeaderSize + room);
      const auto read = Read(other);
      EXPECT_TRUE(read.status.ok()) << read.status.ToString();
    }
  }
}

TEST_F(LogReaderTest, AFailedReadIsReported) {
  files_.FailRead(0);
  EXPECT_EQ(ReadLog(&files_, "/log", true).status.code(), StatusCode::kIo);
  EXPECT_EQ(ReadLog(&files_, "/none", true).status.code(),
            StatusCode::kNotFound);
}

// What a hole leaves behind is not read either: a later write came through,
// an earlier one did not, and neither was synced.
TEST_F(LogReaderTest, WhatFollowsAHoleThatWasNotSyncedIsCutOff) {
  auto log = std::move(LogWriter::Create(&files_, "/second", 0)).value();
  std::vector<uint64_t> starts;
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    starts.push_back(log->size());
    log->Add({.sequence = sequence, .shards = 1, .body = Body(sequence, 900)});
    ASSERT_TRUE(log->Start(false).ok());
    ASSERT_TRUE(log->Wait().ok());
  }
  Bytes bytes = files_.Bytes("/second");
  std::fill_n(bytes.begin() + static_cast<long>(starts[1]), 512, 0);
  const LogContent found = Read(bytes);
  ASSERT_TRUE(found.status.ok()) << found.status.ToString();
  EXPECT_EQ(found.sequences, std::vector<uint64_t>({1}));
  EXPECT_EQ(found.end, starts[1]);
}

// A log record inside a vector must not pass for one of the log's own.
TEST_F(LogReaderTest, BytesOfALogInABodyPromiseNothing) {
  auto log = std::move(LogWriter::Create(&files_, "/second", 0)).value();
  log->Add({.sequence = 1, .shards = 1, .body = bytes_});
  ASSERT_TRUE(log->Start(true).ok());
  ASSERT_TRUE(log->Wait().ok());
  Bytes torn = files_.Bytes("/second");
  torn[kLogHeaderSize + 40] ^= 1;
  const LogContent found = Read(torn);
  EXPECT_TRUE(found.status.ok()) << found.status.ToString();
  EXPECT_EQ(found.end, kLogHeaderSize);
}

TEST(LogReader, ReadsRecordsLargerThanAllRoomAndManySmallOnes) {
  RecordingFileSystem files;
  auto log = std::move(LogWriter::Create(&files, "/log", 4096)).value();
  const Bytes large = Body(1, 10 << 20);
  log->Add({.sequence = 1, .shards = 1, .body = large});
  ASSERT_TRUE(log->Start(true).ok());
  for (uint64_t sequence = 2; sequence <= 100000; ++sequence) {
    log->Add({.sequence = sequence, .shards = 1, .body = Body(sequence, 9)});
    if (sequence % 1000 == 0) {
      ASSERT_TRUE(log->Start(false).ok());
    }
  }
  ASSERT_TRUE(log->Finish().ok());
  const LogContent found = ReadLog(&files, "/log", false);
  ASSERT_TRUE(found.status.ok()) << found.status.ToString();
  ASSERT_EQ(found.sequences.size(), 100000u);
  EXPECT_EQ(found.bodies[0], large);
  for (uint64_t i = 1; i < 100000; ++i) {
    ASSERT_EQ(found.bodies[i], Body(i + 1, 9));
  }
}

// The end of a log was cut, the sync behind that failed, and the process was
// killed. The next one finds nothing torn, and has to make that durable.
TEST(LogReader, AnEndThatWasCutBeforeIsCutForGood) {
  RecordingFileSystem files;
  auto log = std::move(LogWriter::Create(&files, "/log", 4096)).value();
  log->Add({.sequence = 1, .shards = 1, .body = Body(1, 99)});
  ASSERT_TRUE(log->Start(true).ok());
  ASSERT_TRUE(log->Wait().ok());
  files.FailChange(1, RecordingFileSystem::Fault::kIo);
  ASSERT_FALSE(log->Finish().ok());
  EXPECT_EQ(files.failure(), "sync /log");
  files.FailNothing();
  const LogContent cut = ReadLog(&files, "/log", true, true);
  ASSERT_TRUE(cut.status.ok()) << cut.status.ToString();
  EXPECT_FALSE(cut.torn);
  const auto found = files.Crash(files.steps(), Unsynced::kDropped, 0);
  const LogContent left = ReadLog(found.get(), "/log", false);
  ASSERT_TRUE(left.status.ok()) << left.status.ToString();
  EXPECT_EQ(left.sequences.size(), 1u);
}

TEST(LogReader, ReadsAndCutsOnTheMachinesOwnFiles) {
  FileSystem* files = PosixFileSystem();
  std::string folder = testing::TempDir() + "/pomai-log.XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/log";
  uint64_t size = 0;
  {
    auto log = std::move(LogWriter::Create(files, path, 1 << 20)).value();
    for (uint64_t sequence = 1; sequence <= 500; ++sequence) {
      log->Add({.sequence = sequence, .shards = 1, .body = Body(sequence, 99)});
      ASSERT_TRUE(log->Start(sequence % 50 == 0).ok());
    }
    ASSERT_TRUE(log->Wait().ok());
    size = log->size();
  }
  const LogContent found = ReadLog(files, path, true, true);
  ASSERT_TRUE(found.status.ok()) << found.status.ToString();
  EXPECT_EQ(found.sequences.size(), 500u);
  EXPECT_EQ(found.end, size);
  EXPECT_TRUE(found.torn);
  EXPECT_FALSE(ReadLog(files, path, false).torn);
  EXPECT_TRUE(files->Remove(path).ok());
  EXPECT_TRUE(files->RemoveFolder(folder).ok());
}

}  // namespace
}  // namespace pomai
