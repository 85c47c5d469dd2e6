#include "life_timer.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

namespace kassaflow::fiscalizer {

using async::Clock;

bool KillTimer::arm(Clock::duration life) {
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

void KillTimer::disarm() {
  if (timer_) timer_delete(*timer_);
  timer_.reset();
}

std::string KillTimer::powerless() {
  if (getpid() != 1) return {};
  return "it is process 1 of its PID namespace, and the kernel ignores a SIGKILL that such a process sends itself: the "
         "timer that keeps bytes from leaving after the lease could not end it; run it under an init: `docker run "
         "--init`, `shareProcessNamespace: true` in the pod, or tini as the entry point of the image";
}

}  // namespace kassaflow::fiscalizer
