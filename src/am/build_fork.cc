#include "src/am/build_fork.h"

#include "core/base/random.h"
#include "core/engine/build.h"
#include "core/engine/defaults.h"
#include "src/host_pg/relation_store.h"
#include "src/pg/entry.h"
#include "src/pg/server.h"

namespace pomai::am {
namespace {

constexpr uint64_t kRotationSeed = 0x706f6d6169726f74u;

}  // namespace

Result<IndexShape> ShapeOf(Relation index) {
  IndexShape shape;
  POMAI_RETURN_IF_ERROR(
      pg::Call([&]() noexcept { shape = ReadIndexShape(index); }));
  return shape;
}

Result<MetaPage> NewMetaPage(const IndexShape& shape, uint32_t dimensions) {
  MetaPage meta;
  if (!pg_strong_random(&meta.build_id, sizeof(meta.build_id))) {
    return Status::Internal("could not generate a random build id");
  }
  meta.rotation_seed = Random(kRotationSeed ^ dimensions).Next();
  meta.dimensions = dimensions;
  meta.bits = shape.bits;
  if (meta.bits == 0 && dimensions != 0) meta.bits = AutomaticBits(dimensions);
  meta.metric = shape.metric;
  meta.shards = shape.shards != 0 ? shape.shards : AutomaticShards();
  meta.lists = shape.lists;
  return meta;
}

Status LogFork(Relation index, ForkNumber fork) {
  return pg::Call([&]() noexcept {
    log_newpage_range(index, fork, 0,
                      RelationGetNumberOfBlocksInFork(index, fork), true);
  });
}

Status BuildInitFork(Relation index) {
  POMAI_ASSIGN_OR_RETURN(const IndexShape shape, ShapeOf(index));
  POMAI_ASSIGN_OR_RETURN(const MetaPage meta,
                         NewMetaPage(shape, shape.dimensions));
  RelationStore store(index, RelationStore::Mode::kBuild, INIT_FORKNUM);
  POMAI_RETURN_IF_ERROR(CreateMembrane(&store, meta));
  return LogFork(index, INIT_FORKNUM);
}

}  // namespace pomai::am
