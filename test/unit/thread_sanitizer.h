// EveryNth: of many rounds that are alike, so many that ThreadSanitizer gets
// through them in minutes; all of them without it.
//
//   for (size_t step = 0; step <= steps; step += EveryNth(7)) ...
//
// It makes all work ten times as long and looks for races, not for the rounds'
// results.
#pragma once

#include <cstddef>

namespace pomai {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif
#else
inline constexpr bool kThreadSanitizer = false;
#endif

constexpr size_t EveryNth(size_t n) { return kThreadSanitizer ? n : 1; }

}  // namespace pomai
