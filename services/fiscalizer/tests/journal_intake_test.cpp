// Rules 12, 13 and 18: what a post means to a receipt that may be known.

#include "journal_fixture.hpp"

namespace kassaflow::fiscalizer {
namespace {

TEST_F(JournalTest, Rule12_ARedeliveredPostChangesNothing) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  take({post(1, 1, 10, "d", 0)});
  EXPECT_EQ(state(1), "failed");
  EXPECT_EQ(one("select count(*) from posts"), "1");
}

TEST_F(JournalTest, Rule13_OtherContentAfterAnAttemptIsACountedConflict) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5));
  take({post(1, 2, 11, "other", 1)});
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(one("select conflicts || '/' || encode(digest, 'escape') from receipts"), "1/d");
  EXPECT_EQ(one("select string_agg(verdict, ',' order by post_id) from posts"), "opened,conflict");
}

TEST_F(JournalTest, Rule13_OtherContentWhileItWaitsForAnotherAttemptIsAConflictToo) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::transient));
  ASSERT_EQ(state(1), "queued");
  take({post(1, 2, 11, "other", 1)});
  EXPECT_EQ(one("select conflicts || '/' || encode(digest, 'escape') from receipts"), "1/d");
}

TEST_F(JournalTest, Rule13_TheNewestContentOfANeverAttemptedReceiptIsPrinted) {
  take({post(1, 1, 10, "d", 0), post(1, 2, 12, "newest", 1), post(1, 3, 11, "older", 2)});
  EXPECT_EQ(one("select encode(digest, 'escape') from receipts"), "newest");
  EXPECT_EQ(one("select string_agg(verdict, ',' order by post_id) from posts"), "opened,replaced,superseded");
}

TEST_F(JournalTest, Rule18_OffsetsAreStoredWithTheBatchAndNeverGoBack) {
  take({post(1, 1, 10, "d", 41)});
  EXPECT_EQ(run([](pqxx::work& work) { return positions::load(work); }).at({records::kReceiptsTopic, 0}), 42);
  take({post(1, 1, 10, "d", 7)});
  EXPECT_EQ(run([](pqxx::work& work) { return positions::load(work); }).at({records::kReceiptsTopic, 0}), 42);
}

// A record that is not ours to read, of a post that was answered with a UUID.
kafka::Record unreadable_post(int receipt) {
  kafka::Record record;
  record.topic = records::kReceiptsTopic;
  record.key = kPool.str();
  record.value = "\xff\xff";
  record.timestamp_ms = 1795435820000;
  v1::ReceiptOwner owner;
  owner.set_receipt_id(uuid(receipt));
  owner.set_post_id(uuid(1000 + receipt));
  owner.set_tenant("acme");
  owner.set_installation("acme-main");
  owner.set_cashbox("box");
  owner.set_unique_id("85");
  record.headers = {{records::kOwnerHeader, owner.SerializeAsString()}};
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
  EXPECT_FALSE(run([](pqxx::work& work) { return content_is_readable(work, receipt_id(1)); }));
}

TEST_F(JournalTest, Rule18_AHeldReceiptIsReadAgainByAVersionThatCan) {
  run([](pqxx::work& work) { return take_in(work, {unreadable_post(1)}); });
  run([](pqxx::work& work) {
    postgres::TextArray bytes;
    bytes.add_bytes(post(1, 1, 10, "d", 0).value);
    work.exec_params("update unreadable set value = ($1::bytea[])[1]", bytes.str());
    return true;
  });
  EXPECT_TRUE(run([](pqxx::work& work) { return content_is_readable(work, receipt_id(1)); }));
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
  garbage.topic = records::kReceiptsTopic;
  garbage.offset = 0;
  garbage.value = "\xff\xff";
  const auto unreadable = run([&](pqxx::work& work) { return take_in(work, {garbage, post(1, 1, 10, "d", 1)}); });
  EXPECT_EQ(unreadable.size(), 1U);
  EXPECT_EQ(state(1), "queued");
}

// The portal's manager corrects the cashbox and prints again.
kafka::Record for_cashbox(kafka::Record record, const std::string& cashbox, const std::string& pool) {
  v1::ReceiptAccepted accepted;
  accepted.ParseFromString(record.value);
  accepted.set_cashbox(cashbox);
  accepted.set_pool(pool);
  record.value = accepted.SerializeAsString();
  return record;
}

const std::string kPlace = "select state || '/' || cashbox || '/' || pool || '/' || shard from receipts";

TEST_F(JournalTest, AReceiptNeverTriedGoesWhereTheNewPostSays) {
  take({post(1, 1, 10, "d", 0), for_cashbox(post(1, 2, 11, "d", 1), "other-box", "other")});
  const auto expected = "queued/other-box/other/" + std::to_string(receipts::shard_of(PoolId("other")));
  EXPECT_EQ(one(kPlace), expected);
  EXPECT_TRUE(queued().empty()) << "nothing is left in the old pool";
  take({for_cashbox(post(1, 3, 9, "d", 2), "old-box", "old")});
  EXPECT_EQ(one(kPlace), expected) << "an older post changes nothing";
}

TEST_F(JournalTest, AFailedReceiptPrintedAgainGoesWhereTheNewPostSays) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  exec("update receipts set hold_reason = 'of the old generation'");
  take({for_cashbox(post(1, 2, 11, "d", 1), "other-box", "other")});
  EXPECT_EQ(one(kPlace), "queued/other-box/other/" + std::to_string(receipts::shard_of(PoolId("other"))));
  EXPECT_EQ(one("select hold_reason from receipts"), "");
}

TEST_F(JournalTest, AnAttemptedReceiptKeepsItsPlace) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::transient));
  take({for_cashbox(post(1, 2, 11, "d", 1), "other-box", "other")});
  EXPECT_EQ(queued().at(0).pool, kPool);
}

TEST_F(JournalTest, NewContentDoesNotReleaseAReceiptThatAPersonHolds) {
  take({post(1, 1, 10, "d", 0)});
  exec("update receipts set state = 'held', error = 'wait'");
  take({post(1, 2, 11, "newer", 1)});
  EXPECT_EQ(one("select state || '/' || error || '/' || convert_from(digest, 'UTF8') from receipts"),
            "held/wait/newer");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
