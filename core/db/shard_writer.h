// ShardWriter: a shard's thread: takes the commands that wait, logs them with
// one write and one sync, applies them meanwhile, and reports them complete.
//
//   ShardWriter writer(parts, std::move(log));      // starts the thread
//   writer.mailbox()->Push({sequence, shards, body});
//   ...
//   writer.Stop();                                  // works off what waits
//
// Push: any thread. The log is changed by Rotate only while nothing is under
// way (Sequencer::Pause).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/db/mailbox.h"
#include "core/db/row_applier.h"
#include "core/db/sequencer.h"
#include "core/host_file/log_writer.h"
#include "pomai/db_options.h"

namespace pomai {

class ShardWriter {
 public:
  struct Parts {
    FileStore* store;
    ViewCache* cache;
    RowTable* rows;
    Sequencer* sequencer;
    FsyncPolicy fsync;
    std::chrono::milliseconds fsync_interval;
    size_t mailbox_bytes;
    // After each group: bytes added to the log, whether the tail is full.
    std::function<void(uint64_t, bool)> notice;
  };

  // All of `parts` must outlive it.
  ShardWriter(Parts parts, std::unique_ptr<LogWriter> log);
  ~ShardWriter() { Stop(); }

  Mailbox* mailbox() { return &mailbox_; }
  // Completes the log, and goes on in a new one that `create` makes. After an
  // error every later command fails.
  Status Rotate(
      const std::function<Result<std::unique_ptr<LogWriter>>()>& create);
  // Works off what waits, and ends the thread.
  void Stop();
  // Groups that were synced.
  uint64_t syncs() const { return syncs_; }

 private:
  void Run();
  std::vector<ShardCommand> TakeGroup();
  void Commit(const std::vector<ShardCommand>& group);
  Status LogAndApply(const std::vector<ShardCommand>& group);
  // `offsets`: of each command's body in the log.
  Status Apply(const std::vector<ShardCommand>& group,
               const std::vector<uint64_t>& offsets);
  void SyncWhenDue();

  const Parts parts_;
  Mailbox mailbox_;
  RowApplier applier_;
  std::mutex mutex_;  // guards the log
  std::unique_ptr<LogWriter> log_;
  Status failed_;
  bool unsynced_ = false;
  Mailbox::Clock::time_point sync_due_;
  // Group commit: writers that were seen at once, and what a sync takes.
  size_t writers_ = 0;
  std::chrono::microseconds sync_time_{0};
  std::atomic<uint64_t> syncs_{0};
  std::thread thread_;
};

}  // namespace pomai
