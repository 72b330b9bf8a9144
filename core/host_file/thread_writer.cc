#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/host_file/async_writer.h"

namespace pomai {
namespace {

class ThreadWriter : public AsyncWriter {
 public:
  ThreadWriter() : thread_([this] { Run(); }) {}

  ~ThreadWriter() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void Start(const WriteJob& job) override {
    {
      const std::lock_guard lock(mutex_);
      job_ = job;
      busy_ = true;
    }
    changed_.notify_all();
  }

  CallOutcome Wait() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !busy_; });
    return outcome_;
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return busy_ || stop_; });
      if (!busy_) return;  // a job is done before the end
      const WriteJob job = job_;
      lock.unlock();
      CallOutcome outcome = WriteFully(job.fd, job.offset, job.bytes);
      if (outcome.ok() && job.sync) outcome = SyncFully(job.fd);
      lock.lock();
      outcome_ = outcome;
      busy_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;  // busy_ or stop_ did
  WriteJob job_;
  CallOutcome outcome_;
  bool busy_ = false;
  bool stop_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<AsyncWriter> MakeThreadWriter() {
  return std::make_unique<ThreadWriter>();
}

}  // namespace pomai
