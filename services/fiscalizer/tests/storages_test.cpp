// A document number belongs to a storage, a storage to a register, a register to a tenant (exactly-once.md 11, I5).

#include "migrations.hpp"
#include "people_bench.hpp"
#include "postgres_server.hpp"
#include "session.hpp"

namespace kassaflow::fiscalizer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const TenantId kShop("acme");
const TenantId kStranger("mallory");
const std::string kOurs = "bit:1";
const std::string kTheirs = "bit:2";
const std::string kNewFn = "7380440800000009";

bool is_strange(int receipt) { return receipt > 10; }

// A shop whose register has printed number 100, and a stranger with a register of his own.
class StorageTest : public testing::TestWithParam<StoreKind>, protected PeopleBench {
 protected:
  StorageTest() : PeopleBench(GetParam()) {
    std::int64_t offset = 0;
    for (const int n : {1, 2, 3, 4}) take({post(n, n, 10, "d", offset++)});
    for (const int n : {11, 12, 13}) take({strange(n, offset++)});
    print(1, 100);
  }

  static kafka::Record strange(int receipt, std::int64_t offset) {
    auto record = post(receipt, receipt, 10, "d", offset);
    v1::ReceiptAccepted accepted;
    accepted.ParseFromString(record.value);
    accepted.set_tenant(kStranger.str());
    accepted.set_installation("mallory-main");
    record.value = accepted.SerializeAsString();
    return record;
  }

  NewAttempt attempt_of(int n, const std::string& identity) {
    auto attempt = attempt_for(queued_of(n), identity);
    attempt.register_id = RegisterId(is_strange(n) ? "mallory-kkt" : "kkt-1");
    attempt.tenant = is_strange(n) ? kStranger : kShop;
    const auto memory = remember(identity);
    attempt.fn_before = memory.fn;
    attempt.fd_before = memory.highest_fd;
    return attempt;
  }
  NewAttempt attempt_of(int n) { return attempt_of(n, is_strange(n) ? kTheirs : kOurs); }
  std::int64_t sent(int n) { return open(attempt_of(n)); }
  std::int64_t print(int n, std::uint64_t fd, const std::string& fn = kFn) {
    const auto attempt = sent(n);
    settle(in_storage(heard(attempt, Fact::printed, Cause::none, fd), fn));
    return attempt;
  }
  // A shift report of the stranger's.
  std::int64_t report(std::uint64_t fd) {
    auto attempt = attempt_of(11);
    attempt.receipt = {};
    attempt.kind = Kind::open_shift;
    attempt.key = "report";
    const auto id = open(attempt);
    settle(heard(id, Fact::printed, Cause::none, fd));
    return id;
  }
  Heard called_back(std::int64_t attempt, std::uint64_t fd, const std::string& fn) {
    auto told = in_storage(heard(attempt, Fact::printed, Cause::none, fd), fn);
    told.called_back = true;
    return told;
  }
  Result<people::Done> bind(const std::string& fn, const std::string& identity, const TenantId& tenant) {
    return decide([&](Transaction& tx) {
      return people::bind_storage(tx, {"anna@desk", {}, {}}, RegisterId("kkt-9"),
                                  {fn, RegisterIdentity(identity), tenant});
    });
  }
  Result<people::Done> unbook(std::uint64_t fd) {
    return decide([&](Transaction& tx) { return people::unbook(tx, {"anna@desk", {}, {}}, kFn, fd); });
  }
  // What the stranger has in his hands from before storages were bound.
  void booked_before(std::int64_t attempt, int receipt, std::uint64_t fd) {
    transact([&](Transaction& tx) {
      tx.claim_documents({{kFn, fd, attempt, is_strange(receipt) ? receipt_id(receipt) : ReceiptId()}});
    });
  }
};

TEST_P(StorageTest, Rule11_NextNumbersThatAStrangerNamesTakeNothingFromTheShop) {
  print(11, 101);
  EXPECT_EQ(state(11), "uncertain");
  EXPECT_FALSE(run([](Transaction& tx) { return tx.document(kFn, 101); }));
  print(2, 101);
  EXPECT_EQ(state(2) + "/" + error(2), "done/");
}

TEST_P(StorageTest, Rule11_InOneGroupTheStrangersWordTakesNothingEither) {
  const auto theirs = sent(11);
  const auto ours = sent(2);
  settle({heard(theirs, Fact::printed, Cause::none, 101), heard(ours, Fact::printed, Cause::none, 101)});
  EXPECT_EQ(state(11) + "/" + state(2), "uncertain/done");
}

TEST_P(StorageTest, Rule11_OfTwoThatNameANewStorageInOneGroupTheFirstHasIt) {
  const auto theirs = sent(11);
  const auto ours = sent(2);
  settle({in_storage(heard(ours, Fact::printed, Cause::none, 1), kNewFn),
          in_storage(heard(theirs, Fact::printed, Cause::none, 2), kNewFn)});
  EXPECT_EQ(state(11) + "/" + state(2), "uncertain/done");
}

TEST_P(StorageTest, Rule11_AReportTakesNothingEither) {
  report(101);
  EXPECT_FALSE(run([](Transaction& tx) { return tx.document(kFn, 101); }));
  EXPECT_EQ(remember(kTheirs).disputed_fn, kFn);
  EXPECT_EQ(remember(kTheirs).fn, "");
}

TEST_P(StorageTest, I5_NoAnswerTellsTheStrangerAnythingOfTheShop) {
  print(2, 101);
  const auto attempt = print(11, 102);
  EXPECT_EQ(
      error(11),
      "Касса назвала документ ФН 7380440800000001 № 102, а этот ФН за ней не закреплён: проверьте, какой ФН в кассе");
  const auto same_number = decide([&](Transaction& tx) { return people::resolve_printed(tx, order(11), typed(100)); });
  const auto free_number = decide([&](Transaction& tx) { return people::resolve_printed(tx, order(11), typed(900)); });
  EXPECT_EQ(same_number.error().message, free_number.error().message);
  EXPECT_THAT(
      free_number.error().message,
      AllOf(HasSubstr("is not bound to mallory-kkt; when the storage is in there: kassactl storages bind " + kFn),
            Not(HasSubstr("acme"))));
  EXPECT_EQ(attempt_row(attempt).question, Question::asked);
  // Nor does what his register is thought to have printed.
  EXPECT_EQ(remember(kTheirs).fn + std::to_string(remember(kTheirs).highest_fd), "0");
}

// Of two tenants that had the same physical register, one after the other.
TEST_P(StorageTest, I5_ASoldRegistersStorageIsNotItsNewTenantsUntilAPersonSaysSo) {
  const auto attempt = open(attempt_of(11, kOurs));
  settle(heard(attempt, Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(11), "uncertain");
  EXPECT_EQ(remember(kOurs).disputed_fn, kFn);
  ASSERT_TRUE(bind(kFn, kOurs, kStranger));
  EXPECT_EQ(remember(kOurs).disputed_fn, "");
  const auto first = decide([&](Transaction& tx) { return people::resolve_printed(tx, order(11), typed(100)); });
  EXPECT_EQ(first.error().message, "document 100 of FN " + kFn + " belongs to another receipt");
  EXPECT_TRUE(decide([&](Transaction& tx) { return people::resolve_printed(tx, order(11), typed(101)); }));
  EXPECT_EQ(state(11), "done");
}

TEST_P(StorageTest, I5_ANumberDoubtsNothingThatAnotherTenantBelievedOfTheSameRegister) {
  auto believed = heard(sent(2), Fact::not_printed, Cause::transient);
  believed.finding.text = "Нет бумаги";
  settle(believed);
  ASSERT_TRUE(bind(kFn, kOurs, kStranger));
  settle(heard(open(attempt_of(11, kOurs)), Fact::printed, Cause::none, 105));
  EXPECT_EQ(state(11) + "/" + state(2), "done/queued");
}

TEST_P(StorageTest, Rule11_ARegisterThatWasDeletedAndAddedAgainHasItsStorage) {
  auto attempt = attempt_of(2);
  attempt.register_id = RegisterId("kkt-added-again");
  settle(heard(open(attempt), Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "done");
}

TEST_P(StorageTest, Rule11_ANewStorageIsTheRegistersAndItsNumbersBeginAgain) {
  print(2, 1, kNewFn);
  EXPECT_EQ(state(2), "done");
  EXPECT_EQ(remember().fn + "/" + std::to_string(remember().highest_fd), kNewFn + "/1");
  EXPECT_EQ(remember().disputed_fn, "");
  print(11, 2, kNewFn);
  EXPECT_EQ(state(11), "uncertain");
}

TEST_P(StorageTest, Rule11_ACallbackNamesAStorageAndDoesNotBindIt) {
  const auto attempt = sent(11);
  EXPECT_FALSE(settle(called_back(attempt, 1, kNewFn)).news) << "its lane asks";
  EXPECT_EQ(state(11), "printing");
  print(2, 1, kNewFn);
  EXPECT_EQ(state(2), "done");
  EXPECT_FALSE(settle(called_back(attempt, 2, kNewFn)).news);
  EXPECT_EQ(remember(kTheirs).disputed_fn, "") << "nor is the register stopped by it";
}

TEST_P(StorageTest, Rule11_WhatACallbackNamesCountsOnceTheRegisterHasSaidSo) {
  const auto attempt = sent(2);
  settle(called_back(attempt, 1, kNewFn));
  settle(in_storage(heard(attempt, Fact::printed, Cause::none, 1), kNewFn));
  EXPECT_EQ(state(2), "done");
  EXPECT_TRUE(settle(called_back(sent(3), 2, kNewFn)).news);
  EXPECT_EQ(state(3), "done") << "of its own storage a callback is believed";
}

// exactly-once.md 5: a late "printed" is not thrown away, and not believed either.
TEST_P(StorageTest, Rule5_ALateCallbackOfAStorageThatIsNobodysIsAQuestion) {
  const auto attempt = sent(2);
  settle(heard(attempt, Fact::not_printed, Cause::transient));
  EXPECT_EQ(state(2), "queued");
  settle(called_back(attempt, 1, kNewFn));
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(remember().asked.size(), 1U);
  settle(in_storage(heard(attempt, Fact::printed, Cause::none, 1), kNewFn));
  EXPECT_EQ(state(2), "done");
}

TEST_P(StorageTest, Rule16_WhatAPersonSaysAtTheRightRegisterIsTaken) {
  print(11, 101);
  open_and_lose(attempt_of(2));
  const auto done = printed(2, 0, 101);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(state(2), "done");
}

// It is not read by the register itself: a slip of the pen takes nobody's storage away.
TEST_P(StorageTest, Rule16_APersonsWordBindsNoStorage) {
  open_and_lose(attempt_of(11));
  auto document = typed(1);
  document.set_fn(kNewFn);
  ASSERT_TRUE(decide([&](Transaction& tx) { return people::resolve_printed(tx, order(11), document); }));
  print(2, 2, kNewFn);
  EXPECT_EQ(state(2), "done");
}

// The shop puts it into its second register, and a person says so.
TEST_P(StorageTest, Rule16_APersonMovesAStorage) {
  settle(heard(open(attempt_of(2, "bit:3")), Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(remember("bit:3").disputed_fn, kFn);
  ASSERT_TRUE(bind(kFn, "bit:3", kShop));
  EXPECT_EQ(remember("bit:3").disputed_fn, "");
  EXPECT_TRUE(printed(2, 0, 101));
  EXPECT_THAT(under_test_->audited(), HasSubstr("anna@desk: bound to register kkt-9"));
  settle(heard(open(attempt_of(3, "bit:3")), Fact::printed, Cause::none, 102));
  EXPECT_EQ(state(3), "done");
  print(4, 103);
  EXPECT_EQ(state(4), "uncertain") << "it was taken out of there";
}

TEST_P(StorageTest, Rule16_AWrongBookingIsTakenBack) {
  const auto theirs = sent(11);
  settle(in_storage(heard(theirs, Fact::printed, Cause::none, 1), kNewFn));
  booked_before(theirs, 11, 101);
  print(2, 101);
  ASSERT_EQ(state(2), "uncertain") << "the rows of an older version stay";
  ASSERT_THAT(printed(2, 0, 101).error().message, HasSubstr("belongs to another receipt"));
  const auto done = unbook(101);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->note, HasSubstr("taken back from attempt 1 of receipt " + uuid(11)));
  EXPECT_THAT(under_test_->audited(), HasSubstr("anna@desk: document 101 of FN " + kFn + " taken back from attempt 1"));
  EXPECT_TRUE(printed(2, 0, 101));
  EXPECT_EQ(state(2), "done");
  EXPECT_EQ(state(11), "done") << "readers were told so";
  EXPECT_EQ(attempt_row(theirs).question, Question::asked);
  EXPECT_THAT(error(11), HasSubstr("№ 101 не от этого чека"));
  EXPECT_EQ(unbook(900).error().code, people::kUnknownDocument);
}

TEST_P(StorageTest, Rule16_AReceiptWhoseDocumentWasTakenBackGetsItsOwn) {
  const auto attempt = print(2, 101);
  ASSERT_TRUE(unbook(101));
  EXPECT_EQ(attempt_row(attempt).outcome, AttemptOutcome::unknown);
  ASSERT_TRUE(printed(2, 0, 102));
  EXPECT_EQ(state(2) + "/" + error(2), "done/") << "it is no second document";
  v1::FiscalDocument document;
  document.ParseFromString(shown(2).fiscal);
  EXPECT_EQ(document.fd(), 102U);
}

TEST_P(StorageTest, Rule16_AReportsBookingIsTakenBack) {
  booked_before(report(0), 0, 101);
  const auto done = unbook(101);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->note, HasSubstr("from a shift report on mallory-kkt"));
  print(2, 101);
  EXPECT_EQ(state(2), "done");
}

// What is in the table from before storages were bound explains no gap of the shop's, and is not shown to it.
TEST_P(StorageTest, Rule6_AnothersDocumentsAreNoneOfOurs) {
  const auto theirs = sent(11);
  for (const std::uint64_t fd : {101, 102}) booked_before(theirs, 11, fd);
  auto lost = attempt_of(2);
  const auto lost_id = open(lost);
  settle(heard(lost_id, Fact::unknown, Cause::ambiguous));
  auto probe = attempt_of(3);
  probe.proves = lost_id;
  settle(heard(open(probe), Fact::printed, Cause::none, 103));
  EXPECT_THAT(error(2), HasSubstr("с № 101 по № 102; наших среди них нет"));
}

TEST_P(StorageTest, Rule6_AStorageOfAnotherProvesNothing) {
  const auto lost = sent(2);
  settle(heard(lost, Fact::unknown, Cause::ambiguous));
  ASSERT_TRUE(bind(kFn, kTheirs, kStranger));
  auto probe = attempt_of(3);
  probe.proves = lost;
  settle(heard(open(probe), Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2) + "/" + state(3), "uncertain/uncertain");
  EXPECT_EQ(attempt_row(lost).question, Question::open);
}

TEST_P(StorageTest, Rule6_AReportOnAStorageOfAnotherProvesNothing) {
  const auto lost = sent(2);
  settle(heard(lost, Fact::unknown, Cause::ambiguous));
  ASSERT_TRUE(bind(kFn, kTheirs, kStranger));
  auto probe = attempt_of(3);
  probe.receipt = {};
  probe.kind = Kind::open_shift;
  probe.key = "report";
  probe.proves = lost;
  settle(heard(open(probe), Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(attempt_row(lost).question, Question::open);
}

TEST_P(StorageTest, WhatIsNoStorageIsNotBound) {
  for (const auto* fn : {"", "738044080000000", "73804408000000O1"}) {
    EXPECT_EQ(bind(fn, kOurs, kShop).error().code, people::kMalformed);
  }
  EXPECT_EQ(decide([](Transaction& tx) { return people::unbook(tx, {"", {}, {}}, kFn, 1); }).error().code,
            people::kMalformed);
}

// Two registers have booked on one storage, the stranger's after the shop's; of a storage that only a report named
// nobody knows whose it is.
TEST(StoragesMigration, WhatWasBookedFirstBinds) {
  const std::string schema = "upgraded";
  const auto& all = migrations();
  const auto first = std::ranges::find(all, 11, &postgres::Migration::number);
  postgres::migrate(journal_server().uri(), {schema, {all.begin(), first}});
  postgres_testing::Session session(journal_server().uri(), schema);
  const auto receipt = [&](int n, const std::string& tenant) {
    session.exec(
        "insert into receipts (id, tenant, installation, cashbox, unique_id, pool, shard, state, position, digest, "
        "digest_version, date_create_s, total_kopecks, accepted_at) values ('" +
        uuid(n) + "', '" + tenant + "', '', '', '', '', 0, 'done', 0, '', 1, 0, 0, now())");
  };
  const auto document = [&](const std::string& receipt, const std::string& identity, const std::string& fn, int fd) {
    session.exec(
        "with a as (insert into attempts (receipt, number, kind, register, identity, pool, shard, epoch, key, request) "
        "values (" +
        receipt + ", " + std::to_string(fd) + ", 'receipt', '', '" + identity +
        "', '', 0, 0, '', '') returning id) insert into documents (fn, fd, attempt, receipt) select '" + fn + "', " +
        std::to_string(fd) + ", id, " + receipt + " from a");
    session.exec("update attempts set outcome = 'printed'");
  };
  receipt(1, "acme");
  receipt(11, "mallory");
  document("'" + uuid(1) + "'", kOurs, kFn, 100);
  document("'" + uuid(11) + "'", kTheirs, kFn, 101);
  document("null", kTheirs, kNewFn, 1);
  postgres::migrate(journal_server().uri(), {schema, all});
  EXPECT_EQ(session.one("select string_agg(fn || ' ' || identity || ' ' || tenant, ', ') from storages"),
            kFn + " bit:1 acme");
  EXPECT_EQ(session.one("select count(*) from documents"), "3");
}

INSTANTIATE_TEST_SUITE_P(Stores, StorageTest, kStores, kStoreName);

}  // namespace
}  // namespace kassaflow::fiscalizer
