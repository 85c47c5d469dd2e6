#include "kassaflow/rpc/token.hpp"

#include <gmock/gmock.h>

namespace kassaflow::rpc {
namespace {

TEST(TokenTest, IsKnownByItsPrefixAndGuessedByNobody) {
  const Secret one = make_token();
  EXPECT_THAT(one.reveal(), testing::MatchesRegex("kft_[0-9a-f]{64}"));
  EXPECT_FALSE(one.matches(make_token().reveal()));
  EXPECT_THAT(hash_of(one.reveal()), testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST(TokenTest, ItsTimeIsReadAsItIsWritten) {
  const auto time = parse_time("2027-01-31T00:00:00Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->time_since_epoch().count(), 1801353600);
  EXPECT_EQ(to_text(*time), "2027-01-31T00:00:00Z");
  for (const auto* wrong : {"", "2027-01-31", "2027-02-31T00:00:00Z", "2027-01-31T00:00:00", "2027-1-31T00:00:00Z",
                            "2027-01-31T00:00:00+03:00", " 2027-01-31T00:00:00Z", "2027-01-31T24:00:00Z"})
    EXPECT_FALSE(parse_time(wrong)) << wrong;
}

}  // namespace
}  // namespace kassaflow::rpc
