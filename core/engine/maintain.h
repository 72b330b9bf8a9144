// Maintain: keeps an index in shape, step by step: seals tails, merges
// segments, trains new codebooks, gives free pages back.
//
//   Maintenance maintenance(MaintenanceGoal::kAll);
//   for (bool more = true; more;) {
//     POMAI_ASSIGN_OR_RETURN(more, maintenance.Step(host));
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
  explicit Maintenance(MaintenanceGoal goal) : goal_(goal) {}

  // False, and nothing changed, when there is nothing to do, or not yet
  // (waits()). Each step may have a host of its own.
  Result<bool> Step(const MaintenanceHost& host);
  // Whether the last step has put off work until retired pages can be used.
  bool waits() const { return waits_; }

 private:
  Result<PlanInput> Look(const MaintenanceHost& host, const Space& space) const;
  Status Do(const MaintenanceHost& host, Space* space,
            const MaintenanceStep& step);
  Status GiveBack(const MaintenanceHost& host, const Space& space);

  MaintenanceGoal goal_;
  std::vector<bool> sealed_;  // shards, by a forced goal
  bool has_trained_ = false;
  bool may_give_back_ = true;
  bool waits_ = false;
};

}  // namespace pomai
