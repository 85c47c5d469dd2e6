#include "lease_guard.hpp"

namespace kassaflow::fiscalizer {

using async::Clock;

std::optional<Clock::time_point> LeaseGuard::arm() {
  const auto until = leases_.held_until(fence_);
  if (!until) return std::nullopt;
  const auto asked = leases_.clock().now();
  const auto left = *until - asked;
  // With nearly nothing left the timer would end the process for nothing.
  if (left < Leases::kMargin || !life_->arm(left - kSetting)) return std::nullopt;
  // A pause after the timer was set ends the process; one before it, by which the timer is late, is seen here.
  const auto set = leases_.clock().now();
  if (set - asked > kSetting || *until - set < Leases::kMargin) {
    life_->disarm();
    return std::nullopt;
  }
  return *until - kSpare;
}

}  // namespace kassaflow::fiscalizer
