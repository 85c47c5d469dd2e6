#include "kassaflow/receipts/attempt.hpp"

#include "kassaflow/base/check.hpp"

namespace kassaflow::receipts {

std::string_view to_string(AttemptOutcome outcome) {
  switch (outcome) {
    case AttemptOutcome::open:
      return "open";
    case AttemptOutcome::printed:
      return "printed";
    case AttemptOutcome::not_printed:
      return "not_printed";
    case AttemptOutcome::unknown:
      return "unknown";
  }
  never();
}

std::optional<AttemptOutcome> attempt_outcome_from(std::string_view word) {
  using enum AttemptOutcome;
  for (const auto outcome : {open, printed, not_printed, unknown}) {
    if (to_string(outcome) == word) return outcome;
  }
  return std::nullopt;
}

}  // namespace kassaflow::receipts
