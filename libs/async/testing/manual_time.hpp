#pragma once
// An io_context whose time is a ManualClock: what is ready runs, and when nothing is, the clock goes on to the next
// moment somebody waits for. A day passes in no time, and the same way each time. One thread.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "manual_clock.hpp"

namespace kassaflow::async {

class ManualTime {
 public:
  [[nodiscard]] boost::asio::io_context::executor_type executor() { return io_.get_executor(); }
  [[nodiscard]] ManualClock& clock() { return clock_; }

  // Until `work` ends. Throws what it threw, and when it waits for what nobody will bring about.
  template <class T>
  T run(boost::asio::awaitable<T> work) {
    using Value = std::conditional_t<std::is_void_v<T>, bool, T>;
    struct End {
      std::exception_ptr thrown;
      std::optional<Value> value;
    };
    std::optional<End> end;
    const auto ended = [&end](const std::exception_ptr& thrown, auto&&... value) {
      end.emplace(End{thrown, {}});
      if constexpr (sizeof...(value) > 0) end->value.emplace(std::forward<decltype(value)>(value)...);
    };
    boost::asio::co_spawn(io_, std::move(work), ended);
    for (run_ready(); !end; run_ready()) {
      if (!go_on()) throw std::runtime_error("it waits for ever");
    }
    if (end->thrown) std::rethrow_exception(end->thrown);
    if constexpr (!std::is_void_v<T>) return std::move(*end->value);
  }
  void run_for(Clock::duration time) {
    const auto until = clock_.now() + time;
    for (run_ready(); clock_.next() <= until; run_ready()) go_on();
    clock_.advance(until - clock_.now());
  }
  // Until nobody waits for a moment any more: not for what goes on for ever.
  void run_out() {
    do {
      run_ready();
    } while (go_on());
  }

 private:
  void run_ready() {
    io_.restart();
    io_.poll();
  }
  // False when nobody waits for a moment.
  bool go_on() {
    if (clock_.next() == Clock::time_point::max()) return false;
    clock_.advance(clock_.next() - clock_.now());
    return true;
  }

  boost::asio::io_context io_;
  ManualClock clock_;  // goes first, with the coroutines that wait for it
};

}  // namespace kassaflow::async
