// ReaderRegistry: who reads since when, so that what readers may still use is
// let go after them.
//
//   ReaderRegistry::Reader reader = registry.Register();
//   ...
//   const uint64_t horizon = registry.Horizon();
//   registry.Passed(horizon);   // false until `reader` has ended
//
// Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace pomai {

class ReaderRegistry {
 public:
  // One that reads, from Register to its end. Move-only.
  class Reader {
   public:
    Reader() = default;
    Reader(Reader&& other) noexcept
        : registry_(std::exchange(other.registry_, nullptr)),
          since_(other.since_) {}
    Reader& operator=(Reader&& other) noexcept {
      std::swap(registry_, other.registry_);
      std::swap(since_, other.since_);
      return *this;
    }
    ~Reader() {
      if (registry_ != nullptr) registry_->Leave(since_);
    }

   private:
    friend class ReaderRegistry;
    Reader(ReaderRegistry* registry, uint64_t since)
        : registry_(registry), since_(since) {}
    ReaderRegistry* registry_ = nullptr;
    uint64_t since_ = 0;
  };

  Reader Register();
  // A point in time behind all that was registered; rises with every call.
  uint64_t Horizon();
  // Whether all who registered before Horizon returned `horizon` have ended.
  bool Passed(uint64_t horizon) const;
  // Horizons go on behind `horizon` (of an earlier process).
  void StartAfter(uint64_t horizon);
  // The last horizon.
  uint64_t last() const;

 private:
  void Leave(uint64_t since);

  mutable std::mutex mutex_;
  uint64_t now_ = 1;                      // the next horizon
  std::map<uint64_t, uint64_t> readers_;  // how many, by `now_` of Register
};

}  // namespace pomai
