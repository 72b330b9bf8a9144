#include "core/base/status.h"

namespace pomai {

const char* StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "Ok";
    case StatusCode::kInvalidArgument:
      return "InvalidArgument";
    case StatusCode::kNotFound:
      return "NotFound";
    case StatusCode::kAlreadyExists:
      return "AlreadyExists";
    case StatusCode::kPermissionDenied:
      return "PermissionDenied";
    case StatusCode::kResourceExhausted:
      return "ResourceExhausted";
    case StatusCode::kFailedPrecondition:
      return "FailedPrecondition";
    case StatusCode::kAborted:
      return "Aborted";
    case StatusCode::kIo:
      return "Io";
    case StatusCode::kCorruption:
      return "Corruption";
    case StatusCode::kInternal:
      return "Internal";
    case StatusCode::kUnknown:
      return "Unknown";
    case StatusCode::kHostError:
      return "HostError";
  }
  return "Unknown";
}

Status Status::InvalidArgument(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}
Status Status::NotFound(std::string message) {
  return Status(StatusCode::kNotFound, std::move(message));
}
Status Status::AlreadyExists(std::string message) {
  return Status(StatusCode::kAlreadyExists, std::move(message));
}
Status Status::PermissionDenied(std::string message) {
  return Status(StatusCode::kPermissionDenied, std::move(message));
}
Status Status::ResourceExhausted(std::string message) {
  return Status(StatusCode::kResourceExhausted, std::move(message));
}
Status Status::FailedPrecondition(std::string message) {
  return Status(StatusCode::kFailedPrecondition, std::move(message));
}
Status Status::Aborted(std::string message) {
  return Status(StatusCode::kAborted, std::move(message));
}
Status Status::Io(std::string message) {
  return Status(StatusCode::kIo, std::move(message));
}
Status Status::Corruption(std::string message) {
  return Status(StatusCode::kCorruption, std::move(message));
}
Status Status::Internal(std::string message) {
  return Status(StatusCode::kInternal, std::move(message));
}
Status Status::Unknown(std::string message) {
  return Status(StatusCode::kUnknown, std::move(message));
}
Status Status::HostError() { return Status(StatusCode::kHostError, ""); }

std::string Status::ToString() const {
  if (ok()) return "Ok";
  std::string text = StatusCodeName(code());
  if (!message().empty()) text.append(": ").append(message());
  return text;
}

}  // namespace pomai
