// MaintenanceHost: what a step of maintenance works with.
//
//   MaintenanceHost host{store, PageLock::kPin, cache, key};
//   host.memory = 64 << 20;
//   host.progress = [](const char* what, uint64_t done, uint64_t total) {...};
//
// Whoever has it holds the maintenance lock of the index. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "core/engine/snapshot.h"

namespace pomai {

struct MaintenanceHost {
  PageStore* store = nullptr;
  PageLock sealed = PageLock::kPin;
  ViewCache* cache = nullptr;
  uint64_t key = 0;
  // Bytes for entries that are sorted and for training's sample.
  size_t memory = size_t{64} << 20;
  // Rows (or units of work) done of a total; may be empty.
  std::function<void(const char*, uint64_t, uint64_t)> progress;

  void Report(const char* what, uint64_t done, uint64_t total) const {
    if (progress) progress(what, done, total);
  }
};

}  // namespace pomai
