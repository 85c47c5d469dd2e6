#include "counters.hpp"

#include <gtest/gtest.h>

namespace kassaflow::fiscalizer {
namespace {

using receipts::State;
using registers::Cause;
using registers::Fact;

constexpr std::int64_t kNow_s = 1'772'355'641;
constexpr std::int64_t kDay_s = 24 * 3600;

class FiscalizerCountersTest : public testing::Test {
 protected:
  [[nodiscard]] bool shows(const std::string& line) const {
    return metrics_.exposition().find("\n" + line + "\n") != std::string::npos;
  }
  [[nodiscard]] bool mentions(const std::string& part) const {
    return metrics_.exposition().find(part) != std::string::npos;
  }
  static Lane::View view(const char* id) {
    Lane::View view;
    view.register_id = RegisterId(id);
    return view;
  }
  metrics::Metrics metrics_{200};
  Counters counters_{metrics_};
};

TEST_F(FiscalizerCountersTest, AttemptsAreCountedByWhatTheRegisterTold) {
  const auto& protocol = *registers::protocols().front();
  const auto line = [&](const char* outcome, const char* cause, int count) {
    return std::string("kassaflow_attempts_total{cause=\"") + cause + "\",outcome=\"" + outcome + "\",protocol=\"" +
           std::string(protocol.name()) + "\"} " + std::to_string(count);
  };
  EXPECT_TRUE(shows(line("printed", "none", 0)));
  EXPECT_TRUE(shows(line("unknown", "ambiguous", 0)));
  counters_.attempt_ended(protocol, registers::finding(Fact::printed, Cause::none, "", ""));
  counters_.attempt_ended(protocol, registers::finding(Fact::not_printed, Cause::register_fault, "", ""));
  for (const auto fact : {Fact::unknown, Fact::absent, Fact::pending}) {
    counters_.attempt_ended(protocol, registers::finding(fact, Cause::ambiguous, "", ""));
  }
  EXPECT_TRUE(shows(line("printed", "none", 1)));
  EXPECT_TRUE(shows(line("not_printed", "register_fault", 1)));
  EXPECT_TRUE(shows(line("not_printed", "transient", 0)));
  EXPECT_TRUE(shows(line("unknown", "ambiguous", 3)));
}

TEST_F(FiscalizerCountersTest, EveryProtocolOutcomeAndCauseExistsFromTheStart) {
  const auto text = metrics_.exposition();
  std::size_t series = 0;
  for (auto at = text.find("\nkassaflow_attempts_total{"); at != std::string::npos;
       at = text.find("\nkassaflow_attempts_total{", at + 1)) {
    ++series;
  }
  EXPECT_EQ(series, registers::protocols().size() * 3 * std::size(registers::kCauses));
  EXPECT_EQ(metrics::values_of("kassaflow_attempts_total", "protocol"), registers::protocols().size());
}

TEST_F(FiscalizerCountersTest, FinishedReceipts) {
  EXPECT_TRUE(shows("kassaflow_receipts_finished_total{outcome=\"done\",tenant=\"other\"} 0"));
  EXPECT_TRUE(shows("kassaflow_receipt_seconds_count 0"));
  counters_.finished({.tenant = TenantId("acme"), .state = State::done, .seconds = 2, .test = true});
  counters_.finished({.tenant = TenantId("acme"), .state = State::failed, .seconds = 9});
  EXPECT_TRUE(shows("kassaflow_receipts_finished_total{outcome=\"done\",tenant=\"acme\"} 1"));
  EXPECT_TRUE(shows("kassaflow_receipts_finished_total{outcome=\"failed\",tenant=\"acme\"} 1"));
  EXPECT_TRUE(shows("kassaflow_test_receipts_total{tenant=\"acme\"} 1"));
  EXPECT_TRUE(shows("kassaflow_receipt_seconds_bucket{le=\"2.5\"} 1"));
  EXPECT_TRUE(shows("kassaflow_receipt_seconds_count 1"));
}

TEST_F(FiscalizerCountersTest, APoolThatWaitsForNothingIsZero) {
  const PoolId busy("busy");
  counters_.show_waiting({busy, PoolId("idle")},
                         {{.pool = busy, .queued = 3, .oldest_queued_s = 9, .uncertain = 2, .held = 1},
                          {.pool = busy, .uncertain = 1, .questions = 4, .oldest_question_s = 60}},
                         {});
  for (const auto* line :
       {"kassaflow_queue_depth{pool=\"busy\"} 3", "kassaflow_queue_oldest_seconds{pool=\"busy\"} 9",
        "kassaflow_uncertain_receipts{pool=\"busy\"} 3", "kassaflow_held_receipts{pool=\"busy\"} 1",
        "kassaflow_questions{pool=\"busy\"} 4", "kassaflow_questions_oldest_seconds{pool=\"busy\"} 60",
        "kassaflow_queue_depth{pool=\"idle\"} 0", "kassaflow_queue_oldest_seconds{pool=\"idle\"} 0",
        "kassaflow_uncertain_receipts{pool=\"idle\"} 0", "kassaflow_held_receipts{pool=\"idle\"} 0",
        "kassaflow_questions{pool=\"idle\"} 0", "kassaflow_questions_oldest_seconds{pool=\"idle\"} 0"}) {
    EXPECT_TRUE(shows(line)) << line;
  }
}

TEST_F(FiscalizerCountersTest, APoolAndARegisterNameTheirTenant) {
  configuration::Snapshot configuration;
  for (const auto* id : {"shop", "without-registers"}) {
    configuration.pools[PoolId(id)] =
        std::make_shared<configuration::Pool>(configuration::Pool{PoolId(id), TenantId("acme"), {}});
  }
  counters_.show_waiting({PoolId("shop")}, {{.pool = PoolId("without-registers")}, {.pool = PoolId("stranger")}},
                         configuration);
  EXPECT_TRUE(shows("kassaflow_pool_info{pool=\"shop\",tenant=\"acme\"} 1"));
  EXPECT_TRUE(shows("kassaflow_pool_info{pool=\"without-registers\",tenant=\"acme\"} 1"));
  EXPECT_FALSE(mentions("kassaflow_pool_info{pool=\"stranger\""));
  auto till = view("till");
  till.pool = PoolId("shop");
  till.tenant = TenantId("acme");
  till.protocol = "some";
  counters_.show_registers({till}, kNow_s);
  EXPECT_TRUE(shows("kassaflow_register_info{pool=\"shop\",protocol=\"some\",register=\"till\",tenant=\"acme\"} 1"));
  counters_.show_waiting({}, {}, configuration);
  counters_.show_registers({}, kNow_s);
  EXPECT_FALSE(mentions("_info{"));
}

TEST_F(FiscalizerCountersTest, ARegisterIsDownForACause) {
  auto up = view("a");
  up.up = true;
  auto down = view("b");
  down.down = Down::storage;
  counters_.show_registers({up, down}, kNow_s);
  EXPECT_TRUE(shows("kassaflow_register_up{register=\"a\"} 1"));
  EXPECT_TRUE(shows("kassaflow_register_up{register=\"b\"} 0"));
  EXPECT_TRUE(shows("kassaflow_register_down{cause=\"storage\",register=\"b\"} 1"));
  EXPECT_FALSE(mentions("kassaflow_register_down{cause=\"probing\",register=\"a\"}"));
  down.down = Down::shift;
  counters_.show_registers({up, down}, kNow_s);
  EXPECT_FALSE(mentions("cause=\"storage\""));
  EXPECT_TRUE(shows("kassaflow_register_down{cause=\"shift\",register=\"b\"} 1"));
}

TEST_F(FiscalizerCountersTest, WhatARegisterDoesNotTellIsAbsent) {
  auto silent = view("silent");
  auto telling = view("telling");
  telling.shift = Shift::open;
  telling.shift_opened_at_s = kNow_s - 3600;
  telling.storage = {.ends_at_s = kNow_s - kDay_s / 2, .unsent = 5, .unsent_since_s = kNow_s - 2 * kDay_s};
  auto idle = view("idle");
  idle.shift = Shift::closed;
  idle.storage.unsent = 0;
  counters_.show_registers({silent, telling, idle}, kNow_s);
  EXPECT_TRUE(shows("kassaflow_register_shift_age_seconds{register=\"telling\"} 3600"));
  EXPECT_TRUE(shows("kassaflow_register_fn_days_left{register=\"telling\"} -0.5"));
  EXPECT_TRUE(shows("kassaflow_register_ofd_backlog{register=\"telling\"} 5"));
  EXPECT_TRUE(shows("kassaflow_register_ofd_oldest_seconds{register=\"telling\"} 172800"));
  EXPECT_TRUE(shows("kassaflow_register_ofd_backlog{register=\"idle\"} 0"));
  EXPECT_TRUE(shows("kassaflow_register_ofd_oldest_seconds{register=\"idle\"} 0"));
  for (const auto* name : {"shift_age_seconds", "fn_days_left", "ofd_backlog", "ofd_oldest_seconds"}) {
    EXPECT_FALSE(mentions(std::string("kassaflow_register_") + name + "{register=\"silent\"}")) << name;
  }
  EXPECT_FALSE(mentions("kassaflow_register_shift_age_seconds{register=\"idle\"}"));
}

TEST_F(FiscalizerCountersTest, JournalAndLeases) {
  counters_.show_journal(Stage::unknown, {.standby_in_sync = false});
  counters_.show_leases(0, {});
  EXPECT_TRUE(shows("kassaflow_journal_open 0"));
  EXPECT_TRUE(shows("kassaflow_lease_takeovers_total{how=\"expired\"} 0"));
  counters_.show_journal(Stage::open, {.standby_in_sync = true});
  counters_.show_leases(512, {.released = 500, .expired = 12});
  EXPECT_TRUE(shows("kassaflow_journal_open 1"));
  EXPECT_TRUE(shows("kassaflow_journal_standby_in_sync 1"));
  EXPECT_TRUE(shows("kassaflow_leases_held 512"));
  EXPECT_TRUE(shows("kassaflow_lease_takeovers_total{how=\"released\"} 500"));
  EXPECT_TRUE(shows("kassaflow_lease_takeovers_total{how=\"expired\"} 12"));
}

}  // namespace
}  // namespace kassaflow::fiscalizer
