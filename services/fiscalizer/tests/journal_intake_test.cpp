// Rules 12, 13 and 18: what a post means to a receipt that may be known.

#include "journal_bench.hpp"

namespace kassaflow::fiscalizer {
namespace {

TEST_P(JournalTest, Rule12_ARedeliveredPostChangesNothing) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  take({post(1, 1, 10, "d", 0)});
  EXPECT_EQ(state(1), "failed");
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "opened");
}

TEST_P(JournalTest, Rule13_OtherContentAfterAnAttemptIsACountedConflict) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 5));
  take({post(1, 2, 11, "other", 1)});
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(receipt(1).conflicts, 1U);
  EXPECT_EQ(receipt(1).digest, "d");
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "opened,conflict");
}

TEST_P(JournalTest, Rule13_OtherContentWhileItWaitsForAnotherAttemptIsAConflictToo) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::transient));
  ASSERT_EQ(state(1), "queued");
  take({post(1, 2, 11, "other", 1)});
  EXPECT_EQ(receipt(1).conflicts, 1U);
  EXPECT_EQ(receipt(1).digest, "d");
}

TEST_P(JournalTest, Rule13_TheNewestContentOfANeverAttemptedReceiptIsPrinted) {
  take({post(1, 1, 10, "d", 0), post(1, 2, 12, "newest", 1), post(1, 3, 11, "older", 2)});
  EXPECT_EQ(receipt(1).digest, "newest");
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "opened,replaced,superseded");
}

class PositionsTest : public JournalTest {
 protected:
  static kafka::Record at(std::int64_t offset, std::int64_t timestamp_ms, std::int64_t log = 0) {
    auto record = post(1, 1, 10, "d", offset);
    record.timestamp_ms = timestamp_ms;
    record.log = log;
    return record;
  }
  kafka::ReadPosition position() {
    return run([](Transaction& tx) { return tx.positions(); }).at({records::kReceiptsTopic, 0});
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, PositionsTest, kStores, kStoreName);

TEST_P(PositionsTest, Rule18_PositionsAreStoredWithTheBatchAndNeverGoBack) {
  take({at(41, 1000)});
  EXPECT_EQ(position().next_offset, 42);
  EXPECT_EQ(position().newest_ms, 1000);
  EXPECT_EQ(position().fingerprint, kafka::fingerprint_of(at(41, 1000)));
  take({at(7, 2000)});
  EXPECT_EQ(position().next_offset, 42) << "two workers may overlap in a rebalance";
  EXPECT_EQ(position().newest_ms, 1000);
  take({at(42, 900)});
  EXPECT_EQ(position().next_offset, 43);
  EXPECT_EQ(position().newest_ms, 1000) << "a broker's clock may be set back";
  EXPECT_EQ(position().fingerprint, kafka::fingerprint_of(at(42, 900)));
}

TEST_P(PositionsTest, Rule18_AnotherLogIsReadFromItsBeginning) {
  take({at(41, 1000)});
  transact([](Transaction& tx) { tx.store_positions({{{records::kReceiptsTopic, 0}, {1, 0, 0, {}}}}); });
  EXPECT_EQ(position().log, 1);
  EXPECT_EQ(position().next_offset, 0);
  EXPECT_EQ(position().newest_ms, 0);
  EXPECT_EQ(position().fingerprint, "");
  take({at(42, 1000, 0)});
  EXPECT_EQ(position().next_offset, 0) << "a worker that has not noticed yet changes nothing";
  take({at(0, 3000, 1)});
  EXPECT_EQ(position().next_offset, 1);
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "opened") << "and a post that comes again is known";
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

class UnreadableTest : public JournalTest {
 protected:
  bool made_readable() {
    return run([](Transaction& tx) {
      auto receipts = tx.lock_receipts({receipt_id(1)});
      const bool readable = journal::make_readable(tx, receipt_id(1), receipts.at(receipt_id(1)));
      tx.write_receipts(receipts);
      return readable;
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, UnreadableTest, kStores, kStoreName);

TEST_P(UnreadableTest, Rule18_AnUnreadableRecordLeavesAHeldReceiptAndItsBytes) {
  EXPECT_EQ(take_any({unreadable_post(1)}).size(), 1U);
  const auto held = shown(1);
  EXPECT_EQ(held.state, receipts::State::held);
  EXPECT_EQ(held.pool, kPool);
  EXPECT_EQ(held.unique_id, "85");
  EXPECT_EQ(held.accepted_at_ms, 1795435820000);
  EXPECT_EQ(run([](Transaction& tx) { return tx.unreadable_of(receipt_id(1)); }), std::vector<std::string>{"\xff\xff"});
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "unreadable");
  EXPECT_FALSE(made_readable());
}

TEST_P(UnreadableTest, Rule18_AHeldReceiptIsReadAgainByAVersionThatCan) {
  take_any({unreadable_post(1)});
  transact([](Transaction& tx) {
    tx.keep_unreadable({records::kReceiptsTopic, 0, 0, 99, receipt_id(1), "", post(1, 1, 10, "d", 0).value});
  });
  EXPECT_TRUE(made_readable());
  EXPECT_EQ(shown(1).state, receipts::State::held);
  EXPECT_EQ(shown(1).total_kopecks, 100);
  EXPECT_EQ(shown(1).digest, "d");
}

TEST_P(UnreadableTest, Rule18_AnotherLogHasOtherRecordsAtTheSameOffsets) {
  take_any({unreadable_post(1)});
  auto other = unreadable_post(2);
  other.log = 1;
  take_any({other});
  for (const int receipt : {1, 2}) {
    EXPECT_EQ(run([&](Transaction& tx) { return tx.unreadable_of(receipt_id(receipt)); }).size(), 1U) << receipt;
  }
}

TEST_P(JournalTest, Rule18_ALaterPostThatCanBeReadIsPrinted) {
  take_any({unreadable_post(1)});
  take({post(1, 2, 11, "d", 1)});
  EXPECT_EQ(state(1) + "/" + error(1), "queued/");
  EXPECT_EQ(queued().size(), 1U);
}

TEST_P(JournalTest, Rule18_AnUnreadableRepeatOfAKnownReceiptDoesNotHoldIt) {
  take({post(1, 1, 10, "d", 0)});
  take_any({unreadable_post(1)});
  EXPECT_EQ(state(1), "queued");
}

TEST_P(JournalTest, AnUnreadableRecordIsHandedBackAndDoesNotStopTheOthers) {
  kafka::Record garbage;
  garbage.topic = records::kReceiptsTopic;
  garbage.offset = 0;
  garbage.value = "\xff\xff";
  EXPECT_EQ(take_any({garbage, post(1, 1, 10, "d", 1)}).size(), 1U);
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

std::string place(const ReceiptRow& row) {
  return std::string(to_string(row.state)) + "/" + row.cashbox.str() + "/" + row.pool.str();
}

TEST_P(JournalTest, AReceiptNeverTriedGoesWhereTheNewPostSays) {
  take({post(1, 1, 10, "d", 0), for_cashbox(post(1, 2, 11, "d", 1), "other-box", "other")});
  EXPECT_EQ(place(receipt(1)), "queued/other-box/other");
  EXPECT_TRUE(unpublished().empty()) << "it is of another shard now";
  EXPECT_TRUE(queued().empty()) << "nothing is left in the old pool";
  take({for_cashbox(post(1, 3, 9, "d", 2), "old-box", "old")});
  EXPECT_EQ(place(receipt(1)), "queued/other-box/other") << "an older post changes nothing";
}

TEST_P(JournalTest, AFailedReceiptPrintedAgainGoesWhereTheNewPostSays) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  change(1, [](auto& row) { row.hold_reason = "of the old generation"; });
  take({for_cashbox(post(1, 2, 11, "d", 1), "other-box", "other")});
  EXPECT_EQ(place(receipt(1)), "queued/other-box/other");
  EXPECT_EQ(receipt(1).hold_reason, "");
}

TEST_P(JournalTest, AnAttemptedReceiptKeepsItsPlace) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::transient));
  take({for_cashbox(post(1, 2, 11, "d", 1), "other-box", "other")});
  EXPECT_EQ(queued().at(0).pool, kPool);
}

TEST_P(JournalTest, NewContentDoesNotReleaseAReceiptThatAPersonHolds) {
  take({post(1, 1, 10, "d", 0)});
  change(1, [](auto& row) {
    row.state = receipts::State::held;
    row.error = "wait";
  });
  take({post(1, 2, 11, "newer", 1)});
  EXPECT_EQ(state(1) + "/" + error(1) + "/" + receipt(1).digest, "held/wait/newer");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
