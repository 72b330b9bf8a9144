// Maintenance of one index in a backend: seals tails, merges segments, trains
// codebooks, gives pages back, in steps (core/engine/maintain.h).
//
//   Maintenance maintenance(MaintenanceGoal::kTidy);
//   MaintenanceRun run(heap, index, &maintenance);
//   POMAI_RETURN_IF_ERROR(run.All());       // under the maintenance lock
//
//   am::AfterInserts(heap, index, tail_load);    // once a statement
//
// Who does it: a worker of its own for whatever inserts and VACUUM have made
// due; the SQL functions for what they are asked. Where no worker may or can,
// without background maintenance or a free worker, for temporary indexes and
// those of its own transaction, a backend that inserts seals its tail itself,
// and VACUUM does all but retraining. A backend seals a tail in any case when
// it is four times as long as it should be.
//
// A worker is better: pages that a step gives up can be used again when the
// step's transaction, and all that began before, have ended.
#pragma once

#include "core/engine/maintain.h"
#include "src/host_pg/relation_store.h"
#include "src/host_pg/waiter_watch.h"
#include "src/pg/server.h"

namespace pomai::am {

class MaintenanceRun {
 public:
  // All stay longer than this; the caller holds the maintenance lock during
  // Step and All.
  MaintenanceRun(Relation heap, Relation index, Maintenance* maintenance)
      : heap_(heap), index_(index), maintenance_(maintenance) {}

  void set_poll_as(RelationStore::PollAs poll_as) { poll_as_ = poll_as; }
  void set_strategy(BufferAccessStrategy strategy) { strategy_ = strategy; }
  // Gives up, with Aborted, as soon as it notices somebody.
  void set_watch(WaiterWatch* watch) { watch_ = watch; }

  // One step. False when there is nothing to do.
  Result<bool> Step();
  // Until there is nothing to do.
  Status All();

 private:
  Relation heap_;
  Relation index_;
  RelationStore::PollAs poll_as_ = RelationStore::PollAs::kStatement;
  BufferAccessStrategy strategy_ = nullptr;
  WaiterWatch* watch_ = nullptr;
  Maintenance* maintenance_;
};

// Sees to it that a tail does not stay as long as `tail_load` says
// (InsertOutcome). Never waits for a lock.
Status AfterInserts(Relation heap, Relation index, uint64_t tail_load);

// Starts a worker for the index, unless somebody maintains it already. False
// when there is none and can be none: by the settings, for want of a slot, or
// because other sessions do not see the index. Raises the server's errors.
bool RequestWorker(Relation index);
// The same at most once a second.
bool RequestWorkerSometimes(Relation index);

}  // namespace pomai::am
