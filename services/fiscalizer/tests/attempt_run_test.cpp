// What a attempt makes of what its register says, against the real journal: moments at which no simulated register can
// be brought to speak.

#include "attempt_run.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "journal/postgres_lease_store.hpp"
#include "scripted_driver.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Bytes = AttemptRun::Bytes;

class AttemptRunTest : public PostgresJournalTest {
 protected:
  AttemptRunTest() {
    timers_.poll = timers_.first_question = timers_.repost_grace = settings::Duration(1);
    free_shards();
    leases_.on_change([this] { leased_ = true; });
    asio::co_spawn(io_, leases_.run(), [](std::exception_ptr) {});
    while (!leased_) io_.run_one();
    fence_ = leases_.may_start(kShard).value();

    take({post(1, 1, 10, "d", 0)});
    auto attempt = attempt_for(queued().at(0));
    attempt.fence = fence_;
    attempt_ = open(attempt);
    begin(1);
  }

  void begin(int send) {
    const auto stored = remember().open.value();
    run_.emplace(
        AttemptDependencies{io_.get_executor(), async::machine_clock(), settings_, timers_, journal_, leases_,
                            RegisterId("kkt-1"), fence_, [this] { return speechless_-- > 0 ? nullptr : next_driver_; }},
        OpenAttempt{attempt_,
                    {stored.key, "", stored.request},
                    stored.receipt,
                    Kind::receipt,
                    send,
                    async::machine_clock().now()},
        driver_);
  }

  std::optional<Finding> follow(Bytes bytes = Bytes::here) {
    auto ended = asio::co_spawn(io_, run_->run(bytes), asio::use_future);
    while (ended.wait_for(0s) != std::future_status::ready) io_.run_one();
    return ended.get();
  }
  std::string open_attempts() { return one("select count(*) from attempts where outcome is null"); }

  static inline const int kShard = receipts::shard_of(kPool);
  FiscalizerSettings settings_;
  registers::Timers timers_;
  asio::io_context io_;
  postgres::Database database_{options()};
  journal::PostgresStore store_{database_};
  Journal journal_{io_.get_executor(), async::machine_clock(), store_, kWorker, limits_};
  journal::PostgresLeaseStore lease_store_{database_};
  Leases leases_{io_.get_executor(), io_.get_executor(), async::machine_clock(), lease_store_, {kWorker, 10min}};
  bool leased_ = false;
  Fence fence_;
  std::int64_t attempt_ = 0;
  ScriptedDriver driver_;
  registers::Driver* next_driver_ = &driver_;
  int speechless_ = 0;  // how often there is no driver before there is one
  std::optional<AttemptRun> run_;
};

TEST_F(AttemptRunTest, Rule7_WhatWasNeverThereIsSentAgainAfterTheGrace) {
  driver_.answers = {said(Fact::absent), said(Fact::absent), said(Fact::printed)};
  EXPECT_EQ(follow().value().fact, Fact::printed);
  EXPECT_EQ(driver_.sends, 2);
  EXPECT_EQ(state(1), "done");
}

// The first copy is found, and the second is still under way: behind another key it would be printed, too.
TEST_F(AttemptRunTest, Rule7_NothingGoesToTheRegisterWhileARepeatMayStillArrive) {
  driver_.now = [this] {
    if (driver_.sends == 2) timers_.repost_grace = settings::Duration(1h);
  };
  driver_.answers = {said(Fact::absent), said(Fact::absent), said(Fact::printed)};
  EXPECT_EQ(follow().value().fact, Fact::printed);
  EXPECT_EQ(driver_.sends, 2);
  EXPECT_GT(run_->repeat_arrives_by(), async::machine_clock().now() + 59min);
}

TEST_F(AttemptRunTest, Rule7_AfterATakeOverOfARepeatedAttemptToo) {
  begin(run([&](Transaction& tx) { return journal::allow_resend(tx, kWorker, attempt_, fence_); }));
  timers_.repost_grace = settings::Duration(1h);
  driver_.answers = {said(Fact::printed)};
  EXPECT_EQ(follow(Bytes::perhaps_gone).value().fact, Fact::printed);
  EXPECT_GT(run_->repeat_arrives_by(), async::machine_clock().now() + 59min);
}

TEST_F(AttemptRunTest, Rule7_WhatWasThereOnceIsNeverSentAgain) {
  driver_.sent = said(Fact::pending, "7");
  driver_.answers = {said(Fact::absent), said(Fact::absent), said(Fact::absent), said(Fact::printed)};
  EXPECT_EQ(follow().value().fact, Fact::printed);
  EXPECT_EQ(driver_.sends, 1);
  EXPECT_EQ(state(1), "done");
}

TEST_F(AttemptRunTest, Rule7_NothingIsSentAgainThatWasClosedMeanwhile) {
  driver_.now = [this] {  // a person's answer, which no one has heard this attempt
    if (driver_.asks == 2) exec("update attempts set outcome = 'not_printed'");
  };
  driver_.answers = {said(Fact::absent), said(Fact::absent)};
  EXPECT_FALSE(follow());
  EXPECT_EQ(driver_.sends, 1);
}

TEST_F(AttemptRunTest, WhatMayHaveLeftIsAskedFor) {
  driver_.answers = {said(Fact::printed)};
  EXPECT_EQ(follow(Bytes::perhaps_gone).value().fact, Fact::printed);
  EXPECT_EQ(driver_.sends, 0);
}

// A sender that is cut off from the journal hears the answer, and tells it when it is back.
TEST_F(AttemptRunTest, Rule6_NothingIsLateBeforeItsSenderHasGivenUp) {
  timers_.longest_answer = settings::Duration(1h);
  auto ended = asio::co_spawn(io_, run_->run(Bytes::perhaps_gone), asio::use_future);
  for (int i = 0; i < 50; ++i) {  // time enough to tell and to ask
    run_->ask_now();
    io_.poll();
    (void)remember();
  }
  EXPECT_EQ(driver_.sends + driver_.asks, 0);
  EXPECT_EQ(one("select count(*) from evidence"), "0");
  EXPECT_EQ(open_attempts(), "1");
  run_->closed(said(Fact::printed));
  while (ended.wait_for(0s) != std::future_status::ready) io_.run_one();
  EXPECT_EQ(ended.get().value().fact, Fact::printed);
}

TEST_F(AttemptRunTest, WhatNeverLeftWasNotPrinted) {
  EXPECT_EQ(follow(Bytes::never_left).value().fact, Fact::not_printed);
  EXPECT_EQ(driver_.sends + driver_.asks, 0);
  EXPECT_EQ(state(1), "queued");
}

// Its bytes leave, for the journal has the attempt; who asks for its end is the next owner.
TEST_F(AttemptRunTest, StoppedBeforeItBeginsItSendsAndAsksNothing) {
  run_->stop();
  EXPECT_FALSE(follow());
  EXPECT_EQ(driver_.sends, 1);
  EXPECT_EQ(driver_.asks, 0);
  EXPECT_FALSE(run_->shard_lost());
  EXPECT_EQ(open_attempts(), "1");
}

TEST_F(AttemptRunTest, StoppedDuringAQuestionItStillKeepsACertainAnswer) {
  driver_.now = [this] {
    if (driver_.asks == 1) run_->stop();
  };
  driver_.answers = {said(Fact::printed)};
  EXPECT_EQ(follow().value().fact, Fact::printed);
  EXPECT_EQ(state(1), "done");
}

TEST_F(AttemptRunTest, ClosedByOthersItAsksNoMore) {
  driver_.now = [this] {
    if (driver_.asks == 1) run_->closed(std::nullopt);
  };
  driver_.answers = {said(Fact::pending, "7")};
  EXPECT_FALSE(follow());
  EXPECT_EQ(driver_.asks, 1);
  EXPECT_FALSE(run_->shard_lost());
}

TEST_F(AttemptRunTest, AnEndHeardElsewhereIsItsEnd) {
  driver_.now = [this] {
    if (driver_.asks == 1) run_->closed(said(Fact::not_printed, "", Cause::shift_expired));
  };
  driver_.answers = {said(Fact::pending, "7")};
  EXPECT_EQ(follow().value().cause, Cause::shift_expired);
  EXPECT_EQ(driver_.asks, 1);
}

// The callback overtook the answer to the POST.
TEST_F(AttemptRunTest, AnEndHeardElsewhereWhileItsBytesWereOnTheWayIsItsEnd) {
  driver_.sent = said(Fact::pending, "7");
  driver_.now = [this] { run_->closed(said(Fact::not_printed, "", Cause::shift_expired)); };
  EXPECT_EQ(follow().value().cause, Cause::shift_expired);
  EXPECT_EQ(driver_.asks, 0);
}

TEST_F(AttemptRunTest, AHintMakesItAskAtOnce) {
  timers_.first_question = settings::Duration(std::chrono::hours(1));
  run_->ask_now();
  driver_.answers = {said(Fact::printed)};
  EXPECT_EQ(follow().value().fact, Fact::printed);
}

TEST_F(AttemptRunTest, WhatWaitsTooLongIsUncertainAndAskedOn) {
  settings_.pending_limit = settings::Duration(0);
  std::string seen;
  driver_.sent = said(Fact::pending, "7");
  driver_.answers = {said(Fact::pending, "7"), said(Fact::pending, "7"), said(Fact::printed)};
  driver_.now = [&] {
    if (driver_.asks == 3) seen = state(1);
  };
  EXPECT_EQ(follow().value().fact, Fact::printed);
  EXPECT_EQ(seen, "uncertain");
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(one("select count(*) from evidence where code = 'pending_too_long'"), "1");
}

TEST_F(AttemptRunTest, Rule5_WhatItHearsUnderALostLeaseIsKeptAndEndsIt) {
  driver_.now = [this] { exec("update shards set worker = 'worker-b', epoch = epoch + 1"); };
  EXPECT_FALSE(follow());
  EXPECT_TRUE(run_->shard_lost());
  EXPECT_EQ(driver_.asks, 0);
  EXPECT_EQ(one("select count(*) from evidence where not decided"), "1");
  EXPECT_EQ(open_attempts(), "1");
}

TEST_F(AttemptRunTest, NewCredentialsCountForWhatIsUnderWay) {
  ScriptedDriver with_new_key;
  with_new_key.answers = {said(Fact::printed)};
  driver_.now = [&] { next_driver_ = &with_new_key; };
  EXPECT_EQ(follow().value().fact, Fact::printed);
  EXPECT_EQ(driver_.asks, 0);
}

TEST_F(AttemptRunTest, WhileNothingCanSpeakWithTheRegisterItWaits) {
  speechless_ = 2;
  driver_.answers = {said(Fact::printed)};
  EXPECT_EQ(follow().value().fact, Fact::printed);
  EXPECT_LT(speechless_, 0) << "it tried again";
}

}  // namespace
}  // namespace kassaflow::fiscalizer
