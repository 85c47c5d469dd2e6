#pragma once
// Fiscal attributes wherever a BIT driver's answer hides them: tags at the end of keys, QR strings, the printed receipt
// (protocols/bit-driver.md §7.1). Pure.

#include <string_view>

#include "common/evidence.hpp"
#include "common/wire_json.hpp"

namespace kassaflow::registers::bit {

[[nodiscard]] Evidence collect(const Json& answer);

// From bytes that are no JSON: only QR strings, the one thing that carries its own check against total and settlement
// type.
[[nodiscard]] Evidence collect_from_bytes(std::string_view utf8);

}  // namespace kassaflow::registers::bit
