#include "core/host_file/log_operation.h"

#include <cstring>
#include <string>

#include "core/base/coding.h"

namespace pomai {
namespace {

constexpr size_t kHeadSize = 12;  // kind and id

void AppendHead(LogOperationKind kind, uint64_t id,
                std::vector<uint8_t>* body) {
  const size_t at = body->size();
  body->resize(at + kHeadSize);
  PutFixed<uint32_t>(body->data() + at, static_cast<uint32_t>(kind));
  PutFixed<uint64_t>(body->data() + at + 4, id);
}

Status Wrong(size_t offset, const std::string& expected,
             const std::string& found) {
  return Status::Corruption("operation at byte " + std::to_string(offset) +
                            ": expected " + expected + ", found " + found);
}

}  // namespace

uint64_t LogOperationSize(uint32_t dimensions) {
  return kHeadSize + uint64_t{dimensions} * sizeof(float);
}

void AppendPut(uint64_t id, std::span<const float> vector,
               std::vector<uint8_t>* body) {
  AppendHead(LogOperationKind::kPut, id, body);
  const auto* bytes = reinterpret_cast<const uint8_t*>(vector.data());
  body->insert(body->end(), bytes, bytes + vector.size_bytes());
}

void AppendDelete(uint64_t id, std::vector<uint8_t>* body) {
  AppendHead(LogOperationKind::kDelete, id, body);
}

Status LogOperationReader::TooShort(size_t expected, size_t found) const {
  return Wrong(offset_, std::to_string(expected) + " bytes",
               std::to_string(found));
}

Result<bool> LogOperationReader::Next(LogOperation* operation) {
  const auto bytes = body_.subspan(offset_);
  if (bytes.empty()) return false;
  if (bytes.size() < kHeadSize) return TooShort(kHeadSize, bytes.size());
  const auto kind =
      static_cast<LogOperationKind>(GetFixed<uint32_t>(bytes.data()));
  const bool put = kind == LogOperationKind::kPut;
  if (!put && kind != LogOperationKind::kDelete) {
    return Wrong(offset_, "kind 1 or 2",
                 std::to_string(static_cast<uint32_t>(kind)));
  }
  const size_t size = LogOperationSize(put ? vector_.size() : 0);
  if (bytes.size() < size) return TooShort(size, bytes.size());
  operation->kind = kind;
  operation->id = GetFixed<uint64_t>(bytes.data() + 4);
  operation->vector = {};
  operation->vector_offset = offset_ + kHeadSize;
  if (put && !vector_.empty()) {
    std::memcpy(vector_.data(), bytes.data() + kHeadSize, size - kHeadSize);
    operation->vector = vector_;
  }
  offset_ += size;
  return true;
}

}  // namespace pomai
