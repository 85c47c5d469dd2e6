#pragma once
// Values and the words they are written as, where both come from a fixed table.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "kassaflow/base/check.hpp"

namespace kassaflow {

template <class Value, std::size_t size>
using Words = std::array<std::pair<std::string_view, Value>, size>;

// nullopt: no such word.
template <class Value, std::size_t size>
[[nodiscard]] constexpr std::optional<Value> value_of(const Words<Value, size>& words, std::string_view wanted) {
  for (const auto& [word, value] : words) {
    if (word == wanted) return value;
  }
  return std::nullopt;
}

// Every value must be in the table.
template <class Value, std::size_t size>
[[nodiscard]] constexpr std::string_view word_of(const Words<Value, size>& words, Value wanted) {
  for (const auto& [word, value] : words) {
    if (value == wanted) return word;
  }
  never();
}

}  // namespace kassaflow
