#pragma once
// Time that stands still until a test moves it. One thread.

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/async/resume.hpp"

namespace kassaflow::async {

class ManualClock final : public Clock {
 public:
  ~ManualClock() override { const auto dropped = std::exchange(*waiting_, {}); }  // with the coroutines that wait
  [[nodiscard]] time_point now() const override { return now_; }
  [[nodiscard]] std::int64_t unix_ms() const override { return unix_ms_ + passed_ms(); }
  [[nodiscard]] std::unique_ptr<Timer> timer(const boost::asio::any_io_executor&) override {
    return std::make_unique<ManualTimer>(*this);
  }

  // Wakes whoever waited for a moment up to then, the earliest first; they run when their executor does.
  void advance(duration by) {
    now_ += by;
    while (!waiting_->empty() && waiting_->begin()->first.first <= now_) wake(*waiting_, waiting_->begin()->first);
  }
  void set_unix_s(std::int64_t unix_s) { unix_ms_ = unix_s * 1000 - passed_ms(); }
  // The moment somebody waits for; time_point::max() for nobody, or for one who waits for an event alone.
  [[nodiscard]] time_point next() const {
    return waiting_->empty() ? time_point::max() : waiting_->begin()->first.first;
  }

 private:
  static constexpr time_point kStart{std::chrono::hours(1000)};
  using Key = std::pair<time_point, std::uint64_t>;  // of two with the same moment, who came first
  using Waiting = std::map<Key, std::function<void(bool)>>;

  class ManualTimer final : public Timer {
   public:
    explicit ManualTimer(ManualClock& clock) : clock_(clock), waiting_(clock.waiting_) {}
    ~ManualTimer() override { cancel(); }
    boost::asio::awaitable<void> wait_until(time_point until) override {
      co_await resumed_with<bool>([this, until](std::function<void(bool)> resume) {
        if (until <= clock_.now_) return resume(true);
        key_ = {until, clock_.count_++};
        waiting_->emplace(key_, std::move(resume));
      });
    }
    void cancel() override { wake(*waiting_, key_); }

   private:
    ManualClock& clock_;
    // Frames that wait when the clock goes are taken down by their executor, later.
    std::shared_ptr<Waiting> waiting_;
    Key key_{};
  };

  [[nodiscard]] std::int64_t passed_ms() const { return (now_ - kStart) / std::chrono::milliseconds(1); }

  static void wake(Waiting& waiting, Key key) {
    if (auto found = waiting.extract(key)) found.mapped()(true);
  }

  time_point now_ = kStart;
  std::int64_t unix_ms_ = 1'800'000'000'000;  // at kStart
  std::uint64_t count_ = 1;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
};

}  // namespace kassaflow::async
