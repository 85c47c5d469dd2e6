// Rules 5, 6, 7 and 11: what a register told, and what follows from it.

#include "journal_fixture.hpp"

namespace kassaflow::fiscalizer {
namespace {

TEST_F(JournalTest, Rule5_EvidenceUnderALostEpochIsKeptAndDecidedByTheOwner) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  run([](pqxx::work& work) { return work.exec("update shards set worker = 'worker-b', epoch = 2"); });
  EXPECT_FALSE(settle(heard(attempt, Fact::printed, Cause::none, 7)).decided);
  EXPECT_EQ(state(1), "printing");

  auto kept = news().undecided;
  ASSERT_EQ(kept.size(), 1U);
  kept[0].heard.fence.epoch = 2;
  EXPECT_TRUE(run([&](pqxx::work& work) { return sql::settle(work, WorkerId("worker-b"), limits_, {kept[0].heard}); })
                  .at(0)
                  .decided);
  EXPECT_EQ(state(1), "done");
  EXPECT_TRUE(news().undecided.empty());
}

// The first worker heard that its bytes never left; the second has sent them again since.
TEST_F(JournalTest, Rule5_WhatIsSaidOfAnEarlierSendingClosesNothing) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  run([&](pqxx::work& work) { return sql::allow_resend(work, kWorker, attempt, Fence{receipts::shard_of(kPool), 1}); });
  for (const auto fact : {Fact::not_printed, Fact::unknown, Fact::absent}) {
    settle(heard(attempt, fact, Cause::transient));
    EXPECT_EQ(state(1), "printing");
    EXPECT_EQ(one("select count(*) from attempts where outcome is null"), "1");
  }
  EXPECT_EQ(one("select count(*) from evidence"), "3");
  auto latest = heard(attempt, Fact::not_printed, Cause::transient);
  latest.send = 2;
  settle(latest);
  EXPECT_EQ(state(1), "queued");
}

// A person said "not printed", and then the cloud's callback came.
TEST_F(JournalTest, Rule5_ALatePrintedCountsWhateverBecameOfTheAttempt) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(heard(attempt, Fact::not_printed, Cause::transient));
  run([&](pqxx::work& work) {
    work.exec_params(
        "insert into callbacks (id, register, shard, body) overriding system value values (7, 'kkt-1', $1, '')",
        receipts::shard_of(kPool));
    return true;
  });
  ASSERT_EQ(news().callbacks.size(), 1U);
  const auto named = run([](pqxx::work& work) {
    return sql::named(work, RegisterIdentity("bit:1"), {receipts::attempt_key(uuid(1), 1), ""});
  });
  ASSERT_EQ(named.size(), 1U);
  EXPECT_TRUE(run([](pqxx::work& work) {
                return sql::named(work, RegisterIdentity("bit:2"), {receipts::attempt_key(uuid(1), 1), ""});
              }).empty());
  auto late = heard(named.at(0).id, Fact::printed, Cause::none, 5);
  late.callback = 7;
  EXPECT_EQ(settle(late).finished.value().state, receipts::State::done);
  EXPECT_EQ(state(1), "done");
  EXPECT_TRUE(news().callbacks.empty());
}

TEST_F(JournalTest, Rule5_AnotherShardsLeaseDecidesNothing) {
  take({post(1, 1, 10, "d", 0)});
  auto strange = heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5);
  strange.fence.shard = (strange.fence.shard + 1) % receipts::kShards;
  EXPECT_FALSE(settle(strange).decided);
  EXPECT_EQ(state(1), "printing");
}

TEST_F(JournalTest, Rule5_AnOldAttemptsSilenceChangesNothing) {
  take({post(1, 1, 10, "d", 0)});
  const auto first = open(attempt_for(queued().at(0)));
  settle(heard(first, Fact::not_printed, Cause::transient));
  settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5));
  auto silence = heard(first, Fact::unknown, Cause::ambiguous);
  silence.finding.text = "lost";
  settle(silence);
  EXPECT_EQ(one("select state || '/' || error from receipts"), "done/");
}

// A person had it printed again, and then the register denied the first attempt.
TEST_F(JournalTest, Rule5_ADeniedOldAttemptSaysNothingAboutTheReceipt) {
  take({post(1, 1, 10, "d", 0)});
  const auto first = open(attempt_for(queued().at(0)));
  settle(heard(first, Fact::unknown, Cause::ambiguous));
  exec(
      "update receipts set state = 'queued', error = '', revision = revision + 1; update attempts set question = null");
  ASSERT_NE(open(attempt_for(queued().at(0))), 0);
  auto denied = heard(first, Fact::not_printed, Cause::data);
  denied.finding.text = "refused";
  settle(denied);
  EXPECT_EQ(one("select state || '/' || error from receipts"), "printing/");
}

// A lost answer, then a document of the same register after the quiet time.
class NumberingTest : public JournalTest {
 protected:
  NumberingTest() {
    take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
    settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 100));  // the last number seen
    auto lost = attempt_for(queued().at(0));
    lost.fn_before = kFn;
    lost.fd_before = 100;
    lost_ = open(lost);
    settle(heard(lost_, Fact::unknown, Cause::ambiguous));
  }
  void probe(std::uint64_t fd) {
    auto attempt = attempt_for(queued().at(0));
    attempt.proves = lost_;
    settle(heard(open(attempt), Fact::printed, Cause::none, fd));
  }
  std::int64_t lost_ = 0;
};

TEST_F(NumberingTest, Rule6_ALostAnswerIsUncertainAndNotQueued) {
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(queued().size(), 1U);
  EXPECT_EQ(run([](pqxx::work& work) { return sql::remember(work, RegisterIdentity("bit:1"), true); }).questions,
            std::vector<std::int64_t>{lost_});
}

TEST_F(NumberingTest, Rule6_TheNextNumberProvesNotPrintedAndItGoesBackToTheHead) {
  probe(101);
  EXPECT_EQ(state(3), "done");
  EXPECT_EQ(state(2), "queued");
  EXPECT_EQ(queued().at(0).id, receipt_id(2));
  EXPECT_TRUE(
      run([](pqxx::work& work) { return sql::remember(work, RegisterIdentity("bit:1"), true); }).questions.empty());
}

TEST_F(NumberingTest, Rule6_AGapIsLeftToAPersonWithTheNumbersAndTheRegisterGoesOn) {
  probe(102);
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_NE(one("select error from receipts where id = '" + uuid(2) + "'").find("с № 101 по № 101"), std::string::npos);
  EXPECT_TRUE(
      run([](pqxx::work& work) { return sql::remember(work, RegisterIdentity("bit:1"), true); }).questions.empty());
}

TEST_F(NumberingTest, Rule6_AnotherStorageProvesNothing) {
  auto attempt = attempt_for(queued().at(0));
  attempt.proves = lost_;
  auto printed = heard(open(attempt), Fact::printed, Cause::none, 101);
  printed.finding.document->fn = "9999999999999999";
  settle(printed);
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(one("select question from attempts where id = " + std::to_string(lost_)), "asked");
}

TEST_F(NumberingTest, Rule6_ADocumentThatIsNoProbeProvesNothing) {
  settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "uncertain");
}

TEST_F(NumberingTest, Rule6_AQuestionThatIsWithAPersonIsNotOpenedAgain) {
  probe(103);
  settle(heard(lost_, Fact::unknown, Cause::ambiguous));
  EXPECT_EQ(one("select question from attempts where id = " + std::to_string(lost_)), "asked");
  EXPECT_NE(one("select error from receipts where id = '" + uuid(2) + "'").find("с № 101 по № 102"), std::string::npos);
}

TEST_F(NumberingTest, Rule6_WhatAPersonWasAskedMeanwhileIsNotProved) {
  auto attempt = attempt_for(queued().at(0));
  attempt.proves = lost_;
  const auto probe = open(attempt);
  exec("update attempts set question = 'asked' where id = " + std::to_string(lost_));
  settle(heard(probe, Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(3), "done");
  EXPECT_EQ(state(2), "uncertain");
}

TEST_F(NumberingTest, Rule6_TheHighestNumberOfAStorageStands) {
  const auto highest = [&] { return one("select fn || '/' || highest_fd from registers where identity = 'bit:1'"); };
  probe(102);
  settle(heard(lost_, Fact::printed, Cause::none, 101));  // late
  EXPECT_EQ(highest(), kFn + "/102");
  take({post(4, 4, 10, "d", 3)});
  auto in_a_new_one = heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 1);
  in_a_new_one.finding.document->fn = "9999999999999999";
  settle(in_a_new_one);
  EXPECT_EQ(highest(), "9999999999999999/1");
}

TEST_F(JournalTest, Rule7_WhatNumberingCannotSettleIsLeftToAPerson) {
  take({post(1, 1, 10, "d", 0)});
  auto absent = heard(open(attempt_for(queued().at(0))), Fact::absent);
  absent.provable = false;
  settle(absent);
  EXPECT_EQ(state(1), "uncertain");
  EXPECT_EQ(one("select question from attempts"), "asked");
}

TEST_F(NumberingTest, Rule6_ALateAnswerOfTheLostAttemptStillCounts) {
  settle(heard(lost_, Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "done");
}

TEST_F(JournalTest, Rule11_ASecondClaimantOfADocumentBecomesUncertainAndTheGroupGoesOn) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  const auto waiting = queued();
  const auto first = open(attempt_for(waiting.at(0), "bit:1"));
  const auto second = open(attempt_for(waiting.at(1), "bit:2"));
  const auto third = open(attempt_for(waiting.at(2), "bit:3"));
  run([&](pqxx::work& work) {
    return sql::settle(work, kWorker, limits_,
                       {heard(first, Fact::printed, Cause::none, 5), heard(second, Fact::printed, Cause::none, 5),
                        heard(third, Fact::printed, Cause::none, 6)});
  });
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(state(3), "done");
}

TEST_F(JournalTest, Rule11_ADocumentOfAnEarlierGroupIsNotClaimedAgainAndTheGroupGoesOn) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  const auto waiting = queued();
  settle(heard(open(attempt_for(waiting.at(0), "bit:1")), Fact::printed, Cause::none, 5));
  const auto second = open(attempt_for(waiting.at(1), "bit:2"));
  const auto third = open(attempt_for(waiting.at(2), "bit:3"));
  run([&](pqxx::work& work) {
    return sql::settle(work, kWorker, limits_,
                       {heard(second, Fact::printed, Cause::none, 5), heard(third, Fact::printed, Cause::none, 6)});
  });
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(state(3), "done");
}

TEST_F(JournalTest, Rule11_DocumentsWithoutANumberDoNotCollide) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  for (const auto& receipt : queued()) settle(heard(open(attempt_for(receipt)), Fact::printed, Cause::none, 0));
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "done");
}

TEST_F(JournalTest, TheSameAnswerToldTwiceIsOneDocument) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(heard(attempt, Fact::printed, Cause::none, 5));
  EXPECT_FALSE(settle(heard(attempt, Fact::printed, Cause::none, 5)).finished) << "counted already";
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(one("select count(*) from documents"), "1");
  EXPECT_EQ(one("select error from receipts"), "");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
