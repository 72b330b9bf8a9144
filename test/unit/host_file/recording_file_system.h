// RecordingFileSystem: a FileSystem in memory that records every step which
// changes something, fails on demand, and gives what a restart would find
// after a crash at any step.
//
//   RecordingFileSystem files;                       // has the folder "/"
//   ... run something; files.Mark("batch 7") when it is acknowledged
//   for (size_t step = 0; step <= files.steps(); ++step) {
//     auto found = files.Crash(step, Unsynced::kTorn, seed);
//     ... open on found.get(); all of files.Marks(step) must be whole
//   }
//
// Crashes one after the other are cheap when their steps go up. A started
// write is a step when it starts; its sync is one when it is waited for.
// Breaking a rule of file_system.h (changed bytes of a started write, calls
// during one) ends the process with a message. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/host_file/file_system.h"
#include "test/unit/host_file/file_tree.h"

namespace pomai {

class RecordingFileSystem : public FileSystem {
 public:
  enum class Fault : uint8_t { kIo, kFull };  // EIO, ENOSPC

  RecordingFileSystem() = default;

  // Something the test wants to know after a crash.
  void Mark(const std::string& what);
  // Marks that were set when `step` steps had been done.
  std::vector<std::string> Marks(size_t step) const;
  size_t steps() const;
  std::string Describe(size_t step) const;

  // The n-th changing call from now on (0 = the next) fails; of a Write half is
  // written. `forever`: and every one after it.
  void FailChange(uint64_t n, Fault fault, bool forever = false);
  // The same for calls that read.
  void FailRead(uint64_t n, bool forever = false);
  // Nothing fails from now on.
  void FailNothing();
  // The first call that was made to fail; empty when none was.
  std::string failure() const;
  // Changing calls so far, failed ones too.
  uint64_t changes() const;

  // What a restart finds when the machine stopped after the first `step` steps.
  std::unique_ptr<RecordingFileSystem> Crash(size_t step, Unsynced unsynced,
                                             uint64_t seed = 0) const;

  // A file's bytes, and a way to break them; for tests that damage files.
  std::vector<uint8_t> Bytes(const std::string& path);
  void SetBytes(const std::string& path, const std::vector<uint8_t>& bytes);

  Result<std::unique_ptr<File>> Create(const std::string& path) override;
  Result<std::unique_ptr<File>> Open(const std::string& path) override;
  Result<std::unique_ptr<MappedFile>> Map(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CreateFolder(const std::string& path) override;
  Status RemoveFolder(const std::string& path) override;
  Status SyncFolder(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& path) override;
  Result<bool> Exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

 private:
  friend class RecordedFile;
  friend class RecordedLock;

  [[noreturn]] static void BreakRule(const std::string& what);
  // A call on a file.
  Status Change(FileStep step);

  // The rest with mutex_ held.
  Status CountChange(const std::string& what);
  Status CountRead(const std::string& what);
  void Do(FileStep step);
  Result<uint64_t> FindFolder(const std::string& operation,
                              const std::string& path) const;
  Result<uint64_t> FindAny(const std::string& operation,
                           const std::string& path) const;
  Status CheckFree(const std::string& operation, const std::string& path) const;

  mutable std::mutex mutex_;
  FileTree tree_;
  FileTree first_;  // before the first step
  std::vector<FileStep> steps_;
  std::vector<std::pair<size_t, std::string>> marks_;
  std::set<std::string> locks_;
  uint64_t changes_ = 0;
  uint64_t reads_ = 0;
  uint64_t fail_change_ = UINT64_MAX;
  uint64_t fail_read_ = UINT64_MAX;
  bool change_forever_ = false;
  bool read_forever_ = false;
  std::string failure_;
  Fault fault_ = Fault::kIo;
  // Where the last Crash left off.
  mutable FileTree replayed_;
  mutable size_t replayed_steps_ = 0;
};

}  // namespace pomai
