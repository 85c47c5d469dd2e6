#include "connections.hpp"

#include <gtest/gtest.h>

namespace kassaflow::kassactl {
namespace {

using Names = std::map<std::string, std::vector<std::string>>;
using Addresses = std::vector<std::string>;

Addresses every(const Addresses& addresses, Names names) {
  return every_address(addresses, [names = std::move(names)](const std::string& host) {
    std::vector<boost::asio::ip::address> found;
    if (const auto known = names.find(host); known != names.end()) {
      for (const auto& text : known->second) found.push_back(boost::asio::ip::make_address(text));
    }
    return found;
  });
}

TEST(EveryAddress, AskEachWorkerBehindANameOnce) {
  EXPECT_EQ(
      every({"workers:9000", "one:9001"}, {{"workers", {"10.0.0.2", "10.0.0.1", "10.0.0.2"}}, {"one", {"10.0.0.9"}}}),
      (Addresses{"10.0.0.1:9000", "10.0.0.2:9000", "10.0.0.9:9001"}));
}

TEST(EveryAddress, OfBothFamiliesOneIsAsked) {
  EXPECT_EQ(every({"workers:9000"}, {{"workers", {"fd00::1", "10.0.0.1", "fd00::2", "10.0.0.2"}}}),
            (Addresses{"10.0.0.1:9000", "10.0.0.2:9000"}));
  EXPECT_EQ(every({"workers:9000"}, {{"workers", {"fd00::1", "fd00::2"}}}),
            (Addresses{"[fd00::1]:9000", "[fd00::2]:9000"}));
}

TEST(EveryAddress, ANameThatLeadsNowhereStays) {
  EXPECT_EQ(every({"nowhere:9000", "[fd00::7]:9000"}, {}), (Addresses{"nowhere:9000", "[fd00::7]:9000"}));
}

TEST(EveryAddress, TheSystemKnowsNumbersAndNoNonsense) {
  EXPECT_EQ(every_address({"127.0.0.1:5000", "no such host:1"}, resolve),
            (Addresses{"127.0.0.1:5000", "no such host:1"}));
}

}  // namespace
}  // namespace kassaflow::kassactl
