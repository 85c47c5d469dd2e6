#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include "kassaflow/async/back_off.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/async/resume.hpp"

namespace kassaflow::async {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

template <class T>
T run(asio::io_context& io, asio::awaitable<T> work) {
  auto future = asio::co_spawn(io, std::move(work), asio::use_future);
  io.restart();
  io.run();
  return future.get();
}

TEST(Event, KeepsANotifyThatCameBeforeTheWait) {
  asio::io_context io;
  Event event(io.get_executor(), machine_clock());
  event.notify();
  run(io, event.wait());  // returns at all
  run(io, event.wait_until(machine_clock().now()));
}

TEST(Event, WakesWhoWaits) {
  asio::io_context io;
  Event event(io.get_executor(), machine_clock());
  auto waits = asio::co_spawn(io, event.wait(), asio::use_future);
  io.poll();
  event.notify();
  io.run();
  EXPECT_EQ(waits.wait_for(0s), std::future_status::ready);
}

TEST(PauseUnless, EndsWhenToldToStop) {
  std::jthread thread([](const std::stop_token& stopped) { EXPECT_FALSE(pause_unless(stopped, 24h)); });
  thread.request_stop();
  thread.join();
  EXPECT_TRUE(pause_unless(std::stop_token(), 0ms));
  std::stop_source before;
  before.request_stop();
  EXPECT_FALSE(pause_unless(before.get_token(), 24h));
}

TEST(BackOff, DoublesUpToItsMaximumAndJitterTakesHalfAway) {
  EXPECT_EQ(back_off(100ms, 1s, 0, 1.0), 100ms);
  EXPECT_EQ(back_off(100ms, 1s, 1, 1.0), 200ms);
  EXPECT_EQ(back_off(100ms, 1s, 3, 1.0), 800ms);
  EXPECT_EQ(back_off(100ms, 1s, 4, 1.0), 1s);
  EXPECT_EQ(back_off(100ms, 1s, 1000000, 1.0), 1s);
  EXPECT_EQ(back_off(100ms, 1s, 1, 0.0), 100ms);
  EXPECT_EQ(back_off(100ms, 1s, 1, 0.5), 150ms);
  EXPECT_EQ(back_off(1h, 24h, 30, 1.0), 24h) << "no overflow";
}

TEST(Jitter, StaysWithinItsRangeAndDoesNotStandStill) {
  std::set<double> seen;
  for (int i = 0; i < 100; ++i) seen.insert(jitter());
  EXPECT_GE(*seen.begin(), 0);
  EXPECT_LE(*seen.rbegin(), 1);
  EXPECT_GT(seen.size(), 1U);
}

TEST(ResumedWith, BringsTheValueOfAnotherThreadToTheCoroutinesOwn) {
  asio::io_context io;
  std::jthread other;
  const auto value = run(io, [&]() -> asio::awaitable<std::string> {
    auto told = co_await resumed_with<std::string>([&](std::function<void(std::string)> resume) {
      other = std::jthread([resume = std::move(resume)] { resume("told"); });
    });
    co_return told + (io.get_executor().running_in_this_thread() ? " here" : " elsewhere");
  }());
  EXPECT_EQ(value, "told here");
}

}  // namespace
}  // namespace kassaflow::async
