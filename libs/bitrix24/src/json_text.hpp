#pragma once
// Writing the few flat JSON objects the portal reads.

#include <cstdint>
#include <string>
#include <string_view>

#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::bitrix24 {

// What the portal shows to a person: at most `limit` characters as a JSON string, and none of them unseen when a form
// shows it (text/visible.hpp).
void append_shown(std::string& out, std::string_view text, std::size_t limit);

// One flat object, member by member.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& shown(std::string_view key, std::string_view value, std::size_t limit);
  JsonObject& number(std::string_view key, std::int64_t value);
  // The attributes both CHECK_URL and check.apply carry (§8); absent ones are left out.
  JsonObject& attributes(const fiscal::FiscalDocument& document);
  [[nodiscard]] std::string take();

 private:
  void key(std::string_view name);
  std::string out_ = "{";
};

}  // namespace kassaflow::bitrix24
