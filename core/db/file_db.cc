#include "core/db/file_db.h"

#include <mutex>

#include "core/db/membrane_name.h"
#include "core/host_file/file_copy.h"
#include "core/host_file/posix_file_system.h"

namespace pomai {

Result<std::unique_ptr<DB>> FileDb::Open(const Options& options,
                                         const std::string& path) {
  // There would be no end of checkpoints.
  if (options.checkpoint_log_bytes == 0) {
    return Status::InvalidArgument("checkpoint_log_bytes must not be 0");
  }
  std::unique_ptr<FileDb> db(new FileDb(options, path));
  if (db->options_.files == nullptr) db->options_.files = PosixFileSystem();
  POMAI_RETURN_IF_ERROR(db->OpenFolder());
  POMAI_RETURN_IF_ERROR(db->Start());
  return std::unique_ptr<DB>(std::move(db));
}

FileDb::~FileDb() {
  // Who wants to know calls Close.
  (void)Close();
}

Status FileDb::OpenFolder() {
  FileSystem* files = options_.files;
  const std::string lock = path_ + "/" + std::string(kLockName);
  POMAI_ASSIGN_OR_RETURN(const bool exists, files->Exists(path_));
  POMAI_ASSIGN_OR_RETURN(const bool has_lock, files->Exists(lock));
  if (!has_lock && !options_.create_if_missing) {
    std::vector<std::string> membranes;  // a DB that was restored
    if (exists) {
      POMAI_ASSIGN_OR_RETURN(membranes, FindMembranes());
    }
    if (membranes.empty()) return Status::NotFound(path_ + ": there is no DB");
  }
  if (!exists) POMAI_RETURN_IF_ERROR(files->CreateFolder(path_));
  // Also for whoever made the folder and was killed before he had a lock.
  if (!has_lock) {
    POMAI_RETURN_IF_ERROR(files->SyncFolder(pomai::FolderOf(path_)));
  }
  POMAI_ASSIGN_OR_RETURN(lock_, files->Lock(lock));
  return Status::Ok();
}

Status FileDb::Start() {
  // A process that was killed may have renamed folders and not synced that.
  // What is found here is relied on from now on.
  POMAI_RETURN_IF_ERROR(options_.files->SyncFolder(path_));
  POMAI_RETURN_IF_ERROR(RemoveLeftovers());
  POMAI_ASSIGN_OR_RETURN(const auto names, FindMembranes());
  for (const std::string& name : names) {
    POMAI_ASSIGN_OR_RETURN(membranes_[name],
                           Engine::Open(options_, FolderOfMembrane(name)));
  }
  if (options_.dimensions == 0 ||
      membranes_.find(kDefaultMembrane) != membranes_.end()) {
    return Status::Ok();
  }
  return CreateMembrane(kDefaultMembrane,
                        {options_.dimensions, options_.metric, options_.bits,
                         options_.shards, options_.lists});
}

Result<std::vector<std::string>> FileDb::FindMembranes() {
  FileSystem* files = options_.files;
  POMAI_ASSIGN_OR_RETURN(const auto names, files->List(path_));
  std::vector<std::string> membranes;
  for (const std::string& name : names) {
    // Files and folders of others are none of our business.
    if (!CheckMembraneName(name).ok()) continue;
    const std::string folder = FolderOfMembrane(name);
    const std::string manifest = folder + "/" + kManifestName;
    POMAI_ASSIGN_OR_RETURN(const bool is_membrane, files->Exists(manifest));
    if (is_membrane) {
      membranes.push_back(name);
      continue;
    }
    const auto inside = files->List(folder);
    if (inside.status().code() == StatusCode::kNotFound) continue;  // a file
    POMAI_RETURN_IF_ERROR(inside.status());
    for (const std::string& file : *inside) {
      if (!file.starts_with("image-")) continue;
      return Status::Corruption(manifest + ": expected beside " + file +
                                ", found none");
    }
  }
  return membranes;
}

Status FileDb::RemoveLeftovers() {
  POMAI_ASSIGN_OR_RETURN(const auto names, options_.files->List(path_));
  for (const std::string& name : names) {
    if (name.starts_with(kNewPrefix) || name.starts_with(kDroppedPrefix)) {
      POMAI_RETURN_IF_ERROR(RemoveFolderWithFiles(FolderOfMembrane(name)));
    }
  }
  return Status::Ok();
}

Status FileDb::RemoveFolderWithFiles(const std::string& folder) {
  POMAI_ASSIGN_OR_RETURN(const auto names, options_.files->List(folder));
  for (const std::string& name : names) {
    POMAI_RETURN_IF_ERROR(options_.files->Remove(folder + "/" + name));
  }
  return options_.files->RemoveFolder(folder);
}

Status FileDb::CreateMembrane(std::string_view name,
                              const MembraneOptions& options) {
  POMAI_RETURN_IF_ERROR(CheckMembraneName(name));
  FileSystem* files = options_.files;
  std::unique_lock lock(mutex_);
  POMAI_RETURN_IF_ERROR(CheckOpen());
  const std::string folder = FolderOfMembrane(name);
  POMAI_ASSIGN_OR_RETURN(const bool exists, files->Exists(folder));
  if (exists) return Status::AlreadyExists("membrane " + std::string(name));
  const std::string unfinished =
      FolderOfMembrane(std::string(kNewPrefix) + std::string(name));
  // Of an attempt that failed.
  POMAI_ASSIGN_OR_RETURN(const bool left, files->Exists(unfinished));
  if (left) POMAI_RETURN_IF_ERROR(RemoveFolderWithFiles(unfinished));
  POMAI_RETURN_IF_ERROR(files->CreateFolder(unfinished));
  POMAI_RETURN_IF_ERROR(Engine::Create(files, unfinished, options));
  POMAI_RETURN_IF_ERROR(files->Rename(unfinished, folder));
  POMAI_RETURN_IF_ERROR(files->SyncFolder(path_));
  POMAI_ASSIGN_OR_RETURN(auto engine, Engine::Open(options_, folder));
  membranes_[std::string(name)] = std::move(engine);
  return Status::Ok();
}

Status FileDb::CheckOpen() const {
  if (!closed_) return Status::Ok();
  return Status::FailedPrecondition(path_ + " is closed");
}

Result<std::shared_ptr<Membrane>> FileDb::OpenMembrane(std::string_view name) {
  std::shared_lock lock(mutex_);
  POMAI_RETURN_IF_ERROR(CheckOpen());
  const auto found = membranes_.find(name);
  if (found == membranes_.end()) {
    return Status::NotFound("membrane " + std::string(name));
  }
  return std::shared_ptr<Membrane>(found->second);
}

Result<FileDb::Membranes> FileDb::Copy() {
  std::shared_lock lock(mutex_);
  POMAI_RETURN_IF_ERROR(CheckOpen());
  return membranes_;
}

std::vector<std::string> FileDb::ListMembranes() {
  std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, engine] : membranes_) names.push_back(name);
  return names;
}

Status FileDb::DropMembrane(std::string_view name) {
  FileSystem* files = options_.files;
  std::unique_lock lock(mutex_);
  POMAI_RETURN_IF_ERROR(CheckOpen());
  const auto found = membranes_.find(name);
  if (found == membranes_.end()) {
    return Status::NotFound("membrane " + std::string(name));
  }
  const std::string dropped =
      FolderOfMembrane(std::string(kDroppedPrefix) + std::string(name));
  // A drop that failed after its rename has left one of this name.
  POMAI_ASSIGN_OR_RETURN(const bool left, files->Exists(dropped));
  if (left) POMAI_RETURN_IF_ERROR(RemoveFolderWithFiles(dropped));
  found->second->Abandon();
  POMAI_RETURN_IF_ERROR(files->Rename(FolderOfMembrane(name), dropped));
  membranes_.erase(found);
  POMAI_RETURN_IF_ERROR(files->SyncFolder(path_));
  return RemoveFolderWithFiles(dropped);
}

Status FileDb::Checkpoint() {
  POMAI_ASSIGN_OR_RETURN(const Membranes membranes, Copy());
  for (const auto& [name, engine] : membranes) {
    POMAI_RETURN_IF_ERROR(engine->Checkpoint());
  }
  return Status::Ok();
}

Status FileDb::Backup(const std::string& folder, const WorkProgress& progress) {
  POMAI_ASSIGN_OR_RETURN(const Membranes membranes, Copy());
  FileSystem* files = options_.files;
  return MakeFolder(files, folder, [&](const std::string& part) -> Status {
    for (const auto& [name, engine] : membranes) {
      const std::string copy = part + "/" + name;
      POMAI_RETURN_IF_ERROR(files->CreateFolder(copy));
      POMAI_RETURN_IF_ERROR(engine->BackupTo(copy, progress));
    }
    return Status::Ok();
  });
}

Status FileDb::Close() {
  std::unique_lock lock(mutex_);
  if (closed_) return Status::Ok();
  closed_ = true;
  Status first;
  for (const auto& [name, engine] : membranes_) {
    const Status status = engine->Close();
    if (first.ok()) first = status;
  }
  membranes_.clear();
  lock_.reset();
  return first;
}

}  // namespace pomai
