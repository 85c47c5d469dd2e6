#pragma once
// Money and quantity as integers (invariant I4). Pure; values are immutable.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kassaflow::fiscal {

// Signed kopecks. Sums of a receipt stay below 2^63 by the limits in rules.hpp.
class Kopecks {
 public:
  constexpr Kopecks() = default;
  constexpr explicit Kopecks(std::int64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::int64_t value() const { return value_; }

  constexpr Kopecks operator+(Kopecks other) const { return Kopecks(value_ + other.value_); }
  constexpr Kopecks operator-(Kopecks other) const { return Kopecks(value_ - other.value_); }
  constexpr Kopecks& operator+=(Kopecks other) {
    value_ += other.value_;
    return *this;
  }
  constexpr auto operator<=>(const Kopecks&) const = default;

 private:
  std::int64_t value_ = 0;
};

// Thousandths of a unit: 1 piece = 1000.
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(std::int64_t thousandths) : thousandths_(thousandths) {}
  [[nodiscard]] constexpr std::int64_t thousandths() const { return thousandths_; }
  constexpr auto operator<=>(const Quantity&) const = default;

 private:
  std::int64_t thousandths_ = 0;
};

// round_half_up(price * quantity), ffd.md §4.2. Both non-negative and within the limits of rules.hpp.
[[nodiscard]] Kopecks cost(Kopecks price, Quantity quantity);

// "1234.50": always two decimals, dot. "0.75" / "2": up to three decimals, no trailing zeros.
[[nodiscard]] std::string to_rubles(Kopecks amount);
[[nodiscard]] std::string to_decimal(Quantity quantity);

// "1000", "1000.5", "1000.50", "1000.5000": at most 12 digits of roubles, and behind the kopecks nothing but zeros;
// nullopt for anything else. What the portal sends has signs, exponents and the noise of doubles:
// bitrix24::parse_decimal.
[[nodiscard]] std::optional<Kopecks> parse_rubles(std::string_view text);

}  // namespace kassaflow::fiscal
