// Rules 5, 6, 7 and 11: what a register told, and what follows from it.

#include "journal_bench.hpp"

namespace kassaflow::fiscalizer {
namespace {

const std::string kFn3 = "7380440800000003";  // of another register

TEST_P(JournalTest, Rule5_EvidenceUnderALostEpochIsKeptAndDecidedByTheOwner) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  under_test_->hold_shards(WorkerId("worker-b"), 2);
  EXPECT_FALSE(settle(heard(attempt, Fact::printed, Cause::none, 7)).decided);
  EXPECT_EQ(state(1), "printing");

  auto kept = news().undecided;
  ASSERT_EQ(kept.size(), 1U);
  kept[0].heard.fence.epoch = 2;
  EXPECT_TRUE(settle(std::vector{kept[0].heard}, WorkerId("worker-b")).at(0).decided);
  EXPECT_EQ(state(1), "done");
  EXPECT_TRUE(news().undecided.empty());
}

// The first worker heard that its bytes never left; the second has sent them again since.
TEST_P(JournalTest, Rule5_WhatIsSaidOfAnEarlierSendingClosesNothing) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  allow_resend(attempt);
  for (const auto fact : {Fact::not_printed, Fact::unknown, Fact::absent}) {
    settle(heard(attempt, fact, Cause::transient));
    EXPECT_EQ(state(1), "printing");
    EXPECT_TRUE(remember().open);
  }
  EXPECT_EQ(under_test_->evidence(), 3);
  auto latest = heard(attempt, Fact::not_printed, Cause::transient);
  latest.send = 2;
  settle(latest);
  EXPECT_EQ(state(1), "queued");
}

// A person said "not printed", and then the cloud's callback came.
TEST_P(JournalTest, Rule5_ALatePrintedCountsWhateverBecameOfTheAttempt) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(heard(attempt, Fact::not_printed, Cause::transient));
  call_back(callback_for(1));
  const auto callbacks = news().callbacks;
  ASSERT_EQ(callbacks.size(), 1U);
  EXPECT_EQ(callbacks[0].body, "body");
  EXPECT_EQ(callbacks[0].register_id, RegisterId("kkt-1"));
  EXPECT_EQ(callbacks[0].attempt.id, attempt);
  EXPECT_EQ(callbacks[0].shard, receipts::shard_of(kPool));
  EXPECT_TRUE(news().undecided.empty()) << "it was not read yet";
  auto late = heard(attempt, Fact::printed, Cause::none, 5);
  late.stored = callbacks[0].evidence;
  EXPECT_EQ(settle(late).finished.value().state, receipts::State::done);
  EXPECT_EQ(state(1), "done");
  EXPECT_TRUE(news().callbacks.empty());
  EXPECT_EQ(under_test_->evidence(), 2);
}

TEST_P(JournalTest, Rule5_ACallbackIsKeptForTheAttemptItNames) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  auto told = heard(attempt, Fact::pending, Cause::none);
  told.final = false;
  told.finding.remote_id = "AB-1";
  settle(told);
  auto by_remote_id = callback_for(1);
  by_remote_id.key.clear();
  by_remote_id.remote_id = "AB-1";
  auto by_both = by_remote_id;
  by_both.key = callback_for(1).key;
  call_back(by_remote_id);
  call_back(by_both);
  auto nameless = callback_for(1);
  nameless.key.clear();
  call_back(nameless);
  auto of_another = callback_for(1);
  of_another.identity = RegisterIdentity("bit:2");
  call_back(of_another);
  call_back(callback_for(2));

  const auto callbacks = news().callbacks;
  ASSERT_EQ(callbacks.size(), 2U) << "once each, however it was named";
  for (const auto& callback : callbacks) EXPECT_EQ(callback.attempt.id, attempt);
}

TEST_P(JournalTest, Rule5_ACallbackThatSaysNothingIsPassedOver) {
  take({post(1, 1, 10, "d", 0)});
  open(attempt_for(queued().at(0)));
  call_back(callback_for(1));
  transact([&](Transaction& tx) { tx.pass_over(tx.called_back({receipts::shard_of(kPool)}, 1).at(0).evidence); });
  EXPECT_TRUE(news().callbacks.empty());
  EXPECT_EQ(state(1), "printing");
}

// Two workers read the same callback; the one that lost the shard decides nothing.
TEST_P(JournalTest, Rule5_ACallbackReadUnderALostEpochIsReadAgain) {
  take({post(1, 1, 10, "d", 0)});
  auto late = heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5);
  call_back(callback_for(1));
  late.stored = news().callbacks.at(0).evidence;
  under_test_->hold_shards(WorkerId("worker-b"), 2);
  EXPECT_FALSE(settle(late).decided);
  ASSERT_EQ(news().callbacks.size(), 1U);
  late.fence.epoch = 2;
  EXPECT_TRUE(settle(std::vector{late}, WorkerId("worker-b")).at(0).decided);
  EXPECT_EQ(state(1), "done");
  EXPECT_TRUE(news().callbacks.empty());
}

// The register has moved to a pool of another shard since; its lane there hears what became of the attempt.
TEST_P(JournalTest, Rule5_EvidenceBelongsToTheAttemptsShard) {
  take({post(1, 1, 10, "d", 0)});
  auto moved = heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 7);
  moved.fence.shard = (moved.fence.shard + 1) % receipts::kShards;
  EXPECT_FALSE(settle(moved).decided);
  auto kept = news().undecided;
  ASSERT_EQ(kept.size(), 1U) << "the owner of the attempt's shard finds it";
  kept[0].heard.fence.epoch = 1;
  EXPECT_TRUE(settle(kept[0].heard).decided);
  EXPECT_EQ(state(1), "done");
}

// Of a topic that is read from its beginning again.
TEST_P(JournalTest, Rule18_ACallbackThatComesTwiceIsNoNews) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto waiting = queued();
  const auto refused = heard(open(attempt_for(waiting.at(0))), Fact::not_printed, Cause::transient);
  const auto printed = heard(open(attempt_for(waiting.at(1), "bit:2")), Fact::printed, Cause::none, 5);
  settle({refused, printed});
  const auto again = settle({refused, printed});
  EXPECT_FALSE(again.at(0).news);
  EXPECT_FALSE(again.at(1).news);
  EXPECT_EQ(state(1) + "/" + state(2), "queued/done");
  EXPECT_EQ(queued().size(), 1U);
  EXPECT_EQ(documents(), 1U);
}

TEST_P(JournalTest, Rule5_AnotherShardsLeaseDecidesNothing) {
  take({post(1, 1, 10, "d", 0)});
  auto strange = heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5);
  strange.fence.shard = (strange.fence.shard + 1) % receipts::kShards;
  EXPECT_FALSE(settle(strange).decided);
  EXPECT_EQ(state(1), "printing");
}

TEST_P(JournalTest, Rule5_AnOldAttemptsSilenceChangesNothing) {
  take({post(1, 1, 10, "d", 0)});
  const auto first = open(attempt_for(queued().at(0)));
  settle(heard(first, Fact::not_printed, Cause::transient));
  settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5));
  auto silence = heard(first, Fact::unknown, Cause::ambiguous);
  silence.finding.text = "lost";
  settle(silence);
  EXPECT_EQ(state(1) + "/" + error(1), "done/");
}

// A person had it printed again, and then the register denied the first attempt.
TEST_P(JournalTest, Rule5_ADeniedOldAttemptSaysNothingAboutTheReceipt) {
  take({post(1, 1, 10, "d", 0)});
  const auto first = open(attempt_for(queued().at(0)));
  settle(heard(first, Fact::unknown, Cause::ambiguous));
  change(1, [](auto& row) {
    row.state = receipts::State::queued;
    row.error.clear();
  });
  change_attempt(first, receipts::AttemptOutcome::unknown, Question::settled);
  ASSERT_NE(open(attempt_for(queued().at(0))), 0);
  auto denied = heard(first, Fact::not_printed, Cause::data);
  denied.finding.text = "refused";
  settle(denied);
  EXPECT_EQ(state(1) + "/" + error(1), "printing/");
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

TEST_P(NumberingTest, Rule6_ALostAnswerIsUncertainAndNotQueued) {
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(queued().size(), 1U);
  EXPECT_EQ(remember().questions, std::vector<std::int64_t>{lost_});
}

TEST_P(NumberingTest, Rule6_TheNextNumberProvesNotPrintedAndItGoesBackToTheHead) {
  probe(101);
  EXPECT_EQ(state(3), "done");
  EXPECT_EQ(state(2), "queued");
  EXPECT_EQ(queued().at(0).id, receipt_id(2));
  EXPECT_TRUE(remember().questions.empty());
}

TEST_P(NumberingTest, Rule6_AGapIsLeftToAPersonWithTheNumbersAndTheRegisterGoesOn) {
  probe(102);
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_NE(error(2).find("с № 101 по № 101"), std::string::npos);
  EXPECT_TRUE(remember().questions.empty());
}

TEST_P(NumberingTest, Rule6_AnotherStorageProvesNothing) {
  auto attempt = attempt_for(queued().at(0));
  attempt.proves = lost_;
  auto printed = heard(open(attempt), Fact::printed, Cause::none, 101);
  printed.finding.document->fn = "9999999999999999";
  settle(printed);
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(attempt_row(lost_).question, Question::asked);
}

TEST_P(NumberingTest, Rule6_ADocumentThatIsNoProbeProvesNothing) {
  settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "uncertain");
}

TEST_P(NumberingTest, Rule6_AQuestionThatIsWithAPersonIsNotOpenedAgain) {
  probe(103);
  settle(heard(lost_, Fact::unknown, Cause::ambiguous));
  EXPECT_EQ(attempt_row(lost_).question, Question::asked);
  EXPECT_NE(error(2).find("с № 101 по № 102"), std::string::npos);
}

TEST_P(NumberingTest, Rule6_WhatAPersonWasAskedMeanwhileIsNotProved) {
  auto attempt = attempt_for(queued().at(0));
  attempt.proves = lost_;
  const auto probe = open(attempt);
  change_attempt(lost_, receipts::AttemptOutcome::unknown, Question::asked);
  settle(heard(probe, Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(3), "done");
  EXPECT_EQ(state(2), "uncertain");
}

TEST_P(NumberingTest, Rule6_TheHighestNumberOfAStorageStands) {
  const auto highest = [&] {
    const auto memory = remember();
    return memory.fn + "/" + std::to_string(memory.highest_fd);
  };
  probe(102);
  settle(heard(lost_, Fact::printed, Cause::none, 101));  // late
  EXPECT_EQ(highest(), kFn + "/102");
  take({post(4, 4, 10, "d", 3)});
  auto in_a_new_one = heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 1);
  in_a_new_one.finding.document->fn = "9999999999999999";
  settle(in_a_new_one);
  EXPECT_EQ(highest(), "9999999999999999/1");
}

TEST_P(JournalTest, Rule7_WhatNumberingCannotSettleIsLeftToAPerson) {
  take({post(1, 1, 10, "d", 0)});
  const auto lost = open(attempt_for(queued().at(0)));
  auto absent = heard(lost, Fact::absent);
  absent.provable = false;
  settle(absent);
  EXPECT_EQ(state(1), "uncertain");
  EXPECT_EQ(attempt_row(lost).question, Question::asked);
}

TEST_P(NumberingTest, Rule6_ALateAnswerOfTheLostAttemptStillCounts) {
  settle(heard(lost_, Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "done");
}

TEST_P(JournalTest, Rule11_ASecondClaimantOfADocumentBecomesUncertainAndTheGroupGoesOn) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  const auto waiting = queued();
  const auto first = open_and_lose(attempt_for(waiting.at(0)));
  const auto second = open(attempt_for(waiting.at(1)));
  const auto third = in_storage(heard(open(attempt_for(waiting.at(2), "bit:3")), Fact::printed, Cause::none, 6), kFn3);
  settle(std::vector{heard(first, Fact::printed, Cause::none, 5), heard(second, Fact::printed, Cause::none, 5), third});
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(state(3), "done");
}

TEST_P(JournalTest, Rule11_ADocumentOfAnEarlierGroupIsNotClaimedAgainAndTheGroupGoesOn) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  const auto waiting = queued();
  settle(heard(open(attempt_for(waiting.at(0))), Fact::printed, Cause::none, 5));
  const auto second = open(attempt_for(waiting.at(1)));
  const auto third = in_storage(heard(open(attempt_for(waiting.at(2), "bit:3")), Fact::printed, Cause::none, 6), kFn3);
  settle(std::vector{heard(second, Fact::printed, Cause::none, 5), third});
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(state(3), "done");
}

TEST_P(JournalTest, Rule11_DocumentsWithoutANumberDoNotCollide) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  for (const auto& receipt : queued()) settle(heard(open(attempt_for(receipt)), Fact::printed, Cause::none, 0));
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "done");
}

TEST_P(JournalTest, TheSameAnswerToldTwiceIsOneDocument) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(heard(attempt, Fact::printed, Cause::none, 5));
  EXPECT_FALSE(settle(heard(attempt, Fact::printed, Cause::none, 5)).finished) << "counted already";
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(documents(), 1U);
  EXPECT_EQ(error(1), "");
}

// In one group, the later finding about an earlier document.
TEST_P(NumberingTest, Rule6_TheHighestNumberOfAGroupStandsInWhateverOrder) {
  const auto next = open(attempt_for(queued().at(0)));
  settle(std::vector{heard(next, Fact::printed, Cause::none, 102), heard(lost_, Fact::printed, Cause::none, 101)});
  EXPECT_EQ(remember().highest_fd, 102U);
}

// What is told of the shift takes nothing away from what was told of the storage.
TEST_P(NumberingTest, Rule6_ARefusalInTheSameGroupKeepsTheNumber) {
  const auto next = open(attempt_for(queued().at(0)));
  settle(
      std::vector{heard(lost_, Fact::printed, Cause::none, 101), heard(next, Fact::not_printed, Cause::shift_closed)});
  EXPECT_EQ(remember().highest_fd, 101U);
  EXPECT_EQ(remember().shift, Shift::closed);
}

TEST_P(NumberingTest, Rule6_AReportWithoutANumberLeavesTheQuestionToTheNextDocument) {
  auto report = attempt_for({});
  report.kind = Kind::open_shift;
  report.key = "report";
  report.proves = lost_;
  auto already_open = heard(open(report), Fact::printed);
  already_open.finding.document.reset();
  already_open.finding.code = "already_open";
  settle(already_open);
  EXPECT_EQ(attempt_row(lost_).question, Question::open);
  probe(101);
  EXPECT_EQ(state(2), "queued");
}

INSTANTIATE_TEST_SUITE_P(Stores, NumberingTest, kStores, kStoreName);

}  // namespace
}  // namespace kassaflow::fiscalizer
