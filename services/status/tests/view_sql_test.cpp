// The view's statements against a real PostgreSQL, one test per rule of exactly-once.md that they keep.

#include <array>
#include <functional>
#include <thread>

#include "database.hpp"

namespace kassaflow::status {
namespace {

using v1::RECEIPT_STATE_DONE;
using v1::RECEIPT_STATE_FAILED;
using v1::RECEIPT_STATE_PRINTING;
using v1::RECEIPT_STATE_QUEUED;

using Withheld = v1::WithholdErrorResponse;

class ViewSql : public DatabaseTest {
 protected:
  std::string state(int receipt) { return column("state || ' ' || revision", receipt); }
  bool push_is_due(int receipt) { return column("push_due is not null", receipt) == "t"; }
  kafka::ReadPositions positions() {
    return run([](pqxx::work& work) { return positions::load(work); });
  }
  // As the consumer does when it finds another log.
  void lose_log(const std::string& topic) {
    const auto log = positions()[{topic, 0}].log + 1;
    run([&](pqxx::work& work) {
      positions::store(work, {{{topic, 0}, {log, 0, 0, {}}}});
      return true;
    });
  }
  Answer answer(int receipt) { return answer_for(find(receipt), portal_of("acme")); }
};

TEST_F(ViewSql, Rule12_AHigherRevisionWinsInWhateverOrderTheyCome) {
  take(outcome(1, 4, RECEIPT_STATE_PRINTING));
  take(outcome(1, 3, RECEIPT_STATE_QUEUED));
  EXPECT_EQ(state(1), "printing 4");
  take({record_of(outcome(1, 7, RECEIPT_STATE_FAILED)), record_of(outcome(1, 6, RECEIPT_STATE_PRINTING))});
  EXPECT_EQ(state(1), "failed 7");
  take({post_of(1, 1)});
  EXPECT_EQ(state(1), "failed 7") << "an accepted post is not the journal's word";
}

// A re-print for another cashbox.
TEST_F(ViewSql, AReceiptIsListedInThePoolThatHasIt) {
  take(outcome(1, 4, RECEIPT_STATE_QUEUED));
  auto moved = outcome(1, 5, RECEIPT_STATE_QUEUED);
  moved.set_pool("other");
  take(moved);
  EXPECT_EQ(column("pool", 1), "other");
}

TEST_F(ViewSql, Rule12_DoneIsTerminal) {
  take(outcome(1, 5, RECEIPT_STATE_DONE));
  take(outcome(1, 6, RECEIPT_STATE_QUEUED, 2));
  take(outcome(1, 7, RECEIPT_STATE_FAILED, 2));
  EXPECT_EQ(state(1), "done 5");
  auto again = outcome(1, 8, RECEIPT_STATE_DONE);
  again.set_conflicts(2);
  take(again);
  EXPECT_EQ(find(1)->outcome.conflicts(), 2U) << "posts are still counted";
}

TEST_F(ViewSql, Rule14_AnAcceptedPostIsUncoveredUntilAnOutcomeNamesIt) {
  take({post_of(1, 1)});
  EXPECT_TRUE(find(1)->uncovered_posts);
  auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
  failed.add_covered_post_ids(uuid(1001));
  take(failed);
  EXPECT_EQ(answer(1), Answer::error_if_current);
  take({post_of(1, 2)});
  EXPECT_EQ(answer(1), Answer::wait) << "printed again";
}

TEST_F(ViewSql, Rule14_ACoveredPostThatIsReadLateStaysCovered) {
  auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
  failed.add_covered_post_ids(uuid(1001));
  take(failed);
  take({post_of(1, 1)});
  EXPECT_EQ(answer(1), Answer::error_if_current);
}

TEST_F(ViewSql, Rule14_ARePrintCancelsADueErrorPush) {
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  EXPECT_TRUE(push_is_due(1));
  take(outcome(1, 6, RECEIPT_STATE_QUEUED, 2));
  EXPECT_FALSE(push_is_due(1));
  take(outcome(1, 8, RECEIPT_STATE_DONE, 2));
  EXPECT_TRUE(push_is_due(1));
}

TEST_F(ViewSql, Rule14_AnErrorIsNotToldOverAnUncoveredPost) {
  take({record_of(outcome(1, 5, RECEIPT_STATE_FAILED)), post_of(1, 1)});
  EXPECT_FALSE(tell_error(1, 5));
  EXPECT_EQ(column("error_told_at is null", 1), "t");
}

TEST_F(ViewSql, APostIsKeptOnlyUntilAnOutcomeNamesIt) {
  auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
  failed.add_covered_post_ids(uuid(1001));
  take({post_of(1, 1), post_of(1, 2)});
  take(failed);
  EXPECT_EQ(one("select string_agg(post_id::text, ',') from posts"), uuid(1002));
  take({post_of(1, 1)});
  EXPECT_EQ(one("select count(*) from posts"), "1") << "it comes again, and is known";
  failed.set_revision(6);
  failed.add_covered_post_ids(uuid(1002));
  take({record_of(failed), post_of(1, 2)});
  EXPECT_EQ(one("select count(*) from posts"), "0");
  EXPECT_FALSE(find(1)->uncovered_posts);
}

// Replicas read the two topics, and neither sees what the other has not committed yet.
TEST_F(ViewSql, Rule14_APostAndTheOutcomeThatNamesItAreTakenInAtOnce) {
  for (const bool post_first : {true, false}) {
    exec("truncate receipts, posts, offsets");
    auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
    failed.add_covered_post_ids(uuid(1001));
    const std::vector post{post_of(1, 1)}, told{record_of(failed)};
    const auto& earlier = post_first ? post : told;
    const auto& later = post_first ? told : post;
    std::thread other;
    run([&](pqxx::work& work) {
      (void)sql::apply(work, configuration_, {std::span(earlier)}, kPushDelay_ms);
      other = std::thread([&] { take(later); });
      pqxx::connection watching(server_->uri());
      pqxx::nontransaction look(watching);
      while (look.exec("select from pg_stat_activity where wait_event_type = 'Lock'").empty()) {
      }
      return true;
    });
    other.join();
    EXPECT_FALSE(find(1)->uncovered_posts) << post_first;
    EXPECT_EQ(state(1), "failed 5");
  }
}

TEST_F(ViewSql, ASecondFailureIsPushedAgainAlsoWhenOneBatchHoldsTheWholeRePrint) {
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  ASSERT_TRUE(tell_error(1, 5));
  exec("update receipts set push_due = null, pushed_at = now(), push_tries = 3");
  take({record_of(outcome(1, 6, RECEIPT_STATE_QUEUED, 2)), record_of(outcome(1, 8, RECEIPT_STATE_FAILED, 2))});
  EXPECT_TRUE(push_is_due(1));
  EXPECT_EQ(column("push_tries", 1), "0");
  EXPECT_EQ(column("error_told_at is null and pushed_at is null", 1), "t") << "of this failure nothing was told";
}

TEST_F(ViewSql, ARepeatedPostPushesNothingAgain) {
  for (const auto state : {RECEIPT_STATE_FAILED, RECEIPT_STATE_DONE}) {
    const int receipt = state == RECEIPT_STATE_FAILED ? 1 : 2;
    take(outcome(receipt, 5, state));
    exec("update receipts set push_due = null, pushed_at = now(), error_told_at = now()");
    auto again = outcome(receipt, 6, state);
    again.add_covered_post_ids(uuid(1000 * receipt + 2));
    take(again);
    EXPECT_FALSE(push_is_due(receipt));
    EXPECT_EQ(column("error_told_at is not null and pushed_at is not null", receipt), "t");
  }
}

TEST_F(ViewSql, Rule16_ToldAndWithheldExcludeEachOther) {
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  EXPECT_TRUE(tell_error(1, 5));
  EXPECT_TRUE(tell_error(1, 5)) << "CHECK_URL after a push";
  EXPECT_EQ(withhold_error(1, 5), Withheld::TOLD);
  EXPECT_EQ(answer(1), Answer::error_if_current);

  take(outcome(2, 5, RECEIPT_STATE_FAILED));
  EXPECT_EQ(withhold_error(2, 5), Withheld::WITHHELD);
  EXPECT_EQ(withhold_error(2, 5), Withheld::WITHHELD) << "asked again after a lost answer";
  EXPECT_FALSE(tell_error(2, 5));
  EXPECT_FALSE(push_is_due(2));
  EXPECT_EQ(answer(2), Answer::wait);
}

TEST_F(ViewSql, Rule16_OnlyOneOfTwoWinsARace) {
  pqxx::connection other(server_->uri());
  pqxx::nontransaction(other).exec("set search_path = status");
  for (int receipt = 1; receipt <= 50; ++receipt) take(outcome(receipt, 5, RECEIPT_STATE_FAILED));
  std::array<bool, 51> withheld{}, told{};
  std::thread operator_([&] {
    for (int receipt = 1; receipt <= 50; ++receipt) {
      pqxx::work work(other);
      withheld.at(receipt) = sql::withhold_error(work, receipt_id(receipt), kOwner, 5) == Withheld::WITHHELD;
      work.commit();
    }
  });
  for (int receipt = 1; receipt <= 50; ++receipt) told.at(receipt) = tell_error(receipt, 5);
  operator_.join();
  for (int receipt = 1; receipt <= 50; ++receipt) EXPECT_NE(withheld.at(receipt), told.at(receipt)) << receipt;
}

TEST_F(ViewSql, Rule16_OnlyTheRevisionSeenIsToldOrWithheld) {
  take(outcome(1, 6, RECEIPT_STATE_FAILED));
  EXPECT_FALSE(tell_error(1, 5));
  EXPECT_EQ(withhold_error(1, 5), Withheld::PASSED);
  EXPECT_EQ(withhold_error(1, 7), Withheld::BEHIND);
  EXPECT_EQ(withhold_error(2, 1), Withheld::BEHIND) << "not heard of at all";
  take(outcome(1, 7, RECEIPT_STATE_QUEUED, 2));
  EXPECT_FALSE(tell_error(1, 7));
  EXPECT_EQ(withhold_error(1, 7), Withheld::PASSED);
}

TEST_F(ViewSql, Rule16_AfterAWithheldErrorTheNextFailureIsTold) {
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  ASSERT_EQ(withhold_error(1, 5), Withheld::WITHHELD);
  // The operator's retry keeps the generation, and one batch may hold all of it.
  take({record_of(outcome(1, 6, RECEIPT_STATE_QUEUED)), record_of(outcome(1, 8, RECEIPT_STATE_FAILED))});
  EXPECT_TRUE(push_is_due(1));
  EXPECT_TRUE(tell_error(1, 8));
}

TEST_F(ViewSql, OffsetsAreStoredWithTheBatchOrNotAtAll) {
  {
    pqxx::work lost(connection_);
    const auto record = record_of(outcome(1, 5, RECEIPT_STATE_DONE), 41);
    sql::apply(lost, configuration_, {std::span(&record, 1)}, 0);
  }
  EXPECT_TRUE(positions().empty());
  EXPECT_FALSE(find(1));
  take({record_of(outcome(1, 5, RECEIPT_STATE_DONE), 41), post_of(1, 1, 7)});
  EXPECT_EQ(positions().at({"kassaflow.outcomes", 0}).next_offset, 42);
  EXPECT_EQ(positions().at({"kassaflow.receipts", 0}).next_offset, 8);
  take({record_of(outcome(2, 5, RECEIPT_STATE_DONE), 30)});
  EXPECT_EQ(positions().at({"kassaflow.outcomes", 0}).next_offset, 42) << "two replicas may overlap in a rebalance";
}

TEST_F(ViewSql, Rule18_PositionsComeBackAsTheyWereStored) {
  auto record = record_of(outcome(1, 5, RECEIPT_STATE_DONE), 41);
  record.timestamp_ms = 1795435899000;
  take({record});
  const auto stored = positions().at({"kassaflow.outcomes", 0});
  EXPECT_EQ(stored.newest_ms, 1795435899000);
  EXPECT_EQ(stored.fingerprint, kafka::fingerprint_of(record));
}

TEST_F(ViewSql, Rule18_WhatAnOlderVersionHasMovedIsNotComparedWithTheWrongRecord) {
  take({record_of(outcome(1, 5, RECEIPT_STATE_DONE), 41)});
  exec("update offsets set next_offset = 50");
  const auto stored = positions().at({"kassaflow.outcomes", 0});
  EXPECT_EQ(stored.next_offset, 50);
  EXPECT_EQ(stored.newest_ms, 0);
  EXPECT_EQ(stored.fingerprint, "");
}

TEST_F(ViewSql, Rule18_AnotherLogIsTakenInWithoutDoublingAnything) {
  auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
  failed.add_covered_post_ids(uuid(1001));
  take({post_of(1, 1), record_of(failed, 41)});
  lose_log("kassaflow.receipts");
  auto again = post_of(1, 1);
  again.log = 1;
  take({again});
  EXPECT_EQ(state(1), "failed 5");
  EXPECT_FALSE(find(1)->uncovered_posts) << "a post that comes again is known";
}

TEST_F(ViewSql, Rule14_AnErrorToldBeforeALogWasLostIsNoGroundForAnErrorUntilItIsToldAgain) {
  for (const auto* topic : {"kassaflow.outcomes", "kassaflow.receipts"}) {
    const auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
    take(failed);
    take(outcome(2, 5, RECEIPT_STATE_DONE));
    EXPECT_EQ(answer(1), Answer::error_if_current) << topic;
    lose_log(topic);
    EXPECT_EQ(answer(1), Answer::wait) << topic;
    EXPECT_FALSE(tell_error(1, 5)) << topic;
    EXPECT_TRUE(push_is_due(1)) << "it is told later: " << topic;
    EXPECT_EQ(answer(2), Answer::done) << topic;
    take(failed);  // all outcomes are published again
    EXPECT_EQ(answer(1), Answer::error_if_current) << topic;
    EXPECT_TRUE(tell_error(1, 5)) << topic;
  }
}

TEST_F(ViewSql, Rule16_AnOutcomeToldAgainChangesNothingElse) {
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  ASSERT_TRUE(tell_error(1, 5));
  take(outcome(2, 5, RECEIPT_STATE_FAILED));
  ASSERT_EQ(withhold_error(2, 5), Withheld::WITHHELD);
  exec("update receipts set pushed_at = now(), push_due = null where id = '" + uuid(1) + "'");
  lose_log("kassaflow.outcomes");
  take({record_of(outcome(1, 5, RECEIPT_STATE_FAILED)), record_of(outcome(2, 5, RECEIPT_STATE_FAILED))});
  EXPECT_EQ(column("pushed_at is not null and error_told_at is not null", 1), "t");
  EXPECT_FALSE(push_is_due(1));
  EXPECT_EQ(answer(2), Answer::wait) << "withheld for ever";
  EXPECT_FALSE(push_is_due(2));
}

TEST_F(ViewSql, AnUnreadableRecordIsHandedBackAndTheOthersAreTaken) {
  auto broken = record_of(outcome(1, 5, RECEIPT_STATE_DONE), 3);
  broken.value = "rubbish";
  const auto no_revision = record_of(outcome(3, 0, RECEIPT_STATE_DONE), 4);
  const auto aside = take_any({broken, no_revision, record_of(outcome(2, 5, RECEIPT_STATE_DONE), 5)});
  ASSERT_EQ(aside.size(), 2U);
  EXPECT_EQ(aside[0].why, kafka::Why::unreadable);
  EXPECT_EQ(aside[1].why, kafka::Why::out_of_limits);
  EXPECT_TRUE(find(2));
  EXPECT_EQ(one("select next_offset from offsets"), "6");
}

// --- poison ---

template <class How>
kafka::Record told_with(int receipt, std::int64_t offset, How how) {
  auto record = outcome(receipt, 5, RECEIPT_STATE_FAILED);
  how(record);
  return record_of(record, offset);
}

TEST_F(ViewSql, Rule18_AnOutcomeBeyondItsLimitsIsSetAsideAndTheOthersAreTaken) {
  using Outcome = v1::ReceiptOutcome;
  const std::vector<std::pair<const char*, std::function<void(Outcome&)>>> poison = {
      {"a NUL", [](Outcome& one) { one.set_error(std::string("a\0b", 3)); }},
      {"2^63", [](Outcome& one) { one.set_revision(1ULL << 63); }},
      {"a time that is none", [](Outcome& one) { one.set_accepted_at_ms(INT64_MAX); }},
      {"a post that is none", [](Outcome& one) { one.add_covered_post_ids("1"); }},
      {"one post in two ways of writing",
       [](Outcome& one) {
         one.add_covered_post_ids("aaaaaaaa-2222-8333-8444-000000000001");
         one.add_covered_post_ids("AAAAAAAA-2222-8333-8444-000000000001");
       }},
      {"an overlong pool", [](Outcome& one) { one.set_pool(std::string(5000, 'x')); }},
      {"an overlong tenant", [](Outcome& one) { one.set_tenant(std::string(5000, 'x')); }},
      {"an overlong installation", [](Outcome& one) { one.set_installation(std::string(5000, 'x')); }},
  };
  std::int64_t offset = 0;
  for (const auto& [name, how] : poison) {
    const auto next = offset + 3;
    const auto revision = static_cast<std::uint64_t>(next);
    const auto aside =
        take_any({record_of(outcome(1, revision, RECEIPT_STATE_QUEUED), offset), told_with(2, offset + 1, how),
                  record_of(outcome(3, revision, RECEIPT_STATE_QUEUED), offset + 2)});
    ASSERT_EQ(aside.size(), 1U) << name;
    EXPECT_EQ(aside[0].why, kafka::Why::out_of_limits) << name;
    EXPECT_EQ(state(1) + ", " + state(3), "queued " + std::to_string(next) + ", queued " + std::to_string(next))
        << name;
    EXPECT_FALSE(find(2)) << name;
    EXPECT_EQ(positions().at({"kassaflow.outcomes", 0}).next_offset, next) << name;
    EXPECT_EQ(one("select why from set_aside where record_offset = " + std::to_string(offset + 1)), "out_of_limits");
    offset = next;
  }
}

TEST_F(ViewSql, Rule18_WhatTheStoreRefusesIsFoundAndSetAsideWithItsBytes) {
  exec("alter table receipts add constraint refused check (pool <> 'poison')");
  std::vector<kafka::Record> batch;
  for (int n = 1; n <= 7; ++n) batch.push_back(record_of(outcome(n, 5, RECEIPT_STATE_DONE), n));
  batch[4] = told_with(5, 5, [](auto& one) { one.set_pool("poison"); });
  batch.push_back(post_of(8, 1));
  const auto aside = take_any(batch);
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside[0].why, kafka::Why::refused);
  for (const int n : {1, 2, 3, 4, 6, 7, 8}) EXPECT_TRUE(find(n)) << n;
  EXPECT_FALSE(find(5));
  EXPECT_EQ(positions().at({"kassaflow.outcomes", 0}).next_offset, 8);
  EXPECT_EQ(one("select why || ' ' || length(value) || ' ' || convert_from(key, 'UTF8') from set_aside"),
            "refused " + std::to_string(batch[4].value.size()) + " " + uuid(5));
}

TEST_F(ViewSql, Rule14_AnOutcomeThatIsSetAsideSilencesAnOlderErrorUntilTheJournalSaysItAgain) {
  exec("alter table receipts add constraint refused check (pool <> 'poison')");
  kafka::Record unreadable = record_of(outcome(1, 6, RECEIPT_STATE_DONE), 7);
  unreadable.value = "rubbish";
  const auto beyond = told_with(1, 8, [](auto& one) { one.set_total_kopecks(-1); });
  const auto refused = told_with(1, 9, [](auto& one) {
    one.set_revision(6);
    one.set_pool("poison");
  });
  const auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
  take({record_of(failed, 1), record_of(outcome(2, 5, RECEIPT_STATE_DONE), 2)});
  for (const auto& poison : {unreadable, beyond, refused}) {
    EXPECT_EQ(answer(1), Answer::error_if_current);
    EXPECT_EQ(take_any({poison}).size(), 1U);
    EXPECT_EQ(answer(1), Answer::wait) << "it may have been printed after all";
    EXPECT_FALSE(tell_error(1, 5));
    EXPECT_TRUE(push_is_due(1)) << "it is told later";
    take(failed);  // all outcomes are published again
    EXPECT_EQ(answer(1), Answer::error_if_current);
    EXPECT_TRUE(tell_error(1, 5));
  }
  auto of_done = unreadable;
  of_done.key = uuid(2);
  take_any({of_done});
  EXPECT_EQ(answer(2), Answer::done);
  // A later word in the same batch is one.
  auto before = unreadable;
  before.offset = 20;
  take_any({before, record_of(outcome(1, 7, RECEIPT_STATE_FAILED), 21)});
  EXPECT_EQ(answer(1), Answer::error_if_current);
  auto after = unreadable;
  after.offset = 31;
  take_any({record_of(outcome(1, 8, RECEIPT_STATE_FAILED), 30), after});
  EXPECT_EQ(answer(1), Answer::wait);
}

// --- whose it is (I5) ---

kafka::Record of_other(kafka::Record record, bool is_post) {
  if (is_post) {
    v1::ReceiptAccepted post;
    post.ParseFromString(record.value);
    post.set_tenant("other");
    post.set_installation("other-main");
    record.value = post.SerializeAsString();
  } else {
    v1::ReceiptOutcome told;
    told.ParseFromString(record.value);
    told.set_tenant("other");
    told.set_installation("other-main");
    record.value = told.SerializeAsString();
  }
  return record;
}

TEST_F(ViewSql, Rule18_AnOutcomeOfAnotherTenantOrInstallationChangesNothing) {
  auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
  take({record_of(failed, 1), post_of(1, 1)});
  const auto forged = [&](auto how) {
    auto told = outcome(1, 99, RECEIPT_STATE_DONE);
    told.add_covered_post_ids(uuid(1001));
    how(told);
    return record_of(told, 2);
  };
  for (const auto& record : {forged([](auto& told) { told.set_tenant("other"); }),
                             forged([](auto& told) { told.set_installation("other-main"); })}) {
    const auto aside = take_any({record});
    ASSERT_EQ(aside.size(), 1U);
    EXPECT_EQ(aside[0].why, kafka::Why::foreign);
    EXPECT_EQ(state(1), "failed 5");
    EXPECT_TRUE(find(1)->uncovered_posts) << "its posts are covered by its own outcomes";
  }
  failed.set_revision(6);
  failed.add_covered_post_ids(uuid(1001));
  take(failed);
  EXPECT_EQ(answer(1), Answer::error_if_current) << "and are no doubt about it";
}

TEST_F(ViewSql, Rule18_OfTwoOutcomesInOneBatchTheFirstSaysWhoseItIs) {
  const auto theirs = of_other(record_of(outcome(1, 99, RECEIPT_STATE_DONE), 2), false);
  EXPECT_EQ(take_any({record_of(outcome(1, 5, RECEIPT_STATE_FAILED), 1), theirs}).size(), 1U);
  EXPECT_EQ(state(1), "failed 5");
  EXPECT_EQ(column("tenant || ' ' || installation", 1), "acme acme-main");
}

TEST_F(ViewSql, Rule18_TheJournalsFirstWordOnWhoseItIsStandsOverAPosts) {
  take({of_other(post_of(1, 1), true)});
  EXPECT_EQ(column("installation", 1), "other-main");
  const auto aside = take_any({post_of(1, 2, 1)});
  ASSERT_EQ(aside.size(), 1U) << "two that say it is theirs: somebody must look";
  take(outcome(1, 5, RECEIPT_STATE_FAILED));
  EXPECT_EQ(column("tenant || ' ' || installation", 1), "acme acme-main");
  EXPECT_EQ(answer(1), Answer::wait) << "their own post, of which no outcome has spoken";
  auto failed = outcome(1, 6, RECEIPT_STATE_FAILED);
  failed.add_covered_post_ids(uuid(1002));
  take(failed);
  EXPECT_EQ(answer(1), Answer::error_if_current) << "another's post says nothing of it";
  EXPECT_EQ(answer_for(find(1), portal_of("other")), Answer::wait);
}

TEST_F(ViewSql, Rule14_AnotherCannotHideAPostBehindHisOwn) {
  const auto failed = outcome(1, 5, RECEIPT_STATE_FAILED);
  take(failed);
  EXPECT_EQ(take_any({of_other(post_of(1, 1), true)}).size(), 1U);
  EXPECT_EQ(answer(1), Answer::error_if_current);
  take({post_of(1, 1, 1)});  // the same post, for all it says
  EXPECT_EQ(answer(1), Answer::wait);
  take_any({of_other(post_of(1, 1, 2), true)});
  EXPECT_EQ(answer(1), Answer::wait);
}

TEST_F(ViewSql, Rule18_WhatNamesAnothersPoolOrInstallationIsSetAside) {
  for (const std::string tenant : {"acme", "other"}) {
    auto pool = std::make_shared<configuration::Pool>();
    pool->tenant = TenantId(tenant);
    configuration_.pools[PoolId(tenant + "-shop")] = pool;
    configuration_.installations[InstallationId(tenant + "-main")] =
        std::make_shared<configuration::Installation>(portal_of(tenant));
  }
  const auto pool = told_with(1, 1, [](auto& told) { told.set_pool("other-shop"); });
  const auto installation = told_with(2, 2, [](auto& told) { told.set_installation("other-main"); });
  auto post = of_other(post_of(3, 1), true);  // their tenant and installation, and a pool of acme's
  for (const auto& aside : take_any({pool, installation, post})) EXPECT_EQ(aside.why, kafka::Why::foreign);
  EXPECT_EQ(one("select count(*) from set_aside"), "3");
  EXPECT_EQ(one("select count(*) from receipts"), "0");
  take({told_with(4, 3, [](auto& told) { told.set_pool("not-here-yet"); })});
  EXPECT_TRUE(find(4));
}

TEST_F(ViewSql, APostIsVisibleBeforeTheJournalHasSpoken) {
  take({post_of(1, 1)});
  EXPECT_EQ(state(1), "queued 0");
  EXPECT_EQ(answer(1), Answer::wait);
  EXPECT_FALSE(push_is_due(1));
  take(outcome(1, 1, RECEIPT_STATE_QUEUED));
  EXPECT_EQ(state(1), "queued 1");
}

TEST_F(ViewSql, I5_AListIsOfOneTenant) {
  auto other = outcome(2, 5, RECEIPT_STATE_DONE);
  other.set_tenant("other");
  take({record_of(outcome(1, 5, RECEIPT_STATE_DONE)), record_of(other)});
  sql::Filter filter;
  filter.tenant = TenantId("other");
  const auto listed = run([&](pqxx::work& work) { return sql::list(work, filter); });
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].outcome.receipt_id(), uuid(2));
}

}  // namespace
}  // namespace kassaflow::status
