#include "kassaflow/receipts/machine.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "test_seed.hpp"

namespace kassaflow::receipts {
namespace {

struct PostCase {
  const char* name;
  std::optional<JournalEntry> known;
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
        PostCase{"SameWhileQueued", JournalEntry{State::queued, false, true, 10}, 11, PostVerdict::repeated},
        PostCase{"NewerContentNeverAttempted", JournalEntry{State::queued, false, false, 10}, 11,
                 PostVerdict::replaced},
        PostCase{"OlderContentNeverAttempted", JournalEntry{State::queued, false, false, 10}, 9,
                 PostVerdict::superseded},
        PostCase{"OtherContentAfterAnAttempt", JournalEntry{State::queued, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"OtherContentWhilePrinting", JournalEntry{State::printing, true, false, 10}, 11,
                 PostVerdict::conflict},
        PostCase{"OtherContentWhileUncertain", JournalEntry{State::uncertain, true, false, 10}, 11,
                 PostVerdict::conflict},
        PostCase{"OtherContentWhileHeld", JournalEntry{State::held, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"NewerContentHeldBeforeAnyAttempt", JournalEntry{State::held, false, false, 10}, 11,
                 PostVerdict::replaced},
        PostCase{"OtherCashboxNeverAttempted", JournalEntry{State::queued, false, true, 10, true, false}, 11,
                 PostVerdict::replaced},
        PostCase{"OlderOtherCashbox", JournalEntry{State::queued, false, true, 10, true, false}, 9,
                 PostVerdict::superseded},
        PostCase{"OtherCashboxAfterAnAttempt", JournalEntry{State::queued, true, true, 10, true, false}, 11,
                 PostVerdict::repeated},
        PostCase{"OtherContentAfterDone", JournalEntry{State::done, true, false, 10}, 11, PostVerdict::conflict},
        PostCase{"TheFirstThatCanBeRead", JournalEntry{State::held, false, false, 0, false}, 9, PostVerdict::replaced},
        PostCase{"SameWhilePrinting", JournalEntry{State::printing, true, true, 10}, 11, PostVerdict::repeated},
        PostCase{"SameWhileUncertain", JournalEntry{State::uncertain, true, true, 10}, 11, PostVerdict::repeated},
        PostCase{"SameAfterDone", JournalEntry{State::done, true, true, 10}, 11, PostVerdict::repeated},
        PostCase{"PrintAgainAfterFailure", JournalEntry{State::failed, true, true, 10}, 11, PostVerdict::reopened},
        PostCase{"PrintAgainWithOtherContent", JournalEntry{State::failed, true, false, 10}, 11, PostVerdict::reopened},
        PostCase{"LateOldPostAfterFailure", JournalEntry{State::failed, true, true, 10}, 10, PostVerdict::late}),
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
  const auto seed = test_seed();
  SCOPED_TRACE(seed_note(seed));
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
  for (const auto state : kStates) {
    EXPECT_EQ(state_from(to_string(state)), state);
  }
  EXPECT_FALSE(state_from("printed"));
}

constexpr Verb kVerbs[] = {Verb::resolve_printed, Verb::resolve_not_printed, Verb::fail, Verb::hold, Verb::retry};

TEST(People, ATableSaysWhatEachVerbDoes) {
  std::string table = "| |";
  std::string line = "|---|";
  for (const auto verb : kVerbs) {
    table += " `" + std::string(to_string(verb)) + "` |";
    line += "---|";
  }
  table += "\n" + line + "\n";
  for (const auto state : kStates) {
    table += "| `" + std::string(to_string(state)) + "` |";
    for (const auto verb : kVerbs) table += " " + describe(ruling(verb, state)) + " |";
    table += "\n";
  }
  std::ifstream file(RUNBOOK);
  const std::string runbook{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(runbook.find(table), std::string::npos) << "deploy/RUNBOOK.md must hold this table:\n" << table;
}

TEST(People, EveryStateButTheFinalHasAVerbThatNeedsNoProofOrOneAPersonCanGive) {
  for (const auto state : kStates) {
    if (phase_of(state) == Phase::ended) continue;
    EXPECT_EQ(ruling(Verb::fail, state).effect, Effect::failed) << to_string(state);
    EXPECT_EQ(ruling(Verb::resolve_printed, state).effect, Effect::document) << to_string(state);
    EXPECT_NE(ruling(Verb::hold, state).effect, Effect::refused) << to_string(state);
  }
}

TEST(People, NothingTakesAReceiptOutOfDone) {
  for (const auto verb : kVerbs) {
    const auto effect = ruling(verb, State::done).effect;
    EXPECT_TRUE(effect == Effect::refused || effect == Effect::answer || effect == Effect::second_document)
        << to_string(verb);
  }
}

// What could still be printed is never queued: neither while another attempt waits for an answer, nor against a wish.
TEST(People, ADenialQueuesOnlyWhatNothingElseKeepsBack) {
  for (const auto state : kStates) {
    if (phase_of(state) != Phase::under_way) {
      EXPECT_EQ(on_denial(state, true, {}), state);
      continue;
    }
    for (const bool current : {true, false}) {
      EXPECT_EQ(on_denial(state, current, {}), State::queued);
      EXPECT_EQ(on_denial(state, current, {.hold_wanted = true}), State::held);
    }
    EXPECT_EQ(on_denial(state, true, {.unanswered = true}), State::uncertain);
    EXPECT_EQ(on_denial(state, false, {.unanswered = true}), state);
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
