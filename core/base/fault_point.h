// FaultPoint: a place where a test can make the process die or fail. Only in
// test builds (make FAULT_POINTS=1); in all others nothing of it is left.
//
//   Status SealTail(...) {
//     POMAI_FAULT_STEP("seal");
//     ...
//     POMAI_FAULT_POINT("published");  // is met as "seal", "published"
//
// For functions that return Status or Result, and for one thread a process. The
// host says what happens by setting `fault_hook`.
#pragma once

#ifdef POMAI_FAULT_POINTS

#include <utility>

#include "core/base/status.h"

namespace pomai {

// Gets the step that is under way ("" outside of any) and the point within it.
using FaultHook = Status (*)(const char* step, const char* point);
inline FaultHook fault_hook = nullptr;
inline const char* fault_step = "";

// Names the step while it lives; steps nest.
class FaultStep {
 public:
  explicit FaultStep(const char* step)
      : outer_(std::exchange(fault_step, step)) {}
  FaultStep(const FaultStep&) = delete;
  FaultStep& operator=(const FaultStep&) = delete;
  ~FaultStep() { fault_step = outer_; }

 private:
  const char* outer_;
};

inline Status MeetFault(const char* point) {
  return fault_hook == nullptr ? Status::Ok() : fault_hook(fault_step, point);
}

}  // namespace pomai

#define POMAI_FAULT_STEP(step) const ::pomai::FaultStep fault_step_here(step)
#define POMAI_FAULT_POINT(point) \
  POMAI_RETURN_IF_ERROR(::pomai::MeetFault(point))

#else

#define POMAI_FAULT_STEP(step) static_cast<void>(0)
#define POMAI_FAULT_POINT(point) static_cast<void>(0)

#endif
