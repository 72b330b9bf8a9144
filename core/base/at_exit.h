// AtExit: does something when its scope is left, whatever ends it: a return, or
// an exception on its way through.
//
//   AtExit forget([this]() noexcept { ForgetPublished(); });
//
// The function raises nothing. Destructors release, they never commit: so does
// what is put here.
#pragma once

#include <type_traits>
#include <utility>

namespace pomai {

template <typename Function>
class AtExit {
 public:
  static_assert(std::is_nothrow_invocable_v<Function>);

  explicit AtExit(Function function) : function_(std::move(function)) {}
  AtExit(const AtExit&) = delete;
  AtExit& operator=(const AtExit&) = delete;
  ~AtExit() { function_(); }

 private:
  Function function_;
};

}  // namespace pomai
