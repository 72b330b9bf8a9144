// The two doors between C++ and the server.
//
// Out: a function that the server calls wraps its work in Entry. A bad Status
// or a C++ exception becomes an error of the server after every C++ frame has
// been left.
//
//   extern "C" bool pomai_get_tuple(IndexScanDesc scan, ScanDirection) {
//     bool found = false;
//     pg::Entry([&] { return ScanOf(scan)->Next(scan, &found); });
//     return found;
//   }
//
// In: a server function that may raise an error, with a C++ destructor anywhere
// below it, is called through Call.
//
//   Buffer buffer;
//   POMAI_RETURN_IF_ERROR(
//       pg::Call([&]() noexcept { buffer = ReadBuffer(index, block); }));
//
// A raised error stays on the server's error stack, with its SQLSTATE, detail
// and hint, while Status::HostError() travels upwards; Entry throws it on.
// Until then Call refuses to call anything, so nothing is retried after an
// error and nothing can disturb the stack. Destructors run in between, so they
// may let pages go (that does not raise) but use no Call.
//
// The function around Entry and the lambda inside Call own nothing with a
// destructor: an error jumps over them. Call is only for code under an Entry.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/status.h"
#include "src/pg/server.h"

namespace pomai::pg {

// Why Entry must raise, in plain bytes that need no destructor.
struct Failure {
  static constexpr size_t kMessageSize = 1024;
  bool failed = false;
  StatusCode code = StatusCode::kOk;
  bool out_of_memory = false;
  char message[kMessageSize];

  void Set(const Status& status) noexcept;
  void SetMessage(StatusCode failure_code, std::string_view text) noexcept;
  // Takes the exception that is being handled. Call it in a catch block.
  void SetCurrentException() noexcept;
};

// True while an error that Call caught waits to be thrown on.
extern bool host_error_waits;

// Raises `failure`, or the host's error when one waits.
[[noreturn]] void Raise(const Failure& failure);

template <typename Body>
void Entry(Body&& body) {
  static_assert(std::is_same_v<decltype(body()), Status>);
  Failure failure;
  try {
    Status status = body();
    if (!status.ok()) failure.Set(status);
  } catch (...) {
    failure.SetCurrentException();
  }
  if (unlikely(failure.failed || host_error_waits)) Raise(failure);
}

// What an error unwinds to. errfinish clears InterruptHoldoffCount; without
// putting it back, letting a page lock go afterwards would wrap it, and the
// backend would never again see a cancel.
struct Frame {
  sigjmp_buf* exception_stack = PG_exception_stack;
  ErrorContextCallback* error_context = error_context_stack;
  MemoryContext memory_context = CurrentMemoryContext;
  uint32 interrupt_holdoff = InterruptHoldoffCount;
  uint32 cancel_holdoff = QueryCancelHoldoffCount;

  // After a jump: everything as it was, and the error waits.
  void Restore() const;
};

template <typename Body>
Status Call(Body&& body) {
  static_assert(noexcept(body()), "a lambda inside Call is noexcept");
  static_assert(std::is_void_v<decltype(body())>);
  if (unlikely(host_error_waits)) return Status::HostError();
  const Frame frame;
  sigjmp_buf jump;
  if (likely(sigsetjmp(jump, 0) == 0)) {
    PG_exception_stack = &jump;
    body();
    PG_exception_stack = frame.exception_stack;
    return Status::Ok();
  }
  frame.Restore();
  return Status::HostError();
}

}  // namespace pomai::pg
