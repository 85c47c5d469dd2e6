#pragma once
// What ends a process that stood still past its lease while bytes were about to leave (exactly-once.md 3).

#include <memory>
#include <optional>
#include <string>

#include "kassaflow/async/clock.hpp"

namespace kassaflow::fiscalizer {

class LifeTimer {
 public:
  virtual ~LifeTimer() = default;
  // Ends the process after `life` unless disarmed in time. False: it cannot, and nothing may be sent.
  virtual bool arm(async::Clock::duration life) = 0;
  virtual void disarm() = 0;
};

// Kills this process (SIGKILL, also while it is stopped), by CLOCK_BOOTTIME.
class KillTimer final : public LifeTimer {
 public:
  KillTimer() = default;
  ~KillTimer() override { disarm(); }
  KillTimer(const KillTimer&) = delete;
  KillTimer& operator=(const KillTimer&) = delete;
  bool arm(async::Clock::duration life) override;
  void disarm() override;
  [[nodiscard]] bool armed() const { return timer_.has_value(); }

  // Why no such timer could end this process, and what to do (English); empty: it does.
  [[nodiscard]] static std::string powerless();

 private:
  std::optional<void*> timer_;  // timer_t
};

}  // namespace kassaflow::fiscalizer
