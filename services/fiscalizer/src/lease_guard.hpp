#pragma once
// The lease guards the bytes, not only the journal (exactly-once.md 3).

#include <optional>
#include <string>

#include "fence.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "leases.hpp"

namespace kassaflow::fiscalizer {

// Kills this process (SIGKILL, also while it is stopped) unless disarmed in time, by CLOCK_BOOTTIME.
class LifeTimer {
 public:
  LifeTimer() = default;
  ~LifeTimer() { disarm(); }
  LifeTimer(const LifeTimer&) = delete;
  LifeTimer& operator=(const LifeTimer&) = delete;
  bool arm(async::Clock::duration life);
  void disarm();
  [[nodiscard]] bool armed() const { return timer_.has_value(); }

  // Why no such timer could end this process, and what to do (English); empty: it does.
  [[nodiscard]] static std::string powerless();

 private:
  std::optional<void*> timer_;  // timer_t
};

// Guards the bytes of one attempt: refuses when less than Leases::kMargin remains, and ends the process should it be
// paused past its lease between the check and the end of the write.
class LeaseGuard final : public http::WriteGuard {
 public:
  static constexpr std::chrono::seconds kSpare{1};

  LeaseGuard(const Leases& leases, Fence fence) : leases_(leases), fence_(fence) {}
  // Leaves a second of the lease between the last byte and the end of the process.
  std::optional<async::Clock::time_point> arm() override;
  void disarm() override { life_.disarm(); }

 private:
  const Leases& leases_;
  Fence fence_;
  LifeTimer life_;
};

}  // namespace kassaflow::fiscalizer
