#pragma once
// PostgreSQL array literals for `unnest`: one statement for a whole batch.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "kassaflow/text/hex.hpp"

namespace kassaflow::postgres {

class IntArray {
 public:
  template <std::integral T>
  void add(T value) {
    text_ += text_.size() > 1 ? "," : "";
    text_ += std::to_string(value);
  }
  [[nodiscard]] std::string str() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

class TextArray {
 public:
  void add(std::string_view value) {
    text_ += text_.size() > 1 ? ",\"" : "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  void add_bytes(std::string_view value) {  // bytea in hex
    text_ += text_.size() > 1 ? ",\"\\\\x" : "\"\\\\x";
    for (const char c : value) append_hex(text_, static_cast<unsigned char>(c));
    text_ += '"';
  }
  void add_null() { text_ += text_.size() > 1 ? ",NULL" : "NULL"; }
  [[nodiscard]] std::string str() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

// "\x6162" as PostgreSQL prints bytea.
[[nodiscard]] std::string from_bytea(std::string_view hex);

}  // namespace kassaflow::postgres
