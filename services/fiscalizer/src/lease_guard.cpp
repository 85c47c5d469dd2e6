#include "lease_guard.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

namespace kassaflow::fiscalizer {

using async::Clock;

bool LifeTimer::arm(Clock::duration life) {
  disarm();
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  if (timer_create(CLOCK_BOOTTIME, &event, &timer) != 0) return false;
  timer_ = timer;
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(life).count();
  itimerspec when{};
  when.it_value.tv_sec = ns / 1'000'000'000;
  when.it_value.tv_nsec = ns % 1'000'000'000;
  return timer_settime(timer, 0, &when, nullptr) == 0;
}

void LifeTimer::disarm() {
  if (timer_) timer_delete(*timer_);
  timer_.reset();
}

std::string LifeTimer::powerless() {
  if (getpid() != 1) return {};
  return "it is process 1 of its PID namespace, and the kernel ignores a SIGKILL that such a process sends itself: the "
         "timer that keeps bytes from leaving after the lease could not end it; run it under an init: `docker run "
         "--init`, `shareProcessNamespace: true` in the pod, or tini as the entry point of the image";
}

std::optional<Clock::time_point> LeaseGuard::arm() {
  const auto until = leases_.held_until(fence_);
  if (!until) return std::nullopt;
  const auto left = *until - leases_.clock().now();
  // With nearly nothing left the timer would end the process for nothing.
  if (left < Leases::kMargin || !life_.arm(left)) return std::nullopt;
  // A pause after the timer was set ends the process; one before it is seen here.
  if (*until - leases_.clock().now() < Leases::kMargin) {
    life_.disarm();
    return std::nullopt;
  }
  return *until - kSpare;
}

}  // namespace kassaflow::fiscalizer
