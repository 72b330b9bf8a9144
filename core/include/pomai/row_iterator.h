// RowIterator: all rows of a snapshot, in no useful order.
//
//   auto rows = db->NewIterator();
//   while ((*rows)->Next()) Use((*rows)->id(), (*rows)->vector());
//   if (!(*rows)->status().ok()) ...
//
// Sees exactly its snapshot, which it holds, also after DropMembrane. One
// thread; must go before the DB.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/status.h"

namespace pomai {

class RowIterator {
 public:
  virtual ~RowIterator() = default;
  // To the next row, at first to the first. False at the end or after an error.
  virtual bool Next() = 0;
  virtual uint64_t id() const = 0;
  // Valid until Next.
  virtual std::span<const float> vector() const = 0;
  virtual const Status& status() const = 0;
};

}  // namespace pomai
