#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "kassaflow/traces/otlp.hpp"
#include "kassaflow/traces/spans.hpp"

namespace kassaflow::traces {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::Field;

constexpr const char* kReceipt = "0190a6f2-1111-8222-8333-444444444444";

v1::ReceiptOutcome lost_then_printed() {
  v1::ReceiptOutcome outcome;
  outcome.set_receipt_id(kReceipt);
  outcome.set_tenant("acme");
  outcome.set_pool("shop");
  outcome.set_state(v1::RECEIPT_STATE_DONE);
  outcome.set_accepted_at_ms(1000);
  outcome.set_finished_at_ms(9000);
  outcome.mutable_fiscal()->set_fn("9999078902001234");
  outcome.mutable_fiscal()->set_fd(17);
  auto& lost = *outcome.add_attempts();
  lost.set_number(1);
  lost.set_register_("kkt-1");
  lost.set_started_at_ms(1200);
  lost.set_finished_at_ms(3000);
  lost.set_outcome(v1::ATTEMPT_OUTCOME_NOT_PRINTED);
  lost.set_detail("no paper");
  auto& printed = *outcome.add_attempts();
  printed.set_number(2);
  printed.set_register_("kkt-2");
  printed.set_started_at_ms(4000);
  printed.set_finished_at_ms(9000);
  printed.set_outcome(v1::ATTEMPT_OUTCOME_PRINTED);
  return outcome;
}

TEST(Traces, AReceiptsTraceIdIsItsUuid) { EXPECT_EQ(trace_id(kReceipt), "0190a6f2111182228333444444444444"); }

TEST(Traces, ShowEachSendingAndWhenThePortalWasTold) {
  const auto spans = spans_of(lost_then_printed(), 9500);
  EXPECT_THAT(spans, ElementsAre(Field(&Span::name, "receipt"), Field(&Span::name, "attempt"),
                                 Field(&Span::name, "attempt"), Field(&Span::name, "check.apply")));
  EXPECT_EQ(spans[0].start_ms, 1000);
  EXPECT_EQ(spans[0].end_ms, 9500);
  EXPECT_FALSE(spans[0].failed);
  EXPECT_TRUE(spans[1].failed);
  EXPECT_EQ(spans[1].detail, "no paper");
  EXPECT_FALSE(spans[2].failed);
  EXPECT_EQ(spans[3].start_ms, 9000);
  for (std::size_t at = 1; at < spans.size(); ++at) {
    EXPECT_EQ(spans[at].trace_id, spans[0].trace_id);
    EXPECT_EQ(spans[at].parent_id, spans[0].span_id);
    EXPECT_NE(spans[at].span_id, spans[at - 1].span_id);
    EXPECT_EQ(spans[at].span_id.size(), 16U);
  }
}

TEST(Traces, ASpanThatIsToldAgainIsTheSame) {
  const auto before = spans_of(lost_then_printed(), 0);
  const auto after = spans_of(lost_then_printed(), 9500);
  EXPECT_EQ(before[2].span_id, after[2].span_id);
}

TEST(Traces, WhatGoesOnHasNoEnd) {
  auto outcome = lost_then_printed();
  outcome.set_state(v1::RECEIPT_STATE_PRINTING);
  outcome.clear_finished_at_ms();
  outcome.mutable_attempts(1)->set_outcome(v1::ATTEMPT_OUTCOME_OPEN);
  outcome.mutable_attempts(1)->clear_finished_at_ms();
  const auto spans = spans_of(outcome, 0);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].end_ms, 0);
  EXPECT_EQ(spans[2].end_ms, 0);
  EXPECT_FALSE(spans[2].failed);
}

TEST(Traces, AFailedReceiptSaysWhy) {
  auto outcome = lost_then_printed();
  outcome.set_state(v1::RECEIPT_STATE_FAILED);
  outcome.set_error("нет такой ставки");
  EXPECT_TRUE(spans_of(outcome, 0)[0].failed);
  EXPECT_EQ(spans_of(outcome, 0)[0].detail, "нет такой ставки");
}

TEST(Otlp, IsTheRequestOfACollector) {
  const auto request = json::parse(to_otlp(spans_of(lost_then_printed(), 9500)));
  const auto& scope = request.at("resourceSpans").at(0).at("scopeSpans").at(0);
  EXPECT_EQ(request.at("resourceSpans").at(0).at("resource").at("attributes").at(0).at("value").at("stringValue"),
            "kassaflow");
  const auto& spans = scope.at("spans").as_array();
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[0].at("traceId"), "0190a6f2111182228333444444444444");
  EXPECT_EQ(spans[0].as_object().count("parentSpanId"), 0U);
  EXPECT_EQ(spans[1].at("parentSpanId"), spans[0].at("spanId"));
  EXPECT_EQ(spans[1].at("startTimeUnixNano"), "1200000000");
  EXPECT_EQ(spans[1].at("status").at("code"), 2);
  EXPECT_EQ(spans[2].as_object().count("status"), 0U);
}

TEST(Otlp, TellsOnlyWhatHasEnded) {
  auto outcome = lost_then_printed();
  outcome.set_state(v1::RECEIPT_STATE_UNCERTAIN);
  outcome.clear_finished_at_ms();
  outcome.mutable_attempts(1)->clear_finished_at_ms();
  const auto request = json::parse(to_otlp(spans_of(outcome, 0)));
  EXPECT_EQ(request.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array().size(), 1U);
  outcome.clear_attempts();
  EXPECT_EQ(to_otlp(spans_of(outcome, 0)), "");
}

}  // namespace
}  // namespace kassaflow::traces
