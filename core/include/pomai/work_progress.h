// WorkProgress: is told how far long work is.
//
//   membrane->Check([](const char* what, uint64_t done, uint64_t total) {
//     Draw(what, done, total);
//   });
//
// Called by the thread that does the work, often: be quick. May be empty.
#pragma once

#include <cstdint>
#include <functional>

namespace pomai {

// `what`: a word for this part of the work; its `total` may change.
using WorkProgress =
    std::function<void(const char* what, uint64_t done, uint64_t total)>;

}  // namespace pomai
