#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "kassaflow/async/event.hpp"
#include "kassaflow/async/pause.hpp"
#include "manual_clock.hpp"

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

}  // namespace
}  // namespace kassaflow::async
