#pragma once
// Time, handed in to whoever decides by it, so that a test or a simulation can let a day pass in no time.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

namespace kassaflow::async {

// Not thread-safe: it lives on the executor it was made for. One coroutine waits at a time.
class Timer {
 public:
  virtual ~Timer() = default;
  // Resumes at `until`, or at cancel().
  virtual boost::asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point until) = 0;
  virtual void cancel() = 0;
};

// Thread-safe. It outlives its timers.
class Clock {
 public:
  using duration = std::chrono::steady_clock::duration;
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  // Of this process: it never goes back, and nothing outside knows it.
  [[nodiscard]] virtual time_point now() const = 0;
  // What the calendar says, in Unix time. It may jump: it goes into documents and never decides who may send.
  [[nodiscard]] virtual std::int64_t unix_ms() const = 0;
  [[nodiscard]] std::int64_t unix_s() const { return unix_ms() / 1000; }
  [[nodiscard]] virtual std::unique_ptr<Timer> timer(const boost::asio::any_io_executor& executor) = 0;
};

// The machine's.
[[nodiscard]] Clock& machine_clock();

}  // namespace kassaflow::async
