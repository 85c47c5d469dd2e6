#pragma once
// The words of configuration documents (design.md 3.4) and what they mean by the law. Pure.
// VAT words are fiscal::parse_vat's.

#include <optional>
#include <string_view>

#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::configuration {

[[nodiscard]] std::optional<fiscal::Taxation> taxation_of(std::string_view word);              // osn | usn_income | …
[[nodiscard]] std::optional<fiscal::Ffd> ffd_of(std::string_view word);                        // 1.05 | 1.2
[[nodiscard]] std::optional<MarkedWithoutCode> marked_without_code_of(std::string_view word);  // refuse | allow

}  // namespace kassaflow::configuration
