// What people may do (exactly-once.md 16), against a real journal.

#include "people_bench.hpp"

#include "kassaflow/base/check.hpp"

namespace kassaflow::fiscalizer {
namespace {

using receipts::Effect;
using receipts::Needs;
using receipts::Verb;
using testing::AllOf;
using testing::HasSubstr;

struct Cell {
  Verb verb;
  State state;
};

std::vector<Cell> cells() {
  std::vector<Cell> all;
  for (const auto verb : {Verb::resolve_printed, Verb::resolve_not_printed, Verb::fail, Verb::hold, Verb::retry}) {
    for (const auto state : receipts::kStates) all.push_back({verb, state});
  }
  return all;
}

State state_after(Effect effect, State before) {
  switch (effect) {
    case Effect::document:
    case Effect::second_document:
      return State::done;
    case Effect::denial:
    case Effect::queued:
    case Effect::queued_if_untold:
      return State::queued;
    case Effect::failed:
      return State::failed;
    case Effect::held:
      return State::held;
    case Effect::refused:
    case Effect::answer:
    case Effect::wish:
    case Effect::reason:
    case Effect::unwish:
      return before;
  }
  never();
}

// The table of docs/runbooks/decisions.md, cell by cell.
class EachCell : public testing::TestWithParam<std::tuple<StoreKind, Cell>>, protected PeopleBench {
 protected:
  EachCell() : PeopleBench(std::get<StoreKind>(GetParam())) {}
  [[nodiscard]] static Cell cell() { return std::get<Cell>(GetParam()); }
  [[nodiscard]] static receipts::Ruling ruling() { return receipts::ruling(cell().verb, cell().state); }

  // With all that the cell needs, or without it.
  void prepare(bool with_proof) {
    const auto needs = ruling().needs;
    receipt_in(cell().state, needs == Needs::word || (needs == Needs::unanswered && with_proof));
    if (needs == Needs::wished && with_proof) change(1, [](auto& row) { row.hold_reason = "why"; });
  }

  Result<people::Done> act(bool with_proof) {
    switch (cell().verb) {
      case Verb::resolve_printed:
        return printed();
      case Verb::resolve_not_printed:
        return not_printed();
      case Verb::fail:
        return fail(with_proof);
      case Verb::hold:
        return hold();
      case Verb::retry: {
        auto done = retry();
        if (!done || ruling().needs != Needs::untold) return done;
        const auto wish = run([](Transaction& tx) { return tx.wish_of(receipt_id(1)); }).value();
        if (with_proof) {
          EXPECT_TRUE(run([&](Transaction& tx) { return people::carry_out(tx, wish); }));
          return people::Done{State::queued, {}, {}, {}};
        }
        transact([&](Transaction& tx) { people::take_back(tx, wish); });
        return kassaflow::fail(people::kRefused, "told");
      }
    }
    never();
  }
};

TEST_P(EachCell, DoesWhatTheTableSays) {
  prepare(true);
  const auto before = receipt(1).revision;
  const auto done = act(true);
  if (ruling().effect == Effect::refused) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, people::kRefused);
    EXPECT_THAT(done.error().message, HasSubstr("the receipt is " + std::string(to_string(cell().state))));
    EXPECT_EQ(receipt(1).revision, before);
    EXPECT_EQ(under_test_->audited(), "");
    return;
  }
  ASSERT_TRUE(done) << done.error().message;
  const auto expected = state_after(ruling().effect, cell().state);
  EXPECT_EQ(state(1), to_string(expected));
  EXPECT_EQ(done->state, expected);
  const bool holds =
      ruling().effect == Effect::held || ruling().effect == Effect::wish || ruling().effect == Effect::reason;
  EXPECT_EQ(receipt(1).hold_reason, holds ? "спросить магазин" : "");
  EXPECT_EQ(receipt(1).retry_by, "");
  const bool nothing_to_do = cell().verb == Verb::retry && cell().state == State::queued;
  EXPECT_EQ(receipt(1).revision == before, nothing_to_do) << "readers see what changed";
  EXPECT_EQ(under_test_->audited().empty(), nothing_to_do);
  EXPECT_EQ(done->finished.has_value(),
            expected != cell().state && (expected == State::done || expected == State::failed));
}

TEST_P(EachCell, WithoutItsProofChangesNothing) {
  if (ruling().needs == Needs::none) return;
  prepare(false);
  const auto before = seen();
  const auto done = act(false);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, people::kRefused);
  EXPECT_EQ(seen(), before);
}

std::string cell_name(const testing::TestParamInfo<std::tuple<StoreKind, Cell>>& info) {
  const auto [store, cell] = info.param;
  std::string name(receipts::to_string(cell.verb));
  std::erase_if(name, [](char c) { return c == ' ' || c == '-'; });
  return name + "_" + std::string(receipts::to_string(cell.state)) + "_" + store_name(store);
}
INSTANTIATE_TEST_SUITE_P(Table, EachCell, testing::Combine(kStores, testing::ValuesIn(cells())), cell_name);
INSTANTIATE_TEST_SUITE_P(Stores, PeopleTest, kStores, kStoreName);

TEST_P(PeopleTest, I5_WhoDecidesForOneTenantFindsThatTenantsReceiptsAlone) {
  receipt_in(State::held, false);
  auto by_tenant = order();
  by_tenant.only_tenant = TenantId("umbrella");
  const auto ask = [&] { return decide([&](Transaction& tx) { return people::retry(tx, by_tenant); }); };
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, people::kUnknown);
  EXPECT_EQ(refused.error().message, "the journal has no receipt " + uuid(1)) << "as of one that is not there";
  by_tenant.only_tenant = TenantId("acme");
  EXPECT_TRUE(ask());
}

TEST_P(PeopleTest, Rule16_AnswersCarryTheNameOfWhoGaveThem) {
  receipt_in(State::uncertain, true);
  auto document = typed();
  document.set_printed_at_s(1795435830);
  ASSERT_TRUE(decide([&](Transaction& tx) { return people::resolve_printed(tx, order(), document); }));
  EXPECT_EQ(under_test_->audited(),
            "anna@desk: resolved as printed: attempt 1, fn 7380440800000001 fd 42 fp 0123456789 at "
            "2026-11-23T12:10:30Z");
  EXPECT_EQ(shown(1).attempts.at(0).outcome, AttemptOutcome::printed);
  EXPECT_EQ(shown(1).attempts.at(0).detail, "printed, says anna@desk");
  v1::FiscalDocument stored;
  ASSERT_TRUE(stored.ParseFromString(shown(1).fiscal));
  EXPECT_EQ(stored.fp(), "0123456789") << "ten digits, as a register's";
  EXPECT_EQ(stored.printed_at_s(), 1795435830);
  EXPECT_TRUE(stored.told_by_person());
}

TEST_P(PeopleTest, Rule16_NobodyAnswersNamelessOrHalf) {
  receipt_in(State::uncertain, true);
  const auto nameless = decide([](Transaction& tx) { return people::hold(tx, {receipt_id(1), {"", {}, {}}}, "why"); });
  const auto reasonless = hold(1, "  ");
  auto half = typed();
  half.clear_fp();
  const auto signless = decide([&](Transaction& tx) { return people::resolve_printed(tx, order(), half); });
  for (const auto& done : {nameless, reasonless, signless}) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, people::kMalformed);
  }
  EXPECT_EQ(hold(77).error().code, people::kUnknown);
}

// exactly-once.md 16: bytes that may still be answered are nobody's to deny.
TEST_P(PeopleTest, Rule16_AnOpenAttemptIsDeniedOnlyAfterTheLongestAnswer) {
  receipt_in(State::printing, true);
  allow_resend(attempt_);  // sent now
  under_test_->let_pass(100s);
  for (const auto& early : {not_printed(), fail(true)}) {
    ASSERT_FALSE(early);
    EXPECT_THAT(early.error().message, AllOf(HasSubstr("100 s ago"), HasSubstr("again in 25 s")));
  }
  EXPECT_EQ(state(1), "printing");
  EXPECT_TRUE(printed()) << "a document is a document at any time";
}

TEST_P(PeopleTest, Rule16_ADenialLosesAgainstTheRegistersOwnWord) {
  receipt_in(State::uncertain, true);
  auto late = heard(attempt_, Fact::printed, Cause::none, 42);
  late.fence.epoch = 7;  // heard by a worker that had lost the shard
  settle(late);
  const auto denied = not_printed();
  ASSERT_FALSE(denied);
  EXPECT_THAT(denied.error().message, HasSubstr("look at it again"));
}

TEST_P(PeopleTest, Rule16_ADenialWaitsForACallbackThatWasNotRead) {
  receipt_in(State::uncertain, true);
  call_back(callback_for(1));
  const auto denied = not_printed();
  ASSERT_FALSE(denied);
  EXPECT_THAT(denied.error().message, HasSubstr("look at it again"));
}

TEST_P(PeopleTest, Rule6_WhatAPersonDeniesIsQueuedAfterTheQuietTime) {
  receipt_in(State::queued, false);
  give_up();
  under_test_->let_pass(50s);
  ASSERT_TRUE(not_printed());
  EXPECT_EQ(attempt_row(attempt_).outcome, AttemptOutcome::not_printed);
  EXPECT_EQ(attempt_row(attempt_).question, Question::settled);
  EXPECT_TRUE(queued().empty());
  under_test_->let_pass(90s);
  EXPECT_TRUE(queued().empty());
  under_test_->let_pass(11s);
  EXPECT_EQ(queued().size(), 1U);
}

TEST_P(PeopleTest, Rule6_AFailedOneIsNotPrintedAgainBeforeTheQuietTimeEither) {
  receipt_in(State::queued, false);
  give_up();
  ASSERT_TRUE(fail(true));
  EXPECT_EQ(error(1), "заказ отменён");
  take({post(1, 2, 200, "digest", 2)});
  EXPECT_EQ(state(1), "queued");
  EXPECT_TRUE(queued().empty());
}

// An attempt that was believed not printed and has become a question again, beside the latest one.
TEST_P(PeopleTest, Rule16_OfSeveralAttemptsOneIsNamedAndNothingIsQueuedBeforeTheLast) {
  receipt_in(State::uncertain, true);
  const auto first = attempt_;
  change_attempt(first, AttemptOutcome::not_printed, Question::settled);
  change(1, [](auto& row) { row.state = State::queued; });
  leave_unanswered(1, false);
  change_attempt(first, AttemptOutcome::unknown, Question::asked);
  for (const auto& unnamed : {printed(), not_printed(), fail(true)}) {
    ASSERT_FALSE(unnamed);
    EXPECT_THAT(unnamed.error().message, AllOf(HasSubstr("attempt 1 on kkt-1"), HasSubstr("attempt 2 on kkt-1")));
  }
  EXPECT_THAT(fail(true, 1, 2).error().message, HasSubstr("resolve all but one")) << "the other one stays unknown";
  EXPECT_THAT(not_printed(1, 3).error().message, HasSubstr("attempt 3 does not wait"));
  ASSERT_TRUE(not_printed(1, 2));
  EXPECT_EQ(state(1), "uncertain");
  EXPECT_EQ(hold()->state, State::uncertain);
  ASSERT_TRUE(not_printed(1, 1));
  EXPECT_EQ(state(1), "held") << "a person had wished it held meanwhile";
  EXPECT_EQ(retry()->state, State::queued);
}

TEST_P(PeopleTest, Rule16_ASecondDocumentIsToldAndTheFirstStays) {
  receipt_in(State::done, true);
  const auto done = printed();
  ASSERT_TRUE(done);
  EXPECT_EQ(error(1), "Напечатан второй фискальный документ: ФН 7380440800000001 № 42");
  EXPECT_EQ(shown(1).fiscal, "x");
  EXPECT_EQ(attempt_row(attempt_).outcome, AttemptOutcome::printed);
  EXPECT_FALSE(done->finished) << "it was counted when it was done";
}

TEST_P(PeopleTest, Rule11_ADocumentOfAnotherIsRefusedAndOnesOwnIsNot) {
  receipt_in(State::uncertain, true, 1);
  receipt_in(State::uncertain, true, 2);
  ASSERT_TRUE(printed(1));
  const auto stolen = printed(2);
  ASSERT_FALSE(stolen);
  EXPECT_THAT(stolen.error().message, HasSubstr("attempt 1 of receipt " + uuid(1)));
  EXPECT_EQ(state(2), "uncertain");
  transact([&](Transaction& tx) { tx.claim_documents({{kFn, 43, attempt_, receipt_id(2)}}); });
  EXPECT_TRUE(printed(2, 0, 43));
}

// A person says "not printed", and the storage has a number more than we know of.
TEST_P(PeopleTest, Rule16_ADenialThatNumberingContradictsSaysSoAtOnce) {
  take({post(1, 1, 100, "digest", 1), post(2, 2, 100, "digest", 2), post(3, 3, 100, "digest", 3)});
  settle(heard(open(attempt_for(queued_of(1))), Fact::printed, Cause::none, 100));
  auto next = attempt_for(queued_of(2));
  next.fn_before = kFn;
  next.fd_before = 100;
  settle(heard(open(next), Fact::unknown));
  EXPECT_EQ(decide([](Transaction& tx) { return people::resolve_not_printed(tx, order(2), kTimes); })->note, "");

  under_test_->let_pass(1h);
  next = attempt_for(queued_of(2));
  next.fn_before = kFn;
  next.fd_before = 100;
  settle(heard(open(next), Fact::unknown));
  settle(heard(open(attempt_for(queued_of(3))), Fact::printed, Cause::none, 102));
  EXPECT_THAT(not_printed(2)->note, AllOf(HasSubstr("1 of the numbers 101 to 102"), HasSubstr("hold the receipt")));
}

TEST_P(PeopleTest, Rule16_AnAnswerIsGivenOnce) {
  receipt_in(State::uncertain, true);
  ASSERT_TRUE(not_printed());
  EXPECT_THAT(printed().error().message, HasSubstr("no attempt of this receipt waits"));
}

TEST_P(PeopleTest, Rule16_WhatIsUnderWayGoesOnUnlessItIsHeld) {
  receipt_in(State::uncertain, true);
  const auto refused = retry();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("attempt 1 on kkt-1"), HasSubstr("resolve")));
}

TEST_P(PeopleTest, Rule16_AHeldOneWithAnUnansweredAttemptIsNotPrintedAgain) {
  receipt_in(State::held, true);
  EXPECT_EQ(retry()->state, State::uncertain);
  EXPECT_TRUE(queued().empty());
}

TEST_P(PeopleTest, Rule16_WhatEveryRegisterHasAnsweredNeedsNoWordToFail) {
  int n = 0;
  for (const auto state : {State::queued, State::held, State::uncertain}) {
    receipt_in(state, false, ++n);
    EXPECT_TRUE(fail(false, n)) << to_string(state);
    EXPECT_EQ(JournalBench::state(n), "failed");
    take({post(n, 100 + n, 200, "digest", 100 + n)});
    EXPECT_EQ(queued_of(n).id, receipt_id(n)) << "nothing has to rest";
  }
}

TEST_P(PeopleTest, Rule16_AHeldReceiptIsOfferedToNoRegister) {
  receipt_in(State::queued, false);
  const auto offered = queued_of(1);
  ASSERT_TRUE(hold());
  EXPECT_TRUE(queued().empty());
  EXPECT_EQ(open(attempt_for(offered)), 0) << "read from the queue just before";
  ASSERT_TRUE(retry());
  EXPECT_EQ(queued().size(), 1U);
}

TEST_P(PeopleTest, Rule18_WhatAPersonHoldsStaysHeldWhenItCanBeReadAtLast) {
  transact([](Transaction& tx) {
    NewReceipt unreadable{receipt_id(1), "1", 0, {}};
    unreadable.row.state = State::held;
    unreadable.row.tenant = TenantId("acme");
    unreadable.row.installation = InstallationId("acme-main");
    unreadable.row.pool = kPool;
    tx.insert_receipts({unreadable});
  });
  ASSERT_TRUE(hold());
  EXPECT_FALSE(receipt(1).readable);
  take({post(1, 2, 200, "digest", 2)});
  EXPECT_EQ(state(1), "held");
  EXPECT_TRUE(receipt(1).readable);
  EXPECT_EQ(retry()->state, State::queued);
}

TEST_P(PeopleTest, Rule16_AWishIsForgottenWhenTheMerchantPrintsAgain) {
  receipt_in(State::failed, false);
  change(1, [](auto& row) {
    row.hold_reason = "why";
    row.retry_by = "anna@desk";
  });
  take({post(1, 2, 200, "digest", 2)});
  EXPECT_EQ(state(1) + receipt(1).hold_reason + receipt(1).retry_by, "queued");
}

// --- exactly-once.md 9: what keeps a register from being deleted ---

class Unsettled : public PeopleTest {
 protected:
  std::vector<std::string> blockers() {
    return run([](Transaction& tx) { return people::unsettled(tx, RegisterId("kkt-1"), kTimes); }).blockers;
  }
};

TEST_P(Unsettled, Rule9_EachAttemptWithoutAnAnswerBlocksUntilAPersonGivesIt) {
  int n = 0;
  for (const auto state : receipts::kStates) {
    for (const bool was_printed : {true, false}) {
      receipt_in(state, true, ++n);
      const auto blocked = blockers();
      ASSERT_EQ(blocked.size(), 1U) << to_string(state);
      EXPECT_THAT(blocked[0], HasSubstr("kassactl receipts resolve " + uuid(n) + " --attempt 1"));
      ASSERT_TRUE(was_printed ? printed(n, 0, static_cast<std::uint64_t>(n)) : not_printed(n));
      EXPECT_THAT(blockers(), testing::IsEmpty()) << to_string(state);
    }
  }
}

TEST_P(Unsettled, Rule9_WhatIsOpenEndsByItselfAndWhatIsUncertainDoesNot) {
  const auto ends_by_itself = [&] {
    return run([](Transaction& tx) { return people::unsettled(tx, RegisterId("kkt-1"), kTimes); }).under_way;
  };
  receipt_in(State::printing, true);
  EXPECT_TRUE(ends_by_itself());
  settle(heard(attempt_, Fact::unknown, Cause::ambiguous));
  EXPECT_FALSE(ends_by_itself());
}

// The worker does not know yet that the register is retired, and may not know for long.
TEST_P(Unsettled, Rule9_NothingBeginsOnARetiredRegister) {
  take({post(1, 1, 10, "d", 0)});
  auto stale = attempt_for(queued().at(0));
  stale.configuration = 6;
  auto report = attempt_for({}, "bit:9");
  report.kind = Kind::open_shift;
  report.configuration = 6;
  transact([](Transaction& tx) { tx.retire(RegisterId("kkt-1"), 7); });
  transact([](Transaction& tx) { tx.retire(RegisterId("kkt-1"), 5); });
  EXPECT_EQ(remember().retired_at, 7U);
  EXPECT_EQ(open(stale), 0);
  EXPECT_EQ(open(report), 0);
  EXPECT_TRUE(blockers().empty());
  auto elsewhere = stale;
  elsewhere.register_id = RegisterId("kkt-2");
  elsewhere.identity = RegisterIdentity("bit:2");
  EXPECT_NE(open(elsewhere), 0);
}

TEST_P(Unsettled, Rule9_ARegisterPutBackOrAddedAgainPrints) {
  take({post(1, 1, 10, "d", 0)});
  transact([](Transaction& tx) { tx.retire(RegisterId("kkt-1"), 7); });
  auto attempt = attempt_for(queued().at(0));
  attempt.configuration = 7;
  EXPECT_NE(open(attempt), 0);
}

TEST_P(Unsettled, Rule9_AnUnknownOutcomeNobodyAskedAboutBlocksToo) {
  receipt_in(State::uncertain, true);
  change_attempt(attempt_, AttemptOutcome::unknown, Question::none);
  EXPECT_EQ(blockers().size(), 1U);
  ASSERT_TRUE(not_printed());
  EXPECT_TRUE(blockers().empty());
}

TEST_P(Unsettled, Rule9_AShiftReportBlocksUntilNoAnswerCanCome) {
  auto shift = attempt_for({}, "bit:9");
  shift.kind = Kind::close_shift;
  const auto report = open(shift);
  ASSERT_NE(report, 0);
  under_test_->let_pass(100s);
  const auto blocked = blockers();
  ASSERT_EQ(blocked.size(), 1U);
  EXPECT_THAT(blocked[0], AllOf(HasSubstr("close_shift"), HasSubstr("again in 25 s")));
  EXPECT_EQ(attempt_row(report).outcome, AttemptOutcome::open);
  under_test_->let_pass(26s);
  EXPECT_TRUE(blockers().empty());
  EXPECT_EQ(attempt_row(report).outcome, AttemptOutcome::unknown)
      << "its physical register is free for another document";
}

INSTANTIATE_TEST_SUITE_P(Stores, Unsettled, kStores, kStoreName);

}  // namespace
}  // namespace kassaflow::fiscalizer
