#include "core/db/engine.h"

#include <utility>

#include "core/db/batch_parts.h"

namespace pomai {

Engine::Engine(const Options& options, std::string folder,
               MembraneManifest manifest)
    : options_(options),
      files_(options.files),
      folder_(std::move(folder)),
      shape_(manifest.options),
      manifest_(std::move(manifest)) {}

Engine::~Engine() { Abandon(); }

Status Engine::Write(const WriteBatch& batch) {
  POMAI_RETURN_IF_ERROR(CheckOpen());
  POMAI_RETURN_IF_ERROR(CheckBatch(batch, shape_.dimensions));
  std::vector<BatchPart> parts = SplitBatch(batch, shape_.shards);
  if (parts.empty()) return sequencer_->state();
  AwaitRoom();
  const auto count = static_cast<uint32_t>(parts.size());
  POMAI_ASSIGN_OR_RETURN(const uint64_t sequence,
                         sequencer_->Issue(count, [&](uint64_t next) {
                           for (BatchPart& part : parts) {
                             writers_[part.shard]->mailbox()->Push(
                                 {next, count, std::move(part.body)});
                           }
                         }));
  return sequencer_->Await(sequence);
}

Status Engine::Close() {
  if (closed_.exchange(true)) return Status::Ok();
  sequencer_->Close(folder_ + " is closed");
  // No write is under way; searches and maintenance give up.
  store_->Stop();
  StopBackground();
  Status status;
  {
    std::lock_guard lock(maintenance_mutex_);
    if (HasNews()) status = CheckpointLocked();
  }
  for (auto& writer : writers_) writer->Stop();
  return status;
}

void Engine::Abandon() {
  if (closed_.exchange(true)) return;
  if (sequencer_ == nullptr) return;  // was never opened
  sequencer_->Close(folder_ + " is closed");
  store_->Stop();
  StopBackground();
  // Whoever writes files of the folder has ended, and nobody begins.
  { const auto lock = LockMaintenance(); }
  for (auto& writer : writers_) writer->Stop();
}

MembraneStats Engine::Stats() {
  MembraneStats stats;
  stats.options = shape_;
  stats.sequence = sequencer_->visible();
  stats.checkpoint = checkpoint_sequence_;
  stats.log_bytes = log_bytes_;
  for (const auto& table : tables_) {
    stats.rows += table->live();
    stats.versions += table->versions();
    stats.memory_bytes += table->memory_bytes();
  }
  for (const auto& writer : writers_) stats.log_syncs += writer->syncs();
  const FileStore::Reader reader = store_->Register();
  if (const auto snapshot = TakeEngineSnapshot(); snapshot.ok()) {
    const Manifest& manifest = snapshot.value().view->manifest;
    stats.segments = manifest.segments.size();
    stats.lists =
        manifest.codebooks.empty() ? 0 : manifest.codebooks.back().lists;
  }
  std::lock_guard lock(wake_mutex_);
  if (!background_error_.ok()) {
    stats.background_error = background_error_.ToString();
  }
  return stats;
}

}  // namespace pomai
