// Asked on, as long as it is uncertain, beside a lane that goes on; against the real journal.

#include "asker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "scripted_driver.hpp"

namespace kassaflow::fiscalizer {
namespace {

using namespace std::chrono_literals;

class AskerTest : public PostgresJournalTest {
 protected:
  AskerTest() {
    take({post(1, 1, 10, "d", 0)});
    auto lost = heard(open(attempt_for(queued().at(0))), Fact::unknown, Cause::ambiguous);
    lost.provable = false;
    settle(lost);
    asker_.about(uncertain());
    asio::co_spawn(io_, asker_.run(), asio::detached);
  }
  ~AskerTest() override {
    asker_.stop();
    io_.run();
  }
  std::vector<Attempt> uncertain() { return remember().asked; }
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) io_.run_one();
  }

  asio::io_context io_;
  postgres::Database database_{options()};
  journal::PostgresStore store_{database_};
  Journal journal_{io_.get_executor(), async::machine_clock(), store_, kWorker, limits_};
  ScriptedDriver driver_;
  bool may_decide_ = true;
  std::vector<Fact> ended_;
  Asker asker_{io_.get_executor(),
               async::machine_clock(),
               {.journal = journal_,
                .fence = {receipts::shard_of(kPool), 1},
                .first_pause = 1ms,
                .longest_pause = 2ms,
                .may_decide = [this] { return may_decide_; },
                .driver = [this] { return std::make_unique<BorrowedDriver>(driver_); },
                .ended =
                    [this](const Attempt&, const Finding& finding) {
                      ended_.push_back(finding.fact);
                      asker_.about(uncertain());  // as a lane does when it has looked again
                    }}};
};

TEST_F(AskerTest, AttributesThatAppearLaterSettleItWithoutAPerson) {
  driver_.answers = {said(Fact::unknown), said(Fact::pending), said(Fact::absent), said(Fact::printed)};
  until([&] { return !ended_.empty(); });
  EXPECT_EQ(ended_, std::vector{Fact::printed});
  EXPECT_EQ(state(1), "done");
}

TEST_F(AskerTest, ACertainRefusalThatAppearsLaterTakesItBackToTheQueue) {
  driver_.answers = {said(Fact::unknown), said(Fact::not_printed, "", Cause::shift_expired)};
  until([&] { return !ended_.empty(); });
  EXPECT_EQ(ended_, std::vector{Fact::not_printed});
  EXPECT_EQ(state(1), "queued");
}

TEST_F(AskerTest, NothingIsDecidedWithoutTheLease) {
  may_decide_ = false;
  driver_.answers = {said(Fact::printed), said(Fact::printed)};
  driver_.now = [&] { may_decide_ = driver_.asks == 2; };
  until([&] { return !ended_.empty(); });
  EXPECT_EQ(driver_.asks, 2);
  EXPECT_EQ(one("select count(*) from evidence where fact = 'printed'"), "1");
}

// A receipt that was taken back gets its content after it is asked about for the first time.
TEST_F(AskerTest, Rule17_ItAsksWithWhatIsKnownOfTheReceiptNow) {
  auto known = uncertain();
  v1::Receipt content;
  content.set_total_kopecks(700);
  known.front().content = content.SerializeAsString();
  asker_.about(known);
  driver_.answers.assign(100, said(Fact::absent));
  until([&] { return driver_.asks > 0; });
  EXPECT_EQ(driver_.asked.total_kopecks, 700);
}

TEST_F(AskerTest, WhatAPersonAnsweredIsAskedNoMore) {
  driver_.answers = {said(Fact::unknown)};
  until([&] { return driver_.asks == 1; });
  asker_.about({});
  EXPECT_TRUE(asker_.asks_about().empty());
}

// Its document belongs to another receipt: the same claim is not written down at each question.
TEST_F(AskerTest, TheSameAnswerAgainIsNotNews) {
  take({post(2, 2, 10, "d", 1)});
  settle(heard(open(attempt_for(queued().at(0), "bit:2")), Fact::printed, Cause::none, 5));
  driver_.answers = {said(Fact::printed), said(Fact::printed), said(Fact::printed)};
  until([&] { return driver_.asks == 3; });
  EXPECT_EQ(one("select count(*) from evidence where fact = 'printed'"), "2") << "its own, and one claim";
  EXPECT_EQ(state(1), "uncertain");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
