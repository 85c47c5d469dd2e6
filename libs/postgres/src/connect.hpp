#pragma once
// How every session with PostgreSQL is opened.

#include <string>

namespace kassaflow::postgres {

// Else key=value.
[[nodiscard]] bool is_uri(const std::string& connection_string);

// The libpq connection string (URI or key=value) with limits that notice a host that vanished in seconds instead of
// hours. Of a repeated option libpq takes the last, so what the string says itself wins.
[[nodiscard]] std::string with_time_limits(const std::string& given);

// The same of one that may be used; throws std::invalid_argument for any other (connection_string.hpp).
[[nodiscard]] std::string checked(const std::string& given);

}  // namespace kassaflow::postgres
