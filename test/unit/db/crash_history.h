// CrashHistory: the life of a DB on files that are recorded, and what has to be
// there whenever it ends.
//
//   RecordingFileSystem files;
//   CrashHistory history;
//   Status status = history.Run(&files, FsyncPolicy::kAlways);
//   auto found = files.Crash(step, Unsynced::kTorn, seed);
//   EXPECT_EQ(CrashHistory::Problem(found.get(), files.Marks(step),
//                                   history.begun()), "");
//
// Batches, checkpoints, maintenance, a snapshot that needs older rows, a second
// membrane that comes and goes, a backup. What a crash may not take back is
// marked.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pomai/db.h"
#include "test/unit/db/batch_history.h"
#include "test/unit/host_file/recording_file_system.h"

namespace pomai {

class CrashHistory {
 public:
  static constexpr uint64_t kBatches = 12;
  using Marks = std::vector<std::string>;

  static Options OptionsFor(FileSystem* files,
                            FsyncPolicy fsync = FsyncPolicy::kAlways) {
    Options options;
    options.files = files;
    options.dimensions = BatchHistory::kDimensions;
    options.shards = 3;
    options.background_maintenance = false;
    options.checkpoint_log_bytes = 1 << 16;
    options.fsync = fsync;
    options.fsync_interval = std::chrono::milliseconds(1);
    return options;
  }

  // Stops at the first error. Marks are set when something is durable: under
  // policies but kAlways by checkpoints only.
  Status Run(RecordingFileSystem* files,
             FsyncPolicy fsync = FsyncPolicy::kAlways) {
    POMAI_ASSIGN_OR_RETURN(const auto db,
                           DB::Open(OptionsFor(files, fsync), "/db"));
    files->Mark("opened");
    POMAI_ASSIGN_OR_RETURN(const auto membrane, db->OpenMembrane("default"));
    const Status status = RunBatches(db.get(), membrane.get(), files,
                                     fsync == FsyncPolicy::kAlways);
    if (status.ok()) return db->Close();
    // Whatever failed: it can be read.
    problem_ = BatchHistory::Problem(membrane.get(), acknowledged_, begun_);
    return status;
  }
  // Batches that were begun.
  uint64_t begun() const { return begun_; }
  // What was wrong with the open DB after an error; empty.
  const std::string& problem() const { return problem_; }

  // A crash's successor: opens what is there, and goes on.
  static Status GoOn(RecordingFileSystem* files, uint64_t begun) {
    POMAI_ASSIGN_OR_RETURN(const auto db, DB::Open(OptionsFor(files), "/db"));
    files->Mark("opened");
    POMAI_ASSIGN_OR_RETURN(const auto membrane, db->OpenMembrane("default"));
    const uint64_t next = BatchHistory::Last(membrane.get(), begun) + 1;
    POMAI_RETURN_IF_ERROR(membrane->Write(BatchHistory::Batch(next)));
    files->Mark(std::to_string(next));
    if (db->OpenMembrane("other").ok()) {
      POMAI_RETURN_IF_ERROR(db->Write("other", BatchHistory::Batch(1)));
      files->Mark("other written");
    }
    return db->Close();
  }

  // Opens what a crash left; what is wrong with it, if anything is.
  static std::string Problem(RecordingFileSystem* files, const Marks& marks,
                             uint64_t begun) {
    const auto db = DB::Open(OptionsFor(files), "/db");
    if (!db.ok()) return db.status().ToString();
    std::string problem = MembraneProblem(db->get(), marks, begun);
    if (problem.empty()) problem = OtherProblem(db->get(), marks);
    if (problem.empty() && Has(marks, "backup")) problem = BackupProblem(files);
    return problem;
  }

 private:
  static bool Has(const Marks& marks, const std::string& mark) {
    return std::find(marks.begin(), marks.end(), mark) != marks.end();
  }

  Status RunBatches(DB* db, Membrane* membrane, RecordingFileSystem* files,
                    bool always) {
    std::shared_ptr<const DbSnapshot> snapshot;
    for (uint64_t n = 1; n <= kBatches; ++n) {
      begun_ = n;
      if (n == 2) {
        POMAI_ASSIGN_OR_RETURN(snapshot, membrane->GetSnapshot());
      }
      if (n == 11) snapshot.reset();
      POMAI_RETURN_IF_ERROR(membrane->Write(BatchHistory::Batch(n)));
      acknowledged_ = n;
      if (always) files->Mark(std::to_string(n));
      if (n == 4 || n == 9) {
        POMAI_RETURN_IF_ERROR(membrane->Checkpoint());
        files->Mark(std::to_string(n));
      }
      if (n == 5) POMAI_RETURN_IF_ERROR(membrane->Maintain());
      if (n == 6) {
        POMAI_RETURN_IF_ERROR(db->CreateMembrane(
            "other", {.dimensions = BatchHistory::kDimensions}));
        files->Mark("created");
      }
      if (n == 8) {
        POMAI_RETURN_IF_ERROR(db->Backup("/backup"));
        files->Mark("backup");
        files->Mark("8");
      }
      if (n == 10) {
        files->Mark("dropping");
        POMAI_RETURN_IF_ERROR(db->DropMembrane("other"));
        files->Mark("dropped");
      }
    }
    return Status::Ok();
  }

  static std::string MembraneProblem(DB* db, const Marks& marks,
                                     uint64_t begun) {
    uint64_t acknowledged = 0;
    for (const std::string& mark : marks) {
      if (mark[0] >= '0' && mark[0] <= '9') acknowledged = std::stoull(mark);
    }
    const auto membrane = db->OpenMembrane("default");
    if (!membrane.ok()) return membrane.status().ToString();
    const std::string problem =
        BatchHistory::Problem(membrane->get(), acknowledged, begun);
    if (!problem.empty()) return problem;
    const auto problems = (*membrane)->Check();
    if (!problems.ok()) return problems.status().ToString();
    if (!problems->empty()) return problems->front();
    // And life goes on.
    const Status status = (*membrane)->Write(BatchHistory::Batch(begun + 1));
    return status.ok() ? "" : status.ToString();
  }

  static std::string OtherProblem(DB* db, const Marks& marks) {
    const auto other = db->OpenMembrane("other");
    if (Has(marks, "dropped") && other.ok()) {
      return "a dropped membrane is there";
    }
    if (Has(marks, "dropping")) return "";
    if (Has(marks, "created") && !other.ok()) {
      return "a created membrane is gone";
    }
    if (!Has(marks, "other written")) return "";
    if (!other.ok()) return "a membrane that was written to is gone";
    return BatchHistory::Problem(other->get(), 1, 1);
  }

  static std::string BackupProblem(RecordingFileSystem* files) {
    const Status status = DB::Restore("/backup", "/restored", files);
    if (!status.ok()) return "restore: " + status.ToString();
    const auto db = DB::Open(OptionsFor(files), "/restored");
    if (!db.ok()) return "restored: " + db.status().ToString();
    const std::string problem = MembraneProblem(db->get(), {"8"}, 8);
    if (!problem.empty()) return "restored: " + problem;
    return (*db)->OpenMembrane("other").ok() ? "" : "restored: no other";
  }

  uint64_t begun_ = 0;
  uint64_t acknowledged_ = 0;
  std::string problem_;
};

}  // namespace pomai
