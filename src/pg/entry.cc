#include "src/pg/entry.h"

#include <algorithm>
#include <exception>
#include <new>
#include <string_view>

#include "src/pg/server.h"

namespace pomai::pg {

bool host_error_waits = false;

namespace {

int SqlState(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
      return ERRCODE_INVALID_PARAMETER_VALUE;
    case StatusCode::kNotFound:
      return ERRCODE_UNDEFINED_OBJECT;
    case StatusCode::kAlreadyExists:
      return ERRCODE_DUPLICATE_OBJECT;
    case StatusCode::kPermissionDenied:
      return ERRCODE_INSUFFICIENT_PRIVILEGE;
    case StatusCode::kResourceExhausted:
      return ERRCODE_DISK_FULL;
    case StatusCode::kFailedPrecondition:
      return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
    case StatusCode::kAborted:
      return ERRCODE_T_R_SERIALIZATION_FAILURE;
    case StatusCode::kIo:
      return ERRCODE_IO_ERROR;
    case StatusCode::kCorruption:
      return ERRCODE_INDEX_CORRUPTED;
    case StatusCode::kOk:
    case StatusCode::kInternal:
    case StatusCode::kUnknown:
    case StatusCode::kHostError:
      break;
  }
  return ERRCODE_INTERNAL_ERROR;
}

// Throws the error on top of the server's stack, in the state in which
// errfinish does it.
[[noreturn]] void ThrowHostError() {
  host_error_waits = false;
  InterruptHoldoffCount = 0;
  QueryCancelHoldoffCount = 0;
  MemoryContextSwitchTo(ErrorContext);
  PG_RE_THROW();
}

}  // namespace

void Failure::Set(const Status& status) noexcept {
  SetMessage(status.code(), status.message());
}

void Failure::SetMessage(StatusCode failure_code,
                         std::string_view text) noexcept {
  failed = true;
  code = failure_code;
  const size_t size = std::min(text.size(), kMessageSize - 1);
  std::memcpy(message, text.data(), size);
  message[size] = '\0';
}

void Failure::SetCurrentException() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    SetMessage(StatusCode::kInternal, "out of memory");
    out_of_memory = true;
  } catch (const std::exception& exception) {
    SetMessage(StatusCode::kInternal, exception.what());
  } catch (...) {
    SetMessage(StatusCode::kInternal, "unknown exception");
  }
}

void Raise(const Failure& failure) {
  if (host_error_waits) ThrowHostError();
  const size_t length = strlen(failure.message);
  char text[Failure::kMessageSize];
  // A cut in the middle of a character would be an error of its own.
  const int kept = pg_mbcliplen(failure.message, static_cast<int>(length),
                                static_cast<int>(length));
  memcpy(text, failure.message, kept);
  text[kept] = '\0';
  if (failure.out_of_memory) {
    ereport(ERROR,
            (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"),
             errdetail("An index of access method \"pomai\" needed more.")));
  }
  if (failure.code == StatusCode::kAborted) {
    ereport(
        ERROR,
        (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
         RecoveryInProgress()
             ? errmsg("canceling statement due to conflict with recovery")
             : errmsg("index was rewritten while it was used"),
         errdetail_internal("%s", text), errhint("Run the statement again.")));
  }
  if (failure.code == StatusCode::kCorruption) {
    ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED), errmsg("%s", text),
                    errhint("REINDEX makes the index anew.")));
  }
  ereport(ERROR, (errcode(SqlState(failure.code)), errmsg("%s", text)));
  pg_unreachable();
}

void Frame::Restore() const {
  PG_exception_stack = exception_stack;
  error_context_stack = error_context;
  InterruptHoldoffCount = interrupt_holdoff;
  QueryCancelHoldoffCount = cancel_holdoff;
  MemoryContextSwitchTo(memory_context);
  host_error_waits = true;
}

}  // namespace pomai::pg
