#pragma once
// What a task ends with that nobody waits for. An exception that leaves it is a bug: thrown on, it leaves the executor,
// and the service ends with a line in its log (runtime/service.hpp). Better dead than half alive.

#include <exception>

namespace kassaflow {

inline constexpr auto kRethrow = [](const std::exception_ptr& bug) {
  if (bug) std::rethrow_exception(bug);
};

}  // namespace kassaflow
