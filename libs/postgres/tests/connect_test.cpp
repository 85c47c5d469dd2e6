#include "src/connect.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

namespace kassaflow::postgres {
namespace {

// What libpq itself makes of a connection string.
std::map<std::string, std::string> parsed(const std::string& text) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(text.c_str(), &why),
                                                                             PQconninfoFree);
  EXPECT_TRUE(options) << text << ": " << (why != nullptr ? why : "");
  PQfreemem(why);
  std::map<std::string, std::string> result;
  for (auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr) result[option->keyword] = option->val;
  }
  return result;
}

TEST(TimeLimits, AreAddedToEveryFormOfAConnectionString) {
  for (const char* given :
       {"postgresql://user:pw@db.example:5433/name", "postgres://user:pw@db.example:5433/name?sslmode=prefer",
        "host=db.example port=5433 dbname=name user=user password=pw"}) {
    const auto options = parsed(with_time_limits(given));
    EXPECT_EQ(options.at("connect_timeout"), "5") << given;
    EXPECT_EQ(options.at("tcp_user_timeout"), "15000") << given;
    EXPECT_EQ(options.at("host"), "db.example") << given;
    EXPECT_EQ(options.at("port"), "5433") << given;
    EXPECT_EQ(options.at("dbname"), "name") << given;
    EXPECT_EQ(options.at("password"), "pw") << given;
  }
}

TEST(TimeLimits, WhatTheStringSaysItselfWins) {
  EXPECT_EQ(parsed(with_time_limits("postgresql://db/name?connect_timeout=2&sslmode=require")).at("connect_timeout"),
            "2");
  EXPECT_EQ(parsed(with_time_limits("host=db connect_timeout=2")).at("connect_timeout"), "2");
}

}  // namespace
}  // namespace kassaflow::postgres
