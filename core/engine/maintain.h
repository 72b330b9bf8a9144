// Maintain: keeps an index in shape, step by step: seals tails, merges
// segments, trains new codebooks, gives free pages back.
//
//   Maintenance maintenance(host, MaintenanceGoal::kAll);
//   for (bool more = true; more;) {
//     POMAI_ASSIGN_OR_RETURN(more, maintenance.Step());
//     ... commit; let others have the maintenance lock ...
//   }
//
// Each step plans from what is published, does one thing and publishes it. So
// a step that fails, or a crash, loses nothing, and steps of several processes,
// one after the other, add up. The caller holds the maintenance lock during
// Step and no page.
#pragma once

#include <vector>

#include "core/engine/maintenance_host.h"
#include "core/engine/maintenance_plan.h"
#include "core/engine/space.h"

namespace pomai {

class Maintenance {
 public:
  Maintenance(const MaintenanceHost& host, MaintenanceGoal goal)
      : host_(host), goal_(goal) {}

  // False, and nothing changed, when there is nothing to do.
  Result<bool> Step();
  // What the last step that changed something did.
  MaintenanceStep::Kind last_kind() const { return last_.kind; }

 private:
  Result<PlanInput> Look(const Space& space) const;
  Result<uint64_t> CountDead(const View& view, size_t segment) const;
  Status Do(Space* space, const MaintenanceStep& step);
  Status GiveBack(const Space& space);

  MaintenanceHost host_;
  MaintenanceGoal goal_;
  MaintenanceStep last_;
  std::vector<bool> sealed_;  // shards, by a forced goal
  bool trained_ = false;
  bool gave_back_ = false;
};

// What happened to be done, for messages.
const char* StepName(MaintenanceStep::Kind kind);

}  // namespace pomai
