#include "kassaflow/http/address.hpp"

#include <array>

namespace kassaflow::http {
namespace {

namespace ip = boost::asio::ip;

struct Network4 {
  std::uint32_t network;
  int bits;
};

// IANA special-purpose registry: nothing of it is a tenant's public register.
constexpr std::array kPrivate4{
    Network4{0x00000000, 8},  Network4{0x0A000000, 8},  Network4{0x64400000, 10}, Network4{0x7F000000, 8},
    Network4{0xA9FE0000, 16}, Network4{0xAC100000, 12}, Network4{0xC0000000, 24}, Network4{0xC0A80000, 16},
    Network4{0xC6120000, 15}, Network4{0xE0000000, 4},  Network4{0xF0000000, 4},
};

bool is_public(const ip::address_v4& address) {
  const auto value = address.to_uint();
  for (const auto& [network, bits] : kPrivate4) {
    if ((value >> (32 - bits)) == (network >> (32 - bits))) return false;
  }
  return true;
}

bool is_public(const ip::address_v6& address) {
  if (address.is_v4_mapped()) return is_public(ip::make_address_v4(ip::v4_mapped, address));
  const auto bytes = address.to_bytes();
  const bool global_unicast = (bytes[0] & 0xE0) == 0x20;  // 2000::/3
  const bool nat64_or_6to4 =
      bytes[0] == 0x20 && (bytes[1] == 0x02 || (bytes[1] == 0x01 && bytes[2] == 0));  // 2002::/16, 2001::/24
  return global_unicast && !nat64_or_6to4;
}

}  // namespace

bool allowed(const ip::address& address, AddressPolicy policy) {
  if (policy.allow_private) return !address.is_unspecified() && !address.is_multicast();
  return address.is_v4() ? is_public(address.to_v4()) : is_public(address.to_v6());
}

}  // namespace kassaflow::http
