// Which addresses a tenant's host name may lead us to.

#include "kassaflow/http/address.hpp"

#include <gtest/gtest.h>

namespace kassaflow::http {
namespace {

bool allowed(const char* text, AddressPolicy policy = {}) {
  return allowed(boost::asio::ip::make_address(text), policy);
}

struct Range {
  const char* what;
  const char* first;
  const char* last;
  const char* before;  // public neighbours; "" where there is none
  const char* after;
};

constexpr Range kRefused4[] = {
    {"this network", "0.0.0.0", "0.255.255.255", "", "1.0.0.0"},
    {"private, class A", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
    {"shared by a carrier", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
    {"loopback", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
    {"link-local", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
    {"private, class B", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
    {"protocol assignments", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
    {"private, class C", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
    {"benchmarking", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
    {"multicast, reserved and broadcast", "224.0.0.0", "255.255.255.255", "223.255.255.255", ""},
};

constexpr Range kRefused6[] = {
    {"unspecified, loopback, IPv4-compatible, NAT64", "::", "1fff:ffff::", "", "2003::1"},
    {"Teredo and protocol assignments", "2001::", "2001:ff:ffff::", "2000::1", "2001:200::1"},
    {"6to4", "2002::", "2002:ffff:ffff::1", "2001:ffff::1", "2003::1"},
    {"unassigned, unique local, link-local, multicast", "4000::", "ffff::1", "3ffe::1", ""},
};

TEST(Address, RefusesWhatIsNotPublicFromItsFirstToItsLast) {
  for (const Range& range : kRefused4) {
    EXPECT_FALSE(allowed(range.first)) << range.what;
    EXPECT_FALSE(allowed(range.last)) << range.what;
  }
  for (const Range& range : kRefused6) {
    EXPECT_FALSE(allowed(range.first)) << range.what;
    EXPECT_FALSE(allowed(range.last)) << range.what;
  }
}

TEST(Address, AllowsTheNeighboursOfWhatItRefuses) {
  for (const Range& range : kRefused4) {
    if (*range.before != 0) EXPECT_TRUE(allowed(range.before)) << range.what;
    if (*range.after != 0) EXPECT_TRUE(allowed(range.after)) << range.what;
  }
  for (const Range& range : kRefused6) {
    if (*range.before != 0) EXPECT_TRUE(allowed(range.before)) << range.what;
    if (*range.after != 0) EXPECT_TRUE(allowed(range.after)) << range.what;
  }
}

TEST(Address, RefusesTheOnesThatAttackersType) {
  for (const char* address : {
           "127.0.0.1",
           "0.0.0.0",
           "10.1.2.3",
           "172.17.0.1",
           "192.168.1.1",
           "100.100.100.200",  // near machines
           "169.254.169.254",
           "fd00:ec2::254",  // cloud metadata
           "255.255.255.255",
           "239.255.255.250",  // everybody
           "::",
           "::1",
           "fe80::1",
           "fe80::1%1",
           "fec0::1",
           "fc00::1",
           "fdff:ffff::1",  // near machines
           "ff02::1",
           "ff0e::1",  // groups
           "::ffff:127.0.0.1",
           "::ffff:10.0.0.1",
           "::ffff:169.254.169.254",
           "::ffff:0.0.0.0",  // IPv4 in IPv6 …
           "::127.0.0.1",
           "64:ff9b::10.0.0.1",
           "64:ff9b:1::1",
           "2002:7f00:1::1",
           "2001:0:a00:1::1",
       })
    EXPECT_FALSE(allowed(address)) << address;
}

TEST(Address, AllowsPublicOnes) {
  for (const char* address : {"8.8.8.8", "77.88.8.8", "95.163.1.1", "223.255.255.254", "2a02:6b8::feed:ff",
                              "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8"})
    EXPECT_TRUE(allowed(address)) << address;
}

TEST(Address, LetsPrivateOnesThroughWhereTheyAreAllowed) {
  const AddressPolicy local{.allow_private = true};
  for (const Range& range : kRefused4) {
    if (std::string_view(range.what) == "this network" || range.last == std::string_view("255.255.255.255")) continue;
    EXPECT_TRUE(allowed(range.first, local)) << range.what;
    EXPECT_TRUE(allowed(range.last, local)) << range.what;
  }
  for (const char* address : {"::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "8.8.8.8"})
    EXPECT_TRUE(allowed(address, local)) << address;
  // Neither names a machine.
  for (const char* address : {"0.0.0.0", "::", "224.0.0.1", "239.255.255.250", "ff02::1"})
    EXPECT_FALSE(allowed(address, local)) << address;
}

}  // namespace
}  // namespace kassaflow::http
