#include "core/rabitq/code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/coding.h"
#include "core/kernel/extra_code.h"
#include "test/unit/kernel/every_target.h"

namespace pomai {
namespace {

std::vector<uint8_t> Encode(const CodeShape& shape,
                            const std::vector<float>& vector,
                            const std::vector<float>& centroid) {
  std::vector<uint8_t> record(shape.record_size());
  Encoder(shape).Encode(vector.data(), centroid.data(), record.data());
  return record;
}

// The code's values u - (2^bits - 1) / 2.
std::vector<float> Decode(const CodeShape& shape,
                          const std::vector<uint8_t>& record) {
  const uint8_t* const signs = record.data() + 12 + (shape.bits > 1 ? 12 : 0);
  std::vector<uint8_t> extra(shape.dimensions);
  if (shape.bits > 1) {
    kernel::UnpackExtra(signs + shape.sign_size(), shape.bits - 1,
                        shape.dimensions, extra.data());
  }
  std::vector<float> values(shape.dimensions);
  const float middle = static_cast<float>((1 << shape.bits) - 1) / 2;
  for (uint32_t i = 0; i < shape.dimensions; ++i) {
    const uint32_t sign = signs[i / 8] >> (i % 8) & 1;
    const uint32_t u = (sign << (shape.bits - 1)) + extra[i];
    values[i] = static_cast<float>(u) - middle;
  }
  return values;
}

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0, squares_a = 0, squares_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += double{a[i]} * b[i];
    squares_a += double{a[i]} * a[i];
    squares_b += double{b[i]} * b[i];
  }
  return product / std::sqrt(squares_a * squares_b);
}

// The largest cosine any code has with `residual`: a sweep over every scale at
// which the code changes (arXiv 2409.09913, section 3.2).
double BestCosine(const std::vector<float>& residual, uint32_t bits) {
  struct Change {
    float scale;
    size_t dimension;
  };
  std::vector<Change> changes;
  double product = 0, squares = 0, norm = 0;
  for (size_t i = 0; i < residual.size(); ++i) {
    const float magnitude = std::abs(residual[i]);
    for (uint32_t k = 1; k < 1u << (bits - 1); ++k) {
      changes.push_back({static_cast<float>(k) / magnitude, i});
    }
    product += magnitude / 2;
    squares += 0.25;
    norm += double{magnitude} * magnitude;
  }
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.scale < b.scale; });
  std::vector<double> values(residual.size(), 0.5);
  double best = product / std::sqrt(squares * norm);
  for (const Change& change : changes) {
    double& value = values[change.dimension];
    product += std::abs(residual[change.dimension]);
    squares += 2 * value + 1;
    value += 1;
    best = std::max(best, product / std::sqrt(squares * norm));
  }
  return best;
}

TEST(Code, IsNearlyAsGoodAsTheBestCode) {
  Random random(1);
  for (const uint32_t dimensions : {112u, 784u}) {
    const std::vector<float> origin(dimensions);
    // The sweep takes long where both are large.
    const uint32_t most_bits = dimensions == 112 ? kMaxBits : 6;
    for (uint32_t bits = 2; bits <= most_bits; ++bits) {
      const CodeShape shape{dimensions, bits, Metric::kL2};
      const int count = dimensions == 112 ? 10 : 3;
      double excess = 0;
      for (int i = 0; i < count; ++i) {
        const auto vector = GaussianVector(&random, dimensions);
        const double best = BestCosine(vector, bits);
        const double found =
            Cosine(vector, Decode(shape, Encode(shape, vector, origin)));
        EXPECT_LE(found, best + 1e-6);
        // The error of estimates grows with the tangent of the angle.
        excess += std::sqrt((1 - found * found) / (1 - best * best)) / count;
      }
      EXPECT_LT(excess, bits <= 6 ? 1.015 : 1.06)
          << dimensions << " dimensions, " << bits << " bits";
    }
  }
}

TEST(Code, HeavyTailsAndFlatResidualsAreCodedToo) {
  Random random(2);
  const std::vector<float> origin(112);
  auto heavy = GaussianVector(&random, 112);
  std::vector<float> flat(heavy);
  for (float& value : flat) value = value < 0 ? -1.0f : 1.0f;
  for (float& value : heavy) value = value * value * value;
  for (uint32_t bits = 2; bits <= kMaxBits; ++bits) {
    const CodeShape shape{112, bits, Metric::kL2};
    EXPECT_GT(Cosine(flat, Decode(shape, Encode(shape, flat, origin))), 0.999);
    const double best = BestCosine(heavy, bits);
    const double found =
        Cosine(heavy, Decode(shape, Encode(shape, heavy, origin)));
    EXPECT_LT(std::sqrt((1 - found * found) / (1 - best * best)), 1.2) << bits;
  }
}

TEST(Code, OneBitCodeIsThePrefixOfEveryOther) {
  Random random(3);
  const auto vector = GaussianVector(&random, 112);
  const auto centroid = GaussianVector(&random, 112);
  const CodeShape one{112, 1, Metric::kL2};
  const auto expected = Encode(one, vector, centroid);
  for (uint32_t bits = 2; bits <= kMaxBits; ++bits) {
    const CodeShape shape{112, bits, Metric::kL2};
    const auto record = Encode(shape, vector, centroid);
    EXPECT_TRUE(
        std::equal(expected.begin(), expected.begin() + 12, record.begin()));
    EXPECT_TRUE(
        std::equal(expected.begin() + 12, expected.end(), record.begin() + 24));
    const auto values = Decode(shape, record);
    for (uint32_t i = 0; i < 112; ++i) {
      EXPECT_EQ(values[i] > 0, vector[i] >= centroid[i]);
    }
  }
}

TEST(Code, ZeroResidualHasFiniteFactors) {
  const std::vector<float> vector(64, 3);
  for (uint32_t bits = 1; bits <= kMaxBits; ++bits) {
    const CodeShape shape{64, bits, Metric::kL2};
    const auto record = Encode(shape, vector, vector);
    for (uint32_t at = 0; at < (bits == 1 ? 12 : 24); at += 4) {
      EXPECT_EQ(GetFixed<float>(&record[at]), 0);
    }
  }
}

TEST(Code, BlockHoldsTheSignsAndFactorsOfItsRecords) {
  Random random(4);
  const CodeShape shape{48, 3, Metric::kL2};
  const auto centroid = GaussianVector(&random, 48);
  std::vector<std::vector<uint8_t>> records;
  std::vector<const uint8_t*> pointers;
  for (uint32_t j = 0; j < 21; ++j) {
    records.push_back(Encode(shape, GaussianVector(&random, 48), centroid));
  }
  for (const auto& record : records) pointers.push_back(record.data());
  std::vector<uint8_t> block(shape.block_size(), 0xAA);
  PackBlock(shape, pointers.data(), 21, block.data());
  for (uint32_t j = 0; j < kBlockCodes; ++j) {
    const uint8_t* const factors = &block[4 * 48 + 2 * j];
    const float add = FromBfloat16(GetFixed<uint16_t>(factors));
    if (j >= 21) {
      EXPECT_TRUE(std::isinf(add) && add > 0);
      continue;
    }
    const uint8_t* const record = records[j].data();
    EXPECT_LE(add, GetFixed<float>(record));
    EXPECT_EQ(FromBfloat16(GetFixed<uint16_t>(factors + 64)),
              GetFixed<float>(record + 4));
    EXPECT_GE(FromBfloat16(GetFixed<uint16_t>(factors + 128)),
              GetFixed<float>(record + 8));
    for (uint32_t i = 0; i < 48; ++i) {
      const uint32_t byte = block[16 * (i / 4) + j % 16];
      EXPECT_EQ(byte >> (i % 4 + (j < 16 ? 0 : 4)) & 1,
                record[24 + i / 8] >> (i % 8) & 1u);
    }
  }
}

TEST(Code, RefineRowIsTheRecordWithoutItsOneBitCode) {
  Random random(5);
  const CodeShape shape{32, 6, Metric::kL2};
  const auto record =
      Encode(shape, GaussianVector(&random, 32), std::vector<float>(32));
  std::vector<uint8_t> row(shape.refine_size());
  CopyRefineRow(shape, record.data(), row.data());
  EXPECT_EQ(row.size(), 12u + 20u);
  EXPECT_TRUE(std::equal(row.begin(), row.begin() + 12, record.begin() + 12));
  EXPECT_TRUE(std::equal(row.begin() + 12, row.end(), record.begin() + 24 + 4));
}

TEST(Factors, BfloatsRoundInTheirDirection) {
  Random random(6);
  for (int i = 0; i < 1000; ++i) {
    const float value = Gaussian(&random) * std::exp(20 * Gaussian(&random));
    const float below = FromBfloat16(Bfloat16Below(value));
    const float above = FromBfloat16(Bfloat16Above(value));
    const float nearest = FromBfloat16(Bfloat16Nearest(value));
    EXPECT_LE(below, value);
    EXPECT_GE(above, value);
    EXPECT_LE(above - below, std::abs(value) / 127);
    EXPECT_TRUE(nearest == below || nearest == above);
    EXPECT_LE(std::abs(nearest - value), (above - below) / 2);
  }
  for (const float exact : {0.0f, 1.0f, -1.5f}) {
    EXPECT_EQ(FromBfloat16(Bfloat16Below(exact)), exact);
    EXPECT_EQ(FromBfloat16(Bfloat16Above(exact)), exact);
  }
}

}  // namespace
}  // namespace pomai
