#include "test/unit/host_file/recording_file_system.h"

#include <cstdio>
#include <cstdlib>

#include "test/unit/host_file/recorded_file.h"

namespace pomai {
namespace {

using Kind = FileStep::Kind;

class MemoryFile : public MappedFile {
 public:
  explicit MemoryFile(const FileContent& content) : bytes_(content.size()) {
    content.Read(0, bytes_);
  }
  std::span<const uint8_t> bytes() const override { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace

void RecordingFileSystem::BreakRule(const std::string& what) {
  std::fprintf(stderr, "RecordingFileSystem: %s\n", what.c_str());
  std::abort();
}

class RecordedLock : public FileLock {
 public:
  RecordedLock(RecordingFileSystem* files, std::string path)
      : files_(files), path_(std::move(path)) {}
  ~RecordedLock() override {
    const std::lock_guard lock(files_->mutex_);
    files_->locks_.erase(path_);
  }

 private:
  RecordingFileSystem* files_;
  std::string path_;
};

void RecordingFileSystem::Mark(const std::string& what) {
  const std::lock_guard lock(mutex_);
  marks_.emplace_back(steps_.size(), what);
}

std::vector<std::string> RecordingFileSystem::Marks(size_t step) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> marks;
  for (const auto& [steps, what] : marks_) {
    if (steps <= step) marks.push_back(what);
  }
  return marks;
}

size_t RecordingFileSystem::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_.size();
}

std::string RecordingFileSystem::Describe(size_t step) const {
  const std::lock_guard lock(mutex_);
  return steps_.at(step).Describe();
}

void RecordingFileSystem::FailChange(uint64_t n, Fault fault, bool forever) {
  const std::lock_guard lock(mutex_);
  fail_change_ = changes_ + n;
  fault_ = fault;
  change_forever_ = forever;
}

void RecordingFileSystem::FailRead(uint64_t n, bool forever) {
  const std::lock_guard lock(mutex_);
  fail_read_ = reads_ + n;
  read_forever_ = forever;
}

void RecordingFileSystem::FailNothing() {
  const std::lock_guard lock(mutex_);
  fail_change_ = fail_read_ = UINT64_MAX;
}

std::string RecordingFileSystem::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

uint64_t RecordingFileSystem::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

std::unique_ptr<RecordingFileSystem> RecordingFileSystem::Crash(
    size_t step, Unsynced unsynced, uint64_t seed) const {
  auto found = std::make_unique<RecordingFileSystem>();
  const std::lock_guard lock(mutex_);
  if (replayed_steps_ == 0 || replayed_steps_ > step) {
    replayed_ = first_;
    replayed_steps_ = 0;
  }
  while (replayed_steps_ < step) replayed_.Apply(steps_.at(replayed_steps_++));
  found->tree_ = replayed_;
  found->tree_.Crash(unsynced, seed);
  found->first_ = found->tree_;
  return found;
}

std::vector<uint8_t> RecordingFileSystem::Bytes(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const FileContent& content = tree_.Content(tree_.Find(path));
  std::vector<uint8_t> bytes(content.size());
  content.Read(0, bytes);
  return bytes;
}

void RecordingFileSystem::SetBytes(const std::string& path,
                                   const std::vector<uint8_t>& bytes) {
  const std::lock_guard lock(mutex_);
  const uint64_t node = tree_.Find(path);
  const auto shared = std::make_shared<std::vector<uint8_t>>(bytes);
  Do({.kind = Kind::kResize, .node = node, .offset = bytes.size()});
  Do({.kind = Kind::kWrite, .node = node, .offset = 0, .bytes = shared});
  Do({.kind = Kind::kSync, .node = node});
}

Status RecordingFileSystem::CountChange(const std::string& what) {
  const uint64_t number = changes_++;
  if (number != fail_change_ && !(change_forever_ && number > fail_change_)) {
    return Status::Ok();
  }
  if (failure_.empty()) failure_ = what;
  if (fault_ == Fault::kFull) {
    return Status::ResourceExhausted(what +
                                     ": No space left on device (errno 28)");
  }
  return Status::Io(what + ": Input/output error (errno 5)");
}

Status RecordingFileSystem::CountRead(const std::string& what) {
  const uint64_t number = reads_++;
  if (number != fail_read_ && !(read_forever_ && number > fail_read_)) {
    return Status::Ok();
  }
  if (failure_.empty()) failure_ = what;
  return Status::Io(what + ": Input/output error (errno 5)");
}

void RecordingFileSystem::Do(FileStep step) {
  tree_.Apply(step);
  steps_.push_back(std::move(step));
}

Status RecordingFileSystem::Change(FileStep step) {
  const std::lock_guard lock(mutex_);
  const Status status = CountChange(step.Describe());
  if (!status.ok()) {
    if (step.kind == Kind::kSync) {
      step.kind = Kind::kFailedSync;
    } else if (step.kind == Kind::kWrite) {
      const auto& bytes = *step.bytes;
      step.bytes = std::make_shared<std::vector<uint8_t>>(
          bytes.begin(), bytes.begin() + static_cast<long>(bytes.size() / 2));
    } else {
      return status;
    }
  }
  Do(std::move(step));
  return status;
}

Result<uint64_t> RecordingFileSystem::FindAny(const std::string& operation,
                                              const std::string& path) const {
  const uint64_t node = tree_.Find(path);
  if (node != FileTree::kNone) return node;
  return Status::NotFound(operation + " " + path +
                          ": No such file or directory (errno 2)");
}

Result<uint64_t> RecordingFileSystem::FindFolder(
    const std::string& operation, const std::string& path) const {
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindAny(operation, path));
  if (tree_.IsFolder(node)) return node;
  return Status::NotFound(operation + " " + path +
                          ": Not a directory (errno 20)");
}

Status RecordingFileSystem::CheckFree(const std::string& operation,
                                      const std::string& path) const {
  POMAI_RETURN_IF_ERROR(FindFolder(operation, FolderOf(path)).status());
  if (tree_.Find(path) == FileTree::kNone) return Status::Ok();
  return Status::AlreadyExists(operation + " " + path +
                               ": File exists (errno 17)");
}

Result<std::unique_ptr<File>> RecordingFileSystem::Create(
    const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountChange("create " + path));
  POMAI_RETURN_IF_ERROR(CheckFree("create", path));
  const uint64_t node = tree_.NextNode();
  Do({.kind = Kind::kCreate, .node = node, .path = path});
  return std::unique_ptr<File>(
      std::make_unique<RecordedFile>(this, node, path));
}

Result<std::unique_ptr<File>> RecordingFileSystem::Open(
    const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountRead("open " + path));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindAny("open", path));
  if (tree_.IsFolder(node)) return Status::Io("open " + path + ": a folder");
  return std::unique_ptr<File>(
      std::make_unique<RecordedFile>(this, node, path));
}

Result<std::unique_ptr<MappedFile>> RecordingFileSystem::Map(
    const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountRead("map " + path));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindAny("open", path));
  if (tree_.IsFolder(node)) return Status::Io("map " + path + ": a folder");
  return std::unique_ptr<MappedFile>(
      std::make_unique<MemoryFile>(tree_.Content(node)));
}

Status RecordingFileSystem::Rename(const std::string& from,
                                   const std::string& to) {
  const std::lock_guard lock(mutex_);
  const std::string what = "rename " + from + " to " + to;
  POMAI_RETURN_IF_ERROR(CountChange(what));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindAny("rename", from));
  POMAI_ASSIGN_OR_RETURN(const uint64_t folder,
                         FindFolder("rename", FolderOf(to)));
  if (folder != tree_.Find(FolderOf(from))) {
    BreakRule(what + ": from folder to folder, which has no model here");
  }
  const uint64_t target = tree_.Find(to);
  if (target != FileTree::kNone && tree_.IsFolder(target)) {
    return Status::FailedPrecondition(what +
                                      ": Directory not empty (errno 39)");
  }
  Do({.kind = Kind::kRename, .node = node, .path = from, .to = to});
  return Status::Ok();
}

Status RecordingFileSystem::Link(const std::string& from,
                                 const std::string& to) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountChange("link " + from + " to " + to));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindAny("link", from));
  POMAI_RETURN_IF_ERROR(CheckFree("link", to));
  Do({.kind = Kind::kLink, .node = node, .path = from, .to = to});
  return Status::Ok();
}

Status RecordingFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountChange("remove " + path));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindAny("remove", path));
  if (tree_.IsFolder(node)) return Status::Io("remove " + path + ": a folder");
  Do({.kind = Kind::kRemove, .path = path});
  return Status::Ok();
}

Status RecordingFileSystem::CreateFolder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountChange("create folder " + path));
  POMAI_RETURN_IF_ERROR(CheckFree("create folder", path));
  const uint64_t node = tree_.NextNode();
  Do({.kind = Kind::kCreateFolder, .node = node, .path = path});
  return Status::Ok();
}

Status RecordingFileSystem::RemoveFolder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountChange("remove folder " + path));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node,
                         FindFolder("remove folder", path));
  if (!tree_.Names(node).empty()) {
    return Status::FailedPrecondition("remove folder " + path +
                                      ": Directory not empty (errno 39)");
  }
  Do({.kind = Kind::kRemove, .path = path});
  return Status::Ok();
}

Status RecordingFileSystem::SyncFolder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountChange("sync folder " + path));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindFolder("sync folder", path));
  Do({.kind = Kind::kSyncFolder, .node = node, .path = path});
  return Status::Ok();
}

Result<std::vector<std::string>> RecordingFileSystem::List(
    const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountRead("list " + path));
  POMAI_ASSIGN_OR_RETURN(const uint64_t node, FindFolder("list", path));
  std::vector<std::string> names;
  for (const auto& [name, child] : tree_.Names(node)) names.push_back(name);
  return names;
}

Result<bool> RecordingFileSystem::Exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  POMAI_RETURN_IF_ERROR(CountRead("stat " + path));
  return tree_.Find(path) != FileTree::kNone;
}

Result<std::unique_ptr<FileLock>> RecordingFileSystem::Lock(
    const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (tree_.Find(path) == FileTree::kNone) {
    POMAI_RETURN_IF_ERROR(CountChange("lock " + path));
    POMAI_RETURN_IF_ERROR(CheckFree("lock", path));
    Do({.kind = Kind::kCreate, .node = tree_.NextNode(), .path = path});
  }
  if (!locks_.insert(path).second) {
    return Status::FailedPrecondition("lock " + path +
                                      ": somebody else holds it");
  }
  return std::unique_ptr<FileLock>(std::make_unique<RecordedLock>(this, path));
}

}  // namespace pomai
