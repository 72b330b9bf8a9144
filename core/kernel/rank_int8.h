// Ranking by small integers: scores of one query against many centroids that
// are kept in 8 bits a dimension, each with its own scale.
//
//   std::vector<int16_t> integers(dimensions);
//   float step = QuantizeQuery(query, dimensions, integers.data());
//   ScoreInt8Rows(rows, integers.data(), -2 * step, |query|^2, scores);
//
// Pure functions; any thread. `dimensions` is a multiple of 16. The scalar
// version is the definition; integer sums are exact, so all agree.
#pragma once

#include <cstdint>

namespace pomai::kernel {

// `count` rows: row j stands for the vector scales[j] * values[j].
struct Int8Rows {
  const int8_t* values;  // count x dimensions
  const float* scales;
  const float* norms;  // what is added to each score; may be null
  uint32_t count;
  uint32_t dimensions;
};

// The nearest integers of `row` / scale into `to`; returns the scale, which
// makes the largest 127 in size (0 for a row of zeros).
float QuantizeRow(const float* row, uint32_t dimensions, int8_t* to);
// The same in 16 bits; the largest integer is as large as it can be so that no
// sum of products with a row passes 32 bits.
float QuantizeQuery(const float* query, uint32_t dimensions, int16_t* to);

// scores[j] = offset + norms[j] + factor * scales[j] * <values[j], query>.
void ScoreInt8Rows(const Int8Rows& rows, const int16_t* query, float factor,
                   float offset, float* scores);

namespace scalar {
void ScoreInt8Rows(const Int8Rows& rows, const int16_t* query, float factor,
                   float offset, float* scores);
}  // namespace scalar

}  // namespace pomai::kernel
