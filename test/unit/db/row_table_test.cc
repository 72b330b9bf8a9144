#include "core/db/row_table.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "core/base/random.h"
#include "core/host_file/log_operation.h"
#include "core/host_file/log_writer.h"
#include "test/unit/host_file/file_folder.h"

namespace pomai {
namespace {

constexpr uint32_t kDimensions = 64;
const RowShape kShape{kDimensions, 1, 3};

std::vector<float> VectorFor(uint64_t id, uint64_t sequence) {
  std::vector<float> vector(kDimensions, static_cast<float>(id));
  vector[1] = static_cast<float>(sequence);
  return vector;
}

// A table and what it should hold: all versions of every id. The rows of every
// other run are in a log, which goes when recovery would not need it any more.
class ModelledTable {
 public:
  ModelledTable() { BeginRun(true); }

  // Only right behind the last run, or before any row.
  void BeginRun(bool logged) {
    if (log_ != nullptr) {
      ASSERT_TRUE(log_->Start(false).ok());
      ASSERT_TRUE(log_->Finish().ok());
      complete_logs_.push_back(log_->path());
      log_.reset();
    }
    std::string name;
    if (logged) {
      name = "log-" + std::to_string(++log_number_);
      auto log =
          LogWriter::Create(folder_.files(), folder_.path() + "/" + name, 0);
      ASSERT_TRUE(log.ok()) << log.status().ToString();
      log_ = std::move(log).value();
    }
    table_->BeginRun(name);
  }

  void Put(uint64_t id) {
    ++sequence_;
    const auto vector = VectorFor(id, sequence_);
    uint64_t offset = 0;
    if (log_ != nullptr) {
      std::vector<uint8_t> body;
      AppendPut(id, vector, &body);
      offset = log_->Add({sequence_, 1, body}) + LogOperationSize(0);
    }
    const uint64_t number = table_->Put(id, sequence_, vector, offset);
    EXPECT_TRUE(kShape.Owns(number));
    EXPECT_GT(number, last_number_);
    last_number_ = number;
    versions_[id][sequence_] = number;
  }
  void Delete(uint64_t id) {
    ++sequence_;
    EXPECT_EQ(table_->Delete(id, sequence_), Model(id, sequence_).has_value());
    if (versions_.contains(id)) versions_[id][sequence_] = kNoRow;
  }
  void TakeSnapshot() { snapshots_.insert(sequence_); }
  void DropSnapshot(Random* random) {
    if (snapshots_.empty()) return;
    auto one = snapshots_.begin();
    std::advance(one, random->Below(snapshots_.size()));
    snapshots_.erase(one);
  }
  uint64_t oldest() const {
    return snapshots_.empty() ? sequence_ : *snapshots_.begin();
  }

  void StartCheckpoint() {
    BeginRun(log_ == nullptr);
    image_ = table_->Take(sequence_, oldest());
  }
  bool checkpoint_under_way() const { return image_.has_value(); }
  void WriteCheckpoint() {
    auto written =
        table_->Write(folder_.files(), folder_.path(), ++number_, *image_);
    ASSERT_TRUE(written.ok()) << written.status().ToString();
    written_ = std::move(written).value();
  }
  void EndCheckpoint() {
    if (!written_) WriteCheckpoint();
    table_->Adopt(*image_, *written_, oldest());
    stored_ = written_->files;
    image_.reset();
    written_.reset();
    for (const std::string& path : complete_logs_) {
      ASSERT_TRUE(folder_.files()->Remove(path).ok());
    }
    complete_logs_.clear();
  }
  // It failed: the next one has its rows.
  void AbandonCheckpoint() {
    image_.reset();
    written_.reset();
  }
  // As after a clean end: a checkpoint of everything, no snapshots.
  void Reopen() {
    if (image_) EndCheckpoint();
    StartCheckpoint();
    EndCheckpoint();
    snapshots_.clear();
    auto table =
        RowTable::Open(folder_.files(), folder_.path(), kShape, stored_);
    ASSERT_TRUE(table.ok()) << table.status().ToString();
    table_ = std::move(table).value();
    BeginRun(log_ == nullptr);
  }

  void Check(uint64_t ids) {
    std::set<uint64_t> sequences = snapshots_;
    sequences.insert(sequence_);
    for (const uint64_t sequence : sequences) CheckAt(sequence, ids);
    uint64_t live = 0;
    for (uint64_t id = 0; id < ids; ++id) live += Model(id, sequence_) ? 1 : 0;
    ASSERT_EQ(table_->live(), live);
  }

  // Every row is dead or not as the oldest snapshot says.
  void CheckDead() {
    for (const auto& [id, versions] : versions_) {
      for (auto one = versions.begin(); one != versions.end(); ++one) {
        if (one->second == kNoRow) continue;
        const auto after = std::next(one);
        const bool dead = after != versions.end() && after->first <= oldest();
        ASSERT_EQ(table_->IsDead(one->second, oldest()), dead);
      }
    }
    ASSERT_TRUE(table_->IsDead(kShape.NumberOf(uint64_t{1} << 40), oldest()));
  }

  RowTable* table() { return table_.get(); }
  const FileFolder& folder() const { return folder_; }
  const RowTableFiles& stored() const { return stored_; }

 private:
  std::optional<uint64_t> Model(uint64_t id, uint64_t sequence) const {
    const auto versions = versions_.find(id);
    if (versions == versions_.end()) return std::nullopt;
    auto behind = versions->second.upper_bound(sequence);
    if (behind == versions->second.begin()) return std::nullopt;
    --behind;
    if (behind->second == kNoRow) return std::nullopt;
    return behind->second;
  }

  void CheckAt(uint64_t sequence, uint64_t ids) {
    std::vector<uint64_t> expected;
    for (uint64_t id = 0; id < ids; ++id) {
      const auto number = Model(id, sequence);
      ASSERT_EQ(table_->Find(id, sequence), number.value_or(kNoRow))
          << "id " << id << " at " << sequence;
      if (!number) continue;
      expected.push_back(*number);
      uint64_t found = 0;
      std::vector<float> vector(kDimensions);
      ASSERT_TRUE(table_->Read(*number, sequence, &found, vector.data()));
      ASSERT_EQ(found, id);
      ASSERT_EQ(vector[0], static_cast<float>(id));
    }
    std::sort(expected.begin(), expected.end());
    std::vector<uint64_t> listed;
    for (uint64_t from = 0, some[7];;) {
      const size_t count = table_->List(from, sequence, some);
      if (count == 0) break;
      listed.insert(listed.end(), some, some + count);
      from = listed.back() + 1;
    }
    ASSERT_EQ(listed, expected);
    size_t visited = 0;
    table_->Visit(listed, sequence, [&](size_t i, uint64_t id, const float* v) {
      EXPECT_EQ(i, visited);
      EXPECT_EQ(v[0], static_cast<float>(id));
      ++visited;
    });
    ASSERT_EQ(visited, listed.size());
  }

  FileFolder folder_;
  std::unique_ptr<LogWriter> log_;  // of the run, if it has one
  uint64_t log_number_ = 0;
  std::vector<std::string> complete_logs_;  // of rows in memory
  std::unique_ptr<RowTable> table_ = std::make_unique<RowTable>(kShape);
  uint64_t sequence_ = 0;
  uint64_t last_number_ = 0;
  uint64_t number_ = 0;
  std::map<uint64_t, std::map<uint64_t, uint64_t>> versions_;
  std::set<uint64_t> snapshots_;
  std::optional<RowTable::Image> image_;
  std::optional<RowTable::Written> written_;
  RowTableFiles stored_;
};

TEST(RowTable, SnapshotsSeeWhatWasNewestAtTheirSequence) {
  RowTable table(kShape);
  const uint64_t first = table.Put(7, 1, VectorFor(7, 1));
  const uint64_t second = table.Put(7, 3, VectorFor(7, 3));
  EXPECT_TRUE(table.Delete(7, 5));
  EXPECT_FALSE(table.Delete(7, 6));
  EXPECT_FALSE(table.Delete(8, 6));
  EXPECT_EQ(table.Find(7, 0), kNoRow);
  EXPECT_EQ(table.Find(7, 2), first);
  EXPECT_EQ(table.Find(7, 4), second);
  EXPECT_EQ(table.Find(7, 5), kNoRow);
  EXPECT_FALSE(table.Read(first, 3, nullptr, nullptr));
  EXPECT_TRUE(table.IsDead(first, 3));
  EXPECT_FALSE(table.IsDead(first, 2));
  EXPECT_EQ(table.live(), 0u);
  EXPECT_EQ(table.deletes(), 2u);
}

TEST(RowTable, IsWhatItShouldBeThroughSnapshotsMergesAndReopening) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const uint64_t ids = 20 + random.Below(200);
    ModelledTable model;
    for (int step = 0; step < 1500; ++step) {
      const uint64_t what = random.Below(100);
      if (what < 60) {
        model.Put(random.Below(ids));
      } else if (what < 88) {
        model.Delete(random.Below(ids));
      } else if (what < 92) {
        model.TakeSnapshot();
      } else if (what < 95) {
        model.DropSnapshot(&random);
      } else if (what < 99) {
        if (model.checkpoint_under_way() && random.Below(4) == 0) {
          model.AbandonCheckpoint();
        } else if (model.checkpoint_under_way()) {
          model.EndCheckpoint();
        } else {
          model.StartCheckpoint();
          if (random.Below(2) == 0) model.WriteCheckpoint();
        }
      } else {
        model.Reopen();
      }
      if (HasFatalFailure()) return;
      if (step % 50 != 0) continue;
      model.Check(ids);
      model.CheckDead();
      if (HasFatalFailure()) return;
    }
  }
}

TEST(RowTable, FilesAreTheTableAsOfTheImage) {
  FileFolder folder;
  RowTable table(kShape);
  uint64_t sequence = 0;
  RowTable::Written written;
  for (uint64_t number = 1; number <= 2; ++number) {
    for (uint64_t id = 0; id < 10; ++id) {
      ++sequence;
      table.Put(id, sequence, VectorFor(id, sequence));
    }
    const uint64_t at = sequence;
    const RowTable::Image image = table.Take(at, at);
    EXPECT_TRUE(table.Delete(3, ++sequence));
    ++sequence;
    table.Put(4, sequence, VectorFor(4, sequence));
    auto wrote = table.Write(folder.files(), folder.path(), number, image);
    ASSERT_TRUE(wrote.ok()) << wrote.status().ToString();
    written = std::move(wrote).value();
    table.Adopt(image, written, sequence);
    EXPECT_EQ(table.Find(3, sequence), kNoRow);
    EXPECT_NE(table.Find(4, sequence), kNoRow);
    const auto opened =
        RowTable::Open(folder.files(), folder.path(), kShape, written.files);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    EXPECT_EQ(opened.value()->live(), 10u);
    EXPECT_NE(opened.value()->Find(3, at), kNoRow);
    EXPECT_EQ(opened.value()->Put(7, at + 1, VectorFor(7, at + 1)),
              kShape.NumberOf(image.next_counter));
  }
}

TEST(RowTable, HasFewFilesAndForgetsTheDead) {
  ModelledTable model;
  for (int round = 0; round < 40; ++round) {
    for (uint64_t i = 0; i < 50; ++i) model.Put(i + 50 * (round % 20));
    model.StartCheckpoint();
    model.EndCheckpoint();
    uint64_t rows = 0;
    for (const StoredRows& file : model.stored().rows) rows += file.rows;
    // Every row is put twice; at most a quarter of a file is dead, unless
    // it is merged soon.
    EXPECT_LE(rows, 1000u + 500u);
    EXPECT_LE(model.stored().rows.size(), 6u);
  }
  model.Check(1000);
}

void Checkpoint(ModelledTable* model) {
  model->StartCheckpoint();
  model->EndCheckpoint();
}

TEST(RowTable, VectorsStayInTheirLogWhileFewOfThemAreDead) {
  constexpr uint64_t kRows = 1000;
  // A sixth of the log is no vector.
  for (const uint64_t dead : {kRows / 16, kRows / 4}) {
    ModelledTable model;
    model.BeginRun(true);
    for (uint64_t i = 0; i < kRows; ++i) model.Put(i);
    for (uint64_t i = 0; i < dead; ++i) model.Delete(i);
    Checkpoint(&model);
    model.Check(kRows);
    ASSERT_EQ(model.stored().rows.size(), 1u);
    const StoredRows first = model.stored().rows[0];
    EXPECT_EQ(first.rows, kRows - dead);
    EXPECT_EQ(first.logs.size(), dead < kRows / 4 ? 1u : 0u);
    // Without them there are 36 bytes a row.
    EXPECT_EQ(first.file.bytes < kRows * 40, dead < kRows / 4);
    // Later as well.
    for (uint64_t i = dead; i < kRows / 2; ++i) model.Delete(i);
    Checkpoint(&model);
    model.Check(kRows);
    ASSERT_EQ(model.stored().rows.size(), 1u);
    EXPECT_EQ(model.stored().rows[0].rows, kRows / 2);
    EXPECT_TRUE(model.stored().rows[0].logs.empty());
  }
}

// Vectors in logs and in the file itself.
TEST(RowTable, VectorsStayInManyLogsThoughTablesBecomeOne) {
  constexpr uint64_t kRows = 100;
  ModelledTable model;
  for (uint64_t round = 0; round < 6; ++round) {
    model.BeginRun(round % 3 != 0);
    for (uint64_t i = 0; i < kRows; ++i) model.Put(round * kRows + i);
    Checkpoint(&model);
    model.Check(6 * kRows);
  }
  size_t logs = 0;
  uint64_t bytes = 0;
  for (const StoredRows& file : model.stored().rows) {
    logs += file.logs.size();
    bytes += file.file.bytes;
    for (const StoredFile& log : file.logs) {
      EXPECT_GE(log.bytes, kRows * kDimensions * sizeof(float));
    }
    const auto read = RowFile::Open(model.folder().files(),
                                    model.folder().path(), kShape, file);
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    const Status sound = (*read)->Check();
    EXPECT_TRUE(sound.ok()) << sound.ToString();
  }
  EXPECT_EQ(logs, 4u);
  EXPECT_LT(model.stored().rows.size(), 4u);
  EXPECT_LT(bytes, 2 * kRows * kDimensions * sizeof(float) + 6 * kRows * 48);
}

// Writes vectors of ids 0 .. `rows` - 1 into the log "log", with some deletes
// behind each, and returns their offsets.
std::vector<uint64_t> WriteLog(const FileFolder& folder, uint64_t rows,
                               uint64_t deletes) {
  std::vector<uint64_t> offsets;
  auto log = LogWriter::Create(folder.files(), folder.path() + "/log", 0);
  EXPECT_TRUE(log.ok()) << log.status().ToString();
  for (uint64_t id = 0; id < rows; ++id) {
    std::vector<uint8_t> body;
    AppendPut(id, VectorFor(id, id + 1), &body);
    for (uint64_t i = 0; i < deletes; ++i) AppendDelete(rows + i, &body);
    offsets.push_back((*log)->Add({id + 1, 1, body}) + LogOperationSize(0));
  }
  EXPECT_TRUE((*log)->Start(false).ok());
  EXPECT_TRUE((*log)->Finish().ok());
  return offsets;
}

// Writes a run of the rows of such a log, as checkpoint `number`, and returns
// how many logs stay.
size_t LogsKept(const FileFolder& folder, const std::vector<uint64_t>& offsets,
                uint64_t number = 1) {
  RowTable table(kShape);
  table.BeginRun("log");
  for (uint64_t id = 0; id < offsets.size(); ++id) {
    table.Put(id, id + 1, VectorFor(id, id + 1), offsets[id]);
  }
  const RowTable::Image image = table.Take(offsets.size(), offsets.size());
  const auto written =
      table.Write(folder.files(), folder.path(), number, image);
  EXPECT_TRUE(written.ok()) << written.status().ToString();
  if (!written.ok() || written->mapped.size() != 1) return SIZE_MAX;
  const RowFile& file = *written->mapped[0];
  EXPECT_EQ(file.rows(), offsets.size());
  for (uint32_t id = 0; id < file.rows(); ++id) {
    EXPECT_EQ(file.vector(id)[0], static_cast<float>(id));
    EXPECT_EQ(file.vector(id)[1], static_cast<float>(id + 1));
  }
  EXPECT_TRUE(file.Check().ok());
  return written->files.rows[0].logs.size();
}

// One that is in no log, and one that is farther back than offsets reach.
TEST(RowTable, ARunOfWhichOneRowIsNotInTheLogIsWritten) {
  for (const uint64_t offset : {uint64_t{0}, uint64_t{1} << 34}) {
    FileFolder folder;
    auto offsets = WriteLog(folder, 20, 0);
    EXPECT_EQ(LogsKept(folder, offsets), 1u);
    offsets[7] = offset;
    EXPECT_EQ(LogsKept(folder, offsets, 2), 0u);
  }
}

TEST(RowTable, ALogThatIsDamagedIsNotKept) {
  for (uint64_t damaged = 0; damaged < 20; ++damaged) {
    FileFolder folder;
    const auto offsets = WriteLog(folder, 20, 0);
    folder.Flip("log", offsets[damaged] + 5);
    EXPECT_EQ(LogsKept(folder, offsets), 0u);
    ASSERT_TRUE(folder.files()->Remove(folder.path() + "/log").ok());
    EXPECT_EQ(LogsKept(folder, offsets, 2), 0u);
  }
}

TEST(RowTable, ALogThatGetsNoOtherNameIsNotKept) {
  FileFolder folder;
  const auto offsets = WriteLog(folder, 20, 0);
  const std::string taken = folder.path() + "/vectors-1-5-0";
  ASSERT_TRUE(folder.files()->Create(taken).ok());
  EXPECT_EQ(LogsKept(folder, offsets, 5), 0u);
  EXPECT_EQ(LogsKept(folder, offsets, 6), 1u);
}

TEST(RowTable, ALogOfMoreThanVectorsIsNotKept) {
  FileFolder folder;
  EXPECT_EQ(LogsKept(folder, WriteLog(folder, 20, 2)), 1u);
  FileFolder other;
  EXPECT_EQ(LogsKept(other, WriteLog(other, 20, 4)), 0u);
}

TEST(RowTable, HasFewLogsHoweverManyCheckpoints) {
  constexpr uint64_t kRows = 5;
  ModelledTable model;
  for (uint64_t round = 0; round < 300; ++round) {
    model.BeginRun(true);
    for (uint64_t i = 0; i < kRows; ++i) model.Put(round * kRows + i);
    Checkpoint(&model);
    for (const StoredRows& file : model.stored().rows) {
      // Vectors are a little less than what is logged with them.
      EXPECT_LE(file.logs.size(), 64u * 5 / 4);
    }
  }
  model.Check(300 * kRows);
}

void TestWrongBytes(bool logged) {
  ModelledTable model;
  model.BeginRun(logged);
  for (uint64_t i = 0; i < 100; ++i) model.Put(i);
  model.Delete(3);
  model.StartCheckpoint();
  model.EndCheckpoint();
  const RowTableFiles& stored = model.stored();
  const auto open = [&] {
    return RowTable::Open(model.folder().files(), model.folder().path(), kShape,
                          stored);
  };
  ASSERT_TRUE(open().ok());
  for (uint64_t offset = 0; offset < 56; ++offset) {
    model.folder().Flip(stored.rows[0].file.name, offset);
    const auto table = open();
    ASSERT_FALSE(table.ok()) << offset;
    EXPECT_EQ(table.status().code(), StatusCode::kCorruption);
    const std::string message(table.status().message());
    EXPECT_NE(message.find(stored.rows[0].file.name), std::string::npos);
    EXPECT_NE(message.find("offset "), std::string::npos) << message;
    model.folder().Flip(stored.rows[0].file.name, offset);
  }
  for (uint64_t offset = 0; offset < stored.deleted.bytes; ++offset) {
    model.folder().Flip(stored.deleted.name, offset);
    ASSERT_FALSE(open().ok()) << offset;
    model.folder().Flip(stored.deleted.name, offset);
  }
  for (uint64_t offset = 64; offset < stored.rows[0].file.bytes; offset += 3) {
    model.folder().Flip(stored.rows[0].file.name, offset);
    const auto file = RowFile::Open(
        model.folder().files(), model.folder().path(), kShape, stored.rows[0]);
    if (file.ok()) {
      EXPECT_EQ((*file.value()).Check().code(), StatusCode::kCorruption);
    }
    model.folder().Flip(stored.rows[0].file.name, offset);
  }
  ASSERT_EQ(stored.rows[0].logs.size(), logged ? 1u : 0u);
  for (const StoredFile& log : stored.rows[0].logs) {
    for (uint64_t offset = 0; offset < log.bytes; offset += 101) {
      model.folder().Flip(log.name, offset);
      const auto table = open();
      ASSERT_TRUE(table.ok()) << table.status().ToString();
      const auto file =
          RowFile::Open(model.folder().files(), model.folder().path(), kShape,
                        stored.rows[0]);
      const Status status = (*file)->Check();
      EXPECT_EQ(status.code(), StatusCode::kCorruption) << offset;
      EXPECT_NE(status.message().find(log.name), std::string::npos)
          << offset << ": " << status.ToString();
      model.folder().Flip(log.name, offset);
    }
  }
  ASSERT_TRUE(open().ok());
}

TEST(RowTable, NamesFileAndOffsetOfWrongBytes) { TestWrongBytes(false); }
TEST(RowTable, NamesFileAndOffsetOfWrongBytesOfALog) { TestWrongBytes(true); }

// What leads elsewhere is found, and read within the files.
TEST(RowTable, WrongSourcesAndOffsetsStayWithinTheLog) {
  constexpr uint64_t kRows = 160;  // sections need no zeros between them
  ModelledTable model;
  model.BeginRun(true);
  for (uint64_t i = 0; i < kRows; ++i) model.Put(i);
  Checkpoint(&model);
  const StoredRows stored = model.stored().rows[0];
  const uint64_t offsets = stored.file.bytes - kRows * sizeof(uint32_t);
  const uint64_t sources = offsets - kRows * sizeof(uint32_t);
  for (const uint64_t section : {sources, offsets}) {
    for (uint64_t byte = 0; byte < 4; ++byte) {
      const uint64_t at = section + 40 * sizeof(uint32_t) + byte;
      model.folder().Flip(stored.file.name, at);
      const auto file = RowFile::Open(model.folder().files(),
                                      model.folder().path(), kShape, stored);
      ASSERT_TRUE(file.ok());
      std::vector<float> vector(kDimensions);
      std::copy_n((*file)->vector(40), kDimensions, vector.begin());
      const Status status = (*file)->Check();
      EXPECT_EQ(status.code(), StatusCode::kCorruption);
      EXPECT_NE(
          status.message().find(section == sources ? "source of" : "offset of"),
          std::string::npos)
          << status.ToString();
      model.folder().Flip(stored.file.name, at);
    }
  }
}

// Ids lead to rows that the file does not have.
TEST(RowTable, WrongPlacesAreNotFollowed) {
  constexpr uint64_t kRows = 160;
  ModelledTable model;
  model.BeginRun(false);
  for (uint64_t i = 0; i < kRows; ++i) model.Put(i);
  Checkpoint(&model);
  const uint64_t places = 64 + 3 * kRows * sizeof(uint64_t);
  for (uint64_t i = 0; i < kRows; ++i) {
    model.folder().Flip(model.stored().rows[0].file.name, places + 4 * i + 3);
  }
  const auto table = RowTable::Open(
      model.folder().files(), model.folder().path(), kShape, model.stored());
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  for (uint64_t i = 0; i < kRows; ++i) {
    EXPECT_EQ((*table)->Find(i, 2 * kRows), kNoRow);
    EXPECT_FALSE((*table)->Delete(i, 2 * kRows + i));
    (*table)->Put(i, 3 * kRows + i, VectorFor(i, 0));
    EXPECT_NE((*table)->Find(i, 4 * kRows), kNoRow);
  }
}

// A writer, readers and checkpoints at once. Readers see, at each sequence that
// is published, every id once.
TEST(RowTable, IsReadWhileItIsWrittenAndCheckpointed) {
  constexpr uint64_t kIds = 64;
  FileFolder folder;
  RowTable table(kShape);
  for (uint64_t id = 0; id < kIds; ++id) table.Put(id, 1, VectorFor(id, 1));
  std::atomic<uint64_t> published{1};
  std::atomic<uint64_t> reading{1};  // the oldest sequence a reader may use
  std::atomic<bool> done{false};
  std::thread reader([&] {
    for (std::vector<uint64_t> numbers(kIds + 1); !done;) {
      const uint64_t sequence = published;
      ASSERT_EQ(table.List(0, sequence, numbers), kIds);
      size_t visited = 0;
      table.Visit(std::span(numbers).first(kIds), sequence,
                  [&](size_t, uint64_t id, const float* vector) {
                    ++visited;
                    EXPECT_EQ(vector[0], static_cast<float>(id));
                    EXPECT_LE(vector[1], static_cast<float>(sequence));
                  });
      ASSERT_EQ(visited, kIds);
      reading = sequence;
    }
  });
  std::mutex gate;
  std::thread checkpointer([&] {
    for (uint64_t number = 1; number <= 10; ++number) {
      std::unique_lock lock(gate);
      const RowTable::Image image = table.Take(published, reading);
      lock.unlock();
      auto written = table.Write(folder.files(), folder.path(), number, image);
      ASSERT_TRUE(written.ok()) << written.status().ToString();
      table.Adopt(image, *written, reading);
    }
    done = true;
  });
  Random random(3);
  for (uint64_t sequence = 2; !done; ++sequence) {
    const std::lock_guard lock(gate);
    const uint64_t id = random.Below(kIds);
    table.Put(id, sequence, VectorFor(id, sequence));
    published = sequence;
  }
  reader.join();
  checkpointer.join();
}

}  // namespace
}  // namespace pomai
