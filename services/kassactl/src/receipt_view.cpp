#include "receipt_view.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <ctime>

#include "kassaflow/documents/words.hpp"
#include "kassaflow/fiscal/money.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

std::string rubles(std::int64_t kopecks) { return fiscal::to_rubles(fiscal::Kopecks(kopecks)); }

json::object to_object(const v1::Attempt& attempt) {
  return {{"number", attempt.number()},
          {"register", attempt.register_()},
          {"startedAt", to_time(attempt.started_at_ms())},
          {"finishedAt", to_time(attempt.finished_at_ms())},
          {"outcome", documents::word_of(attempt.outcome())},
          {"detail", text_or_null(attempt.detail())}};
}

// What the register did not tell is null, never a zero (invariant I4).
json::value to_value(const v1::ReceiptOutcome& outcome) {
  if (!outcome.has_fiscal()) return nullptr;
  const v1::FiscalDocument& document = outcome.fiscal();
  return json::object{
      {"fn", text_or_null(document.fn())},
      {"fd", document.fd() == 0 ? json::value(nullptr) : json::value(document.fd())},
      {"fp", text_or_null(document.fp())},
      {"registrationNumber", text_or_null(document.registration_number())},
      {"shift", document.has_shift() ? json::value(document.shift()) : json::value(nullptr)},
      {"receiptNumber", document.has_receipt_number() ? json::value(document.receipt_number()) : json::value(nullptr)},
      {"printedAt", to_time(document.printed_at_s() * 1000)},
      {"test", document.test()},
  };
}

json::object to_object(const v1::Warning& warning) {
  return {{"kind", warning.kind()},
          {"line", warning.line() == 0 ? json::value(nullptr) : json::value(warning.line())},
          {"text", warning.text()}};
}

// "done (test)": nobody may take a test register's document for a legal one.
std::string shown_state(const v1::ReceiptOutcome& outcome) {
  return std::string(documents::word_of(outcome.state())) + (outcome.fiscal().test() ? " (test)" : "");
}

std::string plain(const json::value& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

// `format` as strptime's. Not date::parse: it reads seconds as a long double, which is none behind libcrypto's vector
// code on the same thread, and a receipt's time would be another one.
std::optional<std::int64_t> moment_ms(std::string_view text, const char* format) {
  const std::string whole(text);
  if (whole.find(' ') != std::string::npos) return std::nullopt;  // strptime passes over it
  std::tm told{};
  const char* end = strptime(whole.c_str(), format, &told);
  if (end == nullptr || *end != '\0') return std::nullopt;
  std::tm normal = told;
  const std::int64_t local_s = timegm(&normal);
  const bool exists = normal.tm_mon == told.tm_mon && normal.tm_min == told.tm_min;  // not 30 February, nor second 60
  return exists ? std::optional((local_s - told.tm_gmtoff) * 1000) : std::nullopt;
}

std::optional<std::int64_t> unit_ms(char unit) {
  switch (unit) {
    case 's':
      return 1000;
    case 'm':
      return 60'000;
    case 'h':
      return 3'600'000;
    case 'd':
      return 86'400'000;
    default:
      return std::nullopt;
  }
}

}  // namespace

json::object to_object(const v1::ReceiptView& view) {
  const v1::ReceiptOutcome& outcome = view.outcome();
  json::array attempts;
  for (const v1::Attempt& attempt : outcome.attempts()) attempts.push_back(to_object(attempt));
  json::array warnings;
  for (const v1::Warning& warning : outcome.warnings()) warnings.push_back(to_object(warning));
  return {{"id", outcome.receipt_id()},
          {"tenant", outcome.tenant()},
          {"installation", outcome.installation()},
          {"cashbox", outcome.cashbox()},
          {"uniqueId", outcome.unique_id()},
          {"pool", outcome.pool()},
          {"state", documents::word_of(outcome.state())},
          {"total", rubles(outcome.total_kopecks())},
          {"acceptedAt", to_time(outcome.accepted_at_ms())},
          {"generation", outcome.generation()},
          {"conflicts", outcome.conflicts()},
          {"attempts", std::move(attempts)},
          {"fiscal", to_value(outcome)},
          {"error", text_or_null(outcome.error())},
          {"holdReason", text_or_null(outcome.hold_reason())},
          {"warnings", std::move(warnings)},
          {"pushedAt", to_time(view.pushed_at_ms())}};
}

std::string to_text(const v1::ReceiptView& view) {
  json::object object = to_object(view);
  Table facts;
  for (const auto& entry : object) {
    if (entry.key() == "attempts" || entry.key() == "fiscal" || entry.key() == "warnings") continue;
    facts.push_back({std::string(entry.key()), plain(entry.value())});
  }
  if (const auto* fiscal = object["fiscal"].if_object()) {
    for (const auto& entry : *fiscal) facts.push_back({"fiscal." + std::string(entry.key()), plain(entry.value())});
  }
  Table attempts = {{"ATTEMPT", "REGISTER", "STARTED", "FINISHED", "OUTCOME", "DETAIL"}};
  for (const auto& attempt : object["attempts"].get_array()) {
    auto& row = attempts.emplace_back();
    for (const auto& entry : attempt.get_object()) row.push_back(plain(entry.value()));
  }
  Table warnings = {{"WARNING", "LINE", "TEXT"}};
  for (const auto& warning : object["warnings"].get_array()) {
    auto& row = warnings.emplace_back();
    for (const auto& entry : warning.get_object()) row.push_back(plain(entry.value()));
  }
  std::string text = to_text(facts);
  for (const auto& table : {attempts, warnings}) {
    if (table.size() > 1) text += "\n" + to_text(table);
  }
  return text;
}

Table to_table(const std::vector<v1::ReceiptView>& views) {
  Table table = {{"ID", "STATE", "TOTAL", "TENANT", "POOL", "UNIQUE ID", "ACCEPTED", "ERROR"}};
  for (const v1::ReceiptView& view : views) {
    const v1::ReceiptOutcome& outcome = view.outcome();
    table.push_back({outcome.receipt_id(), shown_state(outcome), rubles(outcome.total_kopecks()), outcome.tenant(),
                     outcome.pool(), outcome.unique_id(), plain(to_time(outcome.accepted_at_ms())),
                     outcome.hold_reason().empty() ? outcome.error() : outcome.hold_reason()});
  }
  return table;
}

std::string attempt_meant(const v1::ReceiptView& view, std::uint32_t number) {
  std::string meant;
  int count = 0;
  for (const v1::Attempt& attempt : view.outcome().attempts()) {
    const bool unanswered =
        attempt.outcome() == v1::ATTEMPT_OUTCOME_OPEN || attempt.outcome() == v1::ATTEMPT_OUTCOME_UNKNOWN;
    if (number == 0 ? !unanswered : attempt.number() != number) continue;
    ++count;
    meant += (meant.empty() ? ", attempt " : " or ") + std::to_string(attempt.number()) + " on " + attempt.register_() +
             " (" + std::string(documents::word_of(attempt.outcome())) + ")";
  }
  return meant + (count > 1 ? ": which one, says only --attempt." : "?");
}

std::optional<Moment> moment_of(std::string_view text) {
  for (const char* format : {"%FT%TZ", "%FT%T%z", "%FT%H:%MZ", "%FT%H:%M%z"}) {
    if (const auto moment = moment_ms(text, format)) return Moment{*moment / 1000, true};
  }
  for (const char* format : {"%FT%T", "%FT%H:%M"}) {
    if (const auto moment = moment_ms(text, format)) return Moment{*moment / 1000, false};
  }
  return std::nullopt;
}

std::optional<std::int64_t> since_ms(std::string_view text, std::int64_t now_ms) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end + 1 == text.data() + text.size() && count >= 0) {
    if (const auto unit = unit_ms(*end); unit && count <= now_ms / *unit) return now_ms - count * *unit;
  }
  for (const char* format : {"%FT%TZ", "%FT%T", "%F"}) {
    if (const auto moment = moment_ms(text, format)) return moment;
  }
  return std::nullopt;
}

}  // namespace kassaflow::kassactl
