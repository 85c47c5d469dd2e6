#pragma once
// The machine as one process of it sees it: a clock that runs fast or slow, a calendar that may be wrong, and a way out
// that may be cut while the others' stands.

#include <cmath>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/http/transport.hpp"

namespace kassaflow::simulation {

class ProcessClock final : public async::Clock {
 public:
  ProcessClock(async::Clock& machine, double fast) : machine_(machine), rate_(1 + fast), origin_(machine.now()) {}
  [[nodiscard]] time_point now() const override {
    const auto passed = static_cast<double>((machine_.now() - origin_).count());
    return origin_ + duration(static_cast<duration::rep>(passed * rate_));
  }
  [[nodiscard]] std::int64_t unix_ms() const override { return machine_.unix_ms() + calendar_is_off_ms; }
  [[nodiscard]] std::unique_ptr<async::Timer> timer(const boost::asio::any_io_executor& executor) override {
    return std::make_unique<ProcessTimer>(*this, machine_.timer(executor));
  }

  // When it is `time` here, by the machine's clock.
  [[nodiscard]] time_point by_machine(time_point time) const {
    if (time == time_point::max()) return time;
    const auto passed = static_cast<double>((time - origin_).count());
    auto at = origin_ + duration(static_cast<duration::rep>(std::ceil(passed / rate_)));
    while (here(at) < time) at += duration(1);
    return at;
  }
  [[nodiscard]] duration by_machine(duration time) const {
    return duration(static_cast<duration::rep>(static_cast<double>(time.count()) / rate_));
  }

  std::int64_t calendar_is_off_ms = 0;

 private:
  class ProcessTimer final : public async::Timer {
   public:
    ProcessTimer(const ProcessClock& clock, std::unique_ptr<async::Timer> timer)
        : clock_(clock), timer_(std::move(timer)) {}
    boost::asio::awaitable<void> wait_until(time_point until) override {
      return timer_->wait_until(clock_.by_machine(until));
    }
    void cancel() override { timer_->cancel(); }

   private:
    const ProcessClock& clock_;
    std::unique_ptr<async::Timer> timer_;
  };

  [[nodiscard]] time_point here(time_point machine) const {
    return origin_ + duration(static_cast<duration::rep>(static_cast<double>((machine - origin_).count()) * rate_));
  }

  async::Clock& machine_;
  double rate_;
  time_point origin_;
};

// What the process measures by its own clock, the transport behind it measures by the machine's.
class ProcessTransport final : public http::Transport {
 public:
  ProcessTransport(async::Clock& machine, const ProcessClock& clock, http::Transport& behind)
      : machine_(machine), clock_(clock), behind_(behind) {}

  boost::asio::awaitable<Result<http::Response, http::Failure>> send(const http::Request& request,
                                                                     http::WriteGuard& guard) override {
    http::Request sent = request;
    sent.connect_timeout = in_ms(request.connect_timeout);
    sent.total_timeout = in_ms(request.total_timeout);
    if (machine_.now() < cut_until) {
      co_await async::pause_for(machine_, sent.connect_timeout);
      co_return tl::unexpected(http::Failure{http::Sent::nothing, http::kTimeout, "no way there", {}});
    }
    Guard by_machine(clock_, guard);
    co_return co_await behind_.send(sent, by_machine);
  }

  async::Clock::time_point cut_until{};

 private:
  class Guard final : public http::WriteGuard {
   public:
    Guard(const ProcessClock& clock, http::WriteGuard& guard) : clock_(clock), guard_(guard) {}
    std::optional<Clock::time_point> arm() override {
      const auto until = guard_.arm();
      return until ? std::optional(clock_.by_machine(*until)) : std::nullopt;
    }
    void disarm() override { guard_.disarm(); }

   private:
    const ProcessClock& clock_;
    http::WriteGuard& guard_;
  };
  [[nodiscard]] std::chrono::milliseconds in_ms(std::chrono::milliseconds time) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.by_machine(async::Clock::duration(time)));
  }

  async::Clock& machine_;
  const ProcessClock& clock_;
  http::Transport& behind_;
};

}  // namespace kassaflow::simulation
