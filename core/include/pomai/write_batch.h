// WriteBatch: puts and deletes that are applied as one: after a crash all of
// them are there or none, and every reader sees all of them or none.
//
//   pomai::WriteBatch batch;
//   batch.Put(7, vector);          // replaces the vector of 7, if there is one
//   batch.Delete(9);               // no matter whether there is one
//   pomai::Status status = db->Write(batch);
//   batch.Clear();                 // ready to be filled again
//
// Of one id the last operation wins. Dimensions are checked by Write, which
// rejects the whole batch. One thread at a time; Write only reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pomai {

class WriteBatch {
 public:
  // Copies `vector`.
  void Put(uint64_t id, std::span<const float> vector);
  void Delete(uint64_t id);
  // Empties the batch, and keeps its memory.
  void Clear();
  // Operations, also those that a later one of the same id undoes.
  size_t Count() const { return operations_.size(); }
  // Memory of ids and vectors, about.
  size_t bytes() const {
    return operations_.size() * sizeof(Operation) +
           floats_.size() * sizeof(float);
  }

  struct Operation {
    uint64_t id;
    size_t offset;  // of the vector in floats
    uint32_t dimensions;
    bool is_put;
  };
  const std::vector<Operation>& operations() const { return operations_; }
  // Of a Put.
  std::span<const float> VectorOf(const Operation& operation) const {
    return {floats_.data() + operation.offset, operation.dimensions};
  }

 private:
  std::vector<Operation> operations_;
  std::vector<float> floats_;
};

}  // namespace pomai
