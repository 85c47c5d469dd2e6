#pragma once
// A URL that somebody wrote, read in one place for who judges it (the registry, when a document is applied) and who
// calls it (one_shot): what the second would refuse the first has refused already. Pure; thread-safe.

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/http/address.hpp"

namespace kassaflow::http {

struct Url {
  bool tls = false;
  std::string host;                                 // for look-up and certificate
  std::optional<boost::asio::ip::address> literal;  // of the host, where it is an address and no name
  std::uint16_t port = 0;
  std::string host_header;
  std::string path;  // with query, not empty
};

// Fails with kDns where it is no absolute http or https URL with a host, or holds user info, and with kAddressRefused
// where its host is an address that `policy` refuses, this very machine by name, or an address in disguise: spelled so
// that it does not look like one (127.1, 0x7f.1, 2130706433), inside another (IPv4 in IPv6), with an escape (%00), a
// zone, a dot at the end, or a letter of another alphabet. What a name leads to is judged when it is called.
// The message continues "the URL …" with what to do, and quotes nothing of it.
[[nodiscard]] Result<Url> parse_url(std::string_view text, AddressPolicy policy);

// 1 to 65535, in digits.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view digits);

}  // namespace kassaflow::http
