// Engine: making a membrane, and recovering one.

#include <algorithm>
#include <charconv>
#include <random>

#include "core/db/engine.h"
#include "core/engine/build.h"
#include "core/engine/defaults.h"

namespace pomai {
namespace {

constexpr uint64_t kFirstNumber = 1;
// Room that a log takes from the disk at once.
constexpr uint64_t kMostPreallocated = uint64_t{32} << 20;

Status CheckOptions(const MembraneOptions& options) {
  if (options.dimensions == 0 || options.dimensions > kMaxDimensions) {
    return Status::InvalidArgument("dimensions must be 1 to 16000, not " +
                                   std::to_string(options.dimensions));
  }
  if (options.metric != Metric::kL2 &&
      options.metric != Metric::kInnerProduct &&
      options.metric != Metric::kCosine) {
    return Status::InvalidArgument(
        "there is no metric " +
        std::to_string(static_cast<int>(options.metric)));
  }
  if (options.bits > kMaxBits) {
    return Status::InvalidArgument("bits must be 0 to 9, not " +
                                   std::to_string(options.bits));
  }
  if (options.shards == 0 || options.shards > kMaxShards) {
    return Status::InvalidArgument("shards must be 1 to 128, not " +
                                   std::to_string(options.shards));
  }
  if (options.lists > kMaxLists) {
    return Status::InvalidArgument("lists must be 0 to 1048576, not " +
                                   std::to_string(options.lists));
  }
  return Status::Ok();
}

MetaPage MetaOf(const MembraneOptions& options) {
  std::random_device random;
  MetaPage meta;
  meta.build_id = uint64_t{random()} << 32 | random();
  meta.rotation_seed = uint64_t{random()} << 32 | random();
  meta.dimensions = options.dimensions;
  meta.bits = options.bits;
  meta.metric = options.metric;
  meta.shards = options.shards;
  meta.lists = options.lists;
  return meta;
}

// The largest number at the end of a name ("image-7", "rows-0-7-1", "0-7.log"):
// new numbers start above every one that was ever used.
uint64_t LargestNumber(const std::vector<std::string>& names) {
  uint64_t largest = 0;
  for (const std::string& name : names) {
    for (size_t at = name.find('-'); at != std::string::npos;
         at = name.find('-', at + 1)) {
      uint64_t number = 0;
      std::from_chars(name.data() + at + 1, name.data() + name.size(), number);
      largest = std::max(largest, number);
    }
  }
  return largest;
}

}  // namespace

Status Engine::Create(FileSystem* files, const std::string& folder,
                      const MembraneOptions& options) {
  POMAI_RETURN_IF_ERROR(CheckOptions(options));
  MembraneManifest manifest;
  manifest.options = options;
  if (manifest.options.bits == 0) {
    manifest.options.bits = AutomaticBits(options.dimensions);
  }
  manifest.number = kFirstNumber;
  manifest.first_logs.assign(options.shards, kFirstNumber);
  auto store = FileStore::New();
  POMAI_RETURN_IF_ERROR(CreateMembrane(store.get(), MetaOf(manifest.options)));
  ViewCache cache;
  {
    const FileStore::Reader reader = store->Register();
    POMAI_ASSIGN_OR_RETURN(const auto image, store->Take(&cache, kViewKey));
    POMAI_RETURN_IF_ERROR(
        store->Write(files, folder, kFirstNumber, *image, &manifest.pages));
  }
  for (uint32_t shard = 0; shard < options.shards; ++shard) {
    RowTable table({options.dimensions, shard, options.shards});
    POMAI_ASSIGN_OR_RETURN(
        auto written,
        table.Write(files, folder, kFirstNumber, table.Take(0, 0)));
    manifest.rows.push_back(std::move(written.files));
  }
  POMAI_RETURN_IF_ERROR(files->SyncFolder(folder));
  return manifest.Store(files, folder);
}

Result<std::shared_ptr<Engine>> Engine::Open(const Options& options,
                                             const std::string& folder) {
  POMAI_ASSIGN_OR_RETURN(MembraneManifest manifest,
                         MembraneManifest::Load(options.files, folder));
  std::shared_ptr<Engine> engine(
      new Engine(options, folder, std::move(manifest)));
  POMAI_RETURN_IF_ERROR(engine->Recover());
  return engine;
}

Status Engine::Recover() {
  POMAI_ASSIGN_OR_RETURN(store_,
                         FileStore::Open(files_, folder_, manifest_.pages));
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    POMAI_ASSIGN_OR_RETURN(
        auto table, RowTable::Open(files_, folder_,
                                   {shape_.dimensions, shard, shape_.shards},
                                   manifest_.rows[shard]));
    tables_.push_back(std::move(table));
  }
  LogReplay replay(files_, folder_, manifest_);
  POMAI_RETURN_IF_ERROR(replay.Read(true));
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    RowApplier applier(store_.get(), &cache_, tables_[shard].get());
    POMAI_RETURN_IF_ERROR(replay.Apply(shard, &applier));
  }
  return StartWriters(replay);
}

Status Engine::StartWriters(const LogReplay& replay) {
  POMAI_ASSIGN_OR_RETURN(const auto names, files_->List(folder_));
  next_number_ = std::max(LargestNumber(names), manifest_.number) + 1;
  // A process that was killed may have renamed the manifest and not synced
  // that: first its name, then files go that the manifest before it needs.
  POMAI_RETURN_IF_ERROR(files_->SyncFolder(folder_));
  POMAI_RETURN_IF_ERROR(RemoveUnnamed());
  for (const std::string& path : replay.empty_logs()) {
    POMAI_RETURN_IF_ERROR(files_->Remove(path));
  }
  auto sequencer = std::make_unique<Sequencer>(replay.last_sequence());
  log_bytes_ = replay.bytes();
  checkpoint_limit_ = options_.checkpoint_log_bytes;
  checkpoint_sequence_ = manifest_.sequence;
  maintenance_due_ = true;
  const uint64_t number = next_number_++;
  std::vector<std::unique_ptr<LogWriter>> logs;
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    POMAI_ASSIGN_OR_RETURN(auto log, NewLog(shard, number));
    logs.push_back(std::move(log));
    tables_[shard]->BeginRun(LogName(shard, number));
  }
  sequencer_ = std::move(sequencer);
  for (uint32_t shard = 0; shard < shape_.shards; ++shard) {
    writers_.push_back(
        std::make_unique<ShardWriter>(PartsOf(shard), std::move(logs[shard])));
  }
  background_ = std::thread([this] { RunBackground(); });
  return Status::Ok();
}

Result<std::unique_ptr<LogWriter>> Engine::NewLog(uint32_t shard,
                                                  uint64_t number) {
  return LogWriter::Create(
      files_, folder_ + "/" + LogName(shard, number),
      std::min(kMostPreallocated, options_.checkpoint_log_bytes / 4));
}

ShardWriter::Parts Engine::PartsOf(uint32_t shard) {
  return {.store = store_.get(),
          .cache = &cache_,
          .rows = tables_[shard].get(),
          .sequencer = sequencer_.get(),
          .fsync = options_.fsync,
          .fsync_interval = options_.fsync_interval,
          .mailbox_bytes = options_.mailbox_bytes,
          .notice = [this](uint64_t log_bytes, bool tail_is_full) {
            NoteGroup(log_bytes, tail_is_full);
          }};
}

}  // namespace pomai
