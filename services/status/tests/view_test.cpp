#include "view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kassaflow/bitrix24/answers.hpp"
#include "outcomes.hpp"
#include "settings.hpp"

namespace kassaflow::status {
namespace {

using namespace std::chrono_literals;

const auto kPortal = portal_of("acme");

std::optional<ViewEntry> known(v1::ReceiptState state) {
  ViewEntry result;
  result.installation = kPortal.id;
  result.outcome = outcome(1, 5, state);
  return result;
}

TEST(AnswerFor, EveryStateHasItsWord) {
  const std::map<v1::ReceiptState, Answer> expected = {{v1::RECEIPT_STATE_UNSPECIFIED, Answer::wait},
                                                       {v1::RECEIPT_STATE_QUEUED, Answer::wait},
                                                       {v1::RECEIPT_STATE_PRINTING, Answer::wait},
                                                       {v1::RECEIPT_STATE_UNCERTAIN, Answer::wait},
                                                       {v1::RECEIPT_STATE_HELD, Answer::wait},
                                                       {v1::RECEIPT_STATE_DONE, Answer::done},
                                                       {v1::RECEIPT_STATE_FAILED, Answer::error_if_current}};
  for (const auto& [state, answer] : expected) EXPECT_EQ(answer_for(known(state), kPortal), answer) << state;
}

TEST(AnswerFor, Rule14_AnUnknownReceiptWaits) { EXPECT_EQ(answer_for(std::nullopt, kPortal), Answer::wait); }

TEST(AnswerFor, I5_NothingIsToldToAnotherInstallationOrTenant) {
  for (const auto state : {v1::RECEIPT_STATE_DONE, v1::RECEIPT_STATE_FAILED}) {
    EXPECT_EQ(answer_for(known(state), portal_of("other")), Answer::wait);
    auto of_another_tenant = known(state);
    of_another_tenant->outcome.set_tenant("other");
    EXPECT_EQ(answer_for(of_another_tenant, kPortal), Answer::wait) << "whoever wrote that it is of this installation";
    auto of_another_installation = known(state);
    of_another_installation->outcome.set_installation("other-main");
    EXPECT_EQ(answer_for(of_another_installation, kPortal), Answer::wait);
  }
}

TEST(AnswerFor, Rule14_AnUncoveredPostSilencesTheErrorOnly) {
  auto failed = known(v1::RECEIPT_STATE_FAILED);
  failed->uncovered_posts = true;
  EXPECT_EQ(answer_for(failed, kPortal), Answer::wait);
  auto done = known(v1::RECEIPT_STATE_DONE);
  done->uncovered_posts = true;
  EXPECT_EQ(answer_for(done, kPortal), Answer::done);
}

TEST(AnswerFor, Rule16_AWithheldErrorIsNotTold) {
  auto failed = known(v1::RECEIPT_STATE_FAILED);
  failed->error_withheld = true;
  EXPECT_EQ(answer_for(failed, kPortal), Answer::wait);
}

TEST(AnswerFor, Rule14_AnOutdatedErrorWaits) {
  auto failed = known(v1::RECEIPT_STATE_FAILED);
  failed->outdated = true;
  EXPECT_EQ(answer_for(failed, kPortal), Answer::wait);
  auto done = known(v1::RECEIPT_STATE_DONE);
  done->outdated = true;
  EXPECT_EQ(answer_for(done, kPortal), Answer::done);
}

TEST(DocumentOf, Rule19_OnlyThePrintTimeIsOurClockAndItStandsStill) {
  auto done = outcome(1, 5, v1::RECEIPT_STATE_DONE);
  auto document = document_of(done);
  EXPECT_EQ(document.printed_at_s, kFinished_ms / 1000);
  EXPECT_TRUE(document.printed_at_is_gateway_clock);
  EXPECT_TRUE(document.registration_number.empty());
  EXPECT_FALSE(document.shift);

  done.set_changed_at_ms(done.changed_at_ms() + 3600'000);  // a repeated post
  EXPECT_EQ(document_of(done).printed_at_s, document.printed_at_s);

  done.set_finished_at_ms(0);  // of an older journal
  EXPECT_EQ(document_of(done).printed_at_s, done.changed_at_ms() / 1000);

  done.mutable_fiscal()->set_printed_at_s(1795430000);
  document = document_of(done);
  EXPECT_EQ(document.printed_at_s, 1795430000);
  EXPECT_FALSE(document.printed_at_is_gateway_clock);
}

TEST(DocumentOf, Rule19_ADocumentAPersonTypedHasThePersonsTimeOrNone) {
  auto done = outcome(1, 5, v1::RECEIPT_STATE_DONE);
  done.mutable_fiscal()->set_told_by_person(true);
  EXPECT_EQ(document_of(done).printed_at_s, 0);
  EXPECT_THAT(bitrix24::check_done(uuid(1), document_of(done)), testing::Not(testing::HasSubstr("PRINT_END_TIME")));
  done.mutable_fiscal()->set_printed_at_s(1795430000);
  EXPECT_THAT(bitrix24::check_done(uuid(1), document_of(done)), testing::HasSubstr("1795430000"));
}

TEST(StatusSettings, AShortLongestBackOffShortensTheFirst) {
  StatusSettings settings;
  EXPECT_EQ(settings.retry_min(), 5s);
  for (const auto* longest : {"50ms", "1s"}) {
    settings::Settings keys;
    settings.add_to(keys);
    EXPECT_EQ(keys.load("", {{"KASSAFLOW_PUSH_RETRY_MAX", longest}}), std::vector<std::string>{});
    EXPECT_EQ(settings.retry_min(), settings.push_retry_max);
  }
}

}  // namespace
}  // namespace kassaflow::status
