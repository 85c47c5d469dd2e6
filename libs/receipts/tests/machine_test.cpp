#include "kassaflow/receipts/machine.hpp"

#include <gtest/gtest.h>

#include <random>

namespace kassaflow::receipts {
namespace {

struct PostCase {
  const char* name;
  std::optional<Known> known;
  std::int64_t date_create_s;
  PostVerdict expected;
};

class OnPost : public testing::TestWithParam<PostCase> {};

TEST_P(OnPost, DecidesAboutContent) {
  EXPECT_EQ(on_post(GetParam().known, GetParam().date_create_s), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OnPost,
    testing::Values(
        PostCase{"First", std::nullopt, 10, PostVerdict::opened},
        PostCase{"SameWhileQueued", Known{State::queued, false, true, 10}, 11, PostVerdict::repeated},
        PostCase{"NewerContentNeverAttempted", Known{State::queued, false, false, 10}, 11, PostVerdict::replaced},
        PostCase{"OlderContentNeverAttempted", Known{State::queued, false, false, 10}, 9, PostVerdict::superseded},
        PostCase{"OtherContentAfterAnAttempt", Known{State::queued, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"OtherContentWhilePrinting", Known{State::printing, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"OtherContentWhileUncertain", Known{State::uncertain, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"OtherContentWhileHeld", Known{State::held, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"NewerContentHeldBeforeAnyAttempt", Known{State::held, false, false, 10}, 11, PostVerdict::replaced},
        PostCase{"OtherCashboxNeverAttempted", Known{State::queued, false, true, 10, true, false}, 11,
                 PostVerdict::replaced},
        PostCase{"OlderOtherCashbox", Known{State::queued, false, true, 10, true, false}, 9, PostVerdict::superseded},
        PostCase{"OtherCashboxAfterAnAttempt", Known{State::queued, true, true, 10, true, false}, 11,
                 PostVerdict::repeated},
        PostCase{"OtherContentAfterDone", Known{State::done, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"TheFirstThatCanBeRead", Known{State::held, false, false, 0, false}, 9, PostVerdict::replaced},
        PostCase{"SameWhilePrinting", Known{State::printing, true, true, 10}, 11, PostVerdict::repeated},
        PostCase{"SameWhileUncertain", Known{State::uncertain, true, true, 10}, 11, PostVerdict::repeated},
        PostCase{"SameAfterDone", Known{State::done, true, true, 10}, 11, PostVerdict::repeated},
        PostCase{"PrintAgainAfterFailure", Known{State::failed, true, true, 10}, 11, PostVerdict::reopened},
        PostCase{"PrintAgainWithOtherContent", Known{State::failed, true, false, 10}, 11, PostVerdict::reopened},
        PostCase{"LateOldPostAfterFailure", Known{State::failed, true, true, 10}, 10, PostVerdict::late}),
    [](const auto& info) { return info.param.name; });

struct EvidenceCase {
  State state;
  Evidence evidence;
  bool current;
  State expected;
  Alarm alarm;
};

class OnEvidence : public testing::TestWithParam<EvidenceCase> {};

TEST_P(OnEvidence, Decides) {
  const auto& given = GetParam();
  const auto decision = on_evidence(given.state, given.evidence, given.current);
  EXPECT_EQ(to_string(decision.state), to_string(given.expected));
  EXPECT_EQ(decision.alarm, given.alarm);
}

using enum Evidence;
INSTANTIATE_TEST_SUITE_P(
    Table, OnEvidence,
    testing::Values(EvidenceCase{State::printing, printed, true, State::done, Alarm::none},
                    EvidenceCase{State::uncertain, printed, true, State::done, Alarm::none},
                    EvidenceCase{State::uncertain, printed, false, State::done, Alarm::printed_after_denial},
                    EvidenceCase{State::queued, printed, false, State::done, Alarm::printed_after_denial},
                    EvidenceCase{State::failed, printed, true, State::done, Alarm::printed_after_denial},
                    EvidenceCase{State::done, printed, false, State::done, Alarm::second_document},
                    EvidenceCase{State::printing, not_printed_data, true, State::failed, Alarm::none},
                    EvidenceCase{State::uncertain, not_printed_data, true, State::failed, Alarm::none},
                    EvidenceCase{State::printing, not_printed_other, true, State::queued, Alarm::none},
                    EvidenceCase{State::printing, lost, true, State::uncertain, Alarm::none},
                    EvidenceCase{State::uncertain, lost, true, State::uncertain, Alarm::none},
                    EvidenceCase{State::uncertain, proved_absent, true, State::queued, Alarm::none},
                    EvidenceCase{State::printing, not_printed_legally, true, State::held, Alarm::none},
                    EvidenceCase{State::uncertain, not_printed_legally, true, State::held, Alarm::none},
                    EvidenceCase{State::done, not_printed_legally, true, State::done, Alarm::none},
                    EvidenceCase{State::queued, doubted, true, State::uncertain, Alarm::none},
                    EvidenceCase{State::held, doubted, false, State::uncertain, Alarm::none},
                    EvidenceCase{State::failed, doubted, true, State::uncertain, Alarm::none},
                    EvidenceCase{State::printing, doubted, false, State::printing, Alarm::none},
                    EvidenceCase{State::done, doubted, false, State::done, Alarm::none},
                    EvidenceCase{State::printing, not_printed_data, false, State::printing, Alarm::none},
                    EvidenceCase{State::done, not_printed_data, true, State::done, Alarm::none},
                    EvidenceCase{State::queued, lost, false, State::queued, Alarm::none}));

// Whatever comes in whatever order: done is terminal, and nothing but a proof takes a lost receipt back to the queue.
TEST(Machine, DoneIsTerminalAndLostIsNeverReprintedUnproved) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int life = 0; life < 2000; ++life) {
    auto state = State::printing;
    bool lost_before = false;
    for (int step = 0; step < 20; ++step) {
      const auto evidence = static_cast<Evidence>(random() % 7);
      const auto next = on_evidence(state, evidence, true).state;
      if (state == State::done) {
        ASSERT_EQ(next, State::done);
      }
      if (state == State::uncertain && lost_before && next == State::queued) {
        ASSERT_TRUE(evidence == proved_absent || evidence == not_printed_other);
      }
      if (next == State::uncertain) lost_before = true;
      state = next == State::queued ? State::printing : next;  // the next attempt opens
      if (state == State::failed || state == State::held) break;
    }
  }
}

TEST(Machine, EveryStateHasAWordThatReadsBack) {
  for (const auto state : {State::queued, State::printing, State::uncertain, State::held, State::done, State::failed}) {
    EXPECT_EQ(state_from(to_string(state)), state);
  }
  EXPECT_FALSE(state_from("printed"));
}

TEST(Machine, PeopleMayDecideOnlyOpenQuestions) {
  for (const auto state : {State::queued, State::printing, State::uncertain, State::held, State::done, State::failed}) {
    EXPECT_EQ(may_resolve(state), state == State::uncertain);
    EXPECT_EQ(may_retry(state), state == State::held || state == State::failed);
  }
}

TEST(Machine, NothingIsQueuedThatCouldPrintTwiceOrMustBeLookedAt) {
  EXPECT_EQ(kept_back(State::queued, {}), State::queued);
  EXPECT_EQ(kept_back(State::queued, {.unanswered = true}), State::uncertain);
  EXPECT_EQ(kept_back(State::queued, {.unanswered = true, .hold_wanted = true}), State::uncertain);
  EXPECT_EQ(kept_back(State::queued, {.hold_wanted = true}), State::held);
  EXPECT_EQ(kept_back(State::queued, {.refused_enough = true}), State::held);
  EXPECT_EQ(kept_back(State::failed, {.unanswered = true}), State::uncertain);
  EXPECT_EQ(kept_back(State::failed, {.hold_wanted = true, .refused_enough = true}), State::failed);
  for (const auto state : {State::printing, State::uncertain, State::held, State::done}) {
    EXPECT_EQ(kept_back(state, {.unanswered = true, .hold_wanted = true, .refused_enough = true}), state);
  }
}

}  // namespace
}  // namespace kassaflow::receipts
