// Reencoder: turns entries of one codebook into entries of another, by way of
// the vectors that their codes stand for.
//
//   Reencoder reencoder(shape, &centroids, &buffer);
//   reencoder.Add(id, record, old_centroid);
//   if (reencoder.full()) POMAI_RETURN_IF_ERROR(reencoder.Finish(store));
//   ...
//   POMAI_RETURN_IF_ERROR(reencoder.Finish(store));
//
// The bound of each new code has room for the old code's error. Holds scratch
// space; one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/codebook/assigner.h"
#include "core/engine/entry_buffer.h"
#include "core/host/page_store.h"
#include "core/rabitq/code.h"

namespace pomai {

class Reencoder {
 public:
  // `centroids` and `buffer` must outlive it.
  Reencoder(const CodeShape& shape, const Centroids* centroids,
            EntryBuffer* buffer);

  // `old_centroid`: of the list the record was encoded for. Not when full.
  void Add(uint64_t id, const uint8_t* record, const float* old_centroid);
  bool full() const { return ids_.size() == batch_rows_; }
  // Hands over what is batched. Polls: the caller holds no page.
  Status Finish(PageStore* store);

 private:
  CodeShape shape_;
  const Centroids* centroids_;
  EntryBuffer* buffer_;
  size_t batch_rows_;
  Assigner assigner_;
  Encoder encoder_;
  std::vector<uint64_t> ids_;
  std::vector<float> vectors_;
  std::vector<double> surpluses_;
  std::vector<uint8_t> old_records_;
  std::vector<uint32_t> lists_;
  std::vector<uint8_t> record_;
};

}  // namespace pomai
