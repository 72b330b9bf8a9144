// SignSum: the sum of a query's dimensions whose sign bit is set in a code.
//
//   float sum = kernel::SumOfSlot(block, query, 112, 7);   // code 7 of a block
//   float same = kernel::SumOfSigns(record_signs, query, 112);
//
// Pure functions; any thread. `dimensions` is a multiple of 16; any alignment.
// The scalar versions are the definitions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pomai::kernel {

// Of code `slot` < 32 of a block as core/rabitq/code.h lays it out.
float SumOfSlot(const uint8_t* block, const float* query, size_t dimensions,
                uint32_t slot);
// Of sign bits in the order of dimensions, dimensions / 8 bytes.
float SumOfSigns(const uint8_t* signs, const float* query, size_t dimensions);

namespace scalar {
float SumOfSlot(const uint8_t* block, const float* query, size_t dimensions,
                uint32_t slot);
float SumOfSigns(const uint8_t* signs, const float* query, size_t dimensions);
}  // namespace scalar

}  // namespace pomai::kernel
