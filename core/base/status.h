// Status: what an operation of the engine returns when it can fail.
//
//   Status Load(BlockNumber block) {
//     POMAI_ASSIGN_OR_RETURN(PageGuard page, store->Read(block, kPin));
//     if (...) return Status::Corruption("block 7: expected kind 3, found 0");
//     return Status::Ok();
//   }
//
// Plain value, no thread owns it. An ok Status holds no memory. Nothing in
// core/ throws; std::bad_alloc is the only exception that may pass through.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pomai {

enum class StatusCode : uint8_t {
  kOk = 0,
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kIo,
  kCorruption,
  kInternal,
  kUnknown,
  // The host holds the real error (inside PostgreSQL: an ErrorData). Final:
  // clean up and hand it upwards, never retry or swallow it.
  kHostError,
};

// The code's name as written in messages, for example "Corruption".
const char* StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  static Status Ok() { return Status(); }
  static Status InvalidArgument(std::string message);
  static Status NotFound(std::string message);
  static Status AlreadyExists(std::string message);
  static Status PermissionDenied(std::string message);
  static Status ResourceExhausted(std::string message);
  static Status FailedPrecondition(std::string message);
  static Status Aborted(std::string message);
  static Status Io(std::string message);
  static Status Corruption(std::string message);
  static Status Internal(std::string message);
  static Status Unknown(std::string message);
  static Status HostError();

  bool ok() const { return rep_ == nullptr; }
  StatusCode code() const { return rep_ ? rep_->code : StatusCode::kOk; }
  // Empty for an ok Status. Valid while this Status lives.
  std::string_view message() const {
    return rep_ ? std::string_view(rep_->message) : std::string_view();
  }
  // "Ok" or "Corruption: block 7: ...".
  std::string ToString() const;

 private:
  struct Rep {
    StatusCode code;
    std::string message;
  };
  Status(StatusCode code, std::string message)
      : rep_(std::make_shared<const Rep>(Rep{code, std::move(message)})) {}

  std::shared_ptr<const Rep> rep_;
};

// A T, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit by design
  Result(Status status) : status_(std::move(status)) {  // NOLINT
    assert(!status_.ok());
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }

 private:
  Status status_;
  std::optional<T> value_;
};

#define POMAI_CONCAT_INNER(a, b) a##b
#define POMAI_CONCAT(a, b) POMAI_CONCAT_INNER(a, b)

// Returns from the enclosing function when `expr` is not ok.
#define POMAI_RETURN_IF_ERROR(expr)                \
  do {                                             \
    ::pomai::Status pomai_status_ = (expr);        \
    if (!pomai_status_.ok()) return pomai_status_; \
  } while (0)

// Declares or assigns `lhs` from a Result, or returns its Status.
#define POMAI_ASSIGN_OR_RETURN(lhs, expr) \
  POMAI_ASSIGN_OR_RETURN_INNER(POMAI_CONCAT(result_, __LINE__), lhs, expr)
#define POMAI_ASSIGN_OR_RETURN_INNER(result, lhs, expr) \
  auto result = (expr);                                 \
  if (!result.ok()) return result.status();             \
  lhs = std::move(result).value()

}  // namespace pomai
