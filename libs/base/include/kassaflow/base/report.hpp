#pragma once
// An error as a line in the log. Thread-safe.

#include <initializer_list>
#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow {

// `fields`, then `code`, `error` (the message) and, where there is one, `way_out`. Not for an error whose message is a
// merchant's.
void report(log::Level level, std::string_view event, const Error& error,
            std::initializer_list<log::Field> fields = {});

}  // namespace kassaflow
