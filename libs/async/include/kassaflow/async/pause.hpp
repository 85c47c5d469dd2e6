#pragma once
// Letting time pass: a coroutine's without holding its thread, a thread's until it is told to stop. Thread-safe.

#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "kassaflow/async/clock.hpp"

namespace kassaflow::async {

inline boost::asio::awaitable<void> pause_until(Clock& clock, Clock::time_point until) {
  const auto timer = clock.timer(co_await boost::asio::this_coro::executor);
  co_await timer->wait_until(until);
}

inline boost::asio::awaitable<void> pause_for(Clock& clock, Clock::duration how_long) {
  return pause_until(clock, clock.now() + how_long);
}

// Blocks the thread, by the machine's clock. False when it was told to stop, be it meanwhile or before.
inline bool pause_unless(const std::stop_token& stopped, Clock::duration how_long) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stopped, how_long, [] { return false; });
  return !stopped.stop_requested();
}

}  // namespace kassaflow::async
