// Rules 1, 4 and 9, invariant I8: who may send what, and in which order.

#include "journal_bench.hpp"

namespace kassaflow::fiscalizer {
namespace {

// What metrics tell of a pool.
TEST_P(JournalTest, WaitingIsCountedByPool) {
  const auto waiting = [this](int shard) {
    Waiting all{.pool = kPool};
    for (const auto& row : run([&](Transaction& tx) { return tx.waiting({shard}); })) {
      EXPECT_EQ(row.pool, kPool);
      add(all, row);
    }
    return all;
  };
  const int shard = receipts::shard_of(kPool);
  EXPECT_EQ(waiting(shard).queued, 0);
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  change(3, [](auto& row) { row.state = receipts::State::held; });
  auto seen = waiting(shard);
  EXPECT_EQ(seen.queued, 2);
  EXPECT_GT(seen.oldest_queued_s, 0);
  EXPECT_EQ(seen.uncertain, 1);
  EXPECT_EQ(seen.held, 1);
  EXPECT_EQ(seen.questions, 0);
  EXPECT_EQ(seen.oldest_question_s, 0);

  const auto lost = open_and_lose(attempt_for(queued().at(0)));
  under_test_->let_pass(std::chrono::hours(1));
  seen = waiting(shard);
  EXPECT_EQ(seen.queued, 1);
  EXPECT_EQ(seen.uncertain, 2);
  EXPECT_EQ(seen.held, 1);
  EXPECT_EQ(seen.questions, 1);
  EXPECT_GE(seen.oldest_question_s, 3600);
  EXPECT_LT(seen.oldest_question_s, 3700);
  EXPECT_EQ(waiting((shard + 1) % receipts::kShards).questions, 0);

  change(1, [](auto& row) { row.state = receipts::State::done; });
  seen = waiting(shard);
  EXPECT_EQ(seen.uncertain, 2) << "a receipt that has ended with an attempt without an answer";
  EXPECT_EQ(seen.questions, 1);
  change_attempt(lost, receipts::AttemptOutcome::unknown, Question::settled);
  seen = waiting(shard);
  EXPECT_EQ(seen.uncertain, 1);
  EXPECT_EQ(seen.questions, 0);
}

TEST_P(JournalTest, Rule1_TheAttemptHoldsTheBytesBeforeAnythingIsSent) {
  take({post(1, 1, 10, "d", 0)});
  ASSERT_NE(open(attempt_for(queued().at(0))), 0);
  const auto stored = remember("bit:1").open.value();
  EXPECT_EQ(stored.request, "bytes");
  EXPECT_EQ(stored.key, receipts::attempt_key(uuid(1), 1));
  EXPECT_EQ(state(1), "printing");
}

TEST_P(JournalTest, Rule1_AttemptNumbersGoOnInANewGeneration) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  EXPECT_EQ(state(1), "failed");
  take({post(1, 2, 11, "other", 1)});
  const auto again = queued().at(0);
  EXPECT_EQ(again.generation, 2U);
  EXPECT_EQ(again.attempts, 1U);
  ASSERT_NE(open(attempt_for(again)), 0);
  EXPECT_NE(remember().open.value().key, receipts::attempt_key(uuid(1), 1));
}

// Two lanes of a pool may be handed one receipt, and travel in one transaction.
TEST_P(JournalTest, Rule1_OneReceiptAskedForByTwoRegistersIsOpenedForOne) {
  take({post(1, 1, 10, "d", 0)});
  const auto receipt = queued().at(0);
  const auto opened = open(std::vector{attempt_for(receipt, "bit:1"), attempt_for(receipt, "bit:2")});
  EXPECT_EQ(std::ranges::count(opened, 0), 1) << opened[0] << " " << opened[1];
  EXPECT_NE(remember("bit:1").open.has_value(), remember("bit:2").open.has_value());
}

// Its bytes were rendered of the older content.
TEST_P(JournalTest, Rule1_AReceiptThatChangedSinceItWasReadIsNeitherOpenedNorRefused) {
  take({post(1, 1, 10, "d", 0)});
  const auto older = queued().at(0);
  take({post(1, 2, 11, "newer", 1)});
  EXPECT_EQ(open(attempt_for(older)), 0);
  refuse(older);
  EXPECT_EQ(state(1), "queued");
  EXPECT_NE(open(attempt_for(queued().at(0))), 0);
}

TEST_P(JournalTest, Rule9_OnlyAQueuedReceiptIsOpened) {
  take({post(1, 1, 10, "d", 0)});
  auto refused = queued().at(0);
  refuse(refused);
  refused.revision = receipt(1).revision;
  EXPECT_EQ(open(attempt_for(refused)), 0);
  EXPECT_EQ(state(1), "failed");
}

TEST_P(JournalTest, ReceiptsQueueInTheOrderOfTheirPosts) {
  take({post(3, 1, 10, "d", 0), post(1, 2, 10, "d", 1), post(2, 3, 10, "d", 2)});
  std::vector<ReceiptId> order;
  for (const auto& receipt : queued()) order.push_back(receipt.id);
  EXPECT_EQ(order, (std::vector{receipt_id(3), receipt_id(1), receipt_id(2)}));
}

TEST_P(JournalTest, Rule4_OnlyTheHolderOfTheShardAllowsBytesAgainOrRefuses) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto waiting = queued();
  const auto attempt = open(attempt_for(waiting.at(0)));
  EXPECT_EQ(allow_resend(attempt, WorkerId("worker-b")), 0);
  EXPECT_EQ(allow_resend(attempt, kWorker, 2), 0);
  EXPECT_EQ(allow_resend(attempt), 2);
  refuse(waiting.at(1), WorkerId("worker-b"));
  refuse(waiting.at(1), kWorker, 2);
  EXPECT_EQ(state(2), "queued");
  refuse(waiting.at(1));
  EXPECT_EQ(state(2), "failed");
}

TEST_P(JournalTest, Rule4_AClosedAttemptsBytesDoNotLeaveAgain) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(heard(attempt, Fact::printed, Cause::none, 5));
  EXPECT_EQ(allow_resend(attempt), 0);
  EXPECT_EQ(news({attempt, attempt + 1}).answered, std::vector<std::int64_t>{attempt});
}

TEST_P(JournalTest, Rule4_AnotherEpochOpensNothing) {
  take({post(1, 1, 10, "d", 0)});
  auto attempt = attempt_for(queued().at(0));
  attempt.fence.epoch = 2;
  EXPECT_EQ(open(attempt), 0);
  EXPECT_EQ(state(1), "queued");
}

TEST_P(JournalTest, Rule9_OneOpenAttemptPerRegisterAndPerReceipt) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto waiting = queued();
  ASSERT_NE(open(attempt_for(waiting.at(0))), 0);
  EXPECT_EQ(open(attempt_for(waiting.at(1))), 0) << "the register is taken";
  EXPECT_EQ(state(2), "queued");
  EXPECT_EQ(open(attempt_for(waiting.at(0), "bit:2")), 0) << "the receipt is taken";
}

TEST_P(JournalTest, EveryChangeWaitsToBePublished) {
  take({post(1, 1, 10, "d", 0)});
  const auto publish = [&] {
    const auto outcomes = unpublished();
    ASSERT_EQ(outcomes.size(), 1U);
    transact([&](Transaction& tx) { tx.mark_published({{outcomes[0].id, outcomes[0].revision}}); });
    EXPECT_TRUE(unpublished().empty());
  };
  publish();
  const auto attempt = open(attempt_for(queued().at(0)));
  publish();
  settle(heard(attempt, Fact::printed, Cause::none, 5));
  publish();
}

TEST_P(JournalTest, AReceiptThatWaitsOrPrintsIsToldOnceItHasForAWhile) {
  take({post(1, 1, 10, "d", 0)});
  EXPECT_EQ(unpublished(60'000).size(), 0U);
  EXPECT_EQ(unpublished(0).size(), 1U);
  const auto attempt = open(attempt_for(queued().at(0)));
  EXPECT_EQ(unpublished(60'000).size(), 0U);
  EXPECT_EQ(unpublished(0).size(), 1U);
  settle(heard(attempt, Fact::printed, Cause::none, 5));
  EXPECT_EQ(unpublished(60'000).size(), 1U) << "its end is told at once";
}

TEST_P(JournalTest, AnOutcomeNamesTheLatestPostsOfACheckThatIsPostedForWeeks) {
  std::vector<kafka::Record> posts;
  for (int n = 1; n <= kPostsShown + 2; ++n) posts.push_back(post(1, n, 10, "d", n));
  take(posts);
  const auto named = shown(1).post_ids;
  EXPECT_EQ(named.size(), static_cast<std::size_t>(kPostsShown));
  EXPECT_EQ(std::ranges::max(named), uuid(1000 + kPostsShown + 2));
  EXPECT_EQ(std::ranges::min(named), uuid(1003));
}

TEST_P(JournalTest, AnOlderRevisionThatWasPublishedHidesNoNewerOne) {
  take({post(1, 1, 10, "d", 0)});
  const auto older = unpublished().at(0);
  open(attempt_for(queued().at(0)));
  transact([&](Transaction& tx) { tx.mark_published({{older.id, older.revision}}); });
  EXPECT_EQ(unpublished().at(0).revision, older.revision + 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, JournalTest, kStores, kStoreName);

}  // namespace
}  // namespace kassaflow::fiscalizer
