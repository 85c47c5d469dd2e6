#pragma once
// How every session with PostgreSQL is opened.

#include <string>

namespace kassaflow::postgres {

// The libpq connection string (URI or key=value) with limits that notice a host that vanished in seconds instead of
// hours. Of a repeated option libpq takes the last, so what the string says itself wins.
[[nodiscard]] std::string with_time_limits(const std::string& given);

}  // namespace kassaflow::postgres
