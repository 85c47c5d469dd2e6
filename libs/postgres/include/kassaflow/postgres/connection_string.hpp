#pragma once
// Which connection strings of libpq are taken. What libpq says of one that it cannot read, or reads otherwise than it
// was meant, quotes pieces of it, and with them the password: such a one is refused before libpq sees it.

#include <string>

#include "kassaflow/base/secret.hpp"

namespace kassaflow::postgres {

// Why it cannot be used, to stand behind its name; empty when it can. Quotes nothing of it.
[[nodiscard]] std::string wrong_with(const Secret& connection_string);

}  // namespace kassaflow::postgres
