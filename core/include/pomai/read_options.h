// ReadOptions: what a read sees, and how far a search goes. DbSnapshot: a
// membrane as it was at one moment.
//
//   auto snapshot = db->GetSnapshot();
//   db->Delete(7);
//   db->Exists(7, {.snapshot = *snapshot});   // still true
//
// A snapshot is immutable and for any thread; it costs microseconds, blocks
// nobody, and keeps old rows alive until its last copy is gone. It may outlive
// the DB, but is of no use then. It belongs to one membrane.
#pragma once

#include <cstdint>
#include <memory>

namespace pomai {

class DbSnapshot {
 public:
  virtual ~DbSnapshot() = default;
  // The last write it sees. Sequences rise by one with every batch.
  virtual uint64_t sequence() const = 0;
};

struct ReadOptions {
  // Empty: as of now.
  std::shared_ptr<const DbSnapshot> snapshot;
  // Share of the true nearest neighbours that a search is to find; 1 is exact
  // and slow.
  double target_recall = 0.95;
  // Lists that a search reads; 0 lets target_recall decide.
  uint32_t probes = 0;
};

struct Neighbour {
  uint64_t id = 0;
  // L2 distance, minus the inner product, or one minus the cosine. NaN where
  // there is none (zero vectors under cosine, which come last).
  double distance = 0;
};

}  // namespace pomai
