#include "kassaflow/postgres/portions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <variant>

namespace kassaflow::postgres {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A database that stores numbers, all of a portion or none.
struct Store {
  std::function<Result<std::monostate>(const Portion<int>&)> refuse = [](const auto&) { return std::monostate{}; };
  std::vector<int> taken;
  std::map<int, std::string> aside;
  std::set<int> bare;
  int transactions = 0;

  Result<std::monostate> store(const Portion<int>& portion) {
    ++transactions;
    if (auto refused = refuse(portion); !refused) return refused;
    for (const int item : portion.items) {
      if (portion.handling == Handling::take_in) taken.push_back(item);
      if (portion.handling != Handling::take_in) aside[item] = portion.refusal;
      if (portion.handling == Handling::keep_bare) bare.insert(item);
    }
    return std::monostate{};
  }
  // False: the batch is to be offered again.
  bool take_in(const std::vector<int>& batch) {
    Portions<int> portions{std::span(batch)};
    while (const auto* portion = portions.next()) {
      if (!portions.settle(store(*portion))) return false;
    }
    return true;
  }
};

bool holds(const Portion<int>& portion, int item) {
  return std::ranges::find(portion.items, item) != portion.items.end();
}

std::vector<int> numbers(int count) {
  std::vector<int> batch;
  for (int i = 0; i < count; ++i) batch.push_back(i);
  return batch;
}

TEST(Portions, AWholeBatchIsOneTransaction) {
  Store store;
  EXPECT_TRUE(store.take_in(numbers(500)));
  EXPECT_EQ(store.transactions, 1);
  EXPECT_EQ(store.taken, numbers(500));
  EXPECT_TRUE(store.take_in({}));
  EXPECT_EQ(store.transactions, 1) << "nothing to store";
}

TEST(Portions, Rule18_OnlyWhatIsRefusedIsSetAsideAndTheOrderStays) {
  for (const int bad : {0, 1, 249, 250, 499}) {
    Store store;
    store.refuse = [bad](const auto& portion) -> Result<std::monostate> {
      if (portion.handling == Handling::take_in && holds(portion, bad)) return fail(kData, "ERROR: 22P05\nDETAIL: it");
      return std::monostate{};
    };
    EXPECT_TRUE(store.take_in(numbers(500)));
    auto rest = numbers(500);
    std::erase(rest, bad);
    EXPECT_EQ(store.taken, rest) << bad;
    EXPECT_THAT(store.aside, ElementsAre(testing::Pair(bad, "ERROR: 22P05"))) << "without what may be the data";
    EXPECT_LE(store.transactions, 2 * 9 + 2);
    EXPECT_THAT(store.bare, IsEmpty());
  }
}

TEST(Portions, Rule18_ABatchOfWhatIsRefusedIsSetAsideWhole) {
  Store store;
  store.refuse = [](const auto& portion) -> Result<std::monostate> {
    if (portion.handling == Handling::take_in) return fail(kData, "no");
    return std::monostate{};
  };
  EXPECT_TRUE(store.take_in(numbers(7)));
  EXPECT_THAT(store.taken, IsEmpty());
  EXPECT_EQ(store.aside.size(), 7U);
}

TEST(Portions, Rule18_WhatCannotEvenBeSetAsideIsKeptBare) {
  Store store;
  store.refuse = [](const auto& portion) -> Result<std::monostate> {
    if (portion.handling != Handling::keep_bare && holds(portion, 2)) return fail(kData, "no");
    return std::monostate{};
  };
  EXPECT_TRUE(store.take_in(numbers(4)));
  EXPECT_THAT(store.taken, ElementsAre(0, 1, 3));
  EXPECT_THAT(store.bare, ElementsAre(2));
}

TEST(Portions, Rule18_AStoreThatIsAwayOrBusySetsNothingAside) {
  for (const ErrorCode code : {ErrorCode(kUnavailable), ErrorCode(kInDoubt), ErrorCode(kRefused)}) {
    Store store;
    store.refuse = [&](const auto& portion) -> Result<std::monostate> {
      // It is away for one transaction while the batch is being halved.
      if (portion.items.size() == 1 && portion.handling == Handling::take_in) return fail(code, "later");
      if (holds(portion, 3)) return fail(kData, "no");
      return std::monostate{};
    };
    EXPECT_FALSE(store.take_in(numbers(4))) << code.name();
    EXPECT_THAT(store.taken, ElementsAre(0, 1)) << "what is stored stays stored";
    EXPECT_THAT(store.aside, IsEmpty());
    store.refuse = [](const auto& portion) -> Result<std::monostate> {
      if (portion.handling == Handling::take_in && holds(portion, 3)) return fail(kData, "no");
      return std::monostate{};
    };
    EXPECT_TRUE(store.take_in(numbers(4))) << "offered again";
    EXPECT_EQ(store.aside.size(), 1U);
  }
}

TEST(Portions, Rule18_AStoreThatTakesNothingAtAllIsNotMadeToForgetRecords) {
  Store store;
  store.refuse = [](const auto&) -> Result<std::monostate> { return fail(kData, "even the bytes"); };
  EXPECT_FALSE(store.take_in(numbers(4)));
  EXPECT_THAT(store.aside, IsEmpty());
}

}  // namespace
}  // namespace kassaflow::postgres
