// What opening a damaged membrane says: file and log segment, offset, operation
// and errno.
#include "core/db/log_replay.h"

#include <gtest/gtest.h>

#include "core/host_file/log_operation.h"
#include "core/host_file/log_writer.h"
#include "pomai/db.h"
#include "test/unit/db/vectors.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 4;

// A finished log of one record, which deletes id 1; then an operation of a
// wrong kind, if that is asked for.
std::string AddLog(FileSystem* files, const std::string& name,
                   uint64_t sequence, uint32_t shards, bool wrong = false) {
  std::vector<uint8_t> body;
  AppendDelete(1, &body);
  if (wrong) {
    body.resize(2 * body.size());
    body[body.size() / 2] = 7;
  }
  const std::string path = "/db/default/" + name;
  auto log = std::move(LogWriter::Create(files, path, 0)).value();
  log->Add({.sequence = sequence, .shards = shards, .body = body});
  EXPECT_TRUE(log->Start(true).ok());
  EXPECT_TRUE(log->Finish().ok());
  return path;
}

class DamagedDb : public testing::Test {
 protected:
  DamagedDb() {
    auto db = std::move(DB::Open(OptionsFor(), "/db")).value();
    for (uint64_t n = 0; n < 4; ++n) {
      EXPECT_TRUE(db->Put(n, VectorOf(n, kDimensions)).ok());
    }
    // As a crash leaves it: with a log.
    found_ = files_.Crash(files_.steps(), Unsynced::kKept);
    const auto names = found_->List("/db/default");
    for (const std::string& name : *names) {
      uint32_t shard = 0;
      uint64_t number = 0;
      if (ParseLogName(name, &shard, &number)) log_ = "/db/default/" + name;
    }
  }

  Options OptionsFor() {
    Options options;
    options.files = found_ == nullptr ? &files_ : found_.get();
    options.dimensions = kDimensions;
    options.background_maintenance = false;
    options.checkpoint_log_bytes = 4096;
    return options;
  }
  std::string OpenText() {
    return DB::Open(OptionsFor(), "/db").status().ToString();
  }
  // As a log ends that another one follows.
  void FinishLog() {
    auto log = std::move(LogReader::Open(found_.get(), log_, true)).value();
    for (LogRecord record; log->Next(&record).value();) {
    }
    ASSERT_TRUE(log->Cut().ok());
  }
  std::string AddLog(uint64_t number, uint64_t sequence) {
    return pomai::AddLog(found_.get(), LogName(0, number), sequence, 1);
  }
  void Damage(const std::string& path, uint64_t offset) {
    auto bytes = found_->Bytes(path);
    bytes.at(offset) ^= 1;
    found_->SetBytes(path, bytes);
  }
  void ExpectWords(const std::vector<std::string>& words) {
    const std::string text = OpenText();
    for (const std::string& word : words) {
      EXPECT_NE(text.find(word), std::string::npos) << word << " in " << text;
    }
  }

  RecordingFileSystem files_;
  std::unique_ptr<RecordingFileSystem> found_;
  std::string log_;
};

TEST_F(DamagedDb, OpensWhenItIsNotDamaged) { EXPECT_EQ(OpenText(), "Ok"); }

TEST_F(DamagedDb, ALogSaysFileOffsetExpectedAndFound) {
  Damage(log_, kLogHeaderSize + kLogRecordHeaderSize);
  ExpectWords({"Corruption: " + log_ + " at 16: expected crc ", ", found ",
               " promises that "});
}

// The record is sound, what is in it is not.
TEST_F(DamagedDb, AnOperationSaysFileOffsetBatchAndItsOwnOffset) {
  FinishLog();
  const std::string path =
      pomai::AddLog(found_.get(), LogName(0, 99), 77, 1, true);
  EXPECT_EQ(OpenText(), "Corruption: " + path +
                            " at 16: batch 77: operation at byte 12: expected "
                            "kind 1 or 2, found 7");
}

TEST_F(DamagedDb, OnlyTheLastLogOfAShardMayEndTorn) {
  AddLog(99, 77);
  // That one has room behind its records, as if it had been written to.
  ExpectWords({"Corruption: " + log_ + " at ",
               "; only a shard's last log may end like this"});
}

TEST_F(DamagedDb, LogsAreReplayedByTheirNumbersNotTheirNames) {
  FinishLog();
  AddLog(99, 77);
  AddLog(100, 78);
  EXPECT_EQ(OpenText(), "Ok");
}

TEST_F(DamagedDb, SequencesRiseFromALogToTheNext) {
  FinishLog();
  AddLog(99, 77);
  const std::string path = AddLog(100, 76);
  EXPECT_EQ(OpenText(), "Corruption: " + path +
                            " at 16: batch 76: expected a sequence above 77");
}

// What a DB of three shards says that has records of one batch in two of them,
// which say these numbers of parts.
std::string TextOfParts(uint32_t first, uint32_t second) {
  RecordingFileSystem files;
  Options options;
  options.files = &files;
  options.dimensions = kDimensions;
  options.shards = 3;
  EXPECT_TRUE((*DB::Open(options, "/db"))->Close().ok());
  const auto names = files.List("/db/default");
  for (const std::string& name : *names) {
    if (!name.ends_with(".log")) continue;
    EXPECT_TRUE(files.Remove("/db/default/" + name).ok());
  }
  AddLog(&files, LogName(0, 99), 77, first);
  AddLog(&files, LogName(1, 99), 77, second);
  return DB::Open(options, "/db").status().ToString();
}

TEST(LogReplay, PartsThatDisagreeOnTheirNumberAreCorruption) {
  const std::string place =
      "Corruption: /db/default/1-99.log at 16: batch 77: ";
  EXPECT_EQ(TextOfParts(2, 2), "Ok");
  EXPECT_EQ(TextOfParts(3, 3), "Ok");
  EXPECT_EQ(TextOfParts(2, 3), place + "expected 2 shards, found 3");
  EXPECT_EQ(TextOfParts(3, 2), place + "expected 3 shards, found 2");
  // More than there should be.
  EXPECT_EQ(TextOfParts(1, 1), place + "expected 1 parts, found another");
}

TEST_F(DamagedDb, AManifestSaysFileOffsetExpectedAndFound) {
  Damage("/db/default/MANIFEST", 40);
  ExpectWords(
      {"Corruption: /db/default/MANIFEST: offset ", ": expected ", ", found "});
}

TEST_F(DamagedDb, AManifestOfAnotherVersionIsRefusedByItsNumber) {
  for (const int version : {1, 2, 4}) {
    auto bytes = found_->Bytes("/db/default/MANIFEST");
    bytes[8] = static_cast<uint8_t>(version);
    found_->SetBytes("/db/default/MANIFEST", bytes);
    ExpectWords({"FailedPrecondition: /db/default/MANIFEST: manifest version " +
                 std::to_string(version) + " is refused: this pomai reads "});
  }
}

TEST_F(DamagedDb, AFailedReadSaysOperationFileAndErrno) {
  found_->FailRead(0, true);
  ExpectWords({"Io: stat /db: Input/output error (errno 5)"});
}

}  // namespace
}  // namespace pomai
