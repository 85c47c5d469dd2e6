#include "buckets.hpp"

#include <gtest/gtest.h>

namespace kassaflow::ingress {
namespace {

using namespace std::chrono_literals;

class BucketsTest : public testing::Test {
 protected:
  bool takes(std::string_view name, std::int64_t cost = 1) { return buckets_.take(name, cost, now_).ok; }

  Buckets buckets_{{.amount = 6, .period = 60s}, 3};
  Buckets::Time now_{1h};
};

TEST_F(BucketsTest, AFullBucketIsTakenAtOnceAndFilledWithinThePeriod) {
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(takes("a"));
  EXPECT_FALSE(takes("a"));
  now_ += 9999ms;
  EXPECT_FALSE(takes("a"));
  now_ += 1ms;
  EXPECT_TRUE(takes("a"));
  EXPECT_FALSE(takes("a"));
  now_ += 10min;  // it holds no more than when it was new
  EXPECT_TRUE(takes("a", 6));
  EXPECT_FALSE(takes("a"));
}

TEST_F(BucketsTest, ARefusalTakesNothingAndSaysWhenThereIsEnough) {
  EXPECT_TRUE(takes("a", 4));
  const auto refused = buckets_.take("a", 5, now_);
  EXPECT_FALSE(refused.ok);
  EXPECT_EQ(refused.enough_after, 30s);
  EXPECT_TRUE(takes("a", 2));
  now_ += 50s;
  EXPECT_TRUE(takes("a", 5));
}

TEST_F(BucketsTest, WhatIsGivenBackCanBeTakenAgain) {
  EXPECT_TRUE(takes("a", 6));
  buckets_.give_back("a", 2);
  EXPECT_TRUE(takes("a", 2));
  EXPECT_FALSE(takes("a"));
}

TEST_F(BucketsTest, WhatCostsMoreThanABucketHoldsTakesAFullOne) {
  EXPECT_TRUE(takes("a", 1000));
  EXPECT_FALSE(takes("a"));
  now_ += 59s;
  EXPECT_FALSE(takes("a", 1000));
  now_ += 1s;
  EXPECT_TRUE(takes("a", 1000));
}

TEST_F(BucketsTest, NamesAreApart) {
  EXPECT_TRUE(takes("a", 6));
  EXPECT_TRUE(takes("b", 6));
  EXPECT_FALSE(takes("a"));
}

TEST_F(BucketsTest, TellsARefusalOnceAMinute) {
  EXPECT_TRUE(takes("a", 6));
  EXPECT_TRUE(buckets_.take("a", 6, now_).to_be_told);
  EXPECT_FALSE(buckets_.take("a", 6, now_).to_be_told);
  now_ += 59s;
  EXPECT_FALSE(buckets_.take("a", 6, now_).to_be_told);
  EXPECT_TRUE(takes("a"));
  now_ += 1s;
  EXPECT_TRUE(buckets_.take("a", 6, now_).to_be_told);
}

TEST_F(BucketsTest, ForgetsTheOneAskedForLeastLately) {
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(takes(name, 6));
  EXPECT_FALSE(takes("a"));  // asked for again
  EXPECT_TRUE(takes("d", 6));
  EXPECT_EQ(buckets_.size(), 3U);
  for (const char* name : {"a", "c", "d"}) EXPECT_FALSE(takes(name)) << name;
  EXPECT_TRUE(takes("b")) << "forgotten is full";
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(takes("name-" + std::to_string(i)));
  EXPECT_EQ(buckets_.size(), 3U);
}

}  // namespace
}  // namespace kassaflow::ingress
