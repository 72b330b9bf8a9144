// Calibration: how far a search must go for a target recall. 300 sampled rows
// are searched for, each leaving itself and its copies out; the lists are
// walked in probing order while the stop rule's statistic and the recall
// reached so far are recorded; tau(k, target) is the least threshold whose mean
// recall reaches the target, or a higher one where that costs few codes more.
//
//   POMAI_ASSIGN_OR_RETURN(Calibration calibration,
//                          Calibrate(store, sealed, view, &sample, options));
//
// Needs the codes only: truth is the order of the refined estimates, pruned
// with an epsilon wide enough to lose none, as far out as anything is found.
#pragma once

#include <functional>

#include "core/engine/build.h"
#include "core/engine/snapshot.h"

namespace pomai {

struct CalibrationOptions {
  uint32_t queries = 300;
  // (done, total) queries; may be empty.
  std::function<void(uint64_t, uint64_t)> progress;
};

// `view`: the manifest that is about to be published (segments, codebooks).
Result<Calibration> Calibrate(PageStore* store, PageLock sealed,
                              std::shared_ptr<const View> view,
                              SampleSet* sample,
                              const CalibrationOptions& options);

}  // namespace pomai
