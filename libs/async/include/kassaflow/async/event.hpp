#pragma once
// A condition on one executor thread: coroutines wait for it or for a moment, whichever comes first.

#include "kassaflow/async/clock.hpp"

namespace kassaflow::async {

// Not thread-safe: it lives on the executor. One coroutine waits at a time.
class Event {
 public:
  Event(const boost::asio::any_io_executor& executor, Clock& clock) : clock_(&clock), timer_(clock.timer(executor)) {}

  // Resumes on notify() or at `until`. A notify() before the wait is not lost.
  boost::asio::awaitable<void> wait_until(Clock::time_point until) {
    if (!notified_) co_await timer_->wait_until(until);
    notified_ = false;
  }
  boost::asio::awaitable<void> wait_for(Clock::duration duration) { return wait_until(clock_->now() + duration); }
  boost::asio::awaitable<void> wait() { return wait_until(Clock::time_point::max()); }

  void notify() {
    notified_ = true;
    timer_->cancel();
  }

 private:
  Clock* clock_;
  std::unique_ptr<Timer> timer_;
  bool notified_ = false;
};

}  // namespace kassaflow::async
