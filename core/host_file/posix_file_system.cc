#include "core/host_file/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "core/host_file/posix_file.h"

namespace pomai {
namespace {

class PosixMappedFile : public MappedFile {
 public:
  PosixMappedFile(void* address, size_t size)
      : address_(address), size_(size) {}
  ~PosixMappedFile() override {
    if (address_ != nullptr) munmap(address_, size_);
  }
  std::span<const uint8_t> bytes() const override {
    return {static_cast<const uint8_t*>(address_), size_};
  }

 private:
  void* address_;
  size_t size_;
};

// A file descriptor that is closed.
class Descriptor : public FileLock {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() override { close(fd_); }

 private:
  int fd_;
};

int OpenFile(const std::string& path, int flags) {
  return Uninterrupted(
      [&] { return open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

class Machine : public FileSystem {
 public:
  explicit Machine(AsyncWrites async) : async_(async) {}

  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    return OpenAs("create", path, O_RDWR | O_CREAT | O_EXCL);
  }

  Result<std::unique_ptr<File>> Open(const std::string& path) override {
    return OpenAs("open", path, O_RDWR);
  }

  Result<std::unique_ptr<MappedFile>> Map(const std::string& path) override {
    const int fd = OpenFile(path, O_RDONLY);
    if (fd < 0) return PosixError("open", path, errno);
    const Descriptor closer(fd);
    struct stat found;
    if (fstat(fd, &found) != 0) return PosixError("stat", path, errno);
    const auto size = static_cast<size_t>(found.st_size);
    if (size == 0) return Mapped(nullptr, 0);
    void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) return PosixError("map", path, errno);
    return Mapped(address, size);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    return Check(rename(from.c_str(), to.c_str()), "rename",
                 from + " to " + to);
  }

  Status Link(const std::string& from, const std::string& to) override {
    return Check(link(from.c_str(), to.c_str()), "link", from + " to " + to);
  }

  Status Remove(const std::string& path) override {
    return Check(unlink(path.c_str()), "remove", path);
  }

  Status CreateFolder(const std::string& path) override {
    return Check(mkdir(path.c_str(), 0777), "create folder", path);
  }

  Status RemoveFolder(const std::string& path) override {
    return Check(rmdir(path.c_str()), "remove folder", path);
  }

  Status SyncFolder(const std::string& path) override {
    const int fd = OpenFile(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return PosixError("open folder", path, errno);
    const Descriptor closer(fd);
    return Check(Uninterrupted([&] { return fsync(fd); }), "sync folder", path);
  }

  Result<std::vector<std::string>> List(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()),
                                                     closedir);
    if (folder == nullptr) return PosixError("list", path, errno);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = readdir(folder.get());
      if (entry == nullptr) break;
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return PosixError("list", path, errno);
    return names;
  }

  Result<bool> Exists(const std::string& path) override {
    struct stat found;
    if (stat(path.c_str(), &found) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return PosixError("stat", path, errno);
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    const int fd = OpenFile(path, O_RDWR | O_CREAT);
    if (fd < 0) return PosixError("open", path, errno);
    auto lock = std::make_unique<Descriptor>(fd);
    if (Uninterrupted([&] { return flock(fd, LOCK_EX | LOCK_NB); }) == 0) {
      return std::unique_ptr<FileLock>(std::move(lock));
    }
    if (errno != EWOULDBLOCK) return PosixError("lock", path, errno);
    return Status::FailedPrecondition("lock " + path +
                                      ": somebody else holds it");
  }

 private:
  Result<std::unique_ptr<File>> OpenAs(const char* operation,
                                       const std::string& path, int flags) {
    const int fd = OpenFile(path, flags);
    if (fd < 0) return PosixError(operation, path, errno);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path, async_));
  }

  static std::unique_ptr<MappedFile> Mapped(void* address, size_t size) {
    return std::make_unique<PosixMappedFile>(address, size);
  }

  static Status Check(int result, const char* operation,
                      const std::string& what) {
    if (result == 0) return Status::Ok();
    return PosixError(operation, what, errno);
  }

  const AsyncWrites async_;
};

}  // namespace

FileSystem* PosixFileSystem(AsyncWrites async) {
  // Never destroyed: files may outlive everything else.
  static Machine* const any = new Machine(AsyncWrites::kAny);
  static Machine* const thread = new Machine(AsyncWrites::kThread);
  return async == AsyncWrites::kAny ? any : thread;
}

}  // namespace pomai
