// Engine: checkpoints and backups.
//
// A checkpoint pauses writes for as long as it takes to begin new logs and to
// take references of pages and rows; it writes them while everything goes on.
// The manifest's rename is the moment at which it counts. Before it the old
// files and all logs are what recovery reads; a failed checkpoint changes
// nothing but that there is one more log.

#include <set>

#include "core/db/engine.h"
#include "core/host_file/file_copy.h"

namespace pomai {
namespace {

// After a checkpoint that failed (a full disk), the next one waits for so much
// more log.
constexpr uint64_t kRetryShare = 2;

}  // namespace

struct Engine::Images {
  uint64_t number = 0;
  uint64_t sequence = 0;
  uint64_t log_bytes = 0;  // of the logs that it replaces
  std::unique_ptr<PageImage> pages;
  std::vector<RowTable::Image> rows;
};

bool Engine::HasNews() const {
  return changed_ || sequencer_->visible() != manifest_.sequence ||
         log_bytes_ != 0;
}

Status Engine::Checkpoint() {
  const auto lock = LockMaintenance();
  POMAI_RETURN_IF_ERROR(CheckOpen());
  return HasNews() ? CheckpointLocked() : sequencer_->state();
}

Status Engine::TakeImages(uint64_t number, Images* images) {
  POMAI_ASSIGN_OR_RETURN(const auto pause, sequencer_->Pause());
  images->number = number;
  images->sequence = sequencer_->visible();
  images->log_bytes = log_bytes_;
  const FileStore::Reader reader = store_->Register();
  POMAI_ASSIGN_OR_RETURN(images->pages, store_->Take(&cache_, kViewKey));
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    POMAI_RETURN_IF_ERROR(
        writers_[shard]->Rotate([&] { return NewLog(shard, number); }));
    tables_[shard]->BeginRun(LogName(shard, number));
  }
  const uint64_t oldest = snapshots_->Oldest(*sequencer_);
  for (const auto& table : tables_) {
    images->rows.push_back(table->Take(images->sequence, oldest));
  }
  return Status::Ok();
}

Status Engine::WriteImages(const Images& images, MembraneManifest* next,
                           std::vector<RowTable::Written>* written) {
  next->options = shape_;
  next->number = images.number;
  next->sequence = images.sequence;
  next->first_logs.assign(shape_.shards, images.number);
  POMAI_RETURN_IF_ERROR(store_->Write(files_, folder_, images.number,
                                      *images.pages, &next->pages));
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    POMAI_ASSIGN_OR_RETURN(auto rows,
                           tables_[shard]->Write(files_, folder_, images.number,
                                                 images.rows[shard]));
    next->rows.push_back(rows.files);
    written->push_back(std::move(rows));
  }
  POMAI_RETURN_IF_ERROR(files_->SyncFolder(folder_));
  return next->Store(files_, folder_);
}

Status Engine::AdoptImages(const Images& images, const MembraneManifest& next,
                           const std::vector<RowTable::Written>& written) {
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    tables_[shard]->Adopt(images.rows[shard], written[shard],
                          snapshots_->Oldest(*sequencer_));
  }
  return store_->Adopt(files_, folder_, *images.pages, next.pages);
}

Status Engine::CheckpointLocked() {
  const Status status = MakeCheckpoint();
  std::lock_guard lock(wake_mutex_);
  checkpoint_error_ = status;
  checkpoint_limit_ =
      status.ok() ? options_.checkpoint_log_bytes
                  : log_bytes_ + options_.checkpoint_log_bytes / kRetryShare;
  room_.notify_all();
  return status;
}

Status Engine::MakeCheckpoint() {
  Images images;
  POMAI_RETURN_IF_ERROR(TakeImages(next_number_++, &images));
  MembraneManifest next;
  std::vector<RowTable::Written> written;
  POMAI_RETURN_IF_ERROR(WriteImages(images, &next, &written));
  manifest_ = next;
  changed_ = false;
  log_bytes_ -= images.log_bytes;
  checkpoint_sequence_ = images.sequence;
  POMAI_RETURN_IF_ERROR(AdoptImages(images, next, written));
  return RemoveUnnamed();
}

Status Engine::RemoveUnnamed() {
  std::set<std::string> named{kManifestName};
  for (const StoredFile& file : manifest_.files()) named.insert(file.name);
  POMAI_ASSIGN_OR_RETURN(const auto names, files_->List(folder_));
  for (const std::string& name : names) {
    uint32_t shard = 0;
    uint64_t number = 0;
    if (named.count(name) != 0) continue;
    if (ParseLogName(name, &shard, &number) && shard < shape_.shards &&
        number >= manifest_.first_logs[shard]) {
      continue;
    }
    POMAI_RETURN_IF_ERROR(files_->Remove(folder_ + "/" + name));
  }
  return Status::Ok();
}

Status Engine::BackupTo(const std::string& folder,
                        const WorkProgress& progress) {
  const auto lock = LockMaintenance();
  POMAI_RETURN_IF_ERROR(CheckOpen());
  if (HasNews()) POMAI_RETURN_IF_ERROR(CheckpointLocked());
  uint64_t done = 0;
  for (const StoredFile& file : manifest_.files()) {
    POMAI_RETURN_IF_ERROR(LinkOrCopy(files_, folder_ + "/" + file.name,
                                     folder + "/" + file.name));
    done += file.bytes;
    if (progress) progress("copying", done, manifest_.bytes());
  }
  POMAI_RETURN_IF_ERROR(files_->SyncFolder(folder));
  return manifest_.Store(files_, folder);
}

}  // namespace pomai
