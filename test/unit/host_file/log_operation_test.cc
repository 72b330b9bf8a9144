#include "core/host_file/log_operation.h"

#include <gtest/gtest.h>

#include <cstring>

#include <string>
#include <vector>

namespace pomai {
namespace {

TEST(LogOperation, ComesBackAsItWasWritten) {
  const std::vector<float> vector = {1.5f, -2.0f, 0.25f};
  std::vector<uint8_t> body;
  AppendPut(7, vector, &body);
  AppendDelete(UINT64_MAX, &body);
  LogOperationReader reader(body, 3);
  LogOperation operation;
  ASSERT_TRUE(reader.Next(&operation).value());
  EXPECT_EQ(operation.kind, LogOperationKind::kPut);
  EXPECT_EQ(operation.id, 7u);
  EXPECT_EQ(
      std::vector<float>(operation.vector.begin(), operation.vector.end()),
      vector);
  ASSERT_EQ(operation.vector_offset % sizeof(float), 0u);
  EXPECT_EQ(
      std::memcmp(body.data() + operation.vector_offset, vector.data(), 12), 0);
  ASSERT_TRUE(reader.Next(&operation).value());
  EXPECT_EQ(operation.kind, LogOperationKind::kDelete);
  EXPECT_EQ(operation.id, UINT64_MAX);
  EXPECT_TRUE(operation.vector.empty());
  EXPECT_FALSE(reader.Next(&operation).value());
}

TEST(LogOperation, MayHaveNoDimensions) {
  std::vector<uint8_t> body;
  AppendPut(7, {}, &body);
  LogOperationReader reader(body, 0);
  LogOperation operation;
  ASSERT_TRUE(reader.Next(&operation).value());
  EXPECT_EQ(operation.id, 7u);
  EXPECT_TRUE(operation.vector.empty());
  EXPECT_FALSE(reader.Next(&operation).value());
}

TEST(LogOperation, CutShortIsCorruption) {
  std::vector<uint8_t> body;
  AppendPut(7, std::vector<float>{1, 2}, &body);
  for (size_t size = 1; size < body.size(); ++size) {
    LogOperationReader reader(std::span<const uint8_t>(body).first(size), 2);
    LogOperation operation;
    const auto result = reader.Next(&operation);
    EXPECT_EQ(result.status().code(), StatusCode::kCorruption) << size;
    EXPECT_EQ(result.status().message(),
              "operation at byte 0: expected " +
                  std::string(size < 12 ? "12" : "20") + " bytes, found " +
                  std::to_string(size));
  }
}

TEST(LogOperation, OfAnUnknownKindIsCorruption) {
  std::vector<uint8_t> body;
  AppendDelete(1, &body);
  AppendDelete(2, &body);
  body[12] = 3;
  LogOperationReader reader(body, 2);
  LogOperation operation;
  ASSERT_TRUE(reader.Next(&operation).value());
  EXPECT_EQ(reader.Next(&operation).status().message(),
            "operation at byte 12: expected kind 1 or 2, found 3");
}

}  // namespace
}  // namespace pomai
