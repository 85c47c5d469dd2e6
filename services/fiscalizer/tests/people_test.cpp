// What people may do (exactly-once.md 16), against a real journal.

#include "people_fixture.hpp"

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

// The table of deploy/RUNBOOK.md, cell by cell.
class EachCell : public PeopleTest, public testing::WithParamInterface<Cell> {
 protected:
  [[nodiscard]] receipts::Ruling ruling() const { return receipts::ruling(GetParam().verb, GetParam().state); }

  // With all that the cell needs, or without it.
  void prepare(bool with_proof) {
    const auto needs = ruling().needs;
    receipt_in(GetParam().state, needs == Needs::word || (needs == Needs::unanswered && with_proof));
    if (needs == Needs::wished && with_proof) exec("update receipts set hold_reason = 'why'");
  }

  Result<people::Done> act(bool with_proof) {
    switch (GetParam().verb) {
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
        return run([&](pqxx::work& work) -> Result<people::Done> {
          const auto wish = people::wish_of(work, receipt_id(1)).value();
          if (with_proof) {
            EXPECT_TRUE(people::carry_out(work, wish));
            return people::Done{State::queued, {}, {}, {}};
          }
          people::take_back(work, wish);
          return kassaflow::fail(people::kRefused, "told");
        });
      }
    }
    never();
  }
};

TEST_P(EachCell, DoesWhatTheTableSays) {
  prepare(true);
  const auto before = column("revision");
  const auto done = act(true);
  if (ruling().effect == Effect::refused) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, people::kRefused);
    EXPECT_THAT(done.error().message, HasSubstr("the receipt is " + std::string(to_string(GetParam().state))));
    EXPECT_EQ(column("revision"), before);
    EXPECT_EQ(audited(), "");
    return;
  }
  ASSERT_TRUE(done) << done.error().message;
  const auto expected = state_after(ruling().effect, GetParam().state);
  EXPECT_EQ(state(1), to_string(expected));
  EXPECT_EQ(done->state, expected);
  const bool holds =
      ruling().effect == Effect::held || ruling().effect == Effect::wish || ruling().effect == Effect::reason;
  EXPECT_EQ(column("hold_reason"), holds ? "спросить магазин" : "");
  EXPECT_EQ(column("retry_by"), "");
  const bool nothing_to_do = GetParam().verb == Verb::retry && GetParam().state == State::queued;
  EXPECT_EQ(column("revision") == before, nothing_to_do) << "readers see what changed";
  EXPECT_EQ(audited().empty(), nothing_to_do);
  EXPECT_EQ(done->finished.has_value(),
            expected != GetParam().state && (expected == State::done || expected == State::failed));
}

TEST_P(EachCell, WithoutItsProofChangesNothing) {
  if (ruling().needs == Needs::none) return;
  prepare(false);
  const auto before = column("(state, revision, error, hold_reason, retry_by)");
  const auto done = act(false);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, people::kRefused);
  EXPECT_EQ(column("(state, revision, error, hold_reason, retry_by)"), before);
}

INSTANTIATE_TEST_SUITE_P(Table, EachCell, testing::ValuesIn(cells()), [](const auto& info) {
  std::string name(receipts::to_string(info.param.verb));
  std::erase_if(name, [](char c) { return c == ' ' || c == '-'; });
  return name + "_" + std::string(receipts::to_string(info.param.state));
});

TEST_F(PeopleTest, Rule16_AnswersCarryTheNameOfWhoGaveThem) {
  receipt_in(State::uncertain, true);
  auto document = typed();
  document.set_printed_at_s(1795435830);
  ASSERT_TRUE(run([&](pqxx::work& work) { return people::resolve_printed(work, order(), document); }));
  EXPECT_EQ(audited(),
            "anna@desk: resolved as printed: attempt 1, fn 7380440800000001 fd 42 fp 0123456789 at "
            "2026-11-23T12:10:30Z");
  EXPECT_EQ(attempt_column("outcome || ', ' || detail"), "printed, printed, says anna@desk");
  v1::FiscalDocument stored;
  ASSERT_TRUE(stored.ParseFromString(postgres::from_bytea(column("fiscal"))));
  EXPECT_EQ(stored.fp(), "0123456789") << "ten digits, as a register's";
  EXPECT_EQ(stored.printed_at_s(), 1795435830);
  EXPECT_TRUE(stored.told_by_person());
}

TEST_F(PeopleTest, Rule16_NobodyAnswersNamelessOrHalf) {
  receipt_in(State::uncertain, true);
  const auto nameless = run([&](pqxx::work& work) { return people::hold(work, {receipt_id(1), ""}, "why"); });
  const auto reasonless = hold(1, "  ");
  auto half = typed();
  half.clear_fp();
  const auto signless = run([&](pqxx::work& work) { return people::resolve_printed(work, order(), half); });
  for (const auto& done : {nameless, reasonless, signless}) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, people::kMalformed);
  }
  EXPECT_EQ(hold(77).error().code, people::kUnknown);
}

// exactly-once.md 16: bytes that may still be answered are nobody's to deny.
TEST_F(PeopleTest, Rule16_AnOpenAttemptIsDeniedOnlyAfterTheLongestAnswer) {
  receipt_in(State::printing, true);
  exec("update attempts set sent_at = now() - interval '100 seconds'");
  for (const auto& early : {not_printed(), fail(true)}) {
    ASSERT_FALSE(early);
    EXPECT_THAT(early.error().message, AllOf(HasSubstr("100 s ago"), HasSubstr("again in 25 s")));
  }
  EXPECT_EQ(state(1), "printing");
  EXPECT_TRUE(printed()) << "a document is a document at any time";
}

TEST_F(PeopleTest, Rule16_ADenialLosesAgainstTheRegistersOwnWord) {
  receipt_in(State::uncertain, true);
  auto late = heard(std::stoll(attempt_column("id")), Fact::printed, Cause::none, 42);
  late.fence.epoch = 7;  // heard by a worker that had lost the shard
  settle(late);
  const auto denied = not_printed();
  ASSERT_FALSE(denied);
  EXPECT_THAT(denied.error().message, HasSubstr("was printed"));
}

TEST_F(PeopleTest, Rule6_WhatAPersonDeniesIsQueuedAfterTheQuietTime) {
  receipt_in(State::uncertain, true);
  exec("update attempts set finished_at = now() - interval '50 seconds'");
  ASSERT_TRUE(not_printed());
  EXPECT_TRUE(queued().empty());
  EXPECT_EQ(column("round(extract(epoch from not_before - changed_at))"), "100");
  EXPECT_EQ(attempt_column("outcome || '/' || question"), "not_printed/settled");
}

TEST_F(PeopleTest, Rule6_AFailedOneIsNotPrintedAgainBeforeTheQuietTimeEither) {
  receipt_in(State::uncertain, true);
  exec("update attempts set finished_at = now()");
  ASSERT_TRUE(fail(true));
  EXPECT_EQ(column("error"), "заказ отменён");
  take({post(1, 2, 200, "digest", 2)});
  EXPECT_EQ(state(1), "queued");
  EXPECT_TRUE(queued().empty());
}

// An attempt that was believed not printed and has become a question again, beside the latest one.
TEST_F(PeopleTest, Rule16_OfSeveralAttemptsOneIsNamedAndNothingIsQueuedBeforeTheLast) {
  receipt_in(State::uncertain, true);
  exec("update attempts set outcome = 'not_printed', question = 'settled'; update receipts set state = 'queued'");
  leave_unanswered(1, false);
  exec("update attempts set outcome = 'unknown', question = 'asked'");
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

TEST_F(PeopleTest, Rule16_ASecondDocumentIsToldAndTheFirstStays) {
  receipt_in(State::done, true);
  const auto done = printed();
  ASSERT_TRUE(done);
  EXPECT_EQ(column("error"), "Напечатан второй фискальный документ: ФН 7380440800000001 № 42");
  EXPECT_EQ(column("convert_from(fiscal, 'UTF8')"), "x");
  EXPECT_EQ(attempt_column("outcome"), "printed");
  EXPECT_FALSE(done->finished) << "it was counted when it was done";
}

TEST_F(PeopleTest, Rule11_ADocumentOfAnotherIsRefusedAndOnesOwnIsNot) {
  receipt_in(State::uncertain, true, 1);
  receipt_in(State::uncertain, true, 2);
  ASSERT_TRUE(printed(1));
  const auto stolen = printed(2);
  ASSERT_FALSE(stolen);
  EXPECT_THAT(stolen.error().message, HasSubstr("attempt 1 of receipt " + uuid(1)));
  EXPECT_EQ(state(2), "uncertain");
  exec("insert into documents (fn, fd, attempt, receipt) select '" + kFn +
       "', 43, id, receipt from attempts where receipt = '" + uuid(2) + "'");
  EXPECT_TRUE(printed(2, 0, 43));
}

TEST_F(PeopleTest, Rule16_AnAnswerIsGivenOnce) {
  receipt_in(State::uncertain, true);
  ASSERT_TRUE(not_printed());
  EXPECT_THAT(printed().error().message, HasSubstr("no attempt of this receipt waits"));
}

TEST_F(PeopleTest, Rule16_WhatIsUnderWayGoesOnUnlessItIsHeld) {
  receipt_in(State::uncertain, true);
  const auto refused = retry();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("attempt 1 on kkt-1"), HasSubstr("resolve")));
}

TEST_F(PeopleTest, Rule16_AHeldOneWithAnUnansweredAttemptIsNotPrintedAgain) {
  receipt_in(State::held, true);
  EXPECT_EQ(retry()->state, State::uncertain);
  EXPECT_TRUE(queued().empty());
}

TEST_F(PeopleTest, Rule16_WhatEveryRegisterHasAnsweredNeedsNoWordToFail) {
  int n = 0;
  for (const auto state : {State::queued, State::held, State::uncertain}) {
    receipt_in(state, false, ++n);
    EXPECT_TRUE(fail(false, n)) << to_string(state);
    EXPECT_EQ(column("state || coalesce(not_before::text, '')", n), "failed");
  }
}

TEST_F(PeopleTest, Rule16_AHeldReceiptIsOfferedToNoRegister) {
  receipt_in(State::queued, false);
  const auto offered = queued_of(1);
  ASSERT_TRUE(hold());
  EXPECT_TRUE(queued().empty());
  EXPECT_EQ(open(attempt_for(offered)), 0) << "read from the queue just before";
  ASSERT_TRUE(retry());
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(PeopleTest, Rule18_WhatAPersonHoldsStaysHeldWhenItCanBeReadAtLast) {
  receipt_in(State::held, false);
  exec("update receipts set content = null");
  ASSERT_TRUE(hold());
  take({post(1, 2, 200, "digest", 2)});
  EXPECT_EQ(column("state || (content is not null)::text"), "heldtrue");
  EXPECT_EQ(retry()->state, State::queued);
}

TEST_F(PeopleTest, Rule16_AWishIsForgottenWhenTheMerchantPrintsAgain) {
  receipt_in(State::failed, false);
  exec("update receipts set hold_reason = 'why', retry_by = 'anna@desk'");
  take({post(1, 2, 200, "digest", 2)});
  EXPECT_EQ(column("state || hold_reason || retry_by"), "queued");
}

// --- exactly-once.md 9: what keeps a register from being deleted ---

class Unsettled : public PeopleTest {
 protected:
  std::vector<std::string> blockers() {
    return run([&](pqxx::work& work) { return people::unsettled(work, RegisterId("kkt-1"), kTimes); });
  }
  void report(const std::string& sent_at) {
    auto shift = attempt_for({}, "bit:9");
    shift.kind = Kind::close_shift;
    ASSERT_NE(open(shift), 0);
    exec("update attempts set sent_at = " + sent_at);
  }
};

TEST_F(Unsettled, Rule9_EachAttemptWithoutAnAnswerBlocksUntilAPersonGivesIt) {
  for (const auto state : receipts::kStates) {
    for (const bool was_printed : {true, false}) {
      exec("truncate receipts, posts, attempts, evidence, documents, offsets cascade");
      receipt_in(state, true);
      const auto blocked = blockers();
      ASSERT_EQ(blocked.size(), 1U) << to_string(state);
      EXPECT_THAT(blocked[0], HasSubstr("kassactl receipts resolve " + uuid(1) + " --attempt 1"));
      ASSERT_TRUE(was_printed ? printed() : not_printed());
      EXPECT_THAT(blockers(), testing::IsEmpty()) << to_string(state);
    }
  }
}

TEST_F(Unsettled, Rule9_AnUnknownOutcomeNobodyAskedAboutBlocksToo) {
  receipt_in(State::uncertain, true);
  exec("update attempts set question = null");
  EXPECT_EQ(blockers().size(), 1U);
  ASSERT_TRUE(not_printed());
  EXPECT_TRUE(blockers().empty());
}

TEST_F(Unsettled, Rule9_AShiftReportBlocksUntilNoAnswerCanCome) {
  report("now() - interval '100 seconds'");
  const auto blocked = blockers();
  ASSERT_EQ(blocked.size(), 1U);
  EXPECT_THAT(blocked[0], AllOf(HasSubstr("close_shift"), HasSubstr("again in 25 s")));
  EXPECT_EQ(one("select outcome is null from attempts"), "t");
  exec("update attempts set sent_at = now() - interval '126 seconds'");
  EXPECT_TRUE(blockers().empty());
  EXPECT_EQ(one("select outcome from attempts"), "unknown") << "its physical register is free for another document";
}

}  // namespace
}  // namespace kassaflow::fiscalizer
