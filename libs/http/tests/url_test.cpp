// The connector's side of the one table of spellings; the registry's is in its rules_test.

#include "kassaflow/http/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io_thread.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "refused_urls.hpp"

namespace kassaflow::http::tests {
namespace {

using kassaflow::tests::kAcceptedUrls;
using kassaflow::tests::kRefusedUrls;
using ::testing::HasSubstr;

TEST(Url, NothingIsSentToAnAddressInDisguise) {
  IoThread io;
  for (const auto& refused : kRefusedUrls) {
    for (const bool allow_private : {false, true}) {
      if (allow_private && !refused.also_private) continue;
      Request request;
      request.url = refused.url;
      NoGuard guard;
      const auto sent = io.run(one_shot(request, {.allow_private = allow_private}, guard));
      ASSERT_FALSE(sent) << refused.url;
      EXPECT_EQ(sent.error().sent, Sent::nothing) << refused.url;
      EXPECT_THAT(sent.error().message, HasSubstr(refused.why)) << refused.url;
    }
  }
}

TEST(Url, OthersAreRead) {
  for (const char* url : kAcceptedUrls) EXPECT_TRUE(parse_url(url, {})) << url;
  for (const auto& refused : kRefusedUrls) {
    EXPECT_EQ(parse_url(refused.url, {.allow_private = true}).has_value(), !refused.also_private) << refused.url;
  }
}

TEST(Url, IsTakenApart) {
  const auto name = parse_url("https://Shop.example.ru/a?b=%2F#part", {});
  ASSERT_TRUE(name);
  EXPECT_TRUE(name->tls);
  EXPECT_EQ(name->host, "Shop.example.ru");
  EXPECT_FALSE(name->literal);
  EXPECT_EQ(name->port, 443);
  EXPECT_EQ(name->host_header, "Shop.example.ru");
  EXPECT_EQ(name->path, "/a?b=%2F");

  const auto like_an_address = parse_url("http://127.0.0.1.example.ru:81/x", {});
  ASSERT_TRUE(like_an_address);
  EXPECT_EQ(like_an_address->host, "127.0.0.1.example.ru");
  EXPECT_EQ(like_an_address->port, 81);
  EXPECT_EQ(like_an_address->path, "/x");

  const auto six = parse_url("http://[2A00:0::71]:8080?q", {});
  ASSERT_TRUE(six);
  EXPECT_FALSE(six->tls);
  EXPECT_EQ(six->host, "2a00::71");
  EXPECT_EQ(six->literal, boost::asio::ip::make_address("2a00::71"));
  EXPECT_EQ(six->port, 8080);
  EXPECT_EQ(six->host_header, "[2A00:0::71]:8080");
  EXPECT_EQ(six->path, "/?q");
}

TEST(Url, NothingOfItIsQuoted) {
  for (const auto& refused : kRefusedUrls) {
    const auto parsed = parse_url(std::string(refused.url) + "rest/1/s3cret/", {});
    ASSERT_FALSE(parsed) << refused.url;
    EXPECT_EQ(parsed.error().message.find("s3cret"), std::string::npos);
  }
}

}  // namespace
}  // namespace kassaflow::http::tests
