#include "kassaflow/http/url.hpp"

#include <algorithm>
#include <array>
#include <boost/url.hpp>
#include <charconv>

#include "kassaflow/http/errors.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::http {
namespace {

namespace ip = boost::asio::ip;
namespace urls = boost::urls;

constexpr const char* kNotPublic =
    "must not point to a loopback, private or reserved address; name a public address, or a host that has one";

constexpr std::size_t kNameLimit = 253;  // of a name and of a label, by DNS
constexpr std::size_t kLabelLimit = 63;

std::optional<ip::address> address_in(std::string_view host) {
  boost::system::error_code error;
  if (host.starts_with('[') && host.ends_with(']') && host.find('%') == std::string_view::npos) {
    const auto six = ip::make_address_v6(host.substr(1, host.size() - 2), error);
    return error ? std::nullopt : std::optional<ip::address>(six);
  }
  const auto four = ip::make_address_v4(host, error);
  return error ? std::nullopt : std::optional<ip::address>(four);
}

// Pieces of a URL that Boost has found sound. Not its own: of 8.8.8.0x8 and 127.0.0.1.example.ru it takes the address
// they begin with for the host, and the rest for a path.
struct Parts {
  std::string_view authority;
  std::string_view host;
  std::optional<std::string_view> port;
  std::string_view target;
};

Parts take_apart(std::string_view url) {
  Parts parts;
  url.remove_prefix(url.find(':') + 1);
  if (!url.starts_with("//")) return parts;
  url.remove_prefix(2);
  parts.authority = url.substr(0, url.find_first_of("/?#"));
  url.remove_prefix(parts.authority.size());
  parts.target = url.substr(0, url.find('#'));
  const auto bracket = parts.authority.rfind(']');
  const auto colon = parts.authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = parts.authority.substr(0, colon);
  if (colon != std::string_view::npos) parts.port = parts.authority.substr(colon + 1);
  return parts;
}

// Networks of IPv6 that hold IPv4 addresses.
struct Network6 {
  std::array<unsigned char, 12> network;
  std::size_t bytes;
};
constexpr std::array kHoldIpv4{
    Network6{{}, 10},                       // ::/80: mapped, compatible; unspecified and loopback are handled before
    Network6{{0x00, 0x64, 0xff, 0x9b}, 4},  // 64:ff9b::/32: NAT64
    Network6{{0x20, 0x02}, 2},              // 2002::/16: 6to4
    Network6{{0x20, 0x01, 0x00, 0x00}, 4},  // 2001::/32: Teredo
};

bool holds_ipv4(const ip::address_v6& address) {
  if (address.is_unspecified() || address.is_loopback()) return false;
  const auto bytes = address.to_bytes();
  return std::ranges::any_of(kHoldIpv4, [&](const Network6& known) {
    return std::equal(known.network.begin(), known.network.begin() + known.bytes, bytes.begin());
  });
}

// As resolvers and browsers read it: a last label of digits, or of 0x and digits, makes the whole an IPv4 address.
bool is_number(std::string_view label) {
  if (label.starts_with("0x") || label.starts_with("0X")) {
    return std::ranges::all_of(label.substr(2), ascii::is_hex);
  }
  return !label.empty() && ascii::all_digits(label);
}

bool is_of_a_name(char c) { return ascii::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; }

bool has_odd_label(std::string_view name) {
  if (name.size() > kNameLimit) return true;
  while (true) {
    const auto label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kLabelLimit) return true;
    if (label.size() == name.size()) return false;
    name.remove_prefix(label.size() + 1);
  }
}

// Empty: nothing.
std::string wrong_with_name(std::string_view name, AddressPolicy policy) {
  if (!std::ranges::all_of(name, is_of_a_name)) {
    return "must spell its host in letters, digits, hyphens and dots, without escapes and zones; names of other "
           "alphabets begin with xn--";
  }
  if (name.ends_with('.')) return "must not end its host with a dot; leave it out";
  if (has_odd_label(name)) return "must name a host of parts of 1 to 63 characters, 253 in all";
  if (is_number(name.substr(name.rfind('.') + 1))) {
    return "must spell an IPv4 address as four decimal numbers without zeros before them, such as 203.0.113.10";
  }
  const std::string lower = ascii::lower(name);
  if (!policy.allow_private && (lower == "localhost" || lower.ends_with(".localhost"))) return kNotPublic;
  return {};
}

std::string wrong_with_address(const ip::address& address, AddressPolicy policy) {
  if (address.is_v6() && holds_ipv4(address.to_v6())) {
    return "must not hold an IPv4 address inside an IPv6 one; write the IPv4 address itself";
  }
  return allowed(address, policy) ? std::string() : kNotPublic;
}

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port != 0 ? std::optional(port) : std::nullopt;
}

Result<Url> parse_url(std::string_view text, AddressPolicy policy) {
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  const auto scheme = parsed ? parsed->scheme_id() : urls::scheme::none;
  if (scheme != urls::scheme::http && scheme != urls::scheme::https)
    return fail(kDns, "must be an absolute http(s) URL");
  const Parts parts = take_apart(text);
  if (parts.authority.find('@') != std::string_view::npos) {
    return fail(kDns, "must not hold user info; leave out what stands before @");
  }
  if (parts.host.empty()) return fail(kDns, "must name a host");
  Url url;
  url.tls = scheme == urls::scheme::https;
  url.port = url.tls ? 443 : 80;
  if (parts.port) {
    const auto port = parse_port(*parts.port);
    if (!port) return fail(kDns, "must name a port from 1 to 65535");
    url.port = *port;
  }
  url.literal = address_in(parts.host);
  url.host = url.literal ? url.literal->to_string() : std::string(parts.host);
  std::string wrong = url.literal ? wrong_with_address(*url.literal, policy) : wrong_with_name(url.host, policy);
  if (!wrong.empty()) return fail(kAddressRefused, std::move(wrong));
  url.host_header = std::string(parts.authority);
  url.path = (parts.target.starts_with('/') ? "" : "/") + std::string(parts.target);
  return url;
}

}  // namespace kassaflow::http
