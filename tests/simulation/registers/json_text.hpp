#pragma once
// JSON as the simulated registers write it: members in the order given, numbers as the text given.

#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>

namespace kassaflow::simulation {

inline std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

class JsonObject {
 public:
  JsonObject& raw(std::string_view name, std::string_view json) {
    text_.append(text_.empty() ? "{\"" : ",\"").append(name).append("\":").append(json);
    return *this;
  }
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
  JsonObject& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& null(std::string_view name) { return raw(name, "null"); }
  JsonObject& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  [[nodiscard]] std::string str() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace kassaflow::simulation
