#pragma once
// The physical register over all tenants (exactly-once.md 9). Pure.

#include <string>
#include <string_view>

namespace kassaflow::v1 {
class Register;
}

namespace kassaflow::configuration {

// "itkassa:<creItemId>", "bit:<registrationNumber>" or, without a number, "bit:token:<hash>". The hash cannot be turned
// back.
[[nodiscard]] std::string register_identity(const v1::Register& document);
[[nodiscard]] std::string token_hash(std::string_view token);

}  // namespace kassaflow::configuration
