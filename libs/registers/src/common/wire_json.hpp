#pragma once
// JSON as registers send it: a number and a string with the same digits are the same to a reader ("57" and 57), and a
// number keeps its own digits, so money and 16-digit identifiers never pass through a double. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kassaflow::registers {

struct JsonMember;

struct Json {
  enum class Kind : unsigned char { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  std::string text;                // scalars: "true", "1000.00", the string's UTF-8
  std::vector<JsonMember> values;  // objects and arrays; keys of an array are empty

  Json();
  explicit Json(Kind kind, std::string text = {});
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  [[nodiscard]] bool is_object() const { return kind == Kind::object; }
  [[nodiscard]] bool is_array() const { return kind == Kind::array; }
  [[nodiscard]] bool is_string() const { return kind == Kind::string; }

  // The first member of that name; a null value when there is none.
  [[nodiscard]] const Json& operator[](std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const;

  // Null, false, a blank string, the number 0, an empty array or object.
  [[nodiscard]] bool says_nothing() const;
  // Digits of a non-negative integer written as number or string, without blanks around; empty otherwise.
  [[nodiscard]] std::string digits() const;
  // Text of a number or a string; empty otherwise.
  [[nodiscard]] std::string_view scalar() const;
  // All strings and numbers below, joined with "; ".
  [[nodiscard]] std::string flat() const;
};

struct JsonMember {
  std::string key;
  Json value;
};

// At most 32 levels and 50 000 values; nullopt for anything that is not one whole JSON text in UTF-8.
[[nodiscard]] std::optional<Json> parse_json(std::string_view utf8);

}  // namespace kassaflow::registers
