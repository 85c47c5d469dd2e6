#include "kassaflow/receipts/id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kassaflow::receipts {
namespace {

const IdKey kKey(Secret(std::string(32, 'k')));

TEST(ReceiptId, IsAVersion8Uuid) {
  const auto id = kKey.receipt_id("85").str();
  ASSERT_TRUE(is_uuid(id)) << id;
  EXPECT_EQ(id[14], '8');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(ReceiptId, Rule10_IsTheSameForTheSamePostAndDiffersOtherwise) {
  EXPECT_EQ(kKey.receipt_id("85"), kKey.receipt_id("85"));
  EXPECT_NE(kKey.receipt_id("85"), kKey.receipt_id("86"));
  EXPECT_NE(kKey.receipt_id("85"), IdKey(Secret(std::string(32, 'j'))).receipt_id("85"));
}

// Pinned: a change of this value re-prints every receipt of every tenant (exactly-once.md 10).
TEST(ReceiptId, Rule10_NeverChanges) { EXPECT_EQ(kKey.receipt_id("85").str(), "43dd8327-1e25-8d42-aa0e-31011a5dc7ce"); }

TEST(ReceiptId, RefusesAnEmptyKey) { EXPECT_THROW(IdKey{Secret()}, std::invalid_argument); }

TEST(PostId, IsAVersion7UuidThatCarriesTheTime) {
  const auto id = new_post_id(0x0123456789ab);
  ASSERT_TRUE(is_uuid(id)) << id;
  EXPECT_EQ(id.substr(0, 15), "01234567-89ab-7");
  EXPECT_NE(new_post_id(1), new_post_id(1));
}

TEST(AttemptKey, Rule1_DiffersBetweenAttemptsAndReceipts) {
  std::set<std::string> keys;
  for (const auto* receipt : {"a", "b"}) {
    for (std::uint32_t number = 1; number <= 50; ++number) {
      keys.insert(attempt_key(receipt, number));
      const auto numeric = numeric_attempt_key(receipt, number);
      EXPECT_EQ(numeric.size(), 15U);
      EXPECT_EQ(numeric.find_first_not_of("0123456789"), std::string::npos);
      keys.insert(numeric);
    }
  }
  EXPECT_EQ(keys.size(), 200U);
  EXPECT_EQ(attempt_key("a", 1), attempt_key("a", 1));
}

TEST(Uuid, OnlyTheCanonicalTextIsOne) {
  EXPECT_TRUE(is_uuid("11111111-2222-4333-8444-555555555555"));
  for (const auto* bad : {"", "11111111-2222-4333-8444-55555555555", "11111111-2222-4333-8444-55555555555G",
                          "11111111-2222-4333-8444-55555555555A", "1111111122224333844455555555555500000"}) {
    EXPECT_FALSE(is_uuid(bad)) << bad;
  }
}

TEST(Shard, Rule4_IsFixedForEver) {
  EXPECT_EQ(shard_of(PoolId("acme-shop")), 573);
  for (int i = 0; i < 1000; ++i) {
    const int shard = shard_of(PoolId("pool-" + std::to_string(i)));
    EXPECT_GE(shard, 0);
    EXPECT_LT(shard, kShards);
  }
}

}  // namespace
}  // namespace kassaflow::receipts
