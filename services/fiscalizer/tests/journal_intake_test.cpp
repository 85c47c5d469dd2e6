// Rules 12, 13 and 18: what a post means to a receipt that may be known.

#include <functional>

#include "journal/contents.hpp"
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
  EXPECT_EQ(run([](Transaction& tx) { return tx.kept_of(receipt_id(1)); }), std::vector<std::string>{"\xff\xff"});
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "unreadable");
  EXPECT_FALSE(made_readable());
}

TEST_P(UnreadableTest, Rule18_AHeldReceiptIsReadAgainByAVersionThatCan) {
  take_any({unreadable_post(1)});
  transact([](Transaction& tx) {
    tx.keep_record({records::kReceiptsTopic, 0, 0, 99, receipt_id(1), "", post(1, 1, 10, "d", 0).value, "", ""});
  });
  EXPECT_TRUE(made_readable());
  EXPECT_EQ(shown(1).state, receipts::State::held);
  EXPECT_EQ(shown(1).total_kopecks, 100);
  EXPECT_EQ(shown(1).digest, "d");
}

TEST_P(UnreadableTest, Rule18_WhatWasSetAsideIsListedPageByPageTheNewestFirst) {
  auto nobodys = unreadable_post(2);
  nobodys.offset = 7;
  nobodys.key = std::string(5000, 'x');
  nobodys.headers.clear();
  take_any({unreadable_post(1)});
  under_test_->let_pass(std::chrono::hours(1));
  take_any({nobodys});
  const auto page = [&](const std::optional<KeptPlace>& behind) {
    return run([&](Transaction& tx) { return tx.kept_behind(behind, 1); });
  };
  const auto newest = page({});
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0].place.offset, 7);
  EXPECT_EQ(newest[0].key, std::string(200, 'x'));
  EXPECT_EQ(newest[0].bytes, 2);
  EXPECT_EQ(newest[0].why, "unreadable");
  EXPECT_NE(newest[0].detail, "");
  EXPECT_TRUE(newest[0].receipt.empty());
  const auto older = page(newest[0].place);
  ASSERT_EQ(older.size(), 1U);
  EXPECT_EQ(older[0].receipt, receipt_id(1));
  EXPECT_EQ(older[0].place.topic, records::kReceiptsTopic);
  EXPECT_LE(older[0].place.at_us, newest[0].place.at_us - 3'599'000'000);
  EXPECT_TRUE(page(older[0].place).empty());
}

TEST_P(UnreadableTest, Rule18_WhatIsOfNoUseIsForgottenOneDay) {
  auto nobodys = unreadable_post(2);
  nobodys.offset = 7;
  nobodys.headers.clear();
  take_any({unreadable_post(1), nobodys});
  const auto forget = [&] {
    return run([](Transaction& tx) { return journal::forget_set_aside(tx, std::chrono::hours(24)); });
  };
  EXPECT_EQ(forget(), 0);
  under_test_->let_pass(std::chrono::hours(25));
  EXPECT_EQ(forget(), 1);
  EXPECT_EQ(run([](Transaction& tx) { return tx.kept_of(receipt_id(1)); }).size(), 1U) << "a person may retry it";
  transact([](Transaction& tx) { tx.erase_contents({receipt_id(1)}); });
  EXPECT_EQ(forget(), 1);
  EXPECT_TRUE(run([](Transaction& tx) { return tx.kept_behind({}, 10); }).empty());
}

TEST_P(UnreadableTest, Rule18_AnotherLogHasOtherRecordsAtTheSameOffsets) {
  take_any({unreadable_post(1)});
  auto other = unreadable_post(2);
  other.log = 1;
  take_any({other});
  for (const int receipt : {1, 2}) {
    EXPECT_EQ(run([&](Transaction& tx) { return tx.kept_of(receipt_id(receipt)); }).size(), 1U) << receipt;
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

// --- poison ---

template <class How>
kafka::Record changed(kafka::Record record, How how) {
  v1::ReceiptAccepted accepted;
  accepted.ParseFromString(record.value);
  how(accepted);
  record.value = accepted.SerializeAsString();
  return record;
}

// As ingress writes it.
kafka::Record with_owner(kafka::Record record) {
  v1::ReceiptAccepted accepted;
  accepted.ParseFromString(record.value);
  v1::ReceiptOwner owner;
  owner.set_receipt_id(accepted.receipt_id());
  owner.set_post_id(accepted.post_id());
  owner.set_tenant(accepted.tenant());
  owner.set_installation(accepted.installation());
  owner.set_unique_id(accepted.unique_id());
  record.key = accepted.pool();
  record.headers = {{records::kOwnerHeader, owner.SerializeAsString()}};
  return record;
}

constexpr std::int64_t kRefusedTotal = 1300;

class PoisonTest : public JournalTest {
 protected:
  // Posts 1 to 5, of which `poison` is what `how` makes of it.
  template <class How>
  static std::vector<kafka::Record> batch_with(int poison, How how) {
    std::vector<kafka::Record> batch;
    for (int n = 1; n <= 5; ++n) {
      auto record = with_owner(post(n, n, 10, "d", n));
      batch.push_back(n == poison ? how(record) : record);
    }
    return batch;
  }
  void expect_others_queued(int poison) {
    std::vector<ReceiptId> expected;
    for (int n = 1; n <= 5; ++n) {
      if (n != poison) expected.push_back(receipt_id(n));
    }
    std::vector<ReceiptId> waiting;
    for (const auto& receipt : queued()) waiting.push_back(receipt.id);
    EXPECT_EQ(waiting, expected) << "and in their order (I8)";
    EXPECT_EQ(next_offset(), 6) << "nothing waits";
  }
  std::int64_t next_offset() {
    return run([](Transaction& tx) { return tx.positions(); }).at({records::kReceiptsTopic, 0}).next_offset;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, PoisonTest, kStores, kStoreName);

TEST_P(PoisonTest, Rule18_APostThatTheStoreRefusesIsFoundAndHeldAndTheOthersGoOn) {
  for (const int poison : {1, 3, 5}) {
    under_test_ = open_store(GetParam());
    under_test_->hold_shards(kWorker, 1);
    under_test_->refuse("none", kRefusedTotal);
    const auto aside = take_any(batch_with(poison, [](const auto& record) {
      return changed(record, [](auto& accepted) { accepted.mutable_receipt()->set_total_kopecks(kRefusedTotal); });
    }));
    ASSERT_EQ(aside.size(), 1U);
    EXPECT_EQ(aside[0].why, kafka::Why::refused);
    EXPECT_NE(aside[0].detail, "");
    expect_others_queued(poison);
    EXPECT_EQ(under_test_->kept(), std::to_string(poison) + " refused");
    EXPECT_EQ(state(poison), "held") << "a person sees it";
    EXPECT_FALSE(receipt(poison).readable);
    EXPECT_EQ(shown(poison).installation, InstallationId("acme-main"));
    EXPECT_EQ(under_test_->verdicts(receipt_id(poison)), "refused");
    EXPECT_EQ(run([&](Transaction& tx) { return tx.kept_of(receipt_id(poison)); }).size(), 1U);
  }
}

TEST_P(PoisonTest, Rule18_WhatCannotEvenBeHeldIsKeptWithItsBytes) {
  under_test_->refuse("3", kRefusedTotal);
  EXPECT_EQ(take_any(batch_with(3, [](const auto& record) { return record; })).size(), 1U);
  expect_others_queued(3);
  EXPECT_EQ(under_test_->kept(), "3 refused");
  EXPECT_TRUE(run([](Transaction& tx) { return tx.lock_receipts({receipt_id(3)}); }).empty());
}

TEST_P(PoisonTest, Rule18_ARefusedPostOfAKnownReceiptIsToldAsCovered) {
  take({post(1, 1, 10, "d", 0)});
  settle(heard(open(attempt_for(queued().at(0))), Fact::not_printed, Cause::data));
  const auto before = shown(1).revision;
  under_test_->refuse("none", kRefusedTotal);
  take_any({with_owner(changed(post(1, 2, 11, "other", 1),
                               [](auto& accepted) { accepted.mutable_receipt()->set_total_kopecks(kRefusedTotal); }))});
  EXPECT_EQ(state(1), "failed");
  EXPECT_GT(shown(1).revision, before);
  EXPECT_EQ(shown(1).post_ids.size(), 2U) << "there is an answer for it: nothing is done with it";
}

TEST_P(PoisonTest, Rule18_WhatIsBeyondItsLimitsIsSetAsideUnasked) {
  const auto with_key = [](std::string key) {
    return [key = std::move(key)](kafka::Record record) {
      record.key = key;
      record.value = "\xff";
      return record;
    };
  };
  struct Case {
    const char* name;
    std::function<kafka::Record(kafka::Record)> poison;
    kafka::Why why;
    bool held;
  };
  const auto field = [](auto how) { return [how](kafka::Record record) { return changed(std::move(record), how); }; };
  using kafka::Why;
  const std::vector<Case> cases = {
      {"a NUL", field([](auto& post) { post.mutable_receipt()->mutable_lines(0)->set_name(std::string("a\0b", 3)); }),
       Why::out_of_limits, true},
      {"an overlong text",
       field([](auto& post) { post.mutable_receipt()->mutable_lines(0)->set_name(std::string(5000, 'x')); }),
       Why::out_of_limits, true},
      {"2^63-1", field([](auto& post) { post.set_accepted_at_ms(INT64_MAX); }), Why::out_of_limits, true},
      {"a number of 32 bits in a column of 31", field([](auto& post) { post.set_digest_version(UINT32_MAX); }),
       Why::out_of_limits, true},
      {"an overlong pool", field([](auto& post) { post.set_pool(std::string(5000, 'x')); }), Why::out_of_limits, true},
      {"no UTF-8", [](auto record) { return record.value.replace(record.value.find("acme"), 1, "\xff"), record; },
       Why::unreadable, true},
      {"a key that is no pool", with_key("no pool"), Why::unreadable, false},
      {"a key with a NUL", with_key(std::string("sh\0op", 5)), Why::unreadable, false},
      {"a key that is no UTF-8", with_key("\xff"), Why::unreadable, false},
      {"an overlong key", with_key(std::string(5000, 'x')), Why::unreadable, false},
      {"a broker's time that is none",
       [](auto record) {
         record.value = "\xff";
         record.timestamp_ms = INT64_MAX;
         return record;
       },
       Why::unreadable, true},
  };
  for (const auto& [name, poison, why, held] : cases) {
    SCOPED_TRACE(name);
    under_test_ = open_store(GetParam());
    under_test_->hold_shards(kWorker, 1);
    const auto aside = take_any(batch_with(3, poison));
    ASSERT_EQ(aside.size(), 1U);
    EXPECT_EQ(aside[0].why, why);
    expect_others_queued(3);
    EXPECT_EQ(under_test_->kept(), "3 " + std::string(kafka::to_string(why)));
    const auto left = run([](Transaction& tx) { return tx.lock_receipts({receipt_id(3)}); });
    EXPECT_EQ(left.size(), held ? 1U : 0U) << "the header says whose it is";
  }
}

TEST_P(PoisonTest, Rule18_AHostileOwnerHeaderIsNone) {
  auto record = with_owner(post(1, 1, 10, "d", 0));
  record.value = "\xff";
  v1::ReceiptOwner owner;
  owner.ParseFromString(record.headers.at(records::kOwnerHeader));
  const auto with = [&](auto how) {
    auto hostile = owner;
    how(hostile);
    record.headers[records::kOwnerHeader] = hostile.SerializeAsString();
    ++record.offset;
    return record;
  };
  EXPECT_EQ(take_any({with([](auto& header) {
                        header.set_unique_id(
                            std::string("8\0"
                                        "5",
                                        3));
                      }),
                      with([](auto& header) { header.set_tenant(std::string(5000, 'x')); }),
                      with([](auto& header) { header.set_receipt_id("1"); }),
                      with([](auto& header) { header.set_post_id("AAAAAAAA-2222-8333-8444-000000000001"); })})
                .size(),
            4U);
  EXPECT_TRUE(run([](Transaction& tx) { return tx.lock_receipts({receipt_id(1)}); }).empty());
}

TEST_P(PoisonTest, Rule18_ACallbackBeyondItsLimitsIsSetAside) {
  take({post(1, 1, 10, "d", 0)});
  open(attempt_for(queued().at(0)));
  auto poison = callback_for(1);
  poison.key = std::string("a\0b", 3);
  auto overlong = callback_for(1);
  overlong.remote_id = std::string(5000, 'x');
  EXPECT_EQ(take_any({callback_record(poison), callback_record(callback_for(1)), callback_record(overlong)}).size(),
            2U);
  EXPECT_EQ(news().callbacks.size(), 1U);
}

// The stores refuse the same: what is refused by one is found by halving in the other, too.
TEST_P(PoisonTest, Rule18_BothStoresRefuseWhatNoColumnHolds) {
  const auto code_of = [&](const journal::Store::Body& body) -> std::string {
    const auto done = under_test_->store().transact_blocking(body);
    return done ? "stored" : std::string(done.error().code.name());
  };
  take({post(1, 1, 10, "d", 0)});
  std::string random;  // does not compress
  for (int i = 0; i < 400; ++i) random += receipts::attempt_key("text", static_cast<std::uint32_t>(i));
  const std::string nul("a\0b", 3);
  const auto fresh_with = [](auto how) {
    return [how](Transaction& tx) {
      NewReceipt fresh{receipt_id(2), "2", 1795435820000, {}};
      fresh.row.tenant = TenantId("acme");
      fresh.row.installation = InstallationId("acme-main");
      fresh.row.pool = kPool;
      how(fresh);
      tx.insert_receipts({fresh});
    };
  };
  const auto row_with = [](auto how) {
    return [how](Transaction& tx) {
      auto rows = tx.lock_receipts({receipt_id(1)});
      rows.at(receipt_id(1)).changed = true;
      how(rows.at(receipt_id(1)));
      tx.write_receipts(rows);
    };
  };
  const auto named_with = [](auto how) {
    return [how](Transaction& tx) {
      auto told = callback_for(1);
      how(told);
      (void)tx.named_by({told});
    };
  };
  const std::vector<std::pair<const char*, journal::Store::Body>> refused = {
      {"id", fresh_with([](auto& fresh) { fresh.id = ReceiptId("1"); })},
      {"tenant", fresh_with([&](auto& fresh) { fresh.row.tenant = TenantId(nul); })},
      {"installation", fresh_with([&](auto& fresh) { fresh.row.installation = InstallationId("\xff"); })},
      {"unique id", fresh_with([&](auto& fresh) { fresh.unique_id = nul; })},
      {"cashbox", fresh_with([&](auto& fresh) { fresh.row.cashbox = CashboxId("a\xc3"); })},
      {"pool", fresh_with([&](auto& fresh) { fresh.row.pool = PoolId(nul); })},
      {"pool in an index", fresh_with([&](auto& fresh) { fresh.row.pool = PoolId(random); })},
      {"error", fresh_with([&](auto& fresh) { fresh.row.error = "\xf0\x90"; })},
      {"digest version", fresh_with([](auto& fresh) { fresh.row.digest_version = UINT32_MAX; })},
      {"conflicts", fresh_with([](auto& fresh) { fresh.row.conflicts = 1U << 31; })},
      {"accepted at", fresh_with([](auto& fresh) { fresh.accepted_at_ms = INT64_MAX; })},
      {"accepted at, before all time", fresh_with([](auto& fresh) { fresh.accepted_at_ms = INT64_MIN; })},
      {"hold reason", row_with([&](auto& known) { known.hold_reason = nul; })},
      {"pool of a row", row_with([&](auto& known) { known.pool = PoolId(random); })},
      {"generation", row_with([](auto& known) { known.generation = UINT32_MAX; })},
      {"attempts", row_with([](auto& known) { known.attempts = UINT32_MAX; })},
      {"finished at", row_with([](auto& known) {
         known.state = receipts::State::done;
         known.finished_at_ms = INT64_MAX;
       })},
      {"post id", [](Transaction& tx) { tx.insert_posts({{receipt_id(1), "1", "opened", 1, ""}}); }},
      {"post of nothing", [](Transaction& tx) { tx.insert_posts({{receipt_id(9), uuid(9), "opened", 1, ""}}); }},
      {"generation of a post",
       [](Transaction& tx) { tx.insert_posts({{receipt_id(1), uuid(9), "opened", UINT32_MAX, ""}}); }},
      {"receipt of a kept record",
       [](Transaction& tx) { tx.keep_record({"t", 0, 0, 0, ReceiptId("1"), "", "", "", ""}); }},
      {"identity", named_with([&](auto& told) { told.identity = RegisterIdentity(nul); })},
      {"key", named_with([](auto& told) { told.key = "\xff"; })},
      {"remote id", named_with([&](auto& told) { told.remote_id = nul; })},
      {"fd", [](Transaction& tx) { (void)tx.claim_documents({{kFn, UINT64_MAX, 1, receipt_id(1)}}); }},
  };
  for (const auto& [column, body] : refused) EXPECT_EQ(code_of(body), "postgres.data") << column;
  EXPECT_EQ(code_of(fresh_with([](auto&) {})), "stored") << "nothing is left of what was refused";
  EXPECT_EQ(code_of([&](Transaction& tx) {
              tx.keep_record({"t", 0, 0, 0, receipt_id(1), nul + "\xff", nul + "\xff", "refused", "why"});
            }),
            "stored")
      << "bytes are bytes";
}

// --- whose it is (I5) ---

class ForeignTest : public JournalTest {
 protected:
  ForeignTest() {
    for (const std::string tenant : {"acme", "other"}) {
      auto pool = std::make_shared<configuration::Pool>();
      pool->id = PoolId(tenant == "acme" ? kPool.str() : tenant + "-shop");
      pool->tenant = TenantId(tenant);
      configuration_.pools[pool->id] = pool;
      auto installation = std::make_shared<configuration::Installation>();
      installation->id = InstallationId(tenant + "-main");
      installation->tenant = pool->tenant;
      configuration_.installations[installation->id] = installation;
    }
    auto kkt = std::make_shared<configuration::Register>();
    kkt->settings.id = RegisterId("kkt-1");
    kkt->settings.identity = RegisterIdentity("bit:1");
    kkt->pool = kPool;
    kkt->tenant = TenantId("acme");
    configuration_.registers[kkt->settings.id] = kkt;
  }
  bool known(int n) {
    return run([&](Transaction& tx) { return !tx.lock_receipts({receipt_id(n)}).empty(); });
  }
  void expect_foreign(const std::vector<kafka::Record>& batch) {
    for (const auto& aside : take_any(batch)) EXPECT_EQ(aside.why, kafka::Why::foreign) << aside.detail;
    for (const auto& record : batch) {
      EXPECT_NE(under_test_->kept().find(std::to_string(record.offset) + " foreign"), std::string::npos)
          << record.offset;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ForeignTest, kStores, kStoreName);

TEST_P(ForeignTest, Rule18_APostThatNamesWhatIsAnothersIsSetAside) {
  expect_foreign({
      with_owner(changed(post(1, 1, 10, "d", 1), [](auto& accepted) { accepted.set_tenant("other"); })),
      with_owner(changed(post(2, 2, 10, "d", 2), [](auto& accepted) { accepted.set_pool("other-shop"); })),
      with_owner(changed(post(3, 3, 10, "d", 3), [](auto& accepted) { accepted.set_installation("other-main"); })),
  });
  for (const int n : {1, 2, 3}) EXPECT_FALSE(known(n)) << "nothing of it is anybody's";
  take({post(4, 4, 10, "d", 4)});
  EXPECT_EQ(state(4), "queued");
}

TEST_P(ForeignTest, Rule18_WhatTheConfigurationDoesNotKnowIsTakenIn) {
  take({changed(post(1, 1, 10, "d", 1), [](auto& accepted) { accepted.set_pool("not-here-yet"); }),
        changed(post(2, 2, 10, "d", 2), [](auto& accepted) {
          accepted.set_tenant("fresh");
          accepted.set_installation("fresh-main");
          accepted.set_pool("fresh-shop");
        })});
  EXPECT_EQ(state(1) + state(2), "queuedqueued");
}

TEST_P(ForeignTest, Rule18_APostOfAnotherTenantOrInstallationTouchesNoReceipt) {
  configuration_ = {};  // it is the receipt that says whose it is
  take({post(1, 1, 10, "d", 1)});
  const auto before = receipt(1);
  expect_foreign({
      changed(post(1, 2, 11, "theirs", 2), [](auto& accepted) { accepted.set_tenant("other"); }),
      changed(post(1, 3, 12, "theirs", 3), [](auto& accepted) { accepted.set_installation("other-main"); }),
      // Also when it is the same post, for all it says.
      changed(post(1, 1, 10, "d", 4), [](auto& accepted) { accepted.set_tenant("other"); }),
  });
  EXPECT_EQ(receipt(1).revision, before.revision);
  EXPECT_EQ(receipt(1).digest, "d");
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "opened");
}

TEST_P(ForeignTest, Rule18_OfTwoPostsInOneBatchTheFirstSaysWhoseTheReceiptIs) {
  configuration_ = {};
  const auto theirs = changed(post(1, 2, 11, "theirs", 2), [](auto& accepted) { accepted.set_tenant("other"); });
  EXPECT_EQ(take_any({post(1, 1, 10, "d", 1), theirs}).size(), 1U);
  EXPECT_EQ(receipt(1).tenant, TenantId("acme"));
  EXPECT_EQ(receipt(1).digest, "d");
}

TEST_P(ForeignTest, Rule18_AnUnreadablePostOfAnotherTouchesNoReceipt) {
  take({post(1, 1, 10, "d", 1)});
  const auto before = receipt(1);
  const auto unreadable = [](int n, const std::string& tenant, const std::string& pool, std::int64_t offset) {
    auto record = with_owner(changed(post(n, n + 5, 11, "d", offset), [&](auto& accepted) {
      accepted.set_tenant(tenant);
      accepted.set_installation(tenant + "-main");
    }));
    record.key = pool;
    record.value = "\xff";
    return record;
  };
  take_any({unreadable(1, "other", "other-shop", 2), unreadable(2, "other", kPool.str(), 3),
            unreadable(3, "other", "other-shop", 4)});
  EXPECT_EQ(receipt(1).revision, before.revision);
  EXPECT_EQ(under_test_->verdicts(receipt_id(1)), "opened");
  EXPECT_FALSE(known(2)) << "it would be held in a pool of acme's";
  EXPECT_EQ(state(3), "held") << "their own";
}

TEST_P(ForeignTest, Rule18_AHeldReceiptIsReadFromItsOwnersRecordsOnly) {
  take_any({unreadable_post(1)});
  const auto keep = [&](const std::string& tenant, std::int64_t offset) {
    const auto record = changed(post(1, 1, 10, tenant, offset), [&](auto& accepted) { accepted.set_tenant(tenant); });
    transact([&](Transaction& tx) {
      tx.keep_record({records::kReceiptsTopic, 0, 0, offset, receipt_id(1), "", record.value, "", ""});
    });
  };
  const auto readable = [&] {
    return run([](Transaction& tx) {
      auto row = tx.lock_receipts({receipt_id(1)}).at(receipt_id(1));
      return journal::make_readable(tx, receipt_id(1), row);
    });
  };
  keep("other", 98);
  EXPECT_FALSE(readable());
  keep("acme", 99);
  EXPECT_TRUE(readable());
}

TEST_P(ForeignTest, Rule18_ACallbackThatNamesWhatIsAnothersIsSetAside) {
  take({post(1, 1, 10, "d", 0)});
  open(attempt_for(queued().at(0)));
  std::vector<kafka::Record> batch;
  const auto add = [&](auto how) {
    auto callback = callback_for(1);
    how(callback);
    batch.push_back(callback_record(callback));
    batch.back().offset = static_cast<std::int64_t>(batch.size());
  };
  add([](auto& callback) { callback.tenant = TenantId("other"); });            // of another's register
  add([](auto& callback) { callback.identity = RegisterIdentity("bit:2"); });  // of another physical register
  add([](auto& callback) {                                                     // of a register nobody knows
    callback.tenant = TenantId("other");
    callback.register_id = RegisterId("unknown");
  });
  expect_foreign({batch[0], batch[1]});
  v1::RegisterCallback told;
  told.ParseFromString(batch[2].value);
  told.set_pool("other-shop");
  batch[2].value = told.SerializeAsString();
  expect_foreign({batch[2]});  // its attempt says whose it is
  EXPECT_TRUE(news().callbacks.empty());
  call_back(callback_for(1));
  EXPECT_EQ(news().callbacks.size(), 1U);
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
