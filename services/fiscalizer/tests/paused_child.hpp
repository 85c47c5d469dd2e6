#pragma once
// A child process that stops itself and is expected to be killed while it stands still.

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

namespace kassaflow::fiscalizer {

// How it ended. One that nobody kills is continued after a while, so that the test fails instead of hanging.
inline int end_of(pid_t child) {
  using namespace std::chrono_literals;
  int status = 0;
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (waitpid(child, &status, WNOHANG) != child) {
    if (std::chrono::steady_clock::now() > give_up) {
      kill(child, SIGCONT);
      waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(5ms);
  }
  return status;
}

}  // namespace kassaflow::fiscalizer
