#include "kassaflow/async/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace kassaflow::async {

namespace {

class MachineTimer final : public Timer {
 public:
  explicit MachineTimer(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  boost::asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point until) override {
    timer_.expires_at(until);
    boost::system::error_code ignored_when_cancelled;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored_when_cancelled));
  }
  void cancel() override { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
};

class MachineClock final : public Clock {
 public:
  [[nodiscard]] time_point now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::int64_t unix_ms() const override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
  [[nodiscard]] std::unique_ptr<Timer> timer(const boost::asio::any_io_executor& executor) override {
    return std::make_unique<MachineTimer>(executor);
  }
};

}  // namespace

Clock& machine_clock() {
  static MachineClock clock;
  return clock;
}

}  // namespace kassaflow::async
