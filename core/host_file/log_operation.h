// LogOperation: a Put or a Delete in the body of a log record.
//
//   AppendPut(7, vector, &body);
//   AppendDelete(9, &body);
//
//   LogOperationReader operations(record.body, dimensions);
//   LogOperation operation;
//   for (;;) {
//     POMAI_ASSIGN_OR_RETURN(const bool more, operations.Next(&operation));
//     if (!more) break;
//     ...
//   }
//
// One thread.
//
//   body   := (put | delete)*
//   put    := u32:1 u64:id f32[dimensions]:vector
//   delete := u32:2 u64:id
//
// A vector lies at a multiple of 4 bytes in a body, and so in the log: row
// files may point to it (core/db/row_file.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/status.h"

namespace pomai {

enum class LogOperationKind : uint32_t { kPut = 1, kDelete = 2 };

struct LogOperation {
  LogOperationKind kind = LogOperationKind::kPut;
  uint64_t id = 0;
  // Of a Put: `dimensions` floats, valid until the next Next; and where in the
  // body they begin.
  std::span<const float> vector;
  size_t vector_offset = 0;
};

// Bytes of a Put of so many dimensions; of a Delete with none.
uint64_t LogOperationSize(uint32_t dimensions);
void AppendPut(uint64_t id, std::span<const float> vector,
               std::vector<uint8_t>* body);
void AppendDelete(uint64_t id, std::vector<uint8_t>* body);

class LogOperationReader {
 public:
  // `body` must outlive the reader.
  LogOperationReader(std::span<const uint8_t> body, uint32_t dimensions)
      : body_(body), vector_(dimensions) {}

  // False at the end. Corruption names the offset in the body, what was
  // expected and what was found; the caller knows file and sequence.
  Result<bool> Next(LogOperation* operation);

 private:
  Status TooShort(size_t expected, size_t found) const;

  std::span<const uint8_t> body_;
  size_t offset_ = 0;
  std::vector<float> vector_;
};

}  // namespace pomai
