#pragma once
// Writes JSON in the order of the calls. Numbers are written as the text given, so money never meets binary floating
// point (invariant I4).

#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace kassaflow::registers {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name) {
    separate();
    text_ += quoted(name);
    text_ += ':';
    fresh_ = true;
    return *this;
  }
  JsonWriter& text(std::string_view value) { return raw(quoted(value)); }
  JsonWriter& number(std::string_view digits) { return raw(digits); }
  JsonWriter& number(int value) { return raw(std::to_string(value)); }
  JsonWriter& flag(bool value) { return raw(value ? "true" : "false"); }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  static std::string quoted(std::string_view value) {
    return boost::json::serialize(boost::json::string_view(value.data(), value.size()));
  }
  void separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }
  JsonWriter& raw(std::string_view value) {
    separate();
    text_ += value;
    return *this;
  }
  JsonWriter& open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    text_ += bracket;
    fresh_ = false;
    return *this;
  }

  std::string text_;
  bool fresh_ = true;  // the next value needs no comma before it
};

}  // namespace kassaflow::registers
