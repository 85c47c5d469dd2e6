#include "watchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace kassaflow::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Watchers, WhoIsBehindAtTheLimitIsNamed) {
  Watchers watchers;
  const auto first = watchers.join("ingress", "ingress-host-1");
  watchers.join("status", "4711");
  watchers.report(first, 7);
  EXPECT_THAT(watchers.wait_in_force(7, 0ms), ElementsAre("status 4711"));
  EXPECT_THAT(watchers.wait_in_force(8, 0ms), ElementsAre("ingress-host-1", "status 4711"));
  EXPECT_THAT(watchers.wait_in_force(0, 0ms), IsEmpty());
}

TEST(Watchers, OneSickProcessIsWaitedForOnceAndNamedEachTime) {
  Watchers watchers;
  const auto sick = watchers.join("status", "status-sick");
  const auto well = watchers.join("status", "status-well");
  watchers.report(well, 2);
  EXPECT_THAT(watchers.wait_in_force(2, 0ms), ElementsAre("status-sick"));
  EXPECT_THAT(watchers.wait_in_force(2, 1h), ElementsAre("status-sick"));
  watchers.report(sick, 2);
  auto waiting = std::async(std::launch::async, [&] { return watchers.wait_in_force(3, 1h); });
  watchers.report(well, 3);
  watchers.report(sick, 3);
  EXPECT_THAT(waiting.get(), IsEmpty()) << "it is waited for again";
}

TEST(Watchers, ApplyGoesOnAsSoonAsTheLastOneReports) {
  Watchers watchers;
  const auto id = watchers.join("ingress", "ingress-1");
  auto waiting = std::async(std::launch::async, [&] { return watchers.wait_in_force(3, 1h); });
  watchers.report(id, 3);
  EXPECT_THAT(waiting.get(), IsEmpty());
}

TEST(Watchers, ApplyDoesNotWaitLongForWhoLeft) {
  Watchers watchers(1ms);
  const auto id = watchers.join("ingress", "ingress-1");
  auto waiting = std::async(std::launch::async, [&] { return watchers.wait_in_force(3, 1h); });
  watchers.leave(id);
  EXPECT_THAT(waiting.get(), IsEmpty());
}

// A stream that broke does not mean that the service stopped: it works on with what it has.
TEST(Watchers, WhoseStreamBrokeIsBehindUntilItIsBackAndHasTakenOver) {
  Watchers watchers(1h);
  watchers.leave(watchers.join("ingress", "ingress-1"));
  EXPECT_THAT(watchers.wait_in_force(3, 0ms), ElementsAre("ingress-1"));
  watchers.report(watchers.join("ingress", "ingress-1"), 3);
  EXPECT_THAT(watchers.wait_in_force(3, 0ms), IsEmpty());
}

TEST(Watchers, WhoWatchedBeforeARestartIsExpectedBack) {
  Watchers watchers(1h);
  watchers.expect({"status-1"});
  EXPECT_THAT(watchers.wait_in_force(1, 0ms), ElementsAre("status-1"));
  EXPECT_THAT(watchers.states(), IsEmpty());
  watchers.report(watchers.join("status", "status-1"), 1);
  EXPECT_THAT(watchers.wait_in_force(1, 0ms), IsEmpty());
}

TEST(Watchers, StreamsWakeForNewerRevisionsOnly) {
  Watchers watchers;
  const auto id = watchers.join("ingress", "ingress-1");
  watchers.announce(5);
  watchers.announce(4);
  EXPECT_TRUE(watchers.wait_for_news(id, 4));
  auto waiting = std::async(std::launch::async, [&] { return watchers.wait_for_news(id, 5); });
  watchers.announce(6);
  EXPECT_TRUE(waiting.get());
}

TEST(Watchers, StreamsEndWhenTheirWatcherLeavesOrTheServiceCloses) {
  Watchers watchers;
  const auto gone = watchers.join("ingress", "ingress-1");
  const auto other = watchers.join("status", "status-1");
  auto first = std::async(std::launch::async, [&] { return watchers.wait_for_news(gone, 0); });
  auto second = std::async(std::launch::async, [&] { return watchers.wait_for_news(other, 0); });
  watchers.leave(gone);
  EXPECT_FALSE(first.get());
  watchers.close();
  EXPECT_FALSE(second.get());
}

}  // namespace
}  // namespace kassaflow::registry
