// The write and the sync are linked, so that the kernel begins the second when
// the first is done. What the ring does not do (a short write breaks the link,
// and a ring may take a part of what it is given) Wait does by plain calls.
#include <liburing.h>

#include <algorithm>
#include <optional>

#include "core/host_file/async_writer.h"

namespace pomai {
namespace {

constexpr uint64_t kWrite = 1;
constexpr uint64_t kSync = 2;

class RingWriter : public AsyncWriter {
 public:
  ~RingWriter() override {
    Collect();
    if (ready_) io_uring_queue_exit(&ring_);
  }

  bool Prepare() {
    ready_ = io_uring_queue_init(4, &ring_, 0) == 0;
    return ready_;
  }

  void Start(const WriteJob& job) override {
    job_ = job;
    wrote_.reset();
    synced_.reset();
    constexpr size_t kMost = size_t{1} << 30;
    const size_t size = std::min(job.bytes.size(), kMost);
    const bool sync = job.sync && size == job.bytes.size();
    if (!ready_) return;
    // The queue is empty, so there is room for both.
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    io_uring_prep_write(entry, job.fd, job.bytes.data(),
                        static_cast<unsigned>(size), job.offset);
    io_uring_sqe_set_data64(entry, kWrite);
    if (sync) {
      entry->flags |= IOSQE_IO_LINK;
      entry = io_uring_get_sqe(&ring_);
      io_uring_prep_fsync(entry, job.fd, IORING_FSYNC_DATASYNC);
      io_uring_sqe_set_data64(entry, kSync);
    }
    Submit(sync ? 2 : 1);
  }

  CallOutcome Wait() override {
    Collect();
    const int wrote = wrote_.value_or(0);
    if (wrote < 0 && wrote != -EINTR && wrote != -EAGAIN &&
        wrote != -ECANCELED) {
      return {-wrote, "write", job_.offset};
    }
    const auto done = static_cast<size_t>(std::max(wrote, 0));
    const CallOutcome rest =
        WriteFully(job_.fd, job_.offset + done, job_.bytes.subspan(done));
    if (!rest.ok() || !job_.sync) return rest;
    // A sync that came before the rest was written counts for nothing.
    if (done < job_.bytes.size() || !synced_.has_value() ||
        *synced_ == -ECANCELED || *synced_ == -EINTR || *synced_ == -EAGAIN) {
      return SyncFully(job_.fd);
    }
    if (*synced_ < 0) return {-*synced_, "sync", kNoOffset};
    return {};
  }

 private:
  void Submit(int count) {
    int submitted = 0;
    while (submitted < count) {
      const int result = io_uring_submit(&ring_);
      if (result == -EINTR) continue;
      if (result <= 0) break;
      submitted += result;
    }
    expected_ = submitted;
    // Entries that the kernel did not take would be submitted by the next
    // Start, so this ring is used no more.
    if (submitted < count) broken_ = true;
  }

  void Collect() {
    while (expected_ > 0) {
      io_uring_cqe* done = nullptr;
      // Whatever else fails here, the kernel still reads our bytes: go on.
      if (io_uring_wait_cqe(&ring_, &done) != 0) continue;
      const uint64_t which = io_uring_cqe_get_data64(done);
      (which == kWrite ? wrote_ : synced_) = done->res;
      io_uring_cqe_seen(&ring_, done);
      --expected_;
    }
    if (broken_) {
      broken_ = ready_ = false;
      io_uring_queue_exit(&ring_);
    }
  }

  io_uring ring_;
  bool ready_ = false;   // ring_ is one
  bool broken_ = false;  // and is to be let go
  WriteJob job_;
  int expected_ = 0;  // completions
  std::optional<int> wrote_;
  std::optional<int> synced_;
};

}  // namespace

std::unique_ptr<AsyncWriter> MakeRingWriter() {
  auto writer = std::make_unique<RingWriter>();
  if (!writer->Prepare()) return nullptr;
  return writer;
}

}  // namespace pomai
