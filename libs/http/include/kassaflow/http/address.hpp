#pragma once
// Which addresses a tenant's host names and URLs may lead us to. Pure; thread-safe.

#include <boost/asio/ip/address.hpp>

namespace kassaflow::http {

// Which resolved addresses may be connected to. Public only, unless private ones are allowed for tests and local
// stacks. Refused: loopback, private, link-local, shared, multicast, unspecified, IPv4-mapped forms of these.
struct AddressPolicy {
  bool allow_private = false;
};

[[nodiscard]] bool allowed(const boost::asio::ip::address& address, AddressPolicy policy);

}  // namespace kassaflow::http
