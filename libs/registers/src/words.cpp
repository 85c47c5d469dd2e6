#include <array>
#include <utility>

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers {

namespace {

constexpr std::array kFacts{
    std::pair{Fact::printed, std::string_view("printed")},
    std::pair{Fact::not_printed, std::string_view("not_printed")},
    std::pair{Fact::pending, std::string_view("pending")},
    std::pair{Fact::absent, std::string_view("absent")},
    std::pair{Fact::unknown, std::string_view("unknown")},
};
constexpr std::array kCauses{
    std::pair{Cause::none, std::string_view("none")},
    std::pair{Cause::data, std::string_view("data")},
    std::pair{Cause::register_fault, std::string_view("register_fault")},
    std::pair{Cause::transient, std::string_view("transient")},
    std::pair{Cause::shift_expired, std::string_view("shift_expired")},
    std::pair{Cause::shift_closed, std::string_view("shift_closed")},
    std::pair{Cause::ambiguous, std::string_view("ambiguous")},
};

template <class Table, class Value>
std::string_view word_of(const Table& table, Value wanted) {
  for (const auto& [value, name] : table) {
    if (value == wanted) return name;
  }
  __builtin_unreachable();
}

template <class Table, class Value>
Value value_of(const Table& table, std::string_view given, Value otherwise) {
  for (const auto& [value, name] : table) {
    if (name == given) return value;
  }
  return otherwise;
}

}  // namespace

std::string_view to_string(Fact fact) { return word_of(kFacts, fact); }
std::string_view to_string(Cause cause) { return word_of(kCauses, cause); }
Fact fact_from(std::string_view word) { return value_of(kFacts, word, Fact::unknown); }
Cause cause_from(std::string_view word) { return value_of(kCauses, word, Cause::none); }

}  // namespace kassaflow::registers
