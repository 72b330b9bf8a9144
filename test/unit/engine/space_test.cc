#include "core/engine/space.h"

#include <gtest/gtest.h>

#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

std::unique_ptr<Space> OpenSpace(MemoryMembrane* membrane) {
  return std::move(Space::Open(membrane->store(), PageLock::kPin,
                               membrane->cache(), 1))
      .value();
}

Status PublishAgain(Space* space) {
  return space->Publish(Publication(space->snapshot().view->manifest));
}

// The maintenance lock keeps others out; this is what is left if it fails to.
TEST(Space, WhatWasPublishedMeanwhileIsNotOverwritten) {
  MemoryMembrane membrane({.dimensions = 20});
  const auto first = OpenSpace(&membrane);
  const auto second = OpenSpace(&membrane);
  ASSERT_TRUE(PublishAgain(first.get()).ok());
  EXPECT_EQ(PublishAgain(second.get()).code(), StatusCode::kAborted);
  const auto third = OpenSpace(&membrane);
  EXPECT_TRUE(PublishAgain(third.get()).ok());
}

// So many batches of retired pages are kept apart; the earliest become one,
// which waits as long as the latest of them has to.
TEST(Space, BatchesThatBecomeOneWaitForTheLatest) {
  MemoryMembrane membrane({.dimensions = 20});
  membrane.store()->HoldHorizon();
  for (int i = 0; i < 80; ++i) {
    ASSERT_TRUE(PublishAgain(OpenSpace(&membrane).get()).ok());
  }
  const auto space = OpenSpace(&membrane);
  const auto& retired = space->retired();
  ASSERT_GT(retired.size(), 10u);
  ASSERT_LT(retired.size(), 80u);
  // One publication, one horizon.
  for (size_t i = 1; i < retired.size(); ++i) {
    EXPECT_EQ(retired[i].horizon, retired[i - 1].horizon + 1) << i;
  }
}

}  // namespace
}  // namespace pomai
