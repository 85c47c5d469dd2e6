#pragma once
// The statements as they stand in the sources of fiscalizer, status and what both use.

#include <string>
#include <vector>

namespace kassaflow::statements {

// Each piece of SQL, as the compiler joins its literals: a statement, or the part of one that a constant holds.
[[nodiscard]] std::vector<std::string> pieces_in_sources();

}  // namespace kassaflow::statements
