// Engine: one membrane at work: shards with their threads and logs, the pages
// of the index, the rows, and a thread that maintains and checkpoints them.
//
//   POMAI_RETURN_IF_ERROR(Engine::Create(files, folder, options));
//   POMAI_ASSIGN_OR_RETURN(auto engine, Engine::Open(db_options, folder));
//   POMAI_RETURN_IF_ERROR(engine->Write(batch));
//   POMAI_RETURN_IF_ERROR(engine->Close());
//
// Any thread. Locks, in the order they are taken: maintenance_mutex_, the
// sequencer's (Pause), a shard writer's, those of pages and rows.
//
// A write: checked and split (batch_parts.h), numbered and put into mailboxes
// (sequencer.h), logged and applied (shard_writer.h), visible.
// A read: a sequence (snapshot_list.h), then an engine snapshot, so that every
// row the sequence sees is in it; rows decide what is visible.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/db/log_replay.h"
#include "core/db/membrane_manifest.h"
#include "core/db/row_source.h"
#include "core/db/sequencer.h"
#include "core/db/shard_writer.h"
#include "core/db/snapshot_list.h"
#include "core/engine/maintain.h"
#include "pomai/membrane.h"

namespace pomai {

class Engine : public Membrane, public std::enable_shared_from_this<Engine> {
 public:
  // Fills `folder`, which exists and is empty, with an empty membrane; the
  // folder is synced, its name is not.
  static Status Create(FileSystem* files, const std::string& folder,
                       const MembraneOptions& options);
  // Recovers it: what the manifest names, then the logs.
  static Result<std::shared_ptr<Engine>> Open(const Options& options,
                                              const std::string& folder);
  ~Engine() override;

  Status Write(const WriteBatch& batch) override;
  Result<std::vector<float>> Get(uint64_t id,
                                 const ReadOptions& options) override;
  Result<bool> Exists(uint64_t id, const ReadOptions& options) override;
  Result<std::vector<Neighbour>> Search(std::span<const float> query, size_t k,
                                        const ReadOptions& options) override;
  Result<std::unique_ptr<RowIterator>> NewIterator(
      const ReadOptions& options) override;
  Result<std::shared_ptr<const DbSnapshot>> GetSnapshot() override;
  Status Checkpoint() override;
  Status Maintain(const WorkProgress& progress = {}) override;
  Result<std::vector<std::string>> Check(
      const WorkProgress& progress = {}) override;
  MembraneStats Stats() override;

  // Ends all work. A clean end makes a checkpoint if there is anything to keep.
  Status Close();
  // Ends all work without keeping anything: the folder goes.
  void Abandon();
  // A checkpoint, and links or copies of its files in `folder`, which exists;
  // the folder is synced.
  Status BackupTo(const std::string& folder, const WorkProgress& progress);

 private:
  friend class EngineIterator;

  Engine(const Options& options, std::string folder, MembraneManifest manifest);

  // --- Opening (engine_open.cc).
  Status Recover();
  Status StartWriters(const LogReplay& replay);
  Result<std::unique_ptr<LogWriter>> NewLog(uint32_t shard, uint64_t number);
  ShardWriter::Parts PartsOf(uint32_t shard);

  // --- Checkpoints (engine_checkpoint.cc); maintenance_mutex_ is held.
  struct Images;
  Status CheckpointLocked();
  Status MakeCheckpoint();
  Status TakeImages(uint64_t number, Images* images);
  Status WriteImages(const Images& images, MembraneManifest* next,
                     std::vector<RowTable::Written>* written);
  Status AdoptImages(const Images& images, const MembraneManifest& next,
                     const std::vector<RowTable::Written>& written);
  bool HasNews() const;
  // Files that neither the manifest names nor recovery needs.
  Status RemoveUnnamed();

  // --- Maintenance (engine_maintain.cc).
  void RunBackground();
  bool IsWorkDue();
  Status Work(MaintenanceGoal goal);
  void NoteGroup(uint64_t log_bytes, bool tail_is_full);
  // Memory and the time to recover grow with the logs: who writes faster than
  // checkpoints are made waits for one.
  void AwaitRoom();
  bool HasRoom() const;
  Status VacuumIfDue();
  // True while there may be more to do. maintenance_mutex_ is held.
  Result<bool> MaintenanceStep(Maintenance* maintenance,
                               const WorkProgress& progress);
  void StopBackground();
  // maintenance_mutex_, before the background thread takes it once more.
  std::unique_lock<std::mutex> LockMaintenance();
  void CheckFiles(const WorkProgress& progress,
                  std::vector<std::string>* problems);
  Status CheckPages(const WorkProgress& progress,
                    std::vector<std::string>* problems);
  void CheckRows(const std::vector<uint64_t>& entries,
                 std::vector<std::string>* problems);

  // --- Reading (engine_read.cc).
  // The sequence to read at; holds it in `held`.
  Result<uint64_t> SequenceOf(const ReadOptions& options,
                              std::shared_ptr<const DbSnapshot>* held);
  Status CheckOpen() const;
  Result<Snapshot> TakeEngineSnapshot();

  const Options options_;
  FileSystem* const files_;
  const std::string folder_;
  const MembraneOptions shape_;

  std::unique_ptr<FileStore> store_;
  ViewCache cache_;
  RowTables tables_;  // one a shard
  std::unique_ptr<Sequencer> sequencer_;
  std::shared_ptr<SnapshotList> snapshots_ = std::make_shared<SnapshotList>();
  std::vector<std::unique_ptr<ShardWriter>> writers_;  // one a shard

  // Who maintains, checkpoints, backs up or checks. Guards the manifest.
  std::mutex maintenance_mutex_;
  MembraneManifest manifest_;
  uint64_t next_number_ = 1;  // of a checkpoint or log file
  bool changed_ = false;      // by maintenance, since the last checkpoint
  uint64_t vacuumed_deletes_ = 0;
  uint64_t vacuumed_oldest_ = 0;
  bool vacuum_left_rows_ = false;  // a snapshot still needed them
  std::atomic<uint64_t> checkpoint_sequence_{0};

  std::mutex wake_mutex_;  // guards the next five
  std::condition_variable wake_;
  std::condition_variable room_;  // HasRoom, or stop_
  bool stop_ = false;
  bool maintenance_due_ = false;
  Status background_error_;
  Status checkpoint_error_;  // of the last one
  std::atomic<uint64_t> log_bytes_{0};
  std::atomic<uint64_t> checkpoint_limit_{0};
  std::atomic<int> waiting_{0};  // for maintenance_mutex_, with priority
  std::atomic<bool> closed_{false};
  std::thread background_;
};

}  // namespace pomai
