// Membrane: one collection of vectors of a DB: ids, each with a vector.
//
//   auto membrane = db->OpenMembrane("items");
//   pomai::Status status = (*membrane)->Write(batch);
//   auto nearest = (*membrane)->Search(query, 10);
//
// Any thread, any number of them. Writers wait for the disk as
// Options::fsync says, readers for nobody. After a failed write to the disk a
// membrane is read-only (FailedPrecondition, naming the first error) until the
// DB is opened again; then everything acknowledged is there. After Close or
// DropMembrane every call returns FailedPrecondition; a search that is under
// way may return Aborted.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "pomai/db_options.h"
#include "pomai/read_options.h"
#include "pomai/row_iterator.h"
#include "pomai/work_progress.h"
#include "pomai/write_batch.h"

namespace pomai {

struct MembraneStats {
  MembraneOptions options;
  uint64_t rows = 0;        // ids that have a vector
  uint64_t versions = 0;    // and rows before them that are still kept
  uint64_t sequence = 0;    // of the last visible write
  uint64_t checkpoint = 0;  // sequence of the last checkpoint
  uint64_t log_bytes = 0;   // since then
  uint64_t segments = 0;
  uint64_t lists = 0;         // 0: not trained yet, searches are exact
  uint64_t memory_bytes = 0;  // of rows that are in no file yet
  uint64_t log_syncs = 0;     // groups of writes that were synced
  // Why maintenance or a checkpoint in the background failed; empty.
  std::string background_error;
};

class Membrane {
 public:
  virtual ~Membrane() = default;

  // All of the batch or nothing. InvalidArgument, before anything is logged,
  // when a vector has other dimensions than the membrane or a number that is
  // not finite, or the batch is larger than 4 GiB. An empty batch is Ok.
  virtual Status Write(const WriteBatch& batch) = 0;

  // The vector of `id`; NotFound.
  virtual Result<std::vector<float>> Get(uint64_t id,
                                         const ReadOptions& options = {}) = 0;
  virtual Result<bool> Exists(uint64_t id, const ReadOptions& options = {}) = 0;
  // The `k` nearest rows, nearest first; fewer when there are fewer.
  // InvalidArgument when the query has other dimensions or a number that is not
  // finite, or target_recall is not above 0.
  virtual Result<std::vector<Neighbour>> Search(
      std::span<const float> query, size_t k,
      const ReadOptions& options = {}) = 0;
  virtual Result<std::unique_ptr<RowIterator>> NewIterator(
      const ReadOptions& options = {}) = 0;
  virtual Result<std::shared_ptr<const DbSnapshot>> GetSnapshot() = 0;

  // Makes everything written so far part of the files, and drops the log.
  virtual Status Checkpoint() = 0;
  // Does what background maintenance would do, until nothing is left.
  virtual Status Maintain(const WorkProgress& progress = {}) = 0;
  // Reads every page, row and file. What is wrong, one line each; empty when
  // all is well.
  virtual Result<std::vector<std::string>> Check(
      const WorkProgress& progress = {}) = 0;
  virtual MembraneStats Stats() = 0;
};

}  // namespace pomai
