#include <cstdio>

#include "core/db/log_replay.h"
#include "core/db/membrane_manifest.h"
#include "core/host_file/log_operation.h"
#include "core/host_file/posix_file_system.h"
#include "pomai/db.h"
#include "tool/commands.h"
#include "tool/progress_bar.h"

namespace pomai::tool {
namespace {

const char* MetricName(Metric metric) {
  switch (metric) {
    case Metric::kL2:
      return "L2";
    case Metric::kInnerProduct:
      return "inner product";
    case Metric::kCosine:
      return "cosine";
  }
  return "unknown";
}

Result<std::unique_ptr<DB>> OpenExisting(const std::string& path) {
  Options options;
  options.create_if_missing = false;
  options.background_maintenance = false;
  return DB::Open(options, path);
}

std::vector<std::string> MembranesOf(DB* db, Arguments arguments) {
  if (arguments.size() > 1) return {arguments[1]};
  return db->ListMembranes();
}

std::string FolderOfMembrane(Arguments arguments) {
  return arguments[0] + "/" +
         (arguments.size() > 1 ? arguments[1] : std::string(kDefaultMembrane));
}

void PrintFile(const char* what, const StoredFile& file) {
  std::printf("%-8s %-24s %12llu bytes  crc32c %08x\n", what, file.name.c_str(),
              static_cast<unsigned long long>(file.bytes), file.crc32c);
}

Status PrintRecord(uint32_t shard, const LogReplay& replay,
                   const LogRecord& record, uint32_t dimensions) {
  LogOperationReader operations(record.body, dimensions);
  LogOperation operation;
  uint64_t puts = 0;
  uint64_t deletes = 0;
  for (;;) {
    POMAI_ASSIGN_OR_RETURN(const bool more, operations.Next(&operation));
    if (!more) break;
    ++(operation.kind == LogOperationKind::kPut ? puts : deletes);
  }
  std::printf("shard %u  sequence %llu  shards %u  puts %llu  deletes %llu%s\n",
              shard, static_cast<unsigned long long>(record.sequence),
              record.shards, static_cast<unsigned long long>(puts),
              static_cast<unsigned long long>(deletes),
              replay.IsWhole(record.sequence) ? "" : "  not whole: ignored");
  return Status::Ok();
}

}  // namespace

Status Info(Arguments arguments) {
  POMAI_ASSIGN_OR_RETURN(const auto db, OpenExisting(arguments[0]));
  for (const std::string& name : MembranesOf(db.get(), arguments)) {
    POMAI_ASSIGN_OR_RETURN(const auto membrane, db->OpenMembrane(name));
    const MembraneStats stats = membrane->Stats();
    std::printf(
        "%s: %llu rows (%llu versions), %u dimensions, %s, %u bits, "
        "%u shards, %llu lists, "
        "%llu segments, sequence %llu (checkpoint %llu), log %llu bytes\n",
        name.c_str(), static_cast<unsigned long long>(stats.rows),
        static_cast<unsigned long long>(stats.versions),
        stats.options.dimensions, MetricName(stats.options.metric),
        stats.options.bits, stats.options.shards,
        static_cast<unsigned long long>(stats.lists),
        static_cast<unsigned long long>(stats.segments),
        static_cast<unsigned long long>(stats.sequence),
        static_cast<unsigned long long>(stats.checkpoint),
        static_cast<unsigned long long>(stats.log_bytes));
  }
  return Status::Ok();
}

Status Check(Arguments arguments) {
  POMAI_ASSIGN_OR_RETURN(const auto db, OpenExisting(arguments[0]));
  size_t problems = 0;
  for (const std::string& name : MembranesOf(db.get(), arguments)) {
    POMAI_ASSIGN_OR_RETURN(const auto membrane, db->OpenMembrane(name));
    ProgressBar bar;
    POMAI_ASSIGN_OR_RETURN(const auto found, membrane->Check(bar.progress()));
    bar.Finish();
    for (const std::string& problem : found) {
      std::printf("%s: %s\n", name.c_str(), problem.c_str());
    }
    problems += found.size();
    if (found.empty()) std::printf("%s: sound\n", name.c_str());
  }
  if (problems == 0) return Status::Ok();
  return Status::Corruption(std::to_string(problems) + " problems");
}

Status DumpManifest(Arguments arguments) {
  POMAI_ASSIGN_OR_RETURN(
      const auto manifest,
      MembraneManifest::Load(PosixFileSystem(), FolderOfMembrane(arguments)));
  const MembraneOptions& options = manifest.options;
  std::printf("version  3\nnumber   %llu\nsequence %llu\n",
              static_cast<unsigned long long>(manifest.number),
              static_cast<unsigned long long>(manifest.sequence));
  std::printf("membrane %u dimensions, %s, %u bits, %u shards, %u lists\n",
              options.dimensions, MetricName(options.metric), options.bits,
              options.shards, options.lists);
  PrintFile("image", manifest.pages.image);
  for (const StoredFile& file : manifest.pages.extents) {
    PrintFile("extent", file);
  }
  for (uint32_t shard = 0; shard < options.shards; ++shard) {
    const RowTableFiles& rows = manifest.rows[shard];
    std::printf("shard %u: log from %s, next counter %llu\n", shard,
                LogName(shard, manifest.first_logs[shard]).c_str(),
                static_cast<unsigned long long>(rows.next_counter));
    PrintFile("deleted", rows.deleted);
    for (const StoredRows& stored : rows.rows) {
      PrintFile("rows", stored.file);
      for (const StoredFile& log : stored.logs) PrintFile("vectors", log);
    }
  }
  return Status::Ok();
}

Status DumpLog(Arguments arguments) {
  const std::string folder = FolderOfMembrane(arguments);
  POMAI_ASSIGN_OR_RETURN(const auto manifest,
                         MembraneManifest::Load(PosixFileSystem(), folder));
  LogReplay replay(PosixFileSystem(), folder, manifest);
  POMAI_RETURN_IF_ERROR(replay.Read(false));
  for (uint32_t shard = 0; shard < manifest.options.shards; ++shard) {
    for (const auto& found : replay.records(shard)) {
      POMAI_RETURN_IF_ERROR(PrintRecord(shard, replay, found.record,
                                        manifest.options.dimensions));
    }
  }
  return Status::Ok();
}

}  // namespace pomai::tool
