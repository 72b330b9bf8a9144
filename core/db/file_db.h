// FileDb: the DB: a folder of membranes.
//
//   auto db = FileDb::Open(options, path);
//
//   path/LOCK               one process
//   path/<name>/            a membrane (engine.h)
//   path/.new-<name>/       one that is being made; complete before its rename
//   path/.dropped-<name>/   one that is being removed
// So a membrane is there or not, and nothing else has to be kept.
//
// Any thread. mutex_ guards the table of membranes, and is held while one is
// made or dropped; never during reads and writes of a membrane.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "core/db/engine.h"
#include "pomai/db.h"

namespace pomai {

class FileDb : public DB {
 public:
  static Result<std::unique_ptr<DB>> Open(const Options& options,
                                          const std::string& path);
  ~FileDb() override;

  Status Close() override;
  Status CreateMembrane(std::string_view name,
                        const MembraneOptions& options) override;
  Result<std::shared_ptr<Membrane>> OpenMembrane(
      std::string_view name) override;
  std::vector<std::string> ListMembranes() override;
  Status DropMembrane(std::string_view name) override;
  Status Checkpoint() override;
  Status Backup(const std::string& folder,
                const WorkProgress& progress) override;

 private:
  using Membranes = std::map<std::string, std::shared_ptr<Engine>, std::less<>>;

  FileDb(const Options& options, std::string path)
      : options_(options), path_(std::move(path)) {}

  Status Start();
  Status OpenFolder();
  // Corruption when a membrane's manifest is missing.
  Result<std::vector<std::string>> FindMembranes();
  // Membranes that were not complete, or dropped.
  Status RemoveLeftovers();
  Status RemoveFolderWithFiles(const std::string& folder);
  // mutex_ is held.
  Status CheckOpen() const;
  Result<Membranes> Copy();
  std::string FolderOfMembrane(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

  Options options_;
  const std::string path_;
  std::unique_ptr<FileLock> lock_;
  std::shared_mutex mutex_;
  Membranes membranes_;
  bool closed_ = false;
};

}  // namespace pomai
