#pragma once
// The words of enum values, as people write and read them: the option `word` in proto/kassaflow/v1. Pure.

#include <google/protobuf/generated_enum_reflection.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kassaflow::documents {

// "unknown" for a value without a word, or one of a newer program.
[[nodiscard]] std::string_view word_of(const google::protobuf::EnumDescriptor& type, int value);
[[nodiscard]] std::optional<int> value_of(const google::protobuf::EnumDescriptor& type, std::string_view word);
// What must be written, for error texts: "osn, esn or patent"; words that YAML would read as numbers are in quotes.
[[nodiscard]] std::string words_of(const google::protobuf::EnumDescriptor& type);

template <class Enum>
[[nodiscard]] std::string_view word_of(Enum value) {
  return word_of(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}
template <class Enum>
[[nodiscard]] std::optional<Enum> value_of(std::string_view word) {
  const auto value = value_of(*google::protobuf::GetEnumDescriptor<Enum>(), word);
  return value ? std::optional(static_cast<Enum>(*value)) : std::nullopt;
}
template <class Enum>
[[nodiscard]] std::string words_of() {
  return words_of(*google::protobuf::GetEnumDescriptor<Enum>());
}

// What is wrong with it as a setting: "is missing", "must be …" for a word of another version. Empty: nothing.
template <class Enum>
[[nodiscard]] std::string wrong_with(Enum value) {
  const auto& type = *google::protobuf::GetEnumDescriptor<Enum>();
  if (value == 0) return "is missing";
  return value_of(type, word_of(type, value)) == value ? std::string() : "must be " + words_of(type);
}

// "a, b or c".
[[nodiscard]] std::string alternatives(std::span<const std::string> words);

}  // namespace kassaflow::documents
