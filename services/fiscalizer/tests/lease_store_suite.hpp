#pragma once
// What a LeaseStore promises, over each of them. A Fixture has `LeaseStore& store()`, an empty store where nobody holds
// anything, and `void set(ShardRow)`, which writes past it; it drives `asio::io_context io`.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>

#include "lease_store.hpp"

namespace kassaflow::fiscalizer {

template <class T>
T answer_of(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  auto future = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
  io.restart();
  while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io.run_one();
  return future.get();
}

template <class Fixture>
class LeaseStoreSuite : public Fixture {
 protected:
  static inline const WorkerId kA{"a"};
  static inline const WorkerId kB{"b"};

  LeaseStore::Look look(const WorkerId& worker, std::int64_t first = 100, bool leaving = false) {
    return answer_of(this->io, this->store().look({worker, first, leaving})).value();
  }
  Result<LeaseStore::Changed> change(const WorkerId& worker, LeaseStore::Change change) {
    return answer_of(this->io, this->store().change(worker, std::move(change)));
  }
  std::size_t takes(const WorkerId& worker, const ShardRow& seen, std::vector<WorkerRow> dead = {}) {
    return change(worker, {{seen}, std::move(dead), {}}).value().taken.size();
  }
  ShardRow shard(int number) { return look(kB).shards.at(static_cast<std::size_t>(number)); }
  static WorkerRow row_of(const WorkerId& worker, const LeaseStore::Look& look) {
    for (const auto& row : look.workers) {
      if (row.id == worker) return row;
    }
    return {};
  }
};

TYPED_TEST_SUITE_P(LeaseStoreSuite);

TYPED_TEST_P(LeaseStoreSuite, AHeartbeatBeginsWhereItIsToldAndGrows) {
  EXPECT_EQ(this->row_of(this->kA, this->look(this->kA, 100)).heartbeat, 100);
  EXPECT_EQ(this->row_of(this->kA, this->look(this->kA, 500)).heartbeat, 101);
  EXPECT_EQ(this->row_of(this->kA, this->look(this->kB)).heartbeat, 101);
}

TYPED_TEST_P(LeaseStoreSuite, WhoLeavesSaysSo) {
  EXPECT_FALSE(this->row_of(this->kA, this->look(this->kA)).leaving);
  EXPECT_TRUE(this->row_of(this->kA, this->look(this->kA, 1, true)).leaving);
  EXPECT_TRUE(this->row_of(this->kA, this->look(this->kB)).leaving);
}

TYPED_TEST_P(LeaseStoreSuite, Rule4_AShardIsTakenOnlyAsItWasSeen) {
  const auto first = this->row_of(this->kA, this->look(this->kA));
  this->look(this->kB);
  this->set(ShardRow{1, {}, 7});
  EXPECT_EQ(this->takes(this->kA, {1, {}, 7}), 1U);
  EXPECT_EQ(this->takes(this->kB, {1, {}, 7}), 0U) << "taken since";
  EXPECT_EQ(this->takes(this->kB, {1, this->kA, 7}, {first}), 0U) << "another epoch";
  EXPECT_EQ(this->takes(this->kB, {1, WorkerId("c"), 8}, {{WorkerId("c"), 1}}), 0U) << "another worker";
  EXPECT_EQ(this->takes(this->kB, {1, this->kA, 8}), 0U) << "not called dead";
  EXPECT_EQ(this->shard(1), (ShardRow{1, this->kA, 8}));
  EXPECT_EQ(this->takes(this->kB, {1, this->kA, 8}, {first}), 1U);
  EXPECT_EQ(this->shard(1), (ShardRow{1, this->kB, 9}));
}

TYPED_TEST_P(LeaseStoreSuite, Rule4_WhoseHeartMovedAgainKeepsEverything) {
  const auto seen = this->row_of(this->kA, this->look(this->kA));
  this->look(this->kB);
  this->set(ShardRow{1, this->kA, 7});
  this->look(this->kA);
  EXPECT_EQ(this->takes(this->kB, {1, this->kA, 7}, {seen}), 0U);
  EXPECT_EQ(this->row_of(this->kA, this->look(this->kB)).id, this->kA);
}

TYPED_TEST_P(LeaseStoreSuite, TheDeadAreForgottenOnceTheyHoldNothing) {
  const auto seen = this->row_of(this->kA, this->look(this->kA));
  this->look(this->kB);
  this->set(ShardRow{1, this->kA, 7});
  this->set(ShardRow{2, this->kA, 7});
  EXPECT_EQ(this->takes(this->kB, {1, this->kA, 7}, {seen}), 1U);
  EXPECT_EQ(this->row_of(this->kA, this->look(this->kB)), seen) << "it still holds a shard";
  EXPECT_EQ(this->takes(this->kB, {2, this->kA, 7}, {seen}), 1U);
  EXPECT_TRUE(this->row_of(this->kA, this->look(this->kB)).id.empty());
}

TYPED_TEST_P(LeaseStoreSuite, WhoWasForgottenTakesNothingBeforeItHasLookedAgain) {
  EXPECT_EQ(this->change(this->kA, {{{1, {}, 0}}, {}, {}}).error().code, postgres::kRefused);
  this->look(this->kA);
  EXPECT_TRUE(this->change(this->kA, {}).has_value());
}

TYPED_TEST_P(LeaseStoreSuite, AHolderWithoutARowGetsOneToBeWatchedBy) {
  this->set(ShardRow{1, WorkerId("ghost"), 7});
  const auto first = this->row_of(WorkerId("ghost"), this->look(this->kA));
  EXPECT_EQ(first.id, WorkerId("ghost"));
  EXPECT_EQ(this->row_of(WorkerId("ghost"), this->look(this->kA)), first) << "it stands still";
}

TYPED_TEST_P(LeaseStoreSuite, OnlyWhatIsOursIsReleased) {
  this->look(this->kA);
  this->set(ShardRow{1, this->kA, 7});
  this->set(ShardRow{2, this->kB, 7});
  EXPECT_EQ(this->change(this->kA, {{}, {}, {1, 2, 3}}).value().released, 1U);
  EXPECT_EQ(this->shard(1), (ShardRow{1, {}, 7}));
  EXPECT_EQ(this->shard(2), (ShardRow{2, this->kB, 7}));
}

TYPED_TEST_P(LeaseStoreSuite, WhoSignsOffKeepsOnlyWhatIsBusyAndIsForgottenWithoutIt) {
  this->look(this->kA);
  this->set(ShardRow{1, this->kA, 7});
  this->set(ShardRow{2, this->kA, 7});
  ASSERT_TRUE(answer_of(this->io, this->store().sign_off(this->kA, {2})).has_value());
  EXPECT_EQ(this->shard(1).worker, WorkerId());
  EXPECT_EQ(this->shard(2).worker, this->kA);
  EXPECT_EQ(this->row_of(this->kA, this->look(this->kB)).id, this->kA);
  ASSERT_TRUE(answer_of(this->io, this->store().sign_off(this->kA, {})).has_value());
  EXPECT_EQ(this->shard(2).worker, WorkerId());
  EXPECT_TRUE(this->row_of(this->kA, this->look(this->kB)).id.empty());
}

REGISTER_TYPED_TEST_SUITE_P(LeaseStoreSuite, AHeartbeatBeginsWhereItIsToldAndGrows, WhoLeavesSaysSo,
                            Rule4_AShardIsTakenOnlyAsItWasSeen, Rule4_WhoseHeartMovedAgainKeepsEverything,
                            TheDeadAreForgottenOnceTheyHoldNothing, WhoWasForgottenTakesNothingBeforeItHasLookedAgain,
                            AHolderWithoutARowGetsOneToBeWatchedBy, OnlyWhatIsOursIsReleased,
                            WhoSignsOffKeepsOnlyWhatIsBusyAndIsForgottenWithoutIt);

}  // namespace kassaflow::fiscalizer
