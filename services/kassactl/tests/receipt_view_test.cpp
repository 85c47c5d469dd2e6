#include "receipt_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

v1::ReceiptView printed() {
  v1::ReceiptView view;
  v1::ReceiptOutcome& outcome = *view.mutable_outcome();
  outcome.set_receipt_id("018fd6d4-10cf-8a51-b0a2-6e1f0c9d7703");
  outcome.set_tenant("acme");
  outcome.set_installation("acme-main");
  outcome.set_cashbox("acme-box-1");
  outcome.set_unique_id("85");
  outcome.set_pool("acme-shop");
  outcome.set_state(v1::RECEIPT_STATE_DONE);
  outcome.set_generation(1);
  outcome.set_total_kopecks(110620);
  outcome.set_accepted_at_ms(1780300800000);
  v1::Attempt& attempt = *outcome.add_attempts();
  attempt.set_number(1);
  attempt.set_register_("acme-kkt-1");
  attempt.set_started_at_ms(1780300801000);
  attempt.set_finished_at_ms(1780300802500);
  attempt.set_outcome(v1::ATTEMPT_OUTCOME_PRINTED);
  outcome.mutable_fiscal()->set_fn("9289000100000001");
  outcome.mutable_fiscal()->set_fd(42);
  outcome.mutable_fiscal()->set_fp("123456789");
  outcome.mutable_fiscal()->set_shift(7);
  outcome.mutable_fiscal()->set_printed_at_s(1780300802);
  view.set_pushed_at_ms(1780300805000);
  return view;
}

TEST(ReceiptView, ShowsTheKeysOfTheContract) {
  EXPECT_EQ(json::value(to_object(printed())), json::parse(R"({
    "id": "018fd6d4-10cf-8a51-b0a2-6e1f0c9d7703", "tenant": "acme", "installation": "acme-main", "cashbox": "acme-box-1",
    "uniqueId": "85", "pool": "acme-shop", "state": "done", "total": "1106.20", "acceptedAt": "2026-06-01T08:00:00Z",
    "generation": 1, "conflicts": 0,
    "attempts": [{"number": 1, "register": "acme-kkt-1", "startedAt": "2026-06-01T08:00:01Z",
                  "finishedAt": "2026-06-01T08:00:02.500Z", "outcome": "printed", "detail": null}],
    "fiscal": {"fn": "9289000100000001", "fd": 42, "fp": "123456789", "registrationNumber": null, "shift": 7,
               "receiptNumber": null, "printedAt": "2026-06-01T08:00:02Z", "test": false},
    "error": null, "holdReason": null, "warnings": [], "pushedAt": "2026-06-01T08:00:05Z"})"));
}

TEST(ReceiptView, ShowsEveryFieldOfTheDocumentButThese) {
  const std::set<std::string> not_shown = {"printed_at_is_gateway_clock", "told_by_person"};
  const json::object shown = to_object(printed()).at("fiscal").as_object();
  const auto& type = *v1::FiscalDocument::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const std::string& name = type.field(i)->name();
    const std::string key = name == "printed_at_s" ? "printedAt" : type.field(i)->json_name();
    EXPECT_EQ(shown.contains(key), !not_shown.contains(name)) << name;
  }
}

TEST(ReceiptView, WithoutAFiscalDocumentFiscalIsNull) {
  v1::ReceiptView view;
  view.mutable_outcome()->set_state(v1::RECEIPT_STATE_QUEUED);
  const json::object object = to_object(view);
  EXPECT_TRUE(object.at("fiscal").is_null());
  EXPECT_TRUE(object.at("pushedAt").is_null());
  EXPECT_TRUE(object.at("attempts").as_array().empty());
  EXPECT_EQ(object.at("total"), "0.00");
}

TEST(ReceiptView, TextHoldsFactsAndAttempts) {
  const std::string text = to_text(printed());
  EXPECT_THAT(text, testing::HasSubstr("fiscal.fd                  42\n"));
  EXPECT_THAT(text, testing::HasSubstr("acme-kkt-1"));
}

TEST(ReceiptView, WarningsAreShownWithTheirLine) {
  auto view = printed();
  v1::Warning& of_line = *view.mutable_outcome()->add_warnings();
  of_line.set_kind("supplier_inn");
  of_line.set_line(2);
  of_line.set_text("ИНН поставщика неверен");
  v1::Warning& of_all = *view.mutable_outcome()->add_warnings();
  of_all.set_kind("contact_unusable");
  of_all.set_text("нет адреса покупателя");
  EXPECT_EQ(to_object(view).at("warnings"), json::parse(R"([
    {"kind": "supplier_inn", "line": 2, "text": "ИНН поставщика неверен"},
    {"kind": "contact_unusable", "line": null, "text": "нет адреса покупателя"}])"));
  EXPECT_THAT(to_text(view), testing::HasSubstr("contact_unusable  -     нет адреса покупателя\n"));
}

TEST(ReceiptView, ATestDocumentIsMarkedWhereverItIsShown) {
  auto view = printed();
  view.mutable_outcome()->mutable_fiscal()->set_test(true);
  EXPECT_EQ(to_object(view).at("fiscal").at("test"), true);
  EXPECT_THAT(to_text(view), testing::ContainsRegex("fiscal.test +true"));
  EXPECT_EQ(to_table({view}).at(1).at(1), "done (test)");
  EXPECT_EQ(to_table({printed()}).at(1).at(1), "done");
}

TEST(ReceiptView, WhyAPersonHoldsItIsShown) {
  auto view = printed();
  view.mutable_outcome()->set_hold_reason("спросить магазин");
  view.mutable_outcome()->set_error("нет бумаги");
  EXPECT_EQ(to_object(view).at("holdReason"), "спросить магазин");
  EXPECT_EQ(to_object(view).at("error"), "нет бумаги");
  EXPECT_EQ(to_table({view}).at(1).back(), "спросить магазин");
}

TEST(ReceiptView, TheAttemptADecisionIsAboutIsNamed) {
  auto view = printed();
  EXPECT_EQ(attempt_meant(view, 0), "?") << "none waits";
  EXPECT_EQ(attempt_meant(view, 1), ", attempt 1 on acme-kkt-1 (printed)?");
  for (const auto outcome : {v1::ATTEMPT_OUTCOME_UNKNOWN, v1::ATTEMPT_OUTCOME_OPEN}) {
    v1::Attempt& attempt = *view.mutable_outcome()->add_attempts();
    attempt.set_number(static_cast<std::uint32_t>(view.outcome().attempts_size()));
    attempt.set_register_("acme-kkt-2");
    attempt.set_outcome(outcome);
    if (attempt.number() == 2) {
      EXPECT_EQ(attempt_meant(view, 0), ", attempt 2 on acme-kkt-2 (unknown)?");
    }
  }
  EXPECT_THAT(attempt_meant(view, 0), testing::HasSubstr("2 on acme-kkt-2 (unknown) or 3 on acme-kkt-2 (open)"));
}

TEST(Moment, IsLocalUnlessItHasAZone) {
  struct Case {
    const char* text;
    std::int64_t seconds;
    bool has_zone;
  };
  for (const auto& [text, seconds, has_zone] :
       {Case{"2026-06-01T11:00:00", 1780311600, false}, Case{"2026-06-01T11:00", 1780311600, false},
        Case{"2026-06-01T08:00:00Z", 1780300800, true}, Case{"2026-06-01T11:00:00+03:00", 1780300800, true},
        Case{"2026-06-01T11:00+03:00", 1780300800, true}, Case{"2026-06-01T06:00:00-02:00", 1780300800, true}}) {
    const auto moment = moment_of(text);
    ASSERT_TRUE(moment) << text;
    EXPECT_EQ(moment->seconds, seconds) << text;
    EXPECT_EQ(moment->has_zone, has_zone) << text;
  }
  for (const char* wrong : {"", "yesterday", "2026-06-01", "11:00", "2026-06-31T11:00:00", "2026-06-01T25:00:00",
                            "2026-06-01T11:00:00 +03:00", "2026-06-01T11:00:00 MSK", "01.06.2026 11:00"}) {
    EXPECT_FALSE(moment_of(wrong)) << wrong;
  }
}

// A record of an older build says its attempts' outcome in a field that is reserved now.
TEST(ReceiptView, AnOutcomeThatIsNotSaidIsUnknownAndNotGuessed) {
  auto view = printed();
  view.mutable_outcome()->mutable_attempts(0)->clear_outcome();
  EXPECT_EQ(to_object(view).at("attempts").at(0).at("outcome"), "unknown");
  EXPECT_EQ(attempt_meant(view, 0), "?") << "nothing is decided about it unless it is named";
}

TEST(Since, TakesSpansAndMoments) {
  constexpr std::int64_t now = 1780300800000;
  EXPECT_EQ(since_ms("30m", now), now - 1800000);
  EXPECT_EQ(since_ms("1h", now), now - 3600000);
  EXPECT_EQ(since_ms("2d", now), now - 172800000);
  EXPECT_EQ(since_ms("2026-06-01", now), 1780272000000);
  EXPECT_EQ(since_ms("2026-06-01T08:00:00Z", now), now);
  EXPECT_EQ(since_ms("2026-06-01T08:00:00", now), now);
  for (const char* wrong :
       {"", "h", "1", "-1h", "1w", "yesterday", "2026-13-01", "2026-06-01 08:00", "999999999999d"}) {
    EXPECT_EQ(since_ms(wrong, now), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace kassaflow::kassactl
