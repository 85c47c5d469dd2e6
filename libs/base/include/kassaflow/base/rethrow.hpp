#pragma once
// What becomes of an exception that nobody catches. It is a bug, and a bug ends the process with a line in its log:
// better dead than half alive. The one exception to this is a handler of the HTTP server: a request that finds a bug
// must not end the service, so it is logged, counted and answered (http/server.hpp).

#include <exception>
#include <string>

namespace kassaflow {

// What a task ends with that nobody waits for: its exception leaves the executor, and with it `run_service` ends
// (runtime/service.hpp).
inline constexpr auto kRethrow = [](const std::exception_ptr& bug) {
  if (bug) std::rethrow_exception(bug);
};

// The text of an exception, for the log.
[[nodiscard]] inline std::string what_of(const std::exception_ptr& bug) {
  try {
    if (bug) std::rethrow_exception(bug);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "not a std::exception";
  }
  return "no exception";
}

}  // namespace kassaflow
