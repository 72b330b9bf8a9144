// GatedFileSystem: the machine's own, but images of checkpoints are not begun
// while its gate is shut, or fail for want of space.
//
//   GatedFileSystem files;
//   files.Shut();
//   ... checkpoints hang ...
//   files.OpenGate();
//   files.Fill();
//   ... checkpoints fail, files.images() of them have begun ...
//   files.OpenGate();
//
// Any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "core/host_file/posix_file_system.h"

namespace pomai {

class GatedFileSystem : public FileSystem {
 public:
  void Shut() {
    std::lock_guard lock(mutex_);
    shut_ = true;
  }
  void OpenGate() {
    std::lock_guard lock(mutex_);
    shut_ = full_ = false;
    opened_.notify_all();
  }
  // Until an image waits at the gate.
  void AwaitOne() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return shut_ && waiting_ > 0; });
  }
  void Fill() {
    std::lock_guard lock(mutex_);
    full_ = true;
  }
  uint64_t images() {
    std::lock_guard lock(mutex_);
    return images_;
  }

  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    if (path.find("/image-") != std::string::npos) {
      std::unique_lock lock(mutex_);
      ++waiting_;
      came_.notify_all();
      opened_.wait(lock, [this] { return !shut_; });
      --waiting_;
      ++images_;
      if (full_) return Status::ResourceExhausted("create " + path);
    }
    return files_->Create(path);
  }
  Result<std::unique_ptr<File>> Open(const std::string& path) override {
    return files_->Open(path);
  }
  Result<std::unique_ptr<MappedFile>> Map(const std::string& path) override {
    return files_->Map(path);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return files_->Rename(from, to);
  }
  Status Link(const std::string& from, const std::string& to) override {
    return files_->Link(from, to);
  }
  Status Remove(const std::string& path) override {
    return files_->Remove(path);
  }
  Status CreateFolder(const std::string& path) override {
    return files_->CreateFolder(path);
  }
  Status RemoveFolder(const std::string& path) override {
    return files_->RemoveFolder(path);
  }
  Status SyncFolder(const std::string& path) override {
    return files_->SyncFolder(path);
  }
  Result<std::vector<std::string>> List(const std::string& path) override {
    return files_->List(path);
  }
  Result<bool> Exists(const std::string& path) override {
    return files_->Exists(path);
  }
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    return files_->Lock(path);
  }

 private:
  FileSystem* const files_ = PosixFileSystem();
  std::mutex mutex_;
  std::condition_variable opened_;
  std::condition_variable came_;
  int waiting_ = 0;
  bool shut_ = false;
  bool full_ = false;
  uint64_t images_ = 0;
};

}  // namespace pomai
