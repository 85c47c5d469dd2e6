#pragma once
// What must hold whatever comes from outside; it is looked at in every build. When it does not hold, the program is
// wrong and its next step could print a receipt twice: the process writes a line to the log (`check.failed`: what
// should have held, file and line) and aborts. What a peer, a person or a database can bring about is no check but a
// Result.

#include <source_location>

namespace kassaflow {

[[noreturn]] void check_failed(const char* condition, const std::source_location& where);

// `condition` says what must hold, for the log: "an answer for each request".
constexpr void check(bool holds, const char* condition,
                     const std::source_location& where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    check_failed(condition, where);
}

// Behind a switch that has a case for every enumerator, or where the flow of control cannot come.
[[noreturn]] inline void never(const std::source_location& where = std::source_location::current()) {
  check_failed("this line is never reached", where);
}

}  // namespace kassaflow
