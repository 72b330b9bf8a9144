// Little-endian fixed-width numbers in byte arrays of any alignment.
//
//   PutFixed<uint32_t>(page + 8, count);
//   uint32_t count = GetFixed<uint32_t>(page + 8);
//
// Every stored number goes through these, so bytes are the same on every
// machine (big-endian machines are refused at compile time) and no load is
// misaligned.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace pomai {

static_assert(std::endian::native == std::endian::little,
              "pomai stores little-endian numbers");

template <typename T>
inline T GetFixed(const void* from) {
  static_assert(std::is_arithmetic_v<T>);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T>
inline void PutFixed(void* to, T value) {
  static_assert(std::is_arithmetic_v<T>);
  std::memcpy(to, &value, sizeof(T));
}

// Appends to `bytes`.
template <typename T>
inline void AppendFixed(std::vector<uint8_t>* bytes, T value) {
  bytes->resize(bytes->size() + sizeof(T));
  PutFixed<T>(bytes->data() + bytes->size() - sizeof(T), value);
}

}  // namespace pomai
