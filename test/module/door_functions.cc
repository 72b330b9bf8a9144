// SQL functions that fail in every way the doors between C++ and the server
// (src/pg/entry.h) have to stand. In modules with fault points only.
//
//   SELECT pomai_test_throw('bad_alloc');
//   SELECT pomai_test_error('nested');
//
// And what they may have left behind: objects that are alive, bytes in use.

#include <malloc.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "src/pg/entry.h"
// Last.
#include "src/pg/server.h"

namespace pomai::test {
namespace {

// Objects with a destructor that are alive.
int alive = 0;

// Holds interrupts, as a page lock does.
class Guard {
 public:
  Guard() {
    ++alive;
    InterruptHoldoffCount = InterruptHoldoffCount + 1;
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    --alive;
    InterruptHoldoffCount = InterruptHoldoffCount - 1;
  }
};

Status Throw(const std::string& what) {
  if (what == "bad_alloc") throw std::bad_alloc();
  if (what == "exception") throw std::runtime_error("an exception");
  if (what == "number") throw 42;
  if (what == "invalid argument") return Status::InvalidArgument(what);
  if (what == "not found") return Status::NotFound(what);
  if (what == "already exists") return Status::AlreadyExists(what);
  if (what == "permission denied") return Status::PermissionDenied(what);
  if (what == "not now") return Status::FailedPrecondition(what);
  if (what == "disk full") return Status::ResourceExhausted(what);
  if (what == "aborted") return Status::Aborted(what);
  if (what == "io") return Status::Io(what);
  if (what == "corruption") return Status::Corruption(what);
  // Characters of two bytes, each at an even place: the last that has room is
  // not whole.
  std::string text = "--";
  while (text.size() < 2 * pg::Failure::kMessageSize) text += "\u00e9";
  return Status::Internal(text);
}

void RaiseHere() {
  ereport(ERROR, (errcode(ERRCODE_DIVISION_BY_ZERO), errmsg("an error"),
                  errdetail("its detail"), errhint("its hint")));
}

Status RaiseUnderGuard() {
  const Guard guard;
  return pg::Call([]() noexcept { RaiseHere(); });
}

// A function of the server's calls one of ours, which fails.
Status Nested() {
  const Guard guard;
  return pg::Call(
      []() noexcept { pg::Entry([] { return RaiseUnderGuard(); }); });
}

Status ThrowNested() {
  const Guard guard;
  return pg::Call([]() noexcept {
    pg::Entry([]() -> Status {
      const Guard inner;
      throw std::bad_alloc();
    });
  });
}

// Nobody may overlook an error, and nothing is called after one.
Status Swallow() {
  bool called = false;
  const Status first = RaiseUnderGuard();
  const Status second = pg::Call([&]() noexcept { called = true; });
  // While an error waits nothing else can be said: pomai_test_alive shows it.
  if (first.ok() || second.ok() || called) ++alive;
  return Status::Ok();
}

// An exception after an error: the error came first.
Status ThrowAfterwards() {
  if (RaiseUnderGuard().ok()) return Status::Ok();
  throw std::bad_alloc();
}

// What was when the call began is again when it has failed.
Status CompareFrames() {
  const Guard guard;
  // Raising an error forgets who holds cancels.
  QueryCancelHoldoffCount = QueryCancelHoldoffCount + 1;
  const pg::Frame before;
  const Status status = pg::Call([]() noexcept {
    MemoryContextSwitchTo(TopMemoryContext);
    ErrorContextCallback callback = {error_context_stack, [](void*) {},
                                     nullptr};
    error_context_stack = &callback;
    QueryCancelHoldoffCount = QueryCancelHoldoffCount + 1;
    RaiseHere();
  });
  const pg::Frame after;
  QueryCancelHoldoffCount = 0;
  const bool same = before.exception_stack == after.exception_stack &&
                    before.error_context == after.error_context &&
                    before.memory_context == after.memory_context &&
                    before.interrupt_holdoff == after.interrupt_holdoff &&
                    before.cancel_holdoff == after.cancel_holdoff;
  if (!same) ++alive;
  return status;
}

// A lock that only the end of the transaction lets go.
Status RaiseHolding() {
  POMAI_RETURN_IF_ERROR(pg::Call([]() noexcept {
    InterruptHoldoffCount = InterruptHoldoffCount + 1;
    QueryCancelHoldoffCount = QueryCancelHoldoffCount + 1;
  }));
  return pg::Call([]() noexcept { RaiseHere(); });
}

// Who catches what Entry throws on finds what errfinish would have left.
void CatchAndRethrow() {
  PG_TRY();
  {
    pg::Entry([] { return RaiseHolding(); });
  }
  PG_CATCH();
  {
    if (CurrentMemoryContext != ErrorContext || InterruptHoldoffCount != 0 ||
        QueryCancelHoldoffCount != 0) {
      ++alive;
    }
    PG_RE_THROW();
  }
  PG_END_TRY();
}

Status RaiseToCatch() {
  return pg::Call([]() noexcept { CatchAndRethrow(); });
}

Status Sleep() {
  ++alive;
  const Status status = pg::Call(
      []() noexcept { DirectFunctionCall1(pg_sleep, Float8GetDatum(600)); });
  --alive;
  return status;
}

Status Fail(const std::string& how) {
  if (how == "guarded") return RaiseUnderGuard();
  if (how == "nested") return Nested();
  if (how == "nested exception") return ThrowNested();
  if (how == "swallowed") return Swallow();
  if (how == "exception afterwards") return ThrowAfterwards();
  if (how == "frames") return CompareFrames();
  if (how == "holding") return RaiseHolding();
  if (how == "caught") return RaiseToCatch();
  if (how == "sleeping") return Sleep();
  return Status::InvalidArgument("no such way");
}

}  // namespace
}  // namespace pomai::test

POMAI_SQL_FUNCTION(pomai_test_throw);
Datum pomai_test_throw(PG_FUNCTION_ARGS) {
  const char* what = text_to_cstring(PG_GETARG_TEXT_PP(0));
  pomai::pg::Entry([&] { return pomai::test::Throw(what); });
  PG_RETURN_VOID();
}

POMAI_SQL_FUNCTION(pomai_test_error);
Datum pomai_test_error(PG_FUNCTION_ARGS) {
  const char* how = text_to_cstring(PG_GETARG_TEXT_PP(0));
  pomai::pg::Entry([&] { return pomai::test::Fail(how); });
  PG_RETURN_VOID();
}

// How many destructors have been jumped over. An exception whose catch block
// was never left counts, too.
POMAI_SQL_FUNCTION(pomai_test_alive);
Datum pomai_test_alive(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  const bool caught = std::current_exception() != nullptr;
  PG_RETURN_INT32(pomai::test::alive + (caught ? 1 : 0));
}

// Bytes of C++ and of the server's memory contexts that are in use.
POMAI_SQL_FUNCTION(pomai_test_heap);
Datum pomai_test_heap(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  PG_RETURN_INT64(static_cast<int64>(mallinfo2().uordblks));
}
