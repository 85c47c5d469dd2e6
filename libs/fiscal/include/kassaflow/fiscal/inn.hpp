#pragma once
// Taxpayer numbers [1018], [1203], [1226].

#include <string_view>

namespace kassaflow::fiscal {

// 10 or 12 digits.
[[nodiscard]] bool is_inn(std::string_view text);
// is_inn, and its control digits hold. Made-up numbers of examples and test registers do not pass.
[[nodiscard]] bool inn_checksum_holds(std::string_view text);

}  // namespace kassaflow::fiscal
