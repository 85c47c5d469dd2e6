#include "portal.hpp"

#include <gtest/gtest.h>

#include "kassaflow/async/back_off.hpp"

namespace kassaflow::status {
namespace {

using bitrix24::Reaction;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

const Pace::Clock::time_point kStart{std::chrono::hours(100)};
const Secret kWebhook("https://old.bitrix24.ru/rest/1/abc/");
const std::string kNew = "https://new.bitrix24.ru";

TEST(Pace, StaysBelowThePortalsBucket) {
  Pace pace;
  double level = 0;  // as the portal counts: +1 a request, −2 a second, blocked above 50 (bitrix24.md §11.2)
  auto last = kStart;
  for (int i = 0; i < 1000; ++i) {
    const auto at = pace.take(kStart);
    level = std::max(0.0, level - 2 * std::chrono::duration<double>(at - last).count()) + 1;
    last = at;
    ASSERT_LE(level, 30) << i;  // leaves room for what is planned and leaves late
  }
  EXPECT_GE(last - kStart, Pace::kInterval * (1000 - Pace::kBurst));
}

TEST(Pace, ABurstLeavesAtOnceAndComesBackAfterAPause) {
  Pace pace;
  for (int i = 0; i < Pace::kBurst; ++i) EXPECT_EQ(pace.take(kStart), kStart) << i;
  EXPECT_EQ(pace.take(kStart), kStart + 500ms);
  EXPECT_EQ(pace.take(kStart), kStart + 1000ms);
  const auto later = kStart + 1h;
  for (int i = 0; i < Pace::kBurst; ++i) EXPECT_EQ(pace.take(later), later) << i;
  EXPECT_GT(pace.take(later), later);
}

TEST(Pace, AnotherReplicaGoesOnWhereOneStopped) {
  Pace one;
  for (int i = 0; i < Pace::kBurst; ++i) one.take(kStart);
  Pace another(one.place());
  EXPECT_EQ(another.take(kStart), kStart + 500ms);
}

TEST(BackOff, DoublesUpToTheLongest) {
  EXPECT_EQ(async::back_off(5s, 15min, 0, 1), 5s);
  EXPECT_EQ(async::back_off(5s, 15min, 3, 1), 40s);
  EXPECT_EQ(async::back_off(5s, 15min, 3, 0), 20s);
  for (const int tries : {10, 63, 100000}) EXPECT_EQ(async::back_off(5s, 15min, tries, 1), 15min) << tries;
  EXPECT_EQ(async::back_off(5s, 1s, 0, 1), 1s);
}

TEST(PortalAddress, AMovedPortalIsKeptOnceItAnsweredFromThere) {
  PortalAddress address(kWebhook, "", "");
  EXPECT_EQ(address.url(), "https://old.bitrix24.ru/rest/1/abc/sale.cashbox.check.apply");
  ASSERT_TRUE(address.follow(kNew + "/somewhere/else"));
  EXPECT_EQ(address.url(), kNew + "/rest/1/abc/sale.cashbox.check.apply") << "only the host is taken";
  EXPECT_EQ(address.confirmed(), "");
  address.answered(true);
  EXPECT_EQ(address.confirmed(), kNew);

  EXPECT_EQ(PortalAddress(kWebhook, address.digest(), address.confirmed()).url(), address.url());
}

TEST(PortalAddress, AnotherWebhookForgetsWhereTheLastOneMoved) {
  const PortalAddress moved(kWebhook, "", "");
  const PortalAddress other(Secret("https://third.bitrix24.ru/rest/1/xyz"), moved.digest(), kNew);
  EXPECT_EQ(other.url(), "https://third.bitrix24.ru/rest/1/xyz/sale.cashbox.check.apply");
  EXPECT_EQ(other.confirmed(), "");
}

TEST(PortalAddress, WhatIsNoPortalIsForgotten) {
  PortalAddress address(kWebhook, "", "");
  ASSERT_TRUE(address.follow("https://parking.example/"));
  address.answered(false);
  EXPECT_EQ(address.confirmed(), "");
  EXPECT_TRUE(address.url().starts_with("https://old.bitrix24.ru/"));

  PortalAddress kept(kWebhook, address.digest(), kNew);
  kept.answered(false);
  EXPECT_EQ(kept.confirmed(), "");
  EXPECT_TRUE(kept.url().starts_with("https://old.bitrix24.ru/"));
}

TEST(PortalAddress, PortalsThatNameEachOtherAreLeftAfterOneStep) {
  PortalAddress address(kWebhook, PortalAddress(kWebhook, "", "").digest(), kNew);
  EXPECT_TRUE(address.follow("https://old.bitrix24.ru/rest/1/abc/"));
  EXPECT_FALSE(address.follow(kNew + "/rest/1/abc/"));
  EXPECT_EQ(address.confirmed(), "");
  EXPECT_TRUE(address.url().starts_with("https://old.bitrix24.ru/"));
  EXPECT_TRUE(address.follow(kNew + "/")) << "the next push may try again";
}

TEST(PortalAddress, ARedirectThatLeadsNowhereIsNotFollowed) {
  for (const std::string location : {"https://old.bitrix24.ru/rest/1/abc/", "http://new.bitrix24.ru/", "", "/login"}) {
    PortalAddress address(kWebhook, "", "");
    EXPECT_FALSE(address.follow(location)) << location;
    EXPECT_TRUE(address.url().starts_with("https://old.bitrix24.ru/"));
  }
  PortalAddress address(kWebhook, "", "");
  ASSERT_TRUE(address.follow("https://new.bitrix24.ru?x=/y"));
  EXPECT_TRUE(address.url().starts_with(kNew + "/rest/1/abc/"));
}

struct DecisionCase {
  std::string_view name;
  Reaction reaction;
  Asked asked;
  Decision expected;
};

class Decides : public testing::TestWithParam<DecisionCase> {};

TEST_P(Decides, ForReceiptAndPortal) {
  bitrix24::Verdict verdict;
  verdict.reaction = GetParam().reaction;
  if (GetParam().name.starts_with("TimeNamed")) verdict.pause_until_s = 1780000300;
  if (GetParam().name.starts_with("TimeFarAway")) verdict.pause_until_s = INT64_MAX;
  const auto decision = decide(verdict, GetParam().asked);
  EXPECT_EQ(decision.receipt, GetParam().expected.receipt);
  EXPECT_EQ(decision.wait, GetParam().expected.wait);
  EXPECT_EQ(decision.rest, GetParam().expected.rest);
  EXPECT_EQ(decision.alarm, GetParam().expected.alarm);
}

Asked asked(milliseconds max, int tries = 0, milliseconds age = 0ms) {
  return {.tries = tries, .age = age, .min = std::min<milliseconds>(5s, max), .max = max, .now_s = 1780000000};
}
constexpr auto kTold = Decision::Receipt::told;
constexpr auto kLater = Decision::Receipt::later;
constexpr auto kGivenUp = Decision::Receipt::given_up;

INSTANTIATE_TEST_SUITE_P(
    Answers, Decides,
    testing::Values(
        DecisionCase{"Applied", Reaction::done, asked(15min), {kTold, 0ms, 0ms, false}},
        DecisionCase{"ErrorTold", Reaction::told_error, asked(15min), {kTold, 0ms, 0ms, false}},
        DecisionCase{"GiveUp", Reaction::give_up, asked(15min), {kGivenUp, 0ms, 0ms, false}},
        DecisionCase{"Transient", Reaction::retry_backoff, asked(15min, 2), {kLater, 20s, 0ms, false}},
        DecisionCase{"NotFound", Reaction::retry_not_found, asked(15min, 1), {kLater, 10s, 0ms, false}},
        DecisionCase{"NotFoundForHours", Reaction::retry_not_found, asked(15min, 99, 47h), {kLater, 15min, 0ms, false}},
        DecisionCase{"NotFoundForDays", Reaction::retry_not_found, asked(15min, 99, 48h), {kGivenUp, 0ms, 0ms, false}},
        DecisionCase{"TransientForDays", Reaction::retry_backoff, asked(15min, 99, 48h), {kLater, 15min, 0ms, false}},
        DecisionCase{"Intensity", Reaction::rate_limited, asked(15min), {kLater, 60s, 60s, false}},
        DecisionCase{"TimeNotNamed", Reaction::pause_until, asked(15min), {kLater, 10min, 10min, false}},
        DecisionCase{"TimeNamed", Reaction::pause_until, asked(15min), {kLater, 5min, 5min, false}},
        DecisionCase{"TimeFarAway", Reaction::pause_until, asked(15min), {kLater, 15min, 15min, false}},
        DecisionCase{"Refused", Reaction::stop_alarm, asked(15min), {kLater, 15min, 15min, true}},
        DecisionCase{"RefusedAndDays", Reaction::stop_alarm, asked(24h), {kLater, 1h, 1h, true}},
        DecisionCase{"Credentials", Reaction::reauthorise, asked(15min), {kLater, 15min, 15min, true}},
        DecisionCase{"Closed", Reaction::portal_closed, asked(24h), {kLater, 24h, 24h, false}},
        // Tests shorten push_retry_max: nothing may last longer.
        DecisionCase{"ShortIntensity", Reaction::rate_limited, asked(1s), {kLater, 1s, 1s, false}},
        DecisionCase{"ShortTimeNotNamed", Reaction::pause_until, asked(1s), {kLater, 1s, 1s, false}},
        DecisionCase{"ShortRefused", Reaction::stop_alarm, asked(1s), {kLater, 1s, 1s, true}},
        DecisionCase{"ShortTransient", Reaction::retry_backoff, asked(1s, 9), {kLater, 1s, 0ms, false}}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace kassaflow::status
