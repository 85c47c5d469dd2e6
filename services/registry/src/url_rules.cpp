// Which URLs tenants may have us call. The registry refuses what can be seen from the text; http::AddressPolicy refuses
// what only resolution shows.

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/url.hpp>
#include <cctype>
#include <charconv>

#include "rules.hpp"

namespace kassaflow::registry {
namespace {

namespace ip = boost::asio::ip;

// IANA's special-purpose registries: whatever is not on the public Internet.
constexpr std::array kPrivateV4 = {
    "0.0.0.0/8",    "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
};
constexpr std::array kPrivateV6 = {"::/127",   "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2002::/16",
                                   "fc00::/7", "fe80::/10",    "fec0::/10",      "ff00::/8"};

bool within(const ip::address_v4& address, const char* network) {
  const auto prefix = ip::make_network_v4(network);
  return ip::make_network_v4(address, prefix.prefix_length()).canonical() == prefix;
}

bool within(const ip::address_v6& address, const char* network) {
  const auto prefix = ip::make_network_v6(network);
  return ip::make_network_v6(address, prefix.prefix_length()).canonical() == prefix;
}

bool is_private(const ip::address& address) {
  if (address.is_v4()) return std::ranges::any_of(kPrivateV4, [&](auto net) { return within(address.to_v4(), net); });
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return is_private(ip::make_address_v4(ip::v4_mapped, v6));
  return std::ranges::any_of(kPrivateV6, [&](auto net) { return within(v6, net); });
}

bool is_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port != 0;
}

bool names_this_host(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
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
  const bool refused = error ? names_this_host(std::string(url->host())) : is_private(address);
  return refused ? "must not point to a loopback or private address" : std::string();
}

}  // namespace kassaflow::registry
