// Contents that are not kept for ever (journal/contents.hpp), against both stores.

#include "journal/contents.hpp"

#include "people_bench.hpp"

namespace kassaflow::fiscalizer {
namespace {

using testing::HasSubstr;

constexpr auto kKept = 48h;

class ContentsTest : public PeopleTest {
 protected:
  void ended(int n, State state = State::done) {
    receipt_in(state, false, n);
    under_test_->let_pass(kKept + 1h);
  }
  int erase_old() {
    return run([](Transaction& tx) { return journal::erase_contents(tx, kKept); });
  }
  Result<people::Done> erase(int n = 1) {
    return decide([&](Transaction& tx) { return people::erase(tx, order(n)); });
  }
  bool has_content(int n) { return receipt(n).readable; }
  std::string content_told(int n) {
    for (const auto& outcome : run([](Transaction& tx) { return tx.outcomes({}, 100, 10); })) {
      if (outcome.id == receipt_id(n)) return outcome.content;
    }
    return "no such receipt";
  }
};

TEST_P(ContentsTest, WhatEndedLongAgoIsErased) {
  ended(1);
  ended(2, State::failed);
  receipt_in(State::done, false, 3);
  const auto before = seen(1);
  EXPECT_EQ(erase_old(), 2);
  EXPECT_FALSE(has_content(1));
  EXPECT_FALSE(has_content(2));
  EXPECT_TRUE(has_content(3));
  EXPECT_EQ(content_told(1), "");
  EXPECT_EQ(seen(1), before) << "readers of outcomes see no change";
  EXPECT_EQ(erase_old(), 0);
}

TEST_P(ContentsTest, WhatIsStillToBeDecidedIsKept) {
  for (const auto state : {State::queued, State::printing, State::uncertain, State::held}) {
    const int n = static_cast<int>(state) + 1;
    receipt_in(state, false, n);
  }
  receipt_in(State::failed, true, 20);
  under_test_->let_pass(kKept + 1h);
  EXPECT_EQ(erase_old(), 0);
}

TEST_P(ContentsTest, SoIsWhatNobodyHasReadYet) {
  take({post(1, 1, 100, "digest", 1)});
  const auto attempt = open(attempt_for(queued_of(1)));
  settle(heard(attempt, Fact::printed, Cause::none, 7));
  transact([&](Transaction& tx) { tx.append_evidence({heard(attempt, Fact::printed, Cause::none, 7)}, {false}); });
  under_test_->let_pass(kKept + 1h);
  EXPECT_EQ(erase_old(), 0);
}

TEST_P(ContentsTest, TheBytesThatWereSentGoToo) {
  take({post(1, 1, 100, "digest", 1)});
  const auto attempt = open(attempt_for(queued_of(1)));
  settle(heard(attempt, Fact::printed, Cause::none, 7));
  under_test_->let_pass(kKept + 1h);
  EXPECT_EQ(erase_old(), 1);
  EXPECT_EQ(attempt_row(attempt).outcome, AttemptOutcome::printed);
  EXPECT_TRUE(run([](Transaction& tx) { return tx.document(kFn, 7); }).has_value()) << "the number stays booked";
}

TEST_P(ContentsTest, Rule13_AnErasedReceiptIsStillPrintedOnce) {
  ended(1);
  EXPECT_EQ(erase_old(), 1);
  take({post(1, 2, 200, "digest", 2)});  // printed again in the portal
  EXPECT_EQ(state(1), "done");
  take({post(1, 3, 300, "other content", 3)});
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(receipt(1).conflicts, 1U);
  EXPECT_TRUE(queued().empty());
}

TEST_P(ContentsTest, AnErasedFailedReceiptIsPrintedOnlyWhenTheShopPostsItAgain) {
  ended(1, State::failed);
  EXPECT_EQ(erase_old(), 1);
  EXPECT_THAT(retry().error().message, HasSubstr("print the check again from the portal"));
  take({post(1, 2, 200, "digest", 2)});
  EXPECT_EQ(state(1), "queued");
  EXPECT_FALSE(queued_of(1).content.empty());
}

TEST_P(ContentsTest, APersonErasesAtOnceAndIsRemembered) {
  receipt_in(State::done, false);
  ASSERT_TRUE(erase());
  EXPECT_FALSE(has_content(1));
  EXPECT_EQ(under_test_->audited(), "anna@desk: content erased");
  EXPECT_TRUE(erase()) << "again is no error";
}

TEST_P(ContentsTest, APersonErasesNothingThatIsStillNeeded) {
  receipt_in(State::queued, false, 1);
  EXPECT_THAT(erase(1).error().message, HasSubstr("the receipt is queued"));
  receipt_in(State::done, true, 2);
  EXPECT_THAT(erase(2).error().message, HasSubstr("answer this first, with resolve: attempt 1 on kkt-1"));
  receipt_in(State::failed, false, 3);
  change(3, [](auto& row) { row.retry_by = "anna"; });
  EXPECT_THAT(erase(3).error().message, HasSubstr("somebody wants it printed again"));
  EXPECT_TRUE(has_content(1) && has_content(2) && has_content(3));
}

INSTANTIATE_TEST_SUITE_P(Stores, ContentsTest, kStores, kStoreName);

}  // namespace
}  // namespace kassaflow::fiscalizer
