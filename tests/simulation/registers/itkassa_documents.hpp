#pragma once
// What may stand in a print document of the itkassa cloud (itkassa.md §3-§5, §9), and what the fiscal storage is told
// of it. Pure.

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "fiscal_register.hpp"

namespace kassaflow::simulation {

// 0: no receipt.
[[nodiscard]] int settlement_type_of(std::string_view command_type);

// Of a command that is a receipt; the error is the server's own text.
[[nodiscard]] tl::expected<Receipt, std::string> read_receipt(const boost::json::value& command);

}  // namespace kassaflow::simulation
