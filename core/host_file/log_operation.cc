#include "core/host_file/log_operation.h"

#include <cstring>
#include <string>

#include "core/base/coding.h"

namespace pomai {
namespace {

constexpr size_t kHeadSize = 9;  // kind and id

void AppendHead(LogOperationKind kind, uint64_t id,
                std::vector<uint8_t>* body) {
  const size_t at = body->size();
  body->resize(at + kHeadSize);
  (*body)[at] = static_cast<uint8_t>(kind);
  PutFixed<uint64_t>(body->data() + at + 1, id);
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

Result<bool> LogOperationReader::Next(LogOperation* operation) {
  const auto bytes = body_.subspan(offset_);
  if (bytes.empty()) return false;
  const bool put = bytes[0] == static_cast<uint8_t>(LogOperationKind::kPut);
  if (!put && bytes[0] != static_cast<uint8_t>(LogOperationKind::kDelete)) {
    return Wrong(offset_, "kind 1 or 2", std::to_string(bytes[0]));
  }
  const size_t size = LogOperationSize(put ? vector_.size() : 0);
  if (bytes.size() < size) {
    return Wrong(offset_, std::to_string(size) + " bytes",
                 std::to_string(bytes.size()));
  }
  operation->kind = static_cast<LogOperationKind>(bytes[0]);
  operation->id = GetFixed<uint64_t>(bytes.data() + 1);
  operation->vector = {};
  if (put && !vector_.empty()) {
    std::memcpy(vector_.data(), bytes.data() + kHeadSize, size - kHeadSize);
    operation->vector = vector_;
  }
  offset_ += size;
  return true;
}

}  // namespace pomai
