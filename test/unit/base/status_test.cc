#include "core/base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pomai {
namespace {

TEST(Status, OkHasNoMessage) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kOk);
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.ToString(), "Ok");
}

TEST(Status, KeepsCodeAndMessage) {
  const Status status = Status::Corruption("block 7: expected 3, found 0");
  const Status copy = status;
  EXPECT_FALSE(copy.ok());
  EXPECT_EQ(copy.code(), StatusCode::kCorruption);
  EXPECT_EQ(copy.message(), "block 7: expected 3, found 0");
  EXPECT_EQ(copy.ToString(), "Corruption: block 7: expected 3, found 0");
}

TEST(Status, HostErrorIsNamedWithoutMessage) {
  EXPECT_EQ(Status::HostError().code(), StatusCode::kHostError);
  EXPECT_EQ(Status::HostError().ToString(), "HostError");
}

TEST(Status, EveryFactoryHasItsCodeAndName) {
  const struct {
    Status status;
    StatusCode code;
    const char* name;
  } cases[] = {
      {Status::InvalidArgument(""), StatusCode::kInvalidArgument,
       "InvalidArgument"},
      {Status::NotFound(""), StatusCode::kNotFound, "NotFound"},
      {Status::AlreadyExists(""), StatusCode::kAlreadyExists, "AlreadyExists"},
      {Status::PermissionDenied(""), StatusCode::kPermissionDenied,
       "PermissionDenied"},
      {Status::ResourceExhausted(""), StatusCode::kResourceExhausted,
       "ResourceExhausted"},
      {Status::FailedPrecondition(""), StatusCode::kFailedPrecondition,
       "FailedPrecondition"},
      {Status::Aborted(""), StatusCode::kAborted, "Aborted"},
      {Status::Io(""), StatusCode::kIo, "Io"},
      {Status::Corruption(""), StatusCode::kCorruption, "Corruption"},
      {Status::Internal(""), StatusCode::kInternal, "Internal"},
      {Status::Unknown(""), StatusCode::kUnknown, "Unknown"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(each.status.code(), each.code);
    EXPECT_STREQ(StatusCodeName(each.code), each.name);
  }
}

Result<std::unique_ptr<int>> Half(int value) {
  if (value % 2 != 0) return Status::InvalidArgument("odd");
  return std::make_unique<int>(value / 2);
}

Status AddHalves(int a, int b, int* sum) {
  POMAI_ASSIGN_OR_RETURN(const auto half_a, Half(a));
  POMAI_ASSIGN_OR_RETURN(const auto half_b, Half(b));
  *sum = *half_a + *half_b;
  return Status::Ok();
}

Status Twice(int a, int* sum) {
  POMAI_RETURN_IF_ERROR(AddHalves(a, a, sum));
  *sum *= 2;
  return Status::Ok();
}

TEST(Result, MovesItsValueOut) {
  auto half = Half(6);
  ASSERT_TRUE(half.ok());
  const std::unique_ptr<int> value = std::move(half).value();
  EXPECT_EQ(*value, 3);
}

TEST(Result, MacrosReturnTheFirstError) {
  int sum = 0;
  EXPECT_TRUE(AddHalves(2, 4, &sum).ok());
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(AddHalves(2, 5, &sum).message(), "odd");
  EXPECT_EQ(Twice(3, &sum).code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(Twice(4, &sum).ok());
  EXPECT_EQ(sum, 8);
}

}  // namespace
}  // namespace pomai
