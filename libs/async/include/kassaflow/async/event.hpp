#pragma once
// A condition on one executor thread: coroutines wait for it or for a moment, whichever comes first.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace kassaflow::async {

using Clock = std::chrono::steady_clock;

// Not thread-safe: it lives on the executor. One coroutine waits at a time.
class Event {
 public:
  explicit Event(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  // Resumes on notify() or at `until`. A notify() before the wait is not lost.
  boost::asio::awaitable<void> wait_until(Clock::time_point until) {
    if (!notified_) {
      timer_.expires_at(until);
      boost::system::error_code ignored_when_notified;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored_when_notified));
    }
    notified_ = false;
  }
  boost::asio::awaitable<void> wait_for(Clock::duration duration) { return wait_until(Clock::now() + duration); }
  boost::asio::awaitable<void> wait() { return wait_until(Clock::time_point::max()); }

  void notify() {
    notified_ = true;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace kassaflow::async
