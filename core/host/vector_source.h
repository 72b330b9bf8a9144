// VectorSource: where exact distances come from. The index holds codes; the
// vectors are the heap's rows (PostgreSQL) or a section of the segment (files).
//
//   std::vector<ExactDistance> exact(ids.size());
//   POMAI_RETURN_IF_ERROR(source->Measure(ids, exact));
//
// One search owns its source; not for several threads at once.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/status.h"

namespace pomai {

enum class RowState : uint8_t {
  kFound,
  kGone,        // not visible to this search, or no longer there
  kNoDistance,  // there, but its distance is NULL or NaN
};

struct ExactDistance {
  double distance = 0;  // as the SQL operator returns it
  RowState state = RowState::kGone;
};

class VectorSource {
 public:
  virtual ~VectorSource() = default;
  // Distances from the search's query to the rows `ids`; out.size() ==
  // ids.size(). May read in any order. No page guard is alive in the caller.
  virtual Status Measure(std::span<const uint64_t> ids,
                         std::span<ExactDistance> out) = 0;
};

}  // namespace pomai
