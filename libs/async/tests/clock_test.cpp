#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "kassaflow/async/event.hpp"
#include "kassaflow/async/pause.hpp"
#include "manual_time.hpp"

namespace kassaflow::async {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class ManualClockTest : public testing::Test {
 protected:
  void waits(std::string name, asio::awaitable<void> what) {
    asio::co_spawn(
        io_,
        [](std::string who, asio::awaitable<void> until, std::string& woken) -> asio::awaitable<void> {
          co_await std::move(until);
          woken += who;
        }(std::move(name), std::move(what), woken_),
        asio::detached);
  }
  std::string run() {
    io_.restart();
    io_.poll();
    return woken_;
  }
  asio::io_context io_;
  ManualClock clock_;
  std::string woken_;
};

TEST_F(ManualClockTest, WakesAtTheMomentAndNotBefore) {
  waits("b", pause_for(clock_, 24h));
  waits("a", pause_for(clock_, 2s));
  EXPECT_EQ(run(), "");
  EXPECT_EQ(clock_.next() - clock_.now(), 2s);
  clock_.advance(1999ms);
  EXPECT_EQ(run(), "");
  clock_.advance(1ms);
  EXPECT_EQ(run(), "a");
  clock_.advance(48h);
  EXPECT_EQ(run(), "ab");
  EXPECT_EQ(clock_.next(), Clock::time_point::max()) << "nobody waits";
}

TEST_F(ManualClockTest, AMomentThatHasPassedWakesAtOnce) {
  waits("a", pause_until(clock_, clock_.now() - 1h));
  EXPECT_EQ(run(), "a");
}

TEST_F(ManualClockTest, AnEventComesBeforeItsMoment) {
  Event event(io_.get_executor(), clock_);
  waits("a", event.wait_for(1h));
  EXPECT_EQ(run(), "");
  event.notify();
  EXPECT_EQ(run(), "a");
  waits("b", event.wait_for(1h));
  EXPECT_EQ(run(), "a") << "each notify() ends one wait";
  clock_.advance(1h);
  EXPECT_EQ(run(), "ab");
}

TEST_F(ManualClockTest, TheCalendarGoesOnWithTheClockAndMayJump) {
  clock_.set_unix_s(1'700'000'000);
  clock_.advance(61s);
  EXPECT_EQ(clock_.unix_s(), 1'700'000'061);
}

class ManualTimeTest : public testing::Test {
 protected:
  asio::awaitable<int> seven_after(Clock::duration wait) {
    co_await pause_for(time_.clock(), wait);
    co_return 7;
  }
  ManualTime time_;
  Clock::time_point began_ = time_.clock().now();
};

TEST_F(ManualTimeTest, RunsToTheEndAndNoFurther) {
  asio::co_spawn(time_.executor(), seven_after(25h), asio::detached);
  EXPECT_EQ(time_.run(seven_after(24h)), 7);
  EXPECT_EQ(time_.clock().now() - began_, 24h);
  EXPECT_EQ(time_.run(seven_after(0s)), 7);
  EXPECT_EQ(time_.clock().now() - began_, 24h);
}

TEST_F(ManualTimeTest, ThrowsWhatItsWorkThrows) {
  const auto throws = [](Clock& clock) -> asio::awaitable<void> {
    co_await pause_for(clock, 1s);
    throw std::logic_error("of the work");
  };
  EXPECT_THROW(time_.run(throws(time_.clock())), std::logic_error);
}

TEST_F(ManualTimeTest, SaysWhenItWouldWaitForEver) {
  Event never(time_.executor(), time_.clock());
  EXPECT_THROW(time_.run(never.wait()), std::runtime_error);
}

TEST_F(ManualTimeTest, GoesOnForAWhileOrUntilNobodyWaits) {
  std::string woken;
  for (const int hours : {1, 2, 3}) {
    asio::co_spawn(
        time_.executor(),
        [](Clock& clock, int wait, std::string& names) -> asio::awaitable<void> {
          co_await pause_for(clock, std::chrono::hours(wait));
          names += std::to_string(wait);
        }(time_.clock(), hours, woken),
        asio::detached);
  }
  time_.run_for(2h);
  EXPECT_EQ(woken, "12");
  time_.run_for(30min);
  EXPECT_EQ(time_.clock().now() - began_, 150min);
  time_.run_out();
  EXPECT_EQ(woken, "123");
  EXPECT_EQ(time_.clock().now() - began_, 3h);
}

}  // namespace
}  // namespace kassaflow::async
