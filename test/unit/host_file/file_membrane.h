// FileMembrane: a membrane over a FileStore for many threads, with a table of
// all rows beside it, for tests.
//
//   FileMembrane membrane(&folder, {.shards = 2});
//   membrane.Insert(first_id, count);         // any thread, one a shard
//   membrane.Step(&maintenance);              // one thread
//   membrane.Checkpoint();                    // one thread
//   membrane.Search(id, 10);                  // any thread
//
// Row `id` has the vector VectorOf(id); rows are dead from KillBelow on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "core/base/random.h"
#include "core/engine/build.h"
#include "core/engine/check.h"
#include "core/engine/insert_batch.h"
#include "core/engine/maintain.h"
#include "core/engine/search_cursor.h"
#include "core/engine/vacuum_pass.h"
#include "core/host_file/file_store.h"
#include "core/kernel/distance.h"
#include "test/unit/host_file/file_folder.h"

namespace pomai {

inline constexpr uint32_t kFileDimensions = 16;

inline std::vector<float> VectorOf(uint64_t id) {
  // Around one of 64 places.
  Random place(id % 64 + 1);
  Random own(id + 1000);
  std::vector<float> vector(kFileDimensions);
  for (float& x : vector) {
    x = static_cast<float>(10 * place.Uniform() + own.Uniform());
  }
  return vector;
}

class FormulaSource : public VectorSource {
 public:
  FormulaSource(std::vector<float> query, uint64_t dead_below)
      : query_(std::move(query)), dead_below_(dead_below) {}

  Status Measure(std::span<const uint64_t> ids,
                 std::span<ExactDistance> out) override {
    for (size_t i = 0; i < ids.size(); ++i) {
      out[i] = {};
      if (ids[i] < dead_below_) continue;
      const std::vector<float> row = VectorOf(ids[i]);
      out[i].state = RowState::kFound;
      out[i].distance = kernel::Distance(Metric::kL2, query_.data(), row.data(),
                                         kFileDimensions);
    }
    return Status::Ok();
  }

 private:
  std::vector<float> query_;
  uint64_t dead_below_;
};

class FileMembrane : private DeadPredicate {
 public:
  FileMembrane(const FileFolder* folder, uint32_t shards)
      : folder_(folder), store_(FileStore::New()) {
    MetaPage meta;
    meta.build_id = 77;
    meta.rotation_seed = 5;
    meta.dimensions = kFileDimensions;
    meta.bits = 5;
    meta.shards = shards;
    const Status status = CreateMembrane(store_.get(), meta);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  Status Insert(uint64_t first, uint64_t count, uint64_t step) {
    const std::shared_lock gate(gate_);
    const FileStore::Reader reader = store_->Register();
    InsertBatch batch;
    for (uint64_t i = 0; i < count; ++i) {
      batch.Add(first + i * step, VectorOf(first + i * step));
    }
    InsertOutcome outcome;
    return batch.Apply(store_.get(), PageLock::kPin, &cache_, 1, &outcome);
  }

  // Whether there is more to do.
  Result<bool> Step(Maintenance* maintenance) {
    const FileStore::Reader reader = store_->Register();
    MaintenanceHost host;
    host.store = store_.get();
    host.cache = &cache_;
    host.key = 1;
    return maintenance->Step(host);
  }
  Status Maintain(MaintenanceGoal goal) {
    Maintenance maintenance(goal);
    for (bool more = true; more;) {
      POMAI_ASSIGN_OR_RETURN(more, Step(&maintenance));
    }
    return Status::Ok();
  }

  void KillBelow(uint64_t id) { dead_below_ = id; }
  Status Vacuum() {
    const FileStore::Reader reader = store_->Register();
    POMAI_ASSIGN_OR_RETURN(const Snapshot snapshot, TakeSnapshot());
    const auto done =
        pomai::Vacuum(store_.get(), PageLock::kPin, snapshot, this, nullptr);
    return done.status();
  }

  // The ids of the `limit` nearest live rows to row `id`, none left out.
  Result<std::vector<uint64_t>> Search(uint64_t id, size_t limit) {
    const uint64_t dead_below = dead_below_;
    const FileStore::Reader reader = store_->Register();
    POMAI_ASSIGN_OR_RETURN(Snapshot snapshot, TakeSnapshot());
    FormulaSource source(VectorOf(id), dead_below);
    POMAI_ASSIGN_OR_RETURN(
        auto cursor,
        SearchCursor::Open(store_.get(), PageLock::kPin, std::move(snapshot),
                           VectorOf(id), {.target_recall = 1}, &source));
    std::vector<uint64_t> ids;
    while (ids.size() < limit) {
      SearchCursor::Hit hit;
      POMAI_ASSIGN_OR_RETURN(const bool more, cursor->Next(&hit));
      if (!more) break;
      ids.push_back(hit.id);
    }
    return ids;
  }

  Result<CheckReport> Check() {
    const FileStore::Reader reader = store_->Register();
    POMAI_ASSIGN_OR_RETURN(const Snapshot snapshot, TakeSnapshot());
    CheckReport report;
    POMAI_RETURN_IF_ERROR(
        CheckMembrane(store_.get(), PageLock::kPin, snapshot, &report));
    return report;
  }

  // `meanwhile` is called between taking the image and adopting its files.
  template <typename Meanwhile>
  Status Checkpoint(Meanwhile meanwhile) {
    std::unique_ptr<PageImage> image;
    {
      const std::unique_lock gate(gate_);
      POMAI_ASSIGN_OR_RETURN(image, store_->Take(&cache_, 1));
    }
    meanwhile();
    POMAI_RETURN_IF_ERROR(store_->Write(folder_->files(), folder_->path(),
                                        ++number_, *image, &stored_));
    return store_->Adopt(folder_->files(), folder_->path(), *image, stored_);
  }
  Status Checkpoint() {
    return Checkpoint([] {});
  }

  // Pages in memory that nothing names.
  std::vector<BlockNumber> UnusedPages() {
    const auto image = store_->Take(&cache_, 1);
    EXPECT_TRUE(image.ok()) << image.status().ToString();
    std::vector<BlockNumber> blocks;
    if (!image.ok()) return blocks;
    for (const ImagePage& page : (*image)->unused) blocks.push_back(page.block);
    return blocks;
  }

  // What the last checkpoint kept.
  Status Reopen() {
    POMAI_ASSIGN_OR_RETURN(
        store_, FileStore::Open(folder_->files(), folder_->path(), stored_));
    return Status::Ok();
  }

  FileStore* store() { return store_.get(); }
  const ImageFiles& stored() const { return stored_; }

 private:
  Result<Snapshot> TakeSnapshot() {
    return pomai::TakeSnapshot(store_.get(), PageLock::kPin, &cache_, 1);
  }
  Result<bool> IsDead(uint64_t id) override { return id < dead_below_; }

  const FileFolder* folder_;
  std::unique_ptr<FileStore> store_;
  ViewCache cache_;
  std::shared_mutex gate_;  // inserts share it, Take has it alone
  std::atomic<uint64_t> dead_below_{0};
  uint64_t number_ = 0;
  ImageFiles stored_;
};

}  // namespace pomai
