// Rules 1, 4 and 9, invariant I8: who may send what, and in which order.

#include "journal_fixture.hpp"

namespace kassaflow::fiscalizer {
namespace {

TEST_F(JournalTest, Rule1_TheAttemptHoldsTheBytesBeforeAnythingIsSent) {
  take({post(1, 1, 10, "d", 0)});
  ASSERT_NE(open(attempt_for(queued().at(0))), 0);
  EXPECT_EQ(one("select convert_from(request, 'UTF8') || '/' || identity || '/' || key from attempts"),
            "bytes/bit:1/" + receipts::attempt_key(uuid(1), 1));
  EXPECT_EQ(state(1), "printing");
}

TEST_F(JournalTest, Rule1_AttemptNumbersGoOnInANewGeneration) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  EXPECT_EQ(state(1), "failed");
  take({post(1, 2, 11, "other", 1)});
  const auto again = queued().at(0);
  EXPECT_EQ(again.generation, 2U);
  EXPECT_EQ(again.attempts, 1U);
  ASSERT_NE(open(attempt_for(again)), 0);
  EXPECT_EQ(one("select count(distinct key) from attempts"), "2");
}

// Two lanes of a pool may be handed one receipt, and travel in one transaction.
TEST_F(JournalTest, Rule1_OneReceiptAskedForByTwoRegistersIsOpenedForOne) {
  take({post(1, 1, 10, "d", 0)});
  const auto receipt = queued().at(0);
  const auto opened = run([&](pqxx::work& work) {
    return sql::open_attempts(work, kWorker, {attempt_for(receipt, "bit:1"), attempt_for(receipt, "bit:2")});
  });
  EXPECT_EQ(std::ranges::count(opened, 0), 1) << opened[0] << " " << opened[1];
  EXPECT_EQ(one("select count(*) from attempts"), "1");
}

// Its bytes were rendered of the older content.
TEST_F(JournalTest, Rule1_AReceiptThatChangedSinceItWasReadIsNeitherOpenedNorRefused) {
  take({post(1, 1, 10, "d", 0)});
  const auto older = queued().at(0);
  take({post(1, 2, 11, "newer", 1)});
  EXPECT_EQ(open(attempt_for(older)), 0);
  run([&](pqxx::work& work) {
    return sql::refuse(work, kWorker, older, receipts::State::failed, Fence{receipts::shard_of(kPool), 1}, "no");
  });
  EXPECT_EQ(state(1), "queued");
  EXPECT_NE(open(attempt_for(queued().at(0))), 0);
}

TEST_F(JournalTest, ReceiptsQueueInTheOrderOfTheirPosts) {
  take({post(3, 1, 10, "d", 0), post(1, 2, 10, "d", 1), post(2, 3, 10, "d", 2)});
  std::vector<ReceiptId> order;
  for (const auto& receipt : queued()) order.push_back(receipt.id);
  EXPECT_EQ(order, (std::vector{receipt_id(3), receipt_id(1), receipt_id(2)}));
}

TEST_F(JournalTest, Rule4_OnlyTheHolderOfTheShardAllowsBytesAgainOrRefuses) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto waiting = queued();
  const auto attempt = open(attempt_for(waiting.at(0)));
  const int shard = receipts::shard_of(kPool);
  const auto allow = [&](const WorkerId& worker, std::int64_t epoch) {
    return run([&](pqxx::work& work) { return sql::allow_resend(work, worker, attempt, Fence{shard, epoch}); });
  };
  EXPECT_EQ(allow(WorkerId("worker-b"), 1), 0);
  EXPECT_EQ(allow(kWorker, 2), 0);
  EXPECT_EQ(allow(kWorker, 1), 2);
  const auto refuse = [&](const WorkerId& worker, std::int64_t epoch) {
    run([&](pqxx::work& work) {
      sql::refuse(work, worker, waiting.at(1), receipts::State::failed, Fence{shard, epoch}, "no");
      return true;
    });
  };
  refuse(WorkerId("worker-b"), 1);
  refuse(kWorker, 2);
  EXPECT_EQ(state(2), "queued");
  refuse(kWorker, 1);
  EXPECT_EQ(state(2), "failed");
}

TEST_F(JournalTest, Rule4_AClosedAttemptsBytesDoNotLeaveAgain) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(heard(attempt, Fact::printed, Cause::none, 5));
  EXPECT_EQ(run([&](pqxx::work& work) {
              return sql::allow_resend(work, kWorker, attempt, Fence{receipts::shard_of(kPool), 1});
            }),
            0);
  EXPECT_EQ(news({attempt, attempt + 1}).answered, std::vector<std::int64_t>{attempt});
}

TEST_F(JournalTest, Rule4_AnotherEpochOpensNothing) {
  take({post(1, 1, 10, "d", 0)});
  auto attempt = attempt_for(queued().at(0));
  attempt.fence.epoch = 2;
  EXPECT_EQ(open(attempt), 0);
  EXPECT_EQ(state(1), "queued");
}

TEST_F(JournalTest, Rule9_OneOpenAttemptPerRegisterAndPerReceipt) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto waiting = queued();
  ASSERT_NE(open(attempt_for(waiting.at(0))), 0);
  EXPECT_EQ(open(attempt_for(waiting.at(1))), 0) << "the register is taken";
  EXPECT_EQ(state(2), "queued");
  EXPECT_EQ(open(attempt_for(waiting.at(0), "bit:2")), 0) << "the receipt is taken";
}

TEST_F(JournalTest, EveryChangeWaitsToBePublished) {
  take({post(1, 1, 10, "d", 0)});
  EXPECT_EQ(one("select count(*) from receipts where published_revision < revision"), "1");
  run([](pqxx::work& work) { return work.exec("update receipts set published_revision = revision"); });
  const auto attempt = open(attempt_for(queued().at(0)));
  EXPECT_EQ(one("select count(*) from receipts where published_revision < revision"), "1");
  run([](pqxx::work& work) { return work.exec("update receipts set published_revision = revision"); });
  settle(heard(attempt, Fact::printed, Cause::none, 5));
  EXPECT_EQ(one("select count(*) from receipts where published_revision < revision"), "1");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
