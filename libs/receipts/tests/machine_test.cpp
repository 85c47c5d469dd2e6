#include "kassaflow/receipts/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "test_seed.hpp"

namespace kassaflow::receipts {
namespace {

struct PostCase {
  const char* name;
  Snapshot known;
  Posted post;
  PostVerdict expected;
};

class OnPost : public testing::TestWithParam<PostCase> {};

TEST_P(OnPost, Rule13_DecidesAboutContent) {
  const auto next = apply(GetParam().known, GetParam().post);
  EXPECT_EQ(next.verdict, GetParam().expected);
  const bool queues = next.verdict == PostVerdict::reopened || !GetParam().known.readable;
  EXPECT_EQ(next.state, queues ? State::queued : GetParam().known.state);
}

Snapshot known(State state, bool attempted) { return {.state = state, .attempted = attempted}; }

constexpr Posted kSame{.newer = true, .same_content = true};
constexpr Posted kOther{.newer = true};
constexpr Posted kOlderOther{};
constexpr Posted kMoved{.newer = true, .same_content = true, .same_cashbox = false};

INSTANTIATE_TEST_SUITE_P(
    Table, OnPost,
    testing::Values(
        PostCase{"SameWhileQueued", known(State::queued, false), kSame, PostVerdict::repeated},
        PostCase{"NewerContentNeverAttempted", known(State::queued, false), kOther, PostVerdict::replaced},
        PostCase{"OlderContentNeverAttempted", known(State::queued, false), kOlderOther, PostVerdict::superseded},
        PostCase{"OtherContentAfterAnAttempt", known(State::queued, true), kOther, PostVerdict::conflict},
        PostCase{"OtherContentWhilePrinting", known(State::printing, true), kOther, PostVerdict::conflict},
        PostCase{"OtherContentWhileUncertain", known(State::uncertain, true), kOther, PostVerdict::conflict},
        PostCase{"OtherContentWhileHeld", known(State::held, true), kOther, PostVerdict::conflict},
        PostCase{"NewerContentHeldBeforeAnyAttempt", known(State::held, false), kOther, PostVerdict::replaced},
        PostCase{"OtherCashboxNeverAttempted", known(State::queued, false), kMoved, PostVerdict::replaced},
        PostCase{"OlderOtherCashbox",
                 known(State::queued, false),
                 {.same_content = true, .same_cashbox = false},
                 PostVerdict::superseded},
        PostCase{"OtherCashboxAfterAnAttempt", known(State::queued, true), kMoved, PostVerdict::repeated},
        PostCase{"OtherContentAfterDone", known(State::done, true), kOther, PostVerdict::conflict},
        PostCase{
            "TheFirstThatCanBeRead", {.state = State::held, .readable = false}, kOlderOther, PostVerdict::replaced},
        PostCase{"SameWhilePrinting", known(State::printing, true), kSame, PostVerdict::repeated},
        PostCase{"SameWhileUncertain", known(State::uncertain, true), kSame, PostVerdict::repeated},
        PostCase{"SameAfterDone", known(State::done, true), kSame, PostVerdict::repeated},
        PostCase{"PrintAgainAfterFailure", known(State::failed, true), kSame, PostVerdict::reopened},
        PostCase{"PrintAgainWithOtherContent", known(State::failed, true), kOther, PostVerdict::reopened},
        PostCase{"LateOldPostAfterFailure", known(State::failed, true), {.same_content = true}, PostVerdict::late}),
    [](const auto& info) { return info.param.name; });

TEST(Machine, ARecordThatNobodyCouldReadTakesNothingBackFromARegister) {
  for (const auto state : {State::printing, State::uncertain, State::done}) {
    EXPECT_EQ(apply({.state = state, .readable = false}, kOther).state, state);
  }
}

TEST(Machine, WhatAPersonHoldsStaysHeldWhenItCanBeReadAtLast) {
  const Snapshot held{.state = State::held, .readable = false, .hold_wanted = true};
  EXPECT_EQ(apply(held, kOther).verdict, PostVerdict::replaced);
  EXPECT_EQ(apply(held, kOther).state, State::held);
}

struct EvidenceCase {
  State state;
  Evidence evidence;
  bool in_question;
  State expected;
  Alarm alarm;
};

class OnEvidence : public testing::TestWithParam<EvidenceCase> {};

TEST_P(OnEvidence, Decides) {
  const auto& given = GetParam();
  const auto next = apply({.state = given.state}, Told{given.evidence, given.in_question});
  EXPECT_EQ(to_string(next.state), to_string(given.expected));
  EXPECT_EQ(next.alarm, given.alarm);
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
                    EvidenceCase{State::done, printed_as_another, true, State::done, Alarm::none},
                    EvidenceCase{State::printing, printed_as_another, true, State::uncertain, Alarm::none},
                    EvidenceCase{State::failed, printed_as_another, false, State::uncertain, Alarm::none},
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

constexpr Evidence kEvidence[] = {printed, printed_as_another, not_printed_data, not_printed_other, not_printed_legally,
                                  lost,    proved_absent,      doubted};

// Whatever comes in whatever order: done is terminal, and nothing but a proof takes a lost receipt back to the queue.
TEST(Machine, Rule6_DoneIsTerminalAndLostIsNeverReprintedUnproved) {
  const auto seed = test_seed();
  SCOPED_TRACE(seed_note(seed));
  std::mt19937 random(seed);
  for (int life = 0; life < 2000; ++life) {
    auto state = State::printing;
    bool lost_before = false;
    for (int step = 0; step < 20; ++step) {
      const auto evidence = kEvidence[random() % std::size(kEvidence)];
      const auto next = apply({.state = state}, Told{evidence}).state;
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
  EXPECT_NE(runbook.find(table), std::string::npos) << "docs/runbooks/decisions.md must hold this table:\n" << table;
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
  const auto denied = [](const Snapshot& receipt, bool in_question) {
    return apply(receipt, Ordered{Verb::resolve_not_printed, in_question}).state;
  };
  for (const auto state : kStates) {
    if (phase_of(state) != Phase::under_way) {
      EXPECT_EQ(denied({.state = state}, true), state);
      continue;
    }
    for (const bool in_question : {true, false}) {
      EXPECT_EQ(denied({.state = state}, in_question), State::queued);
      EXPECT_EQ(denied({.state = state, .hold_wanted = true}, in_question), State::held);
    }
    EXPECT_EQ(denied({.state = state, .unanswered = true}, true), State::uncertain);
    EXPECT_EQ(denied({.state = state, .unanswered = true}, false), state);
  }
}

TEST(Machine, NothingIsQueuedThatCouldPrintTwiceOrMustBeLookedAt) {
  const auto refused = [](Snapshot receipt, Evidence evidence) {
    receipt.state = State::printing;
    return apply(receipt, Told{evidence}).state;
  };
  EXPECT_EQ(refused({}, not_printed_other), State::queued);
  EXPECT_EQ(refused({.unanswered = true}, not_printed_other), State::uncertain);
  EXPECT_EQ(refused({.unanswered = true, .hold_wanted = true}, not_printed_other), State::uncertain);
  EXPECT_EQ(refused({.hold_wanted = true}, not_printed_other), State::held);
  EXPECT_EQ(refused({.refused_enough = true}, not_printed_other), State::held);
  EXPECT_EQ(refused({.unanswered = true}, not_printed_data), State::uncertain);
  EXPECT_EQ(refused({.hold_wanted = true, .refused_enough = true}, not_printed_data), State::failed);
  EXPECT_EQ(refused({.unanswered = true, .hold_wanted = true, .refused_enough = true}, printed), State::done);
  for (const auto state : {State::held, State::failed}) {
    const Snapshot asked{.state = state, .unanswered = true};
    EXPECT_EQ(apply(asked, Ordered{Verb::retry}).state, state == State::held ? State::uncertain : State::failed);
    EXPECT_EQ(apply(asked, Step::error_withheld).state, state == State::failed ? State::uncertain : State::held);
  }
}

// --- the whole table ---

// All circumstances of a state; the plain one first.
std::vector<Snapshot> circumstances(State state) {
  std::vector<Snapshot> all;
  for (unsigned bits = 0; bits < 32; ++bits) {
    all.push_back({.state = state,
                   .attempted = (bits & 1) != 0,
                   .readable = (bits & 2) == 0,
                   .unanswered = (bits & 4) != 0,
                   .hold_wanted = (bits & 8) != 0,
                   .refused_enough = (bits & 16) != 0});
  }
  return all;
}

std::string what_follows(State state, const Event& event, const Transition& next) {
  const std::string then(next.state == state ? "" : to_string(next.state));
  if (!std::holds_alternative<Posted>(event)) return then.empty() ? "stays" : then;
  return std::string(to_string(next.verdict)) + (then.empty() ? "" : " → " + then);
}

// "queued (held, uncertain)"; empty: the state stays as it is.
std::string cell(State state, const Event& event) {
  std::vector<std::string> all;
  bool alarm = false;
  for (const auto& one : circumstances(state)) {
    const auto next = apply(one, event);
    alarm = alarm || next.alarm != Alarm::none;
    auto follows = what_follows(state, event, next);
    if (std::ranges::find(all, follows) == all.end()) all.push_back(std::move(follows));
  }
  if (all == std::vector<std::string>{"stays"}) return alarm ? "alarm" : "";
  std::string text = all[0];
  for (std::size_t i = 1; i < all.size(); ++i) text += (i == 1 ? " (" : ", ") + all[i];
  return text + (all.size() > 1 ? ")" : "") + (alarm ? ", alarm" : "");
}

struct Row {
  std::string name;
  Event event;
};

std::string table(const std::vector<Row>& rows) {
  std::string text = "| |";
  std::string line = "|---|";
  for (const auto state : kStates) {
    text += " `" + std::string(to_string(state)) + "` |";
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (const auto& row : rows) {
    text += "| " + row.name + " |";
    for (const auto state : kStates) {
      const auto next = cell(state, row.event);
      text += next.empty() ? " |" : " " + next + " |";
    }
    text += "\n";
  }
  return text;
}

TEST(Transitions, APageShowsThemAll) {
  std::string text = "## A post\n\n" + table({{"newer, other content", kOther},
                                              {"older, other content", kOlderOther},
                                              {"newer, same content", kSame},
                                              {"older, same content", Posted{.same_content = true}},
                                              {"newer, same content, other cashbox", kMoved}});
  text += "\n## What an attempt learned\n\n" +
          table({{"printed", Told{printed}},
                 {"printed, of an older attempt", Told{printed, false}},
                 {"printed, but the document is another's", Told{printed_as_another}},
                 {"refused: it cannot be printed as it is", Told{not_printed_data}},
                 {"refused: register, link or shift", Told{not_printed_other}},
                 {"printed without legal force", Told{not_printed_legally}},
                 {"not printed, of an older attempt", Told{not_printed_other, false}},
                 {"no answer", Told{lost}},
                 {"proved not printed", Told{proved_absent}},
                 {"was believed not printed, and a number is missing", Told{doubted}}});
  text +=
      "\n## The gateway's own steps\n\n" + table({{"an attempt is opened", Step::opened},
                                                  {"no register of its pool can express it", Step::unprintable},
                                                  {"this version cannot read it", Step::unreadable},
                                                  {"its pool is another tenant's", Step::foreign},
                                                  {"status withholds its error for a retry", Step::error_withheld}});
  std::vector<Row> orders;
  for (const auto verb : kVerbs) orders.push_back({"`" + std::string(to_string(verb)) + "`", Ordered{verb}});
  text += "\n## A person\n\n" + table(orders);

  std::ifstream file(TRANSITIONS);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find(text), std::string::npos) << "docs/architecture/transitions.md must hold these tables:\n" << text;
}

}  // namespace
}  // namespace kassaflow::receipts
