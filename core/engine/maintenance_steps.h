// The steps of maintenance: each does one thing that a plan asks for and
// publishes it.
//
//   POMAI_ASSIGN_OR_RETURN(auto space, Space::Open(...));
//   POMAI_RETURN_IF_ERROR(MergeSegments(host, space.get(), step));
//
// The caller holds the maintenance lock. An error, or a crash, leaves the index
// as it was: what was written is free space.
#pragma once

#include "core/engine/maintenance_host.h"
#include "core/engine/maintenance_plan.h"
#include "core/engine/space.h"

namespace pomai {

// The tail of a shard, as far as it fits into host.memory, into segments of the
// current codebook. Closes the tail's last extent and opens a space of its own
// for that.
Status SealTail(const MaintenanceHost& host, uint32_t shard);

// The first lists of `step`, as many as make a piece, of the segments of `step`
// into one segment without the dead. Segments used up go; others are left the
// lists behind.
Status MergeSegments(const MaintenanceHost& host, Space* space,
                     const MaintenanceStep& step);

// Segments of one shard and earlier codebooks, as many as fit host.memory, into
// segments of the current one.
Status MoveSegments(const MaintenanceHost& host, Space* space,
                    const MaintenanceStep& step);

// A new codebook from the vectors that the codes of a sample of all rows stand
// for. Inserts are encoded under it from now on, in the first shards at least.
Status TrainCodebook(const MaintenanceHost& host, Space* space);

// Lets the inserts of further shards be encoded under the current codebook.
Status SwitchShards(const MaintenanceHost& host, Space* space);

// Drops earlier codebooks and finds out how far searches must go with the
// current one.
Status CalibrateCodebook(const MaintenanceHost& host, Space* space);

}  // namespace pomai
