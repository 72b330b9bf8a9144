// DB: nearest-neighbour search in a folder. Start here.
//
//   #include <pomai/db.h>
//
//   pomai::Options options;
//   options.dimensions = 3;
//   auto db = pomai::DB::Open(options, "/data/items");
//   if (!db.ok()) return Fail(db.status());
//   std::vector<float> vector = {0.1f, 0.2f, 0.3f};
//   pomai::Status status = (*db)->Put(7, vector);
//   auto nearest = (*db)->Search(vector, 10);
//   for (const pomai::Neighbour& row : *nearest) Use(row.id, row.distance);
//
// A DB holds membranes: collections by name, each with its own dimensions and
// metric. Calls without a name mean the membrane "default". Any thread, any
// number of them; one process a folder. Destroying it closes it; handles,
// iterators and snapshots of it must not be used afterwards. Large files are
// mapped: a disk that fails when one is read ends the process (SIGBUS).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "pomai/db_options.h"
#include "pomai/membrane.h"
#include "pomai/read_options.h"
#include "pomai/row_iterator.h"
#include "pomai/work_progress.h"
#include "pomai/write_batch.h"

namespace pomai {

inline constexpr std::string_view kDefaultMembrane = "default";

class DB {
 public:
  // Recovers what was acknowledged. NotFound when there is none and
  // create_if_missing is false, FailedPrecondition when another process or DB
  // has it open, Corruption naming file, offset, expected and found.
  static Result<std::unique_ptr<DB>> Open(const Options& options,
                                          const std::string& path);
  virtual ~DB() = default;
  // Waits for writes under way, ends searches and maintenance (Aborted), makes
  // a checkpoint if there is anything to keep, and lets the folder go. The
  // first error; the DB is closed whatever it says.
  virtual Status Close() = 0;

  // --- Membranes. Names are [A-Za-z0-9_][A-Za-z0-9_-]{0,62}.
  // AlreadyExists; InvalidArgument. Durable when it returns.
  virtual Status CreateMembrane(std::string_view name,
                                const MembraneOptions& options) = 0;
  // NotFound. All handles of one name are the same membrane.
  virtual Result<std::shared_ptr<Membrane>> OpenMembrane(
      std::string_view name) = 0;
  // Sorted.
  virtual std::vector<std::string> ListMembranes() = 0;
  // Removes it with its rows, durably. NotFound.
  virtual Status DropMembrane(std::string_view name) = 0;

  // --- One membrane: see membrane.h.
  Status Write(const WriteBatch& batch) {
    return Write(kDefaultMembrane, batch);
  }
  Status Write(std::string_view membrane, const WriteBatch& batch);
  Status Put(uint64_t id, std::span<const float> vector);
  Status Delete(uint64_t id);
  Result<std::vector<float>> Get(uint64_t id, const ReadOptions& options = {});
  Result<bool> Exists(uint64_t id, const ReadOptions& options = {});
  Result<std::vector<Neighbour>> Search(std::span<const float> query, size_t k,
                                        const ReadOptions& options = {});
  Result<std::unique_ptr<RowIterator>> NewIterator(
      const ReadOptions& options = {});
  Result<std::shared_ptr<const DbSnapshot>> GetSnapshot(
      std::string_view membrane = kDefaultMembrane);

  // --- All membranes.
  virtual Status Checkpoint() = 0;
  // A copy in `folder`, which must not exist: each membrane as of one moment,
  // while writes go on. Hard links of immutable files where it is on the same
  // device, else copies. Durable when it returns; not there before. An error or
  // a crash leaves <folder>.part, which may be removed.
  virtual Status Backup(const std::string& folder,
                        const WorkProgress& progress = {}) = 0;
  // Copies a backup to `path`, which must not exist, checking every checksum;
  // as a whole, too. NotFound when there is none. `files`: nullptr, the
  // machine's own. (A backup may be opened in place too, but then it is no
  // backup any more.)
  static Status Restore(const std::string& backup, const std::string& path,
                        FileSystem* files = nullptr,
                        const WorkProgress& progress = {});
};

}  // namespace pomai
