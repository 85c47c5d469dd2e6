#include "lease_guard.hpp"

namespace kassaflow::fiscalizer {

using async::Clock;

std::optional<Clock::time_point> LeaseGuard::arm() {
  const auto until = leases_.held_until(fence_);
  if (!until) return std::nullopt;
  const auto left = *until - leases_.clock().now();
  // With nearly nothing left the timer would end the process for nothing.
  if (left < Leases::kMargin || !life_->arm(left)) return std::nullopt;
  // A pause after the timer was set ends the process; one before it is seen here.
  if (*until - leases_.clock().now() < Leases::kMargin) {
    life_->disarm();
    return std::nullopt;
  }
  return *until - kSpare;
}

}  // namespace kassaflow::fiscalizer
