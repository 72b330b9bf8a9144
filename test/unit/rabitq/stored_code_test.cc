// What can be got back from stored codes: records from blocks, residuals and
// vectors from records.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/rabitq/code.h"
#include "core/rabitq/estimator.h"
#include "test/unit/rabitq/code_sample.h"

namespace pomai {
namespace {

constexpr Metric kMetrics[] = {Metric::kL2, Metric::kInnerProduct,
                               Metric::kCosine};

std::vector<std::vector<uint8_t>> RecordsOf(const CodeShape& shape,
                                            const Sample& sample) {
  Encoder encoder(shape);
  std::vector<std::vector<uint8_t>> records;
  for (const auto& vector : sample.vectors) {
    records.emplace_back(shape.record_size());
    encoder.Encode(vector.data(), sample.centroid.data(),
                   records.back().data());
  }
  return records;
}

TEST(StoredCode, UnpackedRecordsPackToTheSameBytes) {
  for (const uint32_t dimensions : {112u, 400u}) {
    for (uint32_t bits = 1; bits <= 9; ++bits) {
      for (const Metric metric : kMetrics) {
        const Sample sample = GaussianSample(dimensions, 27, 0, metric, bits);
        const CodeShape shape{dimensions, bits, metric};
        const auto records = RecordsOf(shape, sample);
        std::vector<const uint8_t*> from;
        for (const auto& record : records) from.push_back(record.data());
        std::vector<uint8_t> block(shape.block_size());
        PackBlock(shape, from.data(), 27, block.data());
        std::vector<uint8_t> rows(size_t{27} * shape.refine_size() + 1);
        for (uint32_t slot = 0; slot < 27; ++slot) {
          CopyRefineRow(shape, from[slot], &rows[slot * shape.refine_size()]);
        }
        std::vector<uint8_t> unpacked(size_t{27} * shape.record_size());
        UnpackBlock(shape, block.data(), 27, rows.data(), unpacked.data());
        for (uint32_t slot = 0; slot < 27; ++slot) {
          const uint8_t* const record = &unpacked[slot * shape.record_size()];
          EXPECT_EQ(std::memcmp(record + 12, from[slot] + 12,
                                shape.record_size() - 12),
                    0);
          from[slot] = record;
        }
        std::vector<uint8_t> again(shape.block_size());
        PackBlock(shape, from.data(), 27, again.data());
        EXPECT_EQ(again, block)
            << dimensions << " dimensions, " << bits << " bits";
      }
    }
  }
}

double SquaredDifference(const std::vector<float>& a,
                         const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(a[i] - b[i], 2.0);
  return sum;
}

TEST(StoredCode, SquaredResidualIsRightToWithinFourPercent) {
  for (const Metric metric : kMetrics) {
    for (const uint32_t dimensions : {112u, 784u}) {
      const Sample sample = GaussianSample(dimensions, 200, 0, metric, 7);
      const CodeShape shape{dimensions, 4, metric};
      const auto records = RecordsOf(shape, sample);
      for (size_t i = 0; i < records.size(); ++i) {
        const double exact =
            SquaredDifference(sample.vectors[i], sample.centroid);
        EXPECT_NEAR(SquaredResidual(shape, records[i].data()), exact,
                    0.04 * exact);
      }
    }
  }
}

// Each bit more halves the error, from about two thirds of the residual on.
TEST(StoredCode, DecodedVectorsAreAsNearAsTheBitsAllow) {
  const double most[] = {0,    0.80, 0.42, 0.23,  0.13,
                         0.07, 0.04, 0.02, 0.012, 0.007};
  for (const Metric metric : kMetrics) {
    for (const uint32_t dimensions : {112u, 784u}) {
      const Sample sample = GaussianSample(dimensions, 100, 0, metric, 3);
      for (uint32_t bits = 1; bits <= 9; ++bits) {
        const CodeShape shape{dimensions, bits, metric};
        const auto records = RecordsOf(shape, sample);
        double error = 0, residual = 0;
        std::vector<float> decoded(dimensions);
        for (size_t i = 0; i < records.size(); ++i) {
          DecodeVector(shape, records[i].data(), sample.centroid.data(),
                       decoded.data());
          error += SquaredDifference(decoded, sample.vectors[i]);
          residual += SquaredDifference(sample.centroid, sample.vectors[i]);
        }
        EXPECT_LT(std::sqrt(error / residual), most[bits])
            << bits << " bits, " << dimensions << " dimensions";
      }
    }
  }
}

// Encoded again `times` times, each time around a centroid that lies half a
// residual off: the share of scores outside of their bound.
double ShareOutside(const CodeShape& shape, const Sample& sample, int times) {
  size_t outside = 0, all = 0;
  std::vector<float> decoded(shape.dimensions);
  std::vector<uint8_t> record(shape.record_size());
  Encoder encoder(shape);
  auto records = RecordsOf(shape, sample);
  std::vector<float> centroid = sample.centroid;
  Random random(11);
  const auto step = static_cast<float>(
      0.5 * std::sqrt(SquaredDifference(sample.vectors[0], centroid) /
                      shape.dimensions));
  for (int time = 0; time < times; ++time) {
    std::vector<float> next = centroid;
    for (float& x : next) x += (random.Uniform() < 0.5 ? -step : step);
    for (auto& old : records) {
      const double surplus =
          DecodeVector(shape, old.data(), centroid.data(), decoded.data());
      encoder.Encode(decoded.data(), next.data(), record.data());
      InheritError(shape, old.data(), surplus, record.data());
      old = record;
    }
    centroid = next;
  }
  for (const auto& query : sample.queries) {
    const Estimator estimator(shape, query.data());
    const ListTerms terms = estimator.TermsFor(centroid.data());
    for (size_t i = 0; i < records.size(); ++i) {
      const Estimate estimate =
          estimator.RefineRecord(records[i].data(), terms);
      const double exact = ExactScore(shape.metric, sample.vectors[i], query);
      if (exact < estimate.score - estimate.error) ++outside;
      ++all;
    }
  }
  return static_cast<double>(outside) / static_cast<double>(all);
}

// The bound's promise is 2.7 % on one side.
TEST(StoredCode, BoundsHoldAfterEncodingAgain) {
  for (const Metric metric : kMetrics) {
    for (const uint32_t dimensions : {112u, 784u}) {
      const Sample sample = ClusteredSample(dimensions, 300, 30, metric, 5);
      for (const uint32_t bits : {3u, 4u, 6u}) {
        const CodeShape shape{dimensions, bits, metric};
        for (const int times : {1, 3}) {
          EXPECT_LT(ShareOutside(shape, sample, times), 0.06)
              << bits << " bits, " << dimensions << " dimensions, encoded "
              << times << " times";
        }
      }
    }
  }
}

}  // namespace
}  // namespace pomai
