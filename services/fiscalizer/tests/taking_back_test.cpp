// Rule 17: a journal that may be older than what it has published.

#include "journal/taking_back.hpp"

#include "journal/people.hpp"
#include "journal_bench.hpp"
#include "outcome_publisher.hpp"

namespace kassaflow::fiscalizer {
namespace {

using journal::Told;
using receipts::AttemptOutcome;
using receipts::State;

// --- pure ---

Trust another_life(Life before, bool was_synchronous) {
  Trust trust;
  trust.life = {"7412", 2, "b"};
  trust.before = std::move(before);
  trust.stage_before = Stage::open;
  trust.was_synchronous = was_synchronous;
  trust.head = 100;
  return trust;
}

TEST(Distrust, Rule17_ARestartWithAllThatWasPublishedIsTrusted) {
  EXPECT_EQ(journal::distrust(another_life({"7412", 2, "a"}, false), {{receipt_id(1), 4, 100}}, {{receipt_id(1), 4}}),
            "");
  EXPECT_EQ(journal::distrust(Trust(), {}, {}), "") << "the first life";
}

TEST(Distrust, Rule17_AFailoverIsTrustedOnlyToASynchronousStandby) {
  EXPECT_EQ(journal::distrust(another_life({"7412", 1, "a"}, true), {}, {}), "");
  EXPECT_NE(journal::distrust(another_life({"7412", 1, "a"}, false), {}, {}), "");
  EXPECT_NE(journal::distrust(another_life({"6999", 2, "a"}, true), {}, {}), "") << "another cluster";
}

TEST(Distrust, Rule17_WhatWasPublishedAndIsNotThereIsSeen) {
  const auto restarted = another_life({"7412", 2, "a"}, true);
  EXPECT_NE(journal::distrust(restarted, {{receipt_id(1), 5, 90}}, {{receipt_id(1), 4}}), "") << "an older revision";
  EXPECT_NE(journal::distrust(restarted, {{receipt_id(1), 1, 90}}, {}), "") << "a missing receipt";
  EXPECT_NE(journal::distrust(restarted, {{receipt_id(1), 4, 101}}, {{receipt_id(1), 4}}), "")
      << "told again from a journal that had come further";
}

TEST(Distrust, Rule17_ALifeThatWasNeverTakenBackIsNotTrustedInTheNext) {
  auto trust = another_life({"7412", 2, "a"}, true);
  trust.stage_before = Stage::reading_posts;
  EXPECT_NE(journal::distrust(trust, {}, {}), "");
}

// --- the journal ---

class TakingBackTest : public JournalTest {
 protected:
  // Readers are told what they do not know yet.
  void publish() {
    std::vector<std::pair<ReceiptId, std::int64_t>> revisions;
    for (const auto& outcome : unpublished()) {
      published_.push_back(record_of(outcome));
      revisions.emplace_back(outcome.id, outcome.revision);
    }
    transact([&](Transaction& tx) { tx.mark_published(revisions); });
  }
  Stage judge() {
    std::vector<Told> told;
    for (const auto& record : published_) {
      told.push_back({ReceiptId(record.receipt_id()), static_cast<std::int64_t>(record.revision()),
                      static_cast<std::int64_t>(record.journal_head()), TenantId(record.tenant()),
                      InstallationId(record.installation())});
    }
    return run([&](Transaction& tx) { return journal::judge(tx, told); });
  }
  std::size_t take_back(const std::vector<v1::ReceiptOutcome>& records) {
    return run([&](Transaction& tx) {
      return journal::take_back(tx, records, configuration_, [this](const RegisterId&) {
        return std::optional(
            journal::KnownRegister{RegisterIdentity("bit:1"), registers::find_protocol("itkassa"), askable_});
      });
    });
  }
  void read_posts() {
    transact([](Transaction& tx) { journal::read_posts(tx); });
  }
  std::int64_t open_again() {
    return run([](Transaction& tx) { return journal::open_again(tx); });
  }
  // All of it, with the posts that were taken in since.
  void recover(const std::vector<kafka::Record>& posts = {}) {
    ASSERT_EQ(judge(), Stage::taking_back);
    take_back(published_);
    read_posts();
    if (!posts.empty()) take(posts);
    open_again();
  }
  std::int64_t print(int n, std::uint64_t fd) {
    const auto attempt = open(attempt_for(queued_of(n)));
    settle(heard(attempt, Fact::printed, Cause::none, fd));
    return attempt;
  }
  Queued queued_of(int n) {
    for (const auto& receipt : queued()) {
      if (receipt.id == receipt_id(n)) return receipt;
    }
    return {};
  }
  bool doubt(const Queued& receipt, bool askable) {
    return run([&](Transaction& tx) { return journal::doubt(tx, kWorker, attempt_for(receipt), askable); });
  }

  std::vector<v1::ReceiptOutcome> published_;  // as the topic has them
  bool askable_ = false;
};
INSTANTIATE_TEST_SUITE_P(Stores, TakingBackTest, kStores, kStoreName);

TEST_P(TakingBackTest, Rule17_NothingIsOpenedInALifeThatNobodyHasCompared) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  const auto first = attempt_for(queued_of(1));
  const auto attempt = open(first);
  under_test_->start_again();
  EXPECT_EQ(open(attempt_for(queued_of(2), "bit:2")), 0);
  EXPECT_EQ(allow_resend(attempt), 0);
  auto told = heard(attempt, Fact::printed, Cause::none, 5);
  told.key = first.key;
  EXPECT_FALSE(settle(told).decided) << "what was heard is kept, and decided later";
  EXPECT_THROW(take({post(3, 3, 10, "d", 2)}), std::runtime_error);
  EXPECT_FALSE(run([](Transaction& tx) {
    return people::hold(tx, {receipt_id(2), {"anna@desk", {}, {}}}, "why").has_value();
  })) << "people wait, too";

  EXPECT_EQ(judge(), Stage::open);
  EXPECT_NE(open(attempt_for(queued_of(2), "bit:2")), 0);
  EXPECT_EQ(news().undecided.size(), 1U);
}

TEST_P(TakingBackTest, Rule17_AFailoverToASynchronousStandbyGoesOn) {
  under_test_->have_standby();
  take({post(1, 1, 10, "d", 0)});
  publish();
  under_test_->fail_over();
  EXPECT_EQ(judge(), Stage::open);
  EXPECT_FALSE(queued_of(1).suspect);
}

TEST_P(TakingBackTest, Rule17_AFailoverWithoutOneIsTakenBackAlthoughNothingIsSeenToBeMissing) {
  take({post(1, 1, 10, "d", 0)});
  publish();
  under_test_->fail_over();
  EXPECT_EQ(judge(), Stage::taking_back);
  EXPECT_EQ(judge(), Stage::taking_back) << "and it stays so";
}

TEST_P(TakingBackTest, Rule17_WhatWasPublishedGoesBackIntoARestoredJournal) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  under_test_->back_up();
  print(1, 5);
  settle(heard(open(attempt_for(queued_of(2))), Fact::not_printed, Cause::data));
  publish();
  const auto& told_of_1 = *std::ranges::find(published_, uuid(1), &v1::ReceiptOutcome::receipt_id);
  under_test_->restore();
  EXPECT_EQ(state(1) + "/" + state(2), "queued/queued");

  recover();
  EXPECT_EQ(state(1) + "/" + state(2) + "/" + state(3), "done/failed/queued");
  EXPECT_EQ(documents(), 1U);
  EXPECT_EQ(remember().highest_fd, 5U);
  EXPECT_EQ(receipt(1).revision, static_cast<std::int64_t>(told_of_1.revision())) << "readers have it";
  const auto told = run([](Transaction& tx) { return tx.outcomes({}, 10, 10); });
  EXPECT_EQ(told.at(0).finished_at_ms, told_of_1.finished_at_ms());
  EXPECT_EQ(told.at(0).attempts.size(), 1U);
  EXPECT_EQ(told.at(0).post_ids.size(), 1U);
  EXPECT_TRUE(queued_of(3).suspect) << "an attempt of it may have been made, and never published";
  EXPECT_EQ(queued_of(3).attempts, 0U);
  EXPECT_EQ(shown(3).revision, 2) << "readers hear of it again";
}

TEST_P(TakingBackTest, Rule17_ADocumentThatWasTakenBackIsClaimed) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  under_test_->back_up();
  print(1, 5);
  publish();
  under_test_->restore();
  recover();
  print(2, 5);
  EXPECT_EQ(state(2), "uncertain");
}

TEST_P(TakingBackTest, Rule17_AMissingReceiptComesBackWithTheContentOfItsPost) {
  under_test_->back_up();
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  settle(heard(open(attempt_for(queued_of(1))), Fact::not_printed, Cause::transient));
  publish();
  under_test_->restore();
  recover({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  EXPECT_EQ(state(1) + "/" + state(2), "queued/queued");
  EXPECT_EQ(queued_of(1).attempts, 1U) << "its keys go on behind the one that was used";
  EXPECT_FALSE(queued_of(1).content.empty());
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "taken_back");
  print(1, 5);
  EXPECT_EQ(state(1), "done");
}

TEST_P(TakingBackTest, Rule17_AFailedReceiptIsNotOpenedByThePostThatFailed) {
  under_test_->back_up();
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued_of(1))), Fact::not_printed, Cause::data));
  publish();
  under_test_->restore();
  recover({post(1, 1, 10, "d", 0)});
  EXPECT_EQ(state(1), "failed");
  take({post(1, 2, 11, "d", 1)});
  EXPECT_EQ(state(1), "queued");
  EXPECT_FALSE(queued_of(1).suspect) << "that failure was known";
}

TEST_P(TakingBackTest, Rule17_AnAttemptThatWasUnderWayIsAQuestion) {
  take({post(1, 1, 10, "d", 0)});
  under_test_->back_up();
  const auto attempt = attempt_for(queued_of(1));
  open(attempt);
  publish();
  under_test_->restore();
  recover();
  EXPECT_EQ(state(1), "uncertain");
  ASSERT_EQ(remember().asked.size(), 1U) << "of a person, and of evidence in hand";
  EXPECT_EQ(remember().asked.front().key, attempt.key);
}

TEST_P(TakingBackTest, Rule17_AnAttemptThatWasUnderWayAtARegisterThatCanBeAskedIsMadeAnewAsASuspect) {
  askable_ = true;
  take({post(1, 1, 10, "d", 0)});
  under_test_->back_up();
  const auto attempt = attempt_for(queued_of(1));
  open(attempt);
  publish();
  under_test_->restore();
  recover();
  EXPECT_TRUE(queued_of(1).suspect);
  EXPECT_EQ(attempt_for(queued_of(1)).key, attempt.key) << "its lane asks for that key, with bytes to compare";
}

TEST_P(TakingBackTest, Rule17_AnAttemptThatIsOpenInTheCopyKeepsItsBytes) {
  take({post(1, 1, 10, "d", 0)});
  open(attempt_for(queued_of(1)));
  under_test_->back_up();
  settle(heard(remember().open->id, Fact::unknown));
  publish();
  under_test_->restore();
  recover();
  ASSERT_TRUE(remember().open.has_value());
  EXPECT_EQ(remember().open->request, "bytes");
}

TEST_P(TakingBackTest, Rule17_OlderRecordsAndASecondTimeChangeNothing) {
  take({post(1, 1, 10, "d", 0)});
  under_test_->back_up();
  publish();
  open(attempt_for(queued_of(1)));
  publish();
  settle(heard(remember().open->id, Fact::printed, Cause::none, 5));
  publish();
  under_test_->restore();
  ASSERT_EQ(judge(), Stage::taking_back);
  for (const auto& record : published_) take_back({record});
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(take_back(published_), 0U);
  EXPECT_EQ(receipt(1).attempts, 1U);
}

TEST_P(TakingBackTest, Rule17_EvidenceInHandFindsItsAttemptUnderAnotherId) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  under_test_->back_up();
  open(attempt_for(queued_of(2)));  // takes an id
  settle(heard(remember().open->id, Fact::not_printed, Cause::transient));
  const auto attempt = attempt_for(queued_of(1));
  auto told = heard(open(attempt), Fact::printed, Cause::none, 5);
  told.key = attempt.key;
  told.receipt = attempt.receipt;
  publish();
  under_test_->restore();
  EXPECT_TRUE(settle(told).later) << "what proves the loss is kept in hand";
  EXPECT_EQ(judge(), Stage::taking_back);
  recover();
  EXPECT_TRUE(settle(told).decided);
  EXPECT_EQ(state(1) + "/" + state(2), "done/queued");
}

TEST_P(TakingBackTest, Rule17_EvidenceOfALostAttemptSettlesNoOther) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  under_test_->back_up();
  const auto lost = attempt_for(queued_of(1));
  auto told = heard(open(lost), Fact::printed, Cause::none, 5);
  told.key = lost.key;
  told.receipt = lost.receipt;
  under_test_->restore();
  under_test_->fail_over();
  recover();
  told.attempt = open(attempt_for(queued_of(2)));  // ids begin again
  EXPECT_FALSE(settle(told).decided);
  EXPECT_EQ(state(1) + "/" + state(2), "queued/printing");
  EXPECT_TRUE(queued_of(1).suspect);
}

TEST_P(TakingBackTest, Rule17_ASuspectThatCannotBeAskedForIsAPersonsQuestion) {
  take({post(1, 1, 10, "d", 0)});
  change(1, [](auto& row) { row.suspect = true; });
  ASSERT_TRUE(doubt(queued_of(1), false));
  EXPECT_EQ(state(1), "uncertain");
  EXPECT_NE(error(1), "");
  EXPECT_TRUE(remember().questions.empty()) << "the register goes on";
  const auto answer =
      run([](Transaction& tx) { return people::resolve_not_printed(tx, {receipt_id(1), {"anna@desk", {}, {}}}, {}); });
  ASSERT_TRUE(answer) << explained(answer.error());
  EXPECT_EQ(state(1), "queued");
  EXPECT_FALSE(queued_of(1).suspect);
  EXPECT_EQ(queued_of(1).attempts, 1U);
}

TEST_P(TakingBackTest, Rule17_ASuspectWhoseRegisterRefusedOneAttemptMayHaveHadAnother) {
  take({post(1, 1, 10, "d", 0)});
  change(1, [](auto& row) { row.suspect = true; });
  ASSERT_TRUE(doubt(queued_of(1), true));
  settle(heard(remember().asked.at(0).id, Fact::not_printed, Cause::transient));
  EXPECT_TRUE(queued_of(1).suspect);
  open(attempt_for(queued_of(1)));
  EXPECT_FALSE(receipt(1).suspect) << "its lane has looked";
}

TEST_P(TakingBackTest, Rule17_OtherContentOfASuspectIsAConflict) {
  take({post(1, 1, 10, "d", 0)});
  change(1, [](auto& row) { row.suspect = true; });
  take({post(1, 2, 11, "other", 1)});
  EXPECT_EQ(receipt(1).digest + "/" + std::to_string(receipt(1).conflicts), "d/1");
}

// The first may have been attempted in the life that is lost, as it was posted; the second came too late then.
TEST_P(TakingBackTest, Rule17_OtherContentAmongPostsThatAreReadAgainIsAConflict) {
  take({post(2, 3, 10, "d", 0)});
  under_test_->back_up();
  take({post(1, 1, 10, "d", 1)});
  print(1, 5);  // told to nobody
  print(2, 6);
  publish();
  published_.erase(published_.begin());
  under_test_->restore();
  recover({post(1, 1, 10, "d", 1), post(1, 2, 11, "other", 2)});
  EXPECT_EQ(receipt(1).digest + "/" + std::to_string(receipt(1).conflicts), "d/1");
  EXPECT_TRUE(queued_of(1).suspect);
}

TEST_P(TakingBackTest, Rule17_IntakeOfAnotherLifeGoesOnOnlyWhereTheJournalIs) {
  const auto life = run([](Transaction& tx) { return tx.trust(false).life; });
  const auto take_in = [&](std::int64_t offset) {
    const int n = static_cast<int>(offset) + 1;
    const auto record = post(n, n, 10, "d", offset);
    return run([&](Transaction& tx) { return journal::take_in(tx, life, configuration_, {std::span(&record, 1)}); });
  };
  take_in(0);
  under_test_->start_again();
  ASSERT_EQ(judge(), Stage::open);
  take_in(1);
  under_test_->back_up();
  take_in(2);
  under_test_->restore();
  ASSERT_EQ(judge(), Stage::open);
  EXPECT_THROW(take_in(3), std::runtime_error) << "post 3 would never come back";
  take_in(2);
  EXPECT_EQ(queued().size(), 3U);
}

// Of receipt 1 as another tenant's.
v1::ReceiptOutcome forged(v1::ReceiptOutcome record) {
  record.set_tenant("other");
  record.set_installation("other-main");
  record.set_revision(record.revision() + 100);
  record.set_journal_head(record.journal_head() + 1'000'000);
  record.set_state(v1::RECEIPT_STATE_DONE);
  record.mutable_fiscal()->set_fn(kFn);
  record.mutable_fiscal()->set_fd(77);
  return record;
}

TEST_P(TakingBackTest, Rule17_AnOutcomeOfAnotherTenantSaysNothingOfTheJournal) {
  take({post(1, 1, 10, "d", 0)});
  publish();
  published_.push_back(forged(published_.front()));
  under_test_->start_again();
  EXPECT_EQ(judge(), Stage::open);
}

TEST_P(TakingBackTest, Rule17_AnOutcomeOfAnotherTenantIsNotTakenBack) {
  under_test_->back_up();
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1)});
  publish();
  const auto known = published_;
  published_.push_back(forged(known.front()));
  under_test_->restore();
  ASSERT_EQ(judge(), Stage::taking_back);
  EXPECT_EQ(take_back(published_), 2U) << "the first record says whose it is";
  EXPECT_EQ(receipt(1).tenant, TenantId("acme"));
  EXPECT_NE(state(1), "done");
  EXPECT_EQ(take_back({forged(known.front())}), 0U) << "then the journal does";
  EXPECT_EQ(documents(), 0U);
  auto newer = known.front();
  newer.set_revision(7);
  EXPECT_EQ(take_back({forged(known.front()), newer}), 1U) << "whoever speaks first in a page";

  auto of_a_foreign_pool = known.back();
  of_a_foreign_pool.set_revision(99);
  auto pool = std::make_shared<configuration::Pool>();
  pool->tenant = TenantId("other");
  configuration_.pools[kPool] = pool;
  EXPECT_EQ(take_back({of_a_foreign_pool}), 0U);
}

TEST_P(TakingBackTest, OutcomesAreReadPageByPage) {
  take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
  std::vector<ReceiptId> ids;
  for (ReceiptId last;;) {
    const auto page = run([&](Transaction& tx) { return tx.outcomes(last, 2, 10); });
    if (page.empty()) break;
    for (const auto& outcome : page) ids.push_back(outcome.id);
    last = ids.back();
  }
  EXPECT_EQ(ids, (std::vector{receipt_id(1), receipt_id(2), receipt_id(3)}));
}

}  // namespace
}  // namespace kassaflow::fiscalizer
