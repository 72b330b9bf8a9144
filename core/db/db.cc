#include "pomai/db.h"

#include <map>

#include "core/db/file_db.h"
#include "core/db/membrane_manifest.h"
#include "core/db/membrane_name.h"
#include "core/host_file/crc32c.h"
#include "core/host_file/file_copy.h"
#include "core/host_file/posix_file_system.h"

namespace pomai {
namespace {

Status CheckCopy(FileSystem* files, const std::string& path,
                 const StoredFile& stored) {
  POMAI_ASSIGN_OR_RETURN(const auto mapped, files->Map(path));
  const uint32_t found = Crc32c(mapped->bytes());
  if (mapped->bytes().size() == stored.bytes && found == stored.crc32c) {
    return Status::Ok();
  }
  return Status::Corruption(
      path + ": expected " + std::to_string(stored.bytes) +
      " bytes of checksum " + std::to_string(stored.crc32c) + ", found " +
      std::to_string(mapped->bytes().size()) + " of " + std::to_string(found));
}

// Names of a backup's membranes, and what they consist of.
using Manifests = std::map<std::string, MembraneManifest>;

Result<Manifests> ReadBackup(FileSystem* files, const std::string& backup) {
  POMAI_ASSIGN_OR_RETURN(const auto names, files->List(backup));
  Manifests manifests;
  for (const std::string& name : names) {
    if (!CheckMembraneName(name).ok()) continue;
    POMAI_ASSIGN_OR_RETURN(manifests[name],
                           MembraneManifest::Load(files, backup + "/" + name));
  }
  if (!manifests.empty()) return manifests;
  return Status::NotFound(backup + ": there is no membrane");
}

Status RestoreMembrane(FileSystem* files, const MembraneManifest& manifest,
                       const std::string& from, const std::string& to,
                       const WorkProgress& progress) {
  POMAI_RETURN_IF_ERROR(files->CreateFolder(to));
  uint64_t done = 0;
  for (const StoredFile& file : manifest.files()) {
    const std::string copy = to + "/" + file.name;
    POMAI_RETURN_IF_ERROR(CopyFile(files, from + "/" + file.name, copy));
    POMAI_RETURN_IF_ERROR(CheckCopy(files, copy, file));
    done += file.bytes;
    if (progress) progress("copying", done, manifest.bytes());
  }
  POMAI_RETURN_IF_ERROR(files->SyncFolder(to));
  return manifest.Store(files, to);
}

}  // namespace

Result<std::unique_ptr<DB>> DB::Open(const Options& options,
                                     const std::string& path) {
  return FileDb::Open(options, path);
}

Status DB::Write(std::string_view membrane, const WriteBatch& batch) {
  POMAI_ASSIGN_OR_RETURN(const auto opened, OpenMembrane(membrane));
  return opened->Write(batch);
}

Status DB::Put(uint64_t id, std::span<const float> vector) {
  WriteBatch batch;
  batch.Put(id, vector);
  return Write(batch);
}

Status DB::Delete(uint64_t id) {
  WriteBatch batch;
  batch.Delete(id);
  return Write(batch);
}

Result<std::vector<float>> DB::Get(uint64_t id, const ReadOptions& options) {
  POMAI_ASSIGN_OR_RETURN(const auto opened, OpenMembrane(kDefaultMembrane));
  return opened->Get(id, options);
}

Result<bool> DB::Exists(uint64_t id, const ReadOptions& options) {
  POMAI_ASSIGN_OR_RETURN(const auto opened, OpenMembrane(kDefaultMembrane));
  return opened->Exists(id, options);
}

Result<std::vector<Neighbour>> DB::Search(std::span<const float> query,
                                          size_t k,
                                          const ReadOptions& options) {
  POMAI_ASSIGN_OR_RETURN(const auto opened, OpenMembrane(kDefaultMembrane));
  return opened->Search(query, k, options);
}

Result<std::unique_ptr<RowIterator>> DB::NewIterator(
    const ReadOptions& options) {
  POMAI_ASSIGN_OR_RETURN(const auto opened, OpenMembrane(kDefaultMembrane));
  return opened->NewIterator(options);
}

Result<std::shared_ptr<const DbSnapshot>> DB::GetSnapshot(
    std::string_view membrane) {
  POMAI_ASSIGN_OR_RETURN(const auto opened, OpenMembrane(membrane));
  return opened->GetSnapshot();
}

Status DB::Restore(const std::string& backup, const std::string& path,
                   FileSystem* files, const WorkProgress& progress) {
  if (files == nullptr) files = PosixFileSystem();
  POMAI_ASSIGN_OR_RETURN(const auto manifests, ReadBackup(files, backup));
  return MakeFolder(files, path, [&](const std::string& part) -> Status {
    for (const auto& [name, manifest] : manifests) {
      POMAI_RETURN_IF_ERROR(RestoreMembrane(
          files, manifest, backup + "/" + name, part + "/" + name, progress));
    }
    return Status::Ok();
  });
}

}  // namespace pomai
