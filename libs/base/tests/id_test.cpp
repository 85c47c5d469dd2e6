#include "kassaflow/base/id.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <map>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace kassaflow {
namespace {

template <class To, class From>
constexpr bool kMade = std::is_constructible_v<To, From> || std::is_assignable_v<To&, From>;
template <class Left, class Right>
concept Compared = requires(const Left& left, const Right& right) { left == right; };
template <class Left, class Right>
concept Ordered = requires(const Left& left, const Right& right) { left < right; };

template <class One, class Other>
constexpr bool kApart = !std::is_same_v<One, Other> && !kMade<One, Other> && !kMade<Other, One> &&
                        !Compared<One, Other> && !Ordered<One, Other>;

// Each with each.
template <class... Ids>
constexpr bool kAllApart = true;
template <class One, class... Others>
constexpr bool kAllApart<One, Others...> = (kApart<One, Others> && ...) && kAllApart<Others...>;

static_assert(
    kAllApart<TenantId, PoolId, RegisterId, InstallationId, CashboxId, RegisterIdentity, ReceiptId, WorkerId>);

// Texts become ids only where somebody says so, and ids texts only by str().
static_assert(std::is_constructible_v<PoolId, std::string> && std::is_constructible_v<PoolId, const char*>);
static_assert(!std::is_convertible_v<std::string, PoolId> && !std::is_convertible_v<const char*, PoolId>);
static_assert(!std::is_assignable_v<PoolId&, std::string> && !std::is_assignable_v<PoolId&, const char*>);
static_assert(!kMade<std::string, PoolId> && !kMade<std::string_view, PoolId>);
static_assert(!Compared<PoolId, std::string> && !Compared<PoolId, std::string_view> && !Compared<PoolId, const char*>);

static_assert(std::totally_ordered<PoolId> && std::is_nothrow_move_constructible_v<PoolId>);

TEST(Id, IsItsTextAndNothingElse) {
  EXPECT_TRUE(PoolId().empty());
  const PoolId shop("shop");
  EXPECT_FALSE(shop.empty());
  EXPECT_EQ(shop.str(), "shop");
  EXPECT_EQ(shop, PoolId("shop"));
  EXPECT_NE(shop, PoolId("Shop"));
  EXPECT_LT(shop, PoolId("shop-2"));
}

TEST(Id, IsAKeyOfMaps) {
  std::map<ReceiptId, int> sorted{{ReceiptId("b"), 2}, {ReceiptId("a"), 1}};
  EXPECT_EQ(sorted.begin()->first.str(), "a");
  std::unordered_map<RegisterId, int> hashed{{RegisterId("kkt-1"), 1}};
  EXPECT_EQ(hashed.at(RegisterId("kkt-1")), 1);
  EXPECT_FALSE(hashed.contains(RegisterId("kkt-2")));
}

}  // namespace
}  // namespace kassaflow
