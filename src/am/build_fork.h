// What a new index's fork begins and ends with: its first pages and its WAL.
//
//   POMAI_ASSIGN_OR_RETURN(const IndexShape shape, ShapeOf(index));
//   POMAI_ASSIGN_OR_RETURN(MetaPage meta, NewMetaPage(shape, dimensions));
//   POMAI_RETURN_IF_ERROR(CreateMembrane(&store, meta)); ...
//   POMAI_RETURN_IF_ERROR(LogFork(index, MAIN_FORKNUM));
//
// In the backend of the command.
#pragma once

#include "core/manifest/meta_page.h"
#include "src/am/index_shape.h"
#include "src/pg/server.h"

namespace pomai::am {

Result<IndexShape> ShapeOf(Relation index);

// `dimensions` 0: not known yet. The build id is random; the seed of the
// rotation is not, so that the same table gives the same index.
Result<MetaPage> NewMetaPage(const IndexShape& shape, uint32_t dimensions);

// Full images of all pages.
Status LogFork(Relation index, ForkNumber fork);

// The init fork of an unlogged index: empty, and logged like any other's.
Status BuildInitFork(Relation index);

}  // namespace pomai::am
