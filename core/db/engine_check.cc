// Engine: checks.

#include <algorithm>

#include "core/db/engine.h"
#include "core/engine/check.h"
#include "core/host_file/stored_bytes.h"

namespace pomai {

Result<std::vector<std::string>> Engine::Check(const WorkProgress& progress) {
  const auto lock = LockMaintenance();
  POMAI_RETURN_IF_ERROR(CheckOpen());
  std::vector<std::string> problems;
  CheckFiles(progress, &problems);
  POMAI_RETURN_IF_ERROR(CheckPages(progress, &problems));
  return problems;
}

// Checksums; and of row files the order, by which rows are found.
void Engine::CheckFiles(const WorkProgress& progress,
                        std::vector<std::string>* problems) {
  uint64_t done = 0;
  const auto note = [&](const StoredFile& file, const Status& status) {
    if (!status.ok()) problems->push_back(status.ToString());
    done += file.bytes;
    if (progress) progress("checking files", done, manifest_.bytes());
  };
  const auto check = [&](const StoredFile& file) {
    note(file,
         StoredBytes::Open(files_, folder_, file, Checksum::kCompare).status());
  };
  check(manifest_.pages.image);
  for (const StoredFile& extent : manifest_.pages.extents) check(extent);
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    check(manifest_.rows[shard].deleted);
    for (const StoredRows& rows : manifest_.rows[shard].rows) {
      const auto file =
          RowFile::Open(files_, folder_, tables_[shard]->shape(), rows);
      note(rows.file, file.ok() ? (*file)->Check() : file.status());
      for (const StoredFile& log : rows.logs) note(log, Status::Ok());
    }
  }
}

// Writes wait: entries and rows must be of one moment.
Status Engine::CheckPages(const WorkProgress& progress,
                          std::vector<std::string>* problems) {
  POMAI_ASSIGN_OR_RETURN(const auto pause, sequencer_->Pause());
  const FileStore::Reader reader = store_->Register();
  const auto snapshot = TakeEngineSnapshot();
  if (!snapshot.ok()) {
    problems->push_back(snapshot.status().ToString());
    return Status::Ok();
  }
  CheckReport report;
  // Nobody changes pages meanwhile, so a page of another allocation is damage
  // as well.
  const Status status = CheckMembrane(store_.get(), PageLock::kPin,
                                      snapshot.value(), &report, progress);
  problems->insert(problems->end(), report.problems.begin(),
                   report.problems.end());
  if (!status.ok()) {
    problems->push_back(status.ToString());
    return Status::Ok();
  }
  std::sort(report.live_ids.begin(), report.live_ids.end());
  CheckRows(report.live_ids, problems);
  return Status::Ok();
}

// Each visible row has an entry; CheckMembrane saw to it that none has two.
void Engine::CheckRows(const std::vector<uint64_t>& entries,
                       std::vector<std::string>* problems) {
  std::vector<uint64_t> numbers(1024);
  for (const auto& table : tables_) {
    uint64_t from = 0;
    for (;;) {
      const size_t count = table->List(from, sequencer_->visible(), numbers);
      if (count == 0) break;
      from = numbers[count - 1] + 1;
      for (size_t i = 0; i < count; ++i) {
        if (std::binary_search(entries.begin(), entries.end(), numbers[i])) {
          continue;
        }
        problems->push_back("row " + std::to_string(numbers[i]) +
                            ": expected an entry in the index, found none");
      }
    }
  }
}

}  // namespace pomai
