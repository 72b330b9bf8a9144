#include "core/engine/maintenance_plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "test/unit/engine/memory_membrane.h"

namespace pomai {
namespace {

using Goal = MaintenanceGoal;
using Kind = MaintenanceStep::Kind;

// What is as it should be: a built index of two shards that nothing has
// happened to.
class Plan : public testing::Test {
 protected:
  Plan() : membrane_({.dimensions = 16, .shards = 2}) {
    membrane_.Build(ClusteredVectors(3000, 16, 20, 1));
    auto taken = membrane_.TakeSnapshot();
    snapshot_ = *taken;
    const View& view = *snapshot_.view;
    input_.view = &view;
    input_.tails.assign(2, {0, false, view.manifest.current_codebook()});
    input_.dead.assign(view.manifest.segments.size(), 0);
    input_.coded_rows = 3000;
    input_.pages = 1000;
  }

  uint64_t limit() const { return TailLimit(*snapshot_.view); }
  uint64_t RowsOf(size_t segment) const {
    return snapshot_.view->directories[segment].live_rows();
  }

  MemoryMembrane membrane_;
  Snapshot snapshot_;
  PlanInput input_;
};

TEST_F(Plan, NothingIsDueForASoundIndex) {
  for (const Goal goal : {Goal::kSeal, Goal::kKeepUp, Goal::kTidy, Goal::kAll,
                          Goal::kForceSeal, Goal::kForceMerge}) {
    EXPECT_EQ(PlanStep(input_, goal).kind, Kind::kNone)
        << static_cast<int>(goal);
  }
}

struct Case {
  const char* name;
  std::function<void(PlanInput*)> change;
  Goal goal;
  Kind expected;
};

TEST_F(Plan, EachConditionHasItsStep) {
  const auto tail = [](uint64_t rows) {
    return [rows](PlanInput* input) { input->tails[1].rows = rows; };
  };
  const auto earlier = [](PlanInput* input) {
    input->tails[1].rows = 1;
    input->tails[1].earlier_codebook = true;
  };
  const auto behind = [](PlanInput* input) {
    input->tails[1].codebook_version = 0;
  };
  const auto dead = [this](double share) {
    return [this, share](PlanInput* input) {
      input->dead[0] =
          static_cast<uint64_t>(share * static_cast<double>(RowsOf(0)));
    };
  };
  const auto retired = [&](PlanInput* input) {
    dead(0.3)(input);
    input->retired_pages = 100;
  };
  const auto end = [](PlanInput* input) { input->free_at_end = 40; };
  const auto kept = [](PlanInput* input) {
    input->free_at_end = 40;
    input->may_give_back = false;
  };
  const auto hole = [](PlanInput* input) {
    input->free_pages = 200;
    input->movable_segment = 0;
  };
  const auto few = [](PlanInput* input) {
    input->free_pages = 3;
    input->movable_segment = 0;
  };
  const auto last = [](PlanInput* input) {
    input->free_pages = 200;
    input->movable_tail = 0;
  };
  const auto nothing = [](PlanInput*) {};
  const auto trained = [](PlanInput* input) { input->has_trained = true; };
  const auto empty = [](PlanInput* input) { input->coded_rows = 0; };
  const Case cases[] = {
      {"short tail", tail(1), Goal::kSeal, Kind::kNone},
      {"short tail", tail(1), Goal::kAll, Kind::kNone},
      {"short tail", tail(1), Goal::kForceSeal, Kind::kSeal},
      {"short tail", tail(1), Goal::kForceMerge, Kind::kSeal},
      {"tail below the limit", tail(limit() - 1), Goal::kTidy, Kind::kNone},
      {"tail at the limit", tail(limit()), Goal::kSeal, Kind::kSeal},
      {"tail at the limit", tail(limit()), Goal::kKeepUp, Kind::kSeal},
      {"tail at the limit", tail(limit()), Goal::kTidy, Kind::kSeal},
      {"tail at the limit", tail(limit()), Goal::kAll, Kind::kSeal},
      {"tail of an earlier codebook", earlier, Goal::kSeal, Kind::kNone},
      {"tail of an earlier codebook", earlier, Goal::kTidy, Kind::kSeal},
      {"shard behind", behind, Goal::kSeal, Kind::kSwitch},
      {"shard behind", behind, Goal::kAll, Kind::kSwitch},
      {"shard behind", behind, Goal::kForceRetrain, Kind::kSwitch},
      {"few dead", dead(0.1), Goal::kAll, Kind::kNone},
      {"few dead", dead(0.1), Goal::kForceMerge, Kind::kMerge},
      {"many dead", dead(0.3), Goal::kSeal, Kind::kNone},
      {"many dead", dead(0.3), Goal::kKeepUp, Kind::kMerge},
      {"many dead", dead(0.3), Goal::kTidy, Kind::kMerge},
      {"many dead", dead(0.3), Goal::kAll, Kind::kMerge},
      {"dead and retired", retired, Goal::kAll, Kind::kWait},
      {"dead and retired", retired, Goal::kTidy, Kind::kMerge},
      {"free end", end, Goal::kSeal, Kind::kNone},
      {"free end", end, Goal::kKeepUp, Kind::kNone},
      {"free end", end, Goal::kTidy, Kind::kGiveBack},
      {"free end", end, Goal::kForceMerge, Kind::kGiveBack},
      {"free end in use", kept, Goal::kTidy, Kind::kNone},
      {"holes", hole, Goal::kTidy, Kind::kMerge},
      {"small holes", few, Goal::kTidy, Kind::kNone},
      {"a tail behind holes", last, Goal::kTidy, Kind::kSeal},
      {"a tail behind holes", last, Goal::kSeal, Kind::kNone},
      {"forced", nothing, Goal::kForceRetrain, Kind::kTrain},
      {"forced, done", trained, Goal::kForceRetrain, Kind::kNone},
      {"no vectors", empty, Goal::kForceRetrain, Kind::kNone},
  };
  for (const Case& each : cases) {
    PlanInput input = input_;
    each.change(&input);
    EXPECT_EQ(PlanStep(input, each.goal).kind, each.expected)
        << each.name << ", goal " << static_cast<int>(each.goal);
  }
}

TEST_F(Plan, ASealNamesItsShard) {
  input_.tails[1].rows = limit();
  EXPECT_EQ(PlanStep(input_, Goal::kSeal).shard, 1u);
}

// Or a shard that fills up as fast as it is sealed would keep others waiting.
TEST_F(Plan, TheLongestTailIsSealedFirst) {
  input_.tails[0].rows = limit();
  input_.tails[1].rows = limit() + 1;
  for (const Goal goal : {Goal::kSeal, Goal::kAll, Goal::kForceSeal}) {
    EXPECT_EQ(PlanStep(input_, goal).kind, Kind::kSeal);
    EXPECT_EQ(PlanStep(input_, goal).shard, 1u);
  }
  std::swap(input_.tails[0], input_.tails[1]);
  EXPECT_EQ(PlanStep(input_, Goal::kAll).shard, 0u);
}

TEST_F(Plan, ARewriteNamesTheSegmentAndItsLists) {
  const auto& segments = snapshot_.view->manifest.segments;
  const size_t last = segments.size() - 1;
  input_.dead[last] = RowsOf(last);
  const MaintenanceStep step = PlanStep(input_, Goal::kTidy);
  ASSERT_EQ(step.kind, Kind::kMerge);
  EXPECT_EQ(step.segments, std::vector<size_t>{last});
  EXPECT_EQ(step.shard, segments[last].shard);
  EXPECT_EQ(step.first_list, segments[last].first_live_list());
  EXPECT_EQ(step.end_list, segments[last].end_list());
}

// Without a codebook there is only one list, and rows make one due.
TEST(PlanWithoutCodebook, ATailIsTrainedOnBeforeItIsSealed) {
  MemoryMembrane membrane({.dimensions = 16});
  ASSERT_TRUE(membrane.Insert(1, Vector(16, 1.0f)).ok());
  auto taken = membrane.TakeSnapshot();
  const Snapshot& snapshot = *taken;
  PlanInput input;
  input.view = snapshot.view.get();
  input.tails = {{5000, false, 0}};
  input.coded_rows = 5000;
  EXPECT_EQ(PlanStep(input, Goal::kAll).kind, Kind::kTrain);
  EXPECT_EQ(PlanStep(input, Goal::kSeal).kind, Kind::kTrain);
  input.has_trained = true;
  EXPECT_EQ(PlanStep(input, Goal::kSeal).kind, Kind::kSeal);
  input.has_trained = false;
  input.coded_rows = 999;
  input.tails[0].rows = 999;
  EXPECT_EQ(PlanStep(input, Goal::kAll).kind, Kind::kNone);
}

}  // namespace
}  // namespace pomai
