// SnapshotList: the sequences that readers of a membrane still need.
//
//   auto snapshot = SnapshotList::Take(list, sequencer);   // until it goes
//   list->Oldest(sequencer);       // no reader, now or later, is before it
//
// Any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "core/db/sequencer.h"
#include "pomai/read_options.h"

namespace pomai {

class SnapshotList {
 public:
  // What is visible now. Holds the list.
  static std::shared_ptr<const DbSnapshot> Take(
      const std::shared_ptr<SnapshotList>& list, const Sequencer& sequencer);

  uint64_t Oldest(const Sequencer& sequencer);
  // Whether it is one of this list's.
  bool Owns(const DbSnapshot& snapshot) const;

 private:
  class Entry;

  std::mutex mutex_;
  std::multiset<uint64_t> sequences_;
};

}  // namespace pomai
