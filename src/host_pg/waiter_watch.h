// WaiterWatch: whether anybody waits for this process, which maintains an index
// unasked and shall be in nobody's way.
//
//   WaiterWatch watch(heap, index);
//   store.set_watch(&watch);       // Poll fails once somebody waits
//   ... work; when it failed: if (watch.noticed()) end quietly ...
//
// Seen are: DDL on the table or the index; REINDEX, DROP INDEX and CREATE INDEX
// CONCURRENTLY, which wait for the transaction; VACUUM, which waits for the
// maintenance lock; DROP, ALTER and CREATE DATABASE ... TEMPLATE, which give up
// after five seconds.
//
// The process holds AccessShareLock on the table, RowExclusiveLock on the index
// and the maintenance lock.
#pragma once

#include "src/pg/server.h"

namespace pomai {

class WaiterWatch {
 public:
  WaiterWatch(Relation heap, Relation index) : heap_(heap), index_(index) {}

  // Whether somebody waits. Looks a few times a second at most, so it may be
  // asked all the time. Raises the server's errors.
  bool Look();
  // Whether Look has ever said so.
  bool noticed() const { return noticed_; }

 private:
  bool SomebodyWaits() const;

  Relation heap_;
  Relation index_;
  TimestampTz looked_at_ = 0;
  bool noticed_ = false;
};

// Whether somebody wants to drop, rename or copy this database. Raises the
// server's errors.
bool DatabaseIsWanted();

}  // namespace pomai
