#pragma once
// What one try on one register came to. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

namespace kassaflow::receipts {

enum class AttemptOutcome : std::uint8_t {
  open,  // it is under way
  printed,
  not_printed,  // certainly
  unknown,      // it may have printed
};

[[nodiscard]] std::string_view to_string(AttemptOutcome outcome);
[[nodiscard]] std::optional<AttemptOutcome> attempt_outcome_from(std::string_view word);

}  // namespace kassaflow::receipts
