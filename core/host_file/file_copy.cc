#include "core/host_file/file_copy.h"

#include <algorithm>

namespace pomai {
namespace {

constexpr size_t kPiece = size_t{8} << 20;

}  // namespace

Status CopyFile(FileSystem* files, const std::string& from,
                const std::string& to) {
  POMAI_ASSIGN_OR_RETURN(const auto mapped, files->Map(from));
  POMAI_ASSIGN_OR_RETURN(const auto file, files->Create(to));
  const auto bytes = mapped->bytes();
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    POMAI_RETURN_IF_ERROR(file->Write(
        at, bytes.subspan(at, std::min(kPiece, bytes.size() - at))));
  }
  return file->Sync();
}

Status LinkOrCopy(FileSystem* files, const std::string& from,
                  const std::string& to) {
  if (files->Link(from, to).ok()) return Status::Ok();
  return CopyFile(files, from, to);
}

Status MakeFolder(FileSystem* files, const std::string& path,
                  const std::function<Status(const std::string&)>& fill) {
  POMAI_ASSIGN_OR_RETURN(const bool exists, files->Exists(path));
  if (exists) return Status::AlreadyExists(path + ": is there already");
  const std::string part =
      path.substr(0, path.find_last_not_of('/') + 1) + ".part";
  POMAI_RETURN_IF_ERROR(files->CreateFolder(part));
  POMAI_RETURN_IF_ERROR(fill(part));
  POMAI_RETURN_IF_ERROR(files->SyncFolder(part));
  POMAI_RETURN_IF_ERROR(files->Rename(part, path));
  return files->SyncFolder(FolderOf(path));
}

}  // namespace pomai
