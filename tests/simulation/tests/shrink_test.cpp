// A failing plan is made as small as it goes, and its story has what is about its receipt.

#include "shrink.hpp"

#include <gtest/gtest.h>

#include "story.hpp"

namespace kassaflow::simulation {
namespace {

TEST(Shrink, WhatTheFailureDoesNotNeedIsLeftOut) {
  const auto plan = shrink({.seed = 7}, [](const Plan& tried) {
    return tried.receipts >= 13 && tried.workers >= 2 && !tried.without.contains(Kind::kills) &&
           !tried.without.contains(Kind::outages);
  });
  EXPECT_EQ(plan.seed, 7U);
  EXPECT_EQ(plan.receipts, 13);
  EXPECT_EQ(plan.workers, 2);
  EXPECT_EQ(plan.calm, 12);
  EXPECT_EQ(plan.without.size(), kKinds.size() - 2);
}

TEST(Shrink, AnotherSeedMayFailWhereThisOneDoesNot) {
  const auto plan =
      shrink({.seed = 7}, [](const Plan& tried) { return tried.receipts > 200 || tried.seed == 2'000'007; });
  EXPECT_EQ(plan.seed, 2'000'007U);
  EXPECT_EQ(plan.receipts, 1);
}

TEST(Shrink, WhatFailsOnlyAsItIsStaysAsItIs) {
  EXPECT_EQ(shrink({.seed = 7}, [](const Plan&) { return false; }).receipts, Plan().receipts);
}

TEST(Story, HasTheReceiptItsRegistersAndTheWorldAndNobodyElse) {
  const auto story = story_of(1,
                              "-- 1.000 s: worker-1 starts\n"
                              "-- 1.500 s: receipt 1 is posted with content 0, 11111111-2222-8333-8444-000000000001\n"
                              "-- 1.600 s: receipt 12 is posted with content 0, 11111111-2222-8333-8444-000000000012\n"
                              "-- 2.000 s: \n"
                              R"({"ts":"2026","level":"info","service":"worker-1","event":"attempt.opened",)"
                              R"("receipt":"11111111-2222-8333-8444-000000000001","register":"left"})"
                              "\n"
                              R"({"ts":"2026","level":"info","service":"worker-1","event":"attempt.opened",)"
                              R"("receipt":"11111111-2222-8333-8444-000000000012","register":"east"})"
                              "\n"
                              R"({"ts":"2026","level":"warn","service":"worker-1","event":"register.down",)"
                              R"("register":"left"})"
                              "\n"
                              "-- 3.000 s: left has 1/2 by hand of 1 ms over 5\n"
                              "-- 3.000 s: east has 1/2 by hand of 1 ms over 5\n");
  EXPECT_EQ(story,
            "   1.000 s: worker-1 starts\n"
            "   1.500 s: receipt 1 is posted with content 0, 11111111-2222-8333-8444-000000000001\n"
            "   2.000 s: worker-1 {\"event\":\"attempt.opened\","
            "\"receipt\":\"11111111-2222-8333-8444-000000000001\",\"register\":\"left\"}\n"
            "   2.000 s: worker-1 {\"event\":\"register.down\",\"register\":\"left\"}\n"
            "   3.000 s: left has 1/2 by hand of 1 ms over 5\n");
}

}  // namespace
}  // namespace kassaflow::simulation
