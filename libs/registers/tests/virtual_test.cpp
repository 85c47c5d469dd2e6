// The virtual register: what it prints, when, and what it refuses (protocols/virtual.md).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "kassaflow/v1/registry.pb.h"
#include "manual_clock.hpp"
#include "receipts.hpp"
#include "virtual/driver.hpp"

namespace kassaflow::registers {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::MatchesRegex;

class Guard final : public http::WriteGuard {
 public:
  explicit Guard(bool lets = true) : lets_(lets) {}
  std::optional<Clock::time_point> arm() override {
    return lets_ ? std::optional(Clock::time_point::max()) : std::nullopt;
  }
  void disarm() override {}

 private:
  bool lets_;
};

class VirtualRegister : public testing::Test {
 protected:
  VirtualRegister() {
    document_.set_id("acme-trial");
    document_.mutable_virtual_();
    document_.set_test(true);
  }

  // Of its own memory each, as after a restart.
  std::unique_ptr<Driver> driver() { return virtual_register::make(read_settings(document_).value(), clock_); }
  static AttemptRef attempt(std::uint64_t document_before, std::int64_t total_kopecks = 100000) {
    AttemptRef attempt;
    attempt.key = tests::kKey;
    attempt.total_kopecks = total_kopecks;
    attempt.document_before = document_before;
    return attempt;
  }
  static Finding send(Driver& driver, const AttemptRef& attempt, bool guard_lets = true) {
    Guard guard(guard_lets);
    return run(driver.send(attempt, guard));
  }
  static Finding ask(Driver& driver, const AttemptRef& attempt) { return run(driver.ask(attempt)); }

  template <class T>
  static T run(boost::asio::awaitable<T> work) {
    boost::asio::io_context io;
    auto result = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
    io.run();
    return result.get();
  }

  v1::Register document_;
  async::ManualClock clock_;
};

TEST_F(VirtualRegister, PrintsTheNextNumberAtOnceAndSaysThatItIsATest) {
  const Finding found = send(*driver(), attempt(41));
  ASSERT_EQ(found.fact, Fact::printed);
  EXPECT_EQ(found.document->fd, 42u);
  EXPECT_TRUE(found.document->test);
  EXPECT_THAT(found.document->fp, MatchesRegex("[0-9]{10}"));
  EXPECT_THAT(found.document->registration_number, IsEmpty());
  EXPECT_TRUE(found.document->printed_at_is_gateway_clock);
  EXPECT_FALSE(found.alarm);
}

TEST_F(VirtualRegister, ItsStorageIsNobodyElsesAndAlwaysTheSame) {
  const std::string fn = send(*driver(), attempt(0)).document->fn;
  EXPECT_THAT(fn, MatchesRegex("0000[0-9]{12}"));
  EXPECT_EQ(run(driver()->probe()).fn, fn);
  EXPECT_EQ(send(*driver(), attempt(1)).document->fn, fn);
  document_.set_id("other-trial");
  EXPECT_NE(send(*driver(), attempt(0)).document->fn, fn);
}

TEST_F(VirtualRegister, AnAttemptIsTheSameDocumentHoweverOftenItIsSent) {
  const Finding first = send(*driver(), attempt(7));
  AttemptRef again = attempt(7);
  again.repeated = true;
  const Finding second = send(*driver(), again);
  EXPECT_EQ(second.document->fd, first.document->fd);
  EXPECT_EQ(second.document->fp, first.document->fp);
}

TEST_F(VirtualRegister, Rule7_WhatWasLostWithTheProcessIsAbsent) {
  send(*driver(), attempt(0));
  EXPECT_EQ(ask(*driver(), attempt(0)).fact, Fact::absent);
  EXPECT_TRUE(driver()->capabilities().absent_may_be_sent_again);
}

TEST_F(VirtualRegister, PrintsAfterItsDelay) {
  document_.mutable_virtual_()->set_delay_ms("500");
  const auto slow = driver();
  EXPECT_EQ(send(*slow, attempt(0)).fact, Fact::pending);
  clock_.advance(499ms);
  EXPECT_EQ(ask(*slow, attempt(0)).fact, Fact::pending);
  clock_.advance(1ms);
  EXPECT_EQ(ask(*slow, attempt(0)).fact, Fact::printed);
}

TEST_F(VirtualRegister, RefusesTheTotalsItWasToldToRefuse) {
  document_.mutable_virtual_()->set_refuse_kopecks("13");
  const Finding refused = send(*driver(), attempt(0, 100013));
  EXPECT_EQ(refused.fact, Fact::not_printed);
  EXPECT_EQ(refused.cause, Cause::data);
  EXPECT_EQ(send(*driver(), attempt(0, 100000)).fact, Fact::printed);
  document_.mutable_virtual_()->set_refuse_kopecks("0");
  EXPECT_EQ(send(*driver(), attempt(0, 100000)).fact, Fact::printed);
}

TEST_F(VirtualRegister, Rule3_PrintsNothingWhenTheGuardSaysNo) {
  const Finding found = send(*driver(), attempt(0), false);
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.code, "guard");
}

TEST_F(VirtualRegister, NothingOfItIsToldWhereRealReceiptsAreWanted) {
  document_.set_test(false);
  const Finding found = send(*driver(), attempt(0));
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.cause, Cause::test_register);
}

TEST_F(VirtualRegister, ItsDocumentIsChecked) {
  const Protocol& protocol = *find_protocol("virtual");
  EXPECT_FALSE(protocol.has_device());
  EXPECT_THAT(protocol.check(document_), IsEmpty());
  const auto first_key = [&](auto spoil) {
    v1::Register spoilt = document_;
    spoil(spoilt);
    const auto problems = protocol.check(spoilt);
    return problems.empty() ? std::string() : problems.front().key;
  };
  EXPECT_EQ(first_key([](v1::Register& document) { document.set_test(false); }), "test");
  EXPECT_EQ(first_key([](v1::Register& document) { document.set_registration_number("0000000001047487"); }),
            "registrationNumber");
  for (const char* delay : {"600001", "-1", "1s", "0.5"}) {
    EXPECT_EQ(first_key([&](v1::Register& document) { document.mutable_virtual_()->set_delay_ms(delay); }),
              "virtual.delayMs");
  }
  EXPECT_EQ(first_key([](v1::Register& document) { document.mutable_virtual_()->set_refuse_kopecks("100"); }),
            "virtual.refuseKopecks");
}

}  // namespace
}  // namespace kassaflow::registers
