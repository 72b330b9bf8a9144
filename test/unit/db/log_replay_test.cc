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
  std::vector<uint8_t> body;
  AppendDelete(1, &body);
  body.push_back(7);
  const std::string path = "/db/default/0-99.log";
  auto log = std::move(LogWriter::Create(found_.get(), path, 0)).value();
  log->Add({.sequence = 77, .shards = 1, .body = body});
  ASSERT_TRUE(log->Start(true).ok());
  ASSERT_TRUE(log->Finish().ok());
  // Older logs end where they should now.
  auto older = std::move(LogReader::Open(found_.get(), log_, true)).value();
  for (LogRecord record; older->Next(&record).value();) {
  }
  ASSERT_TRUE(older->Cut().ok());
  EXPECT_EQ(OpenText(), "Corruption: " + path +
                            " at 16: batch 77: operation at byte 9: expected "
                            "kind 1 or 2, found 7");
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
