#pragma once
// The list of registers with their state (protocols/itkassa.md §7). Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::itkassa {

// `timezone`: IANA, of the register's clock. `now_s`: Unix seconds, for the terms of storage and licence.
[[nodiscard]] Health read_registers(int http_status, std::string_view body, const std::string& cre_item_id,
                                    std::string_view timezone, std::int64_t now_s);

}  // namespace kassaflow::registers::itkassa
