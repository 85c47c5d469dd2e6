#include "kassaflow/bitrix24/decimal.hpp"

#include "kassaflow/fiscal/reconcile.hpp"
#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

void run(std::string_view input) {
  const auto value = bitrix24::parse_decimal(input);
  if (!value) return;
  require(value->scale >= 0 && value->scale <= fiscal::Decimal::kMaxScale, "a scale is within its limits");
  const std::string spelled = fiscal::canonical(*value);
  const auto again = bitrix24::parse_decimal(spelled);
  require(again.has_value(), "a canonical number can be read");
  require(fiscal::canonical(*again) == spelled, "a canonical number stays as it is");
  require(fiscal::round_half_up(*again, fiscal::kPortalScale) == fiscal::round_half_up(*value, fiscal::kPortalScale),
          "a canonical number is the same number");
  const auto kopecks = fiscal::to_kopecks(*value);
  require(!kopecks || (*kopecks >= fiscal::Kopecks(0) && *kopecks <= fiscal::kMaxAmount),
          "an amount is within its limits");
}

constexpr std::size_t kLongest = 64;  // bytes; what is longer is not looked at

constexpr Cost kCosts[] = {
    {"digits", [](std::size_t bytes) { return repeated(bytes, "7"); }, nullptr, kLongest},
    {"zeros", [](std::size_t bytes) { return repeated(bytes, "0", "1."); }, nullptr, kLongest},
    {"digits_beyond_the_limit", [](std::size_t bytes) { return repeated(bytes, "7"); }},
};

}  // namespace

constinit const Target decimal{"decimal", run, kCosts};

}  // namespace kassaflow::fuzz
