// The journal's transactions against a real PostgreSQL, one test per rule of exactly-once.md that they keep.

#include <gtest/gtest.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "intake.hpp"
#include "journal_sql.hpp"
#include "kassaflow/kafka/positions.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "migrations.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::fiscalizer {
namespace {

using registers::Cause;
using registers::Fact;
using registers::Finding;

const std::string kWorker = "worker-a";
const std::string kPool = "shop";
const std::string kFn = "7380440800000001";

std::string uuid(int n) {
  char text[37];
  std::snprintf(text, sizeof text, "11111111-2222-8333-8444-%012d", n);
  return text;
}

class JournalTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new postgres_testing::TemporaryPostgres();
    postgres::migrate(server_->uri(), "fiscalizer", migrations());
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  JournalTest() : connection_(server_->uri()) {
    pqxx::nontransaction setup(connection_);
    setup.exec("set client_min_messages = warning; set search_path = fiscalizer");
    setup.exec(
        "truncate receipts, posts, attempts, evidence, documents, registers, offsets, callbacks, unreadable cascade; "
        "update shards "
        "set worker = "
        "'worker-a', epoch = 1");
  }

  template <class F>
  auto run(F body) {
    pqxx::work work(connection_);
    auto result = body(work);
    work.commit();
    return result;
  }

  std::string one(const std::string& query) {
    return run([&](pqxx::work& work) { return std::string(work.exec1(query)[0].c_str()); });
  }
  std::string state(int receipt) { return one("select state from receipts where id = '" + uuid(receipt) + "'"); }

  static kafka::Record post(int receipt, int post, std::int64_t date_create_s, std::string digest,
                            std::int64_t offset) {
    v1::ReceiptAccepted accepted;
    accepted.set_receipt_id(uuid(receipt));
    accepted.set_post_id(uuid(1000 + post));
    accepted.set_tenant("acme");
    accepted.set_installation("acme-main");
    accepted.set_pool(kPool);
    accepted.set_unique_id(std::to_string(receipt));
    accepted.set_date_create_s(date_create_s);
    accepted.set_accepted_at_ms(1795435820000);
    accepted.set_content_digest(digest);
    accepted.set_digest_version(1);
    accepted.mutable_receipt()->add_lines()->set_name("Чай");
    accepted.mutable_receipt()->set_total_kopecks(100);
    kafka::Record record;
    record.topic = kReceiptsTopic;
    record.offset = offset;
    record.value = accepted.SerializeAsString();
    return record;
  }
  void take(const std::vector<kafka::Record>& batch) {
    const auto unreadable = run([&](pqxx::work& work) { return take_in(work, batch); });
    ASSERT_TRUE(unreadable.empty());
  }

  std::vector<Queued> queued() {
    return run([](pqxx::work& work) { return sql::queue(work, {kPool}, 10); });
  }

  static NewAttempt attempt_for(const Queued& receipt, const std::string& identity = "bit:1") {
    NewAttempt attempt;
    attempt.receipt = receipt.id;
    attempt.revision = receipt.revision;
    attempt.generation = receipt.generation;
    attempt.number = receipt.attempts + 1;
    attempt.register_id = "kkt-1";
    attempt.identity = identity;
    attempt.pool = kPool;
    attempt.shard = receipts::shard_of(kPool);
    attempt.epoch = 1;
    attempt.key = receipts::attempt_key(receipt.id, attempt.number);
    attempt.request = "bytes";
    return attempt;
  }
  std::int64_t open(const NewAttempt& attempt) {
    return run([&](pqxx::work& work) { return sql::open_attempts(work, kWorker, {attempt}); }).front();
  }

  static Told told(std::int64_t attempt, Fact fact, Cause cause = Cause::none, std::uint64_t fd = 0) {
    Told result;
    result.attempt = attempt;
    result.shard = receipts::shard_of(kPool);
    result.epoch = 1;
    result.provable = true;
    result.finding.fact = fact;
    result.finding.cause = cause;
    result.finding.raw_answer = "answer";
    if (fact == Fact::printed) {
      result.finding.document = fiscal::FiscalDocument{};
      result.finding.document->fn = kFn;
      result.finding.document->fd = fd;
      result.finding.document->fp = "3115223344";
    }
    return result;
  }
  Settled settle(const Told& one_told) {
    return run([&](pqxx::work& work) { return sql::settle(work, kWorker, {one_told}); }).front();
  }

  Journal::News news(const std::vector<std::int64_t>& flights = {}) {
    return run([&](pqxx::work& work) { return sql::news(work, {receipts::shard_of(kPool)}, flights); });
  }

  static postgres_testing::TemporaryPostgres* server_;
  pqxx::connection connection_;
};

postgres_testing::TemporaryPostgres* JournalTest::server_ = nullptr;

TEST_F(JournalTest, Rule1_TheAttemptHoldsTheBytesBeforeAnythingIsSent) {
  take({post(1, 1, 10, "d", 0)});
  ASSERT_NE(open(attempt_for(queued().at(0))), 0);
  EXPECT_EQ(one("select convert_from(request, 'UTF8') || '/' || identity || '/' || key from attempts"),
            "bytes/bit:1/" + receipts::attempt_key(uuid(1), 1));
  EXPECT_EQ(state(1), "printing");
}

TEST_F(JournalTest, Rule1_AttemptNumbersGoOnInANewGeneration) {
  take({post(1, 1, 10, "d", 0)});
  settle(told(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
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

TEST_F(JournalTest, ReceiptsQueueInTheOrderOfTheirPosts) {
  take({post(3, 1, 10, "d", 0), post(1, 2, 10, "d", 1), post(2, 3, 10, "d", 2)});
  std::vector<std::string> order;
  for (const auto& receipt : queued()) order.push_back(receipt.id);
  EXPECT_EQ(order, (std::vector{uuid(3), uuid(1), uuid(2)}));
}

TEST_F(JournalTest, Rule4_OnlyTheHolderOfTheShardAllowsBytesAgainOrRefuses) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto waiting = queued();
  const auto attempt = open(attempt_for(waiting.at(0)));
  const int shard = receipts::shard_of(kPool);
  const auto allow = [&](const std::string& worker, std::int64_t epoch) {
    return run([&](pqxx::work& work) { return sql::allow_resend(work, worker, attempt, shard, epoch); });
  };
  EXPECT_EQ(allow("worker-b", 1), 0);
  EXPECT_EQ(allow(kWorker, 2), 0);
  EXPECT_EQ(allow(kWorker, 1), 2);
  const auto refuse = [&](const std::string& worker, std::int64_t epoch) {
    run([&](pqxx::work& work) {
      sql::refuse(work, worker, waiting.at(1), receipts::State::failed, shard, epoch, "no");
      return true;
    });
  };
  refuse("worker-b", 1);
  refuse(kWorker, 2);
  EXPECT_EQ(state(2), "queued");
  refuse(kWorker, 1);
  EXPECT_EQ(state(2), "failed");
}

TEST_F(JournalTest, Rule4_AClosedAttemptsBytesDoNotLeaveAgain) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(told(attempt, Fact::printed, Cause::none, 5));
  EXPECT_EQ(
      run([&](pqxx::work& work) { return sql::allow_resend(work, kWorker, attempt, receipts::shard_of(kPool), 1); }),
      0);
  EXPECT_EQ(news({attempt, attempt + 1}).closed, std::vector<std::int64_t>{attempt});
}

TEST_F(JournalTest, Rule4_AnotherEpochOpensNothing) {
  take({post(1, 1, 10, "d", 0)});
  auto attempt = attempt_for(queued().at(0));
  attempt.epoch = 2;
  EXPECT_EQ(open(attempt), 0);
  EXPECT_EQ(state(1), "queued");
}

TEST_F(JournalTest, Rule5_EvidenceUnderALostEpochIsKeptAndDecidedByTheOwner) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  run([](pqxx::work& work) { return work.exec("update shards set worker = 'worker-b', epoch = 2"); });
  EXPECT_FALSE(settle(told(attempt, Fact::printed, Cause::none, 7)).decided);
  EXPECT_EQ(state(1), "printing");

  auto kept = news().undecided;
  ASSERT_EQ(kept.size(), 1U);
  kept[0].epoch = 2;
  EXPECT_TRUE(run([&](pqxx::work& work) { return sql::settle(work, "worker-b", kept); }).at(0).decided);
  EXPECT_EQ(state(1), "done");
  EXPECT_TRUE(news().undecided.empty());
}

// The first worker heard that its bytes never left; the second has sent them again since.
TEST_F(JournalTest, Rule5_ANotPrintedOfAnEarlierSendingClosesNothing) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  run([&](pqxx::work& work) { return sql::allow_resend(work, kWorker, attempt, receipts::shard_of(kPool), 1); });
  settle(told(attempt, Fact::not_printed, Cause::transient));
  EXPECT_EQ(state(1), "printing");
  EXPECT_EQ(one("select count(*) from evidence"), "1");
  auto latest = told(attempt, Fact::not_printed, Cause::transient);
  latest.send = 2;
  settle(latest);
  EXPECT_EQ(state(1), "queued");
}

// A person said "not printed", and then the cloud's callback came.
TEST_F(JournalTest, Rule5_ALatePrintedCountsWhateverBecameOfTheAttempt) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(told(attempt, Fact::not_printed, Cause::transient));
  run([&](pqxx::work& work) {
    work.exec_params(
        "insert into callbacks (id, register, shard, body) overriding system value values (7, 'kkt-1', $1, '')",
        receipts::shard_of(kPool));
    return true;
  });
  ASSERT_EQ(news().callbacks.size(), 1U);
  const auto named =
      run([](pqxx::work& work) { return sql::named(work, "bit:1", {receipts::attempt_key(uuid(1), 1), ""}); });
  ASSERT_EQ(named.size(), 1U);
  EXPECT_TRUE(
      run([](pqxx::work& work) { return sql::named(work, "bit:2", {receipts::attempt_key(uuid(1), 1), ""}); }).empty());
  auto late = told(named.at(0).id, Fact::printed, Cause::none, 5);
  late.callback = 7;
  EXPECT_EQ(settle(late).finished.value().outcome, "done");
  EXPECT_EQ(state(1), "done");
  EXPECT_TRUE(news().callbacks.empty());
}

TEST_F(JournalTest, Rule5_AnotherShardsLeaseDecidesNothing) {
  take({post(1, 1, 10, "d", 0)});
  auto strange = told(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5);
  strange.shard = (strange.shard + 1) % receipts::kShards;
  EXPECT_FALSE(settle(strange).decided);
  EXPECT_EQ(state(1), "printing");
}

TEST_F(JournalTest, Rule5_AnOldAttemptsSilenceChangesNothing) {
  take({post(1, 1, 10, "d", 0)});
  const auto first = open(attempt_for(queued().at(0)));
  settle(told(first, Fact::not_printed, Cause::transient));
  settle(told(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5));
  auto silence = told(first, Fact::unknown, Cause::ambiguous);
  silence.finding.text = "lost";
  settle(silence);
  EXPECT_EQ(one("select state || '/' || error from receipts"), "done/");
}

// A lost answer, then a document of the same register after the quiet time.
class NumberingTest : public JournalTest {
 protected:
  NumberingTest() {
    take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
    settle(told(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 100));  // the last number seen
    auto lost = attempt_for(queued().at(0));
    lost.fn_before = kFn;
    lost.fd_before = 100;
    lost_ = open(lost);
    settle(told(lost_, Fact::unknown, Cause::ambiguous));
  }
  void probe(std::uint64_t fd) {
    auto attempt = attempt_for(queued().at(0));
    attempt.proves = lost_;
    settle(told(open(attempt), Fact::printed, Cause::none, fd));
  }
  std::int64_t lost_ = 0;
};

TEST_F(NumberingTest, Rule6_ALostAnswerIsUncertainAndNotQueued) {
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(queued().size(), 1U);
  EXPECT_EQ(run([](pqxx::work& work) { return sql::remember(work, "bit:1"); }).questions,
            std::vector<std::int64_t>{lost_});
}

TEST_F(NumberingTest, Rule6_TheNextNumberProvesNotPrintedAndItGoesBackToTheHead) {
  probe(101);
  EXPECT_EQ(state(3), "done");
  EXPECT_EQ(state(2), "queued");
  EXPECT_EQ(queued().at(0).id, uuid(2));
  EXPECT_TRUE(run([](pqxx::work& work) { return sql::remember(work, "bit:1"); }).questions.empty());
}

TEST_F(NumberingTest, Rule6_AGapIsLeftToAPersonWithTheNumbersAndTheRegisterGoesOn) {
  probe(102);
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_NE(one("select error from receipts where id = '" + uuid(2) + "'").find("с № 101 по № 101"), std::string::npos);
  EXPECT_TRUE(run([](pqxx::work& work) { return sql::remember(work, "bit:1"); }).questions.empty());
}

TEST_F(NumberingTest, Rule6_AnotherStorageProvesNothing) {
  auto attempt = attempt_for(queued().at(0));
  attempt.proves = lost_;
  auto printed = told(open(attempt), Fact::printed, Cause::none, 101);
  printed.finding.document->fn = "9999999999999999";
  settle(printed);
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(one("select question from attempts where id = " + std::to_string(lost_)), "asked");
}

TEST_F(NumberingTest, Rule6_ADocumentThatIsNoProbeProvesNothing) {
  settle(told(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "uncertain");
}

TEST_F(NumberingTest, Rule6_AQuestionThatIsWithAPersonIsNotOpenedAgain) {
  probe(103);
  settle(told(lost_, Fact::unknown, Cause::ambiguous));
  EXPECT_EQ(one("select question from attempts where id = " + std::to_string(lost_)), "asked");
  EXPECT_NE(one("select error from receipts where id = '" + uuid(2) + "'").find("с № 101 по № 102"), std::string::npos);
}

TEST_F(JournalTest, Rule7_WhatNumberingCannotSettleIsLeftToAPerson) {
  take({post(1, 1, 10, "d", 0)});
  auto absent = told(open(attempt_for(queued().at(0))), Fact::absent);
  absent.provable = false;
  settle(absent);
  EXPECT_EQ(state(1), "uncertain");
  EXPECT_EQ(one("select question from attempts"), "asked");
}

TEST_F(NumberingTest, Rule6_ALateAnswerOfTheLostAttemptStillCounts) {
  settle(told(lost_, Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "done");
}

TEST_F(JournalTest, Rule9_OneOpenAttemptPerRegisterAndPerReceipt) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto waiting = queued();
  ASSERT_NE(open(attempt_for(waiting.at(0))), 0);
  EXPECT_EQ(open(attempt_for(waiting.at(1))), 0) << "the register is taken";
  EXPECT_EQ(state(2), "queued");
  EXPECT_EQ(open(attempt_for(waiting.at(0), "bit:2")), 0) << "the receipt is taken";
}

TEST_F(JournalTest, Rule11_ASecondClaimantOfADocumentBecomesUncertainAndTheGroupGoesOn) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  const auto waiting = queued();
  const auto first = open(attempt_for(waiting.at(0), "bit:1"));
  const auto second = open(attempt_for(waiting.at(1), "bit:2"));
  const auto third = open(attempt_for(waiting.at(2), "bit:3"));
  run([&](pqxx::work& work) {
    return sql::settle(work, kWorker,
                       {told(first, Fact::printed, Cause::none, 5), told(second, Fact::printed, Cause::none, 5),
                        told(third, Fact::printed, Cause::none, 6)});
  });
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(state(3), "done");
}

TEST_F(JournalTest, Rule11_DocumentsWithoutANumberDoNotCollide) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  for (const auto& receipt : queued()) settle(told(open(attempt_for(receipt)), Fact::printed, Cause::none, 0));
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "done");
}

TEST_F(JournalTest, Rule12_ARedeliveredPostChangesNothing) {
  take({post(1, 1, 10, "d", 0)});
  settle(told(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  take({post(1, 1, 10, "d", 0)});
  EXPECT_EQ(state(1), "failed");
  EXPECT_EQ(one("select count(*) from posts"), "1");
}

TEST_F(JournalTest, Rule13_OtherContentAfterAnAttemptIsACountedConflict) {
  take({post(1, 1, 10, "d", 0)});
  settle(told(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5));
  take({post(1, 2, 11, "other", 1)});
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(one("select conflicts || '/' || encode(digest, 'escape') from receipts"), "1/d");
  EXPECT_EQ(one("select string_agg(verdict, ',' order by post_id) from posts"), "opened,conflict");
}

TEST_F(JournalTest, Rule13_TheNewestContentOfANeverAttemptedReceiptIsPrinted) {
  take({post(1, 1, 10, "d", 0), post(1, 2, 12, "newest", 1), post(1, 3, 11, "older", 2)});
  EXPECT_EQ(one("select encode(digest, 'escape') from receipts"), "newest");
  EXPECT_EQ(one("select string_agg(verdict, ',' order by post_id) from posts"), "opened,replaced,superseded");
}

TEST_F(JournalTest, Rule18_OffsetsAreStoredWithTheBatchAndNeverGoBack) {
  take({post(1, 1, 10, "d", 41)});
  EXPECT_EQ(run([](pqxx::work& work) { return kafka::stored_positions(work); }).at({kReceiptsTopic, 0}), 42);
  take({post(1, 1, 10, "d", 7)});
  EXPECT_EQ(run([](pqxx::work& work) { return kafka::stored_positions(work); }).at({kReceiptsTopic, 0}), 42);
}

// A record that is not ours to read, of a post that was answered with a UUID.
kafka::Record unreadable_post(int receipt) {
  kafka::Record record;
  record.topic = kReceiptsTopic;
  record.key = kPool;
  record.value = "\xff\xff";
  record.timestamp_ms = 1795435820000;
  record.headers = {{"receipt-id", uuid(receipt)},
                    {"post-id", uuid(1000 + receipt)},
                    {"tenant", "acme"},
                    {"installation", "acme-main"},
                    {"cashbox", "box"},
                    {"unique-id", "85"}};
  return record;
}

TEST_F(JournalTest, Rule18_AnUnreadableRecordLeavesAHeldReceiptAndItsBytes) {
  const auto back = run([](pqxx::work& work) { return take_in(work, {unreadable_post(1)}); });
  EXPECT_EQ(back.size(), 1U);
  EXPECT_EQ(
      one("select state || '/' || pool || '/' || unique_id || '/' || (published_revision < revision) from receipts"),
      "held/shop/85/true");
  EXPECT_EQ(one("select encode(value, 'hex') || '/' || receipt from unreadable"), "ffff/" + uuid(1));
  EXPECT_EQ(one("select verdict from posts"), "unreadable");
  EXPECT_FALSE(run([](pqxx::work& work) { return read_again(work, uuid(1)); }));
}

TEST_F(JournalTest, Rule18_AHeldReceiptIsReadAgainByAVersionThatCan) {
  run([](pqxx::work& work) { return take_in(work, {unreadable_post(1)}); });
  run([](pqxx::work& work) {
    postgres::TextArray bytes;
    bytes.add_bytes(post(1, 1, 10, "d", 0).value);
    work.exec_params("update unreadable set value = ($1::bytea[])[1]", bytes.str());
    return true;
  });
  EXPECT_TRUE(run([](pqxx::work& work) { return read_again(work, uuid(1)); }));
  EXPECT_EQ(one("select state || '/' || total_kopecks || '/' || encode(digest, 'escape') from receipts"), "held/100/d");
}

TEST_F(JournalTest, Rule18_ALaterPostThatCanBeReadIsPrinted) {
  run([](pqxx::work& work) { return take_in(work, {unreadable_post(1)}); });
  take({post(1, 2, 11, "d", 1)});
  EXPECT_EQ(one("select state || '/' || error from receipts"), "queued/");
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(JournalTest, Rule18_AnUnreadableRepeatOfAKnownReceiptDoesNotHoldIt) {
  take({post(1, 1, 10, "d", 0)});
  run([](pqxx::work& work) { return take_in(work, {unreadable_post(1)}); });
  EXPECT_EQ(state(1), "queued");
}

TEST_F(JournalTest, AnUnreadableRecordIsHandedBackAndDoesNotStopTheOthers) {
  kafka::Record garbage;
  garbage.topic = kReceiptsTopic;
  garbage.offset = 0;
  garbage.value = "\xff\xff";
  const auto unreadable = run([&](pqxx::work& work) { return take_in(work, {garbage, post(1, 1, 10, "d", 1)}); });
  EXPECT_EQ(unreadable.size(), 1U);
  EXPECT_EQ(state(1), "queued");
}

TEST_F(JournalTest, EveryChangeWaitsToBePublished) {
  take({post(1, 1, 10, "d", 0)});
  EXPECT_EQ(one("select count(*) from receipts where published_revision < revision"), "1");
  run([](pqxx::work& work) { return work.exec("update receipts set published_revision = revision"); });
  const auto attempt = open(attempt_for(queued().at(0)));
  EXPECT_EQ(one("select count(*) from receipts where published_revision < revision"), "1");
  run([](pqxx::work& work) { return work.exec("update receipts set published_revision = revision"); });
  settle(told(attempt, Fact::printed, Cause::none, 5));
  EXPECT_EQ(one("select count(*) from receipts where published_revision < revision"), "1");
}

TEST_F(JournalTest, TheSameAnswerToldTwiceIsOneDocument) {
  take({post(1, 1, 10, "d", 0)});
  const auto attempt = open(attempt_for(queued().at(0)));
  settle(told(attempt, Fact::printed, Cause::none, 5));
  EXPECT_FALSE(settle(told(attempt, Fact::printed, Cause::none, 5)).finished) << "counted already";
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(one("select count(*) from documents"), "1");
  EXPECT_EQ(one("select error from receipts"), "");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
