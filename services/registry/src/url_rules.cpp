// Which URLs tenants may have us call: what is wrong with the text is told here, what only resolution shows when it is
// called (http/url.hpp, http/address.hpp).

#include "kassaflow/http/url.hpp"
#include "rules.hpp"

namespace kassaflow::registry {

std::string check_url(std::string_view text, bool allow_private_endpoints) {
  if (text.size() > 2048) return "must have at most 2048 characters";
  if (text.find('#') != std::string_view::npos) return "must not hold a fragment; leave out what begins with #";
  const auto url = http::parse_url(text, {.allow_private = allow_private_endpoints});
  return url ? std::string() : url.error().message;
}

}  // namespace kassaflow::registry
