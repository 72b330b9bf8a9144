#include "core/host_file/reader_registry.h"

#include <algorithm>

namespace pomai {

ReaderRegistry::Reader ReaderRegistry::Register() {
  const std::lock_guard lock(mutex_);
  ++readers_[now_];
  return Reader(this, now_);
}

void ReaderRegistry::Leave(uint64_t since) {
  const std::lock_guard lock(mutex_);
  const auto entry = readers_.find(since);
  if (--entry->second == 0) readers_.erase(entry);
}

uint64_t ReaderRegistry::Horizon() {
  const std::lock_guard lock(mutex_);
  return now_++;
}

bool ReaderRegistry::Passed(uint64_t horizon) const {
  const std::lock_guard lock(mutex_);
  return readers_.empty() || readers_.begin()->first > horizon;
}

void ReaderRegistry::StartAfter(uint64_t horizon) {
  const std::lock_guard lock(mutex_);
  now_ = std::max(now_, horizon + 1);
}

uint64_t ReaderRegistry::last() const {
  const std::lock_guard lock(mutex_);
  return now_ - 1;
}

}  // namespace pomai
