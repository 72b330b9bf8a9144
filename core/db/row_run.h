// RowRun: rows in memory, in the order of their numbers; a part of a RowTable.
//
//   RowRun run(128, first_counter, "3-7.log");
//   const uint32_t at = run.Add(id, sequence, vector, offset);
//   run.Newest(id);                         // at
//   run.previous(at);                       // kNone, or its row before
//
// Rows never move, so a vector is read without a lock once it is there; all
// else needs the table's latch. Once frozen, only deleted sequences change.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/db/id_index.h"
#include "core/db/row_shape.h"

namespace pomai {

class RowRun {
 public:
  static constexpr uint32_t kNone = IdIndex::kNone;

  // `log`: the name of the log that its rows lie in; "": they lie in none.
  RowRun(uint32_t dimensions, uint64_t first_counter, std::string log = "")
      : dimensions_(dimensions),
        first_counter_(first_counter),
        log_(std::move(log)) {}

  // Returns its place: rows() before it. `offset`: where in the log the vector
  // begins; 0: nowhere.
  uint32_t Add(uint64_t id, uint64_t sequence, std::span<const float> vector,
               uint64_t offset);

  uint64_t first_counter() const { return first_counter_; }
  // The log that has all of its vectors; "": none has.
  const std::string& log() const { return log_; }
  // Where in log() a vector begins, in floats.
  uint32_t log_offset(uint32_t at) const { return Row(at).log_offset; }
  uint32_t rows() const { return rows_; }
  // The newest row of `id`; kNone.
  uint32_t Newest(uint64_t id) const { return newest_.Find(id); }
  // The row of the same id before row `at`, in this run; kNone.
  uint32_t previous(uint32_t at) const { return Row(at).previous; }
  uint64_t id(uint32_t at) const { return Row(at).id; }
  uint64_t put(uint32_t at) const { return Row(at).put; }
  uint64_t deleted(uint32_t at) const { return Row(at).deleted; }
  void set_deleted(uint32_t at, uint64_t sequence) {
    Row(at).deleted = sequence;
  }
  const float* vector(uint32_t at) const {
    return chunks_[at / kChunkRows].vectors.get() +
           size_t{at % kChunkRows} * dimensions_;
  }
  uint64_t bytes() const;

 private:
  static constexpr uint32_t kChunkRows = 256;
  struct RowOf {
    uint64_t id;
    uint64_t put;
    uint64_t deleted;
    uint32_t previous;
    uint32_t log_offset;
  };
  struct Chunk {
    std::unique_ptr<RowOf[]> rows;
    std::unique_ptr<float[]> vectors;
  };

  RowOf& Row(uint32_t at) {
    return chunks_[at / kChunkRows].rows[at % kChunkRows];
  }
  const RowOf& Row(uint32_t at) const {
    return chunks_[at / kChunkRows].rows[at % kChunkRows];
  }

  uint32_t dimensions_;
  uint64_t first_counter_;
  std::string log_;
  uint32_t rows_ = 0;
  std::vector<Chunk> chunks_;
  IdIndex newest_;
};

}  // namespace pomai
