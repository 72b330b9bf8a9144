// Stride: how many of many rounds that are alike to go on by: one, or more with
// a sanitizer, so that it gets through them in minutes.
//
//   for (size_t step = 0; step <= steps; step += Stride(13, 5)) ...
//
// ThreadSanitizer and AddressSanitizer make all work five to ten times as long
// and look for races and unsound code on the way. Whether each round's result
// is right is asked by the builds without them.
#pragma once

#include <cstddef>

namespace pomai {

#if defined(__has_feature)
#define POMAI_HAS_FEATURE(name) __has_feature(name)
#else
#define POMAI_HAS_FEATURE(name) 0
#endif

// `thread`, `address`: with which of the two.
constexpr size_t Stride([[maybe_unused]] size_t thread,
                        [[maybe_unused]] size_t address) {
#if defined(__SANITIZE_THREAD__) || POMAI_HAS_FEATURE(thread_sanitizer)
  return thread;
#elif defined(__SANITIZE_ADDRESS__) || POMAI_HAS_FEATURE(address_sanitizer)
  return address;
#else
  return 1;
#endif
}

#undef POMAI_HAS_FEATURE

}  // namespace pomai
