#pragma once
// Letting time pass: a coroutine's without holding its thread, a thread's until it is told to stop. Thread-safe.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace kassaflow::async {

inline boost::asio::awaitable<void> pause_until(std::chrono::steady_clock::time_point until) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, until);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

inline boost::asio::awaitable<void> pause_for(std::chrono::steady_clock::duration how_long) {
  return pause_until(std::chrono::steady_clock::now() + how_long);
}

// Blocks the thread. False when it was told to stop, be it meanwhile or before.
inline bool pause_unless(const std::stop_token& stopped, std::chrono::steady_clock::duration how_long) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stopped, how_long, [] { return false; });
  return !stopped.stop_requested();
}

}  // namespace kassaflow::async
