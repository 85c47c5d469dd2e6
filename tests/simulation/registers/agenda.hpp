#pragma once
// What is to happen later, on the clock and the executor of the simulation. A copy is as good as the original. What is
// to happen refers to nothing that goes before the executor stops running.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <utility>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/rethrow.hpp"

namespace kassaflow::simulation {

using async::Clock;

class Agenda {
 public:
  Agenda(boost::asio::any_io_executor executor, Clock& clock) : executor_(std::move(executor)), clock_(&clock) {}

  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] Clock& clock() const { return *clock_; }
  [[nodiscard]] Clock::time_point now() const { return clock_->now(); }

  // Without a wait at once, before it returns. Of two at the same moment the one that was asked for first.
  void after(Clock::duration wait, std::function<void()> what) const {
    if (wait <= Clock::duration::zero()) return what();
    boost::asio::co_spawn(executor_, at(*clock_, now() + wait, std::move(what)), kRethrow);
  }

 private:
  static boost::asio::awaitable<void> at(Clock& clock, Clock::time_point when, std::function<void()> what) {
    co_await async::pause_until(clock, when);
    what();
  }

  boost::asio::any_io_executor executor_;
  Clock* clock_;
};

}  // namespace kassaflow::simulation
