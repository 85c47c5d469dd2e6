// Which URLs tenants may have us call. The registry refuses what can be seen from the text; what only resolution shows
// is refused by the same rule (http/address.hpp) when it is called.

#include <boost/asio/ip/address.hpp>
#include <boost/url.hpp>
#include <charconv>

#include "kassaflow/http/address.hpp"
#include "kassaflow/text/ascii.hpp"
#include "rules.hpp"

namespace kassaflow::registry {
namespace {

namespace ip = boost::asio::ip;

bool is_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port != 0;
}

bool names_this_host(std::string name) {
  name = ascii::lower(name);
  if (name.ends_with('.')) name.pop_back();
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

std::string check_url(std::string_view text, bool allow_private_endpoints) {
  if (text.size() > 2048) return "must have at most 2048 characters";
  const auto url = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!url || (url->scheme() != "http" && url->scheme() != "https")) return "must be an absolute http(s) URL";
  if (url->host().empty()) return "must name a host";
  if (url->has_userinfo() || url->has_fragment()) return "must hold neither user info nor a fragment";
  if (url->has_port() && !is_port(url->port())) return "must name a port from 1 to 65535";
  if (allow_private_endpoints) return {};
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(url->host_address()), error);
  const bool refused =
      error ? names_this_host(std::string(url->host())) : !http::allowed(address, http::AddressPolicy{});
  return refused ? "must not point to a loopback or private address" : std::string();
}

}  // namespace kassaflow::registry
