#include "itkassa/answer.hpp"

#include "common/finding.hpp"
#include "common/text.hpp"
#include "common/wording.hpp"
#include "itkassa/document.hpp"

namespace kassaflow::registers::itkassa {
namespace {

bool is_success(int http_status) { return http_status >= 200 && http_status < 300; }

// `code` of the envelope as a number's digits ("0"); nullopt when the answer has none.
std::optional<std::string> envelope_code(const Json& envelope) {
  const Json& code = envelope["code"];
  if (code.kind != Json::Kind::number && code.kind != Json::Kind::string) return std::nullopt;
  const std::string text(trimmed(code.text));
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

// Members of an envelope that only repeat the HTTP status ("Unprocessable entity", 422).
bool repeats_status(std::string_view key) { return key == "status" || key == "type" || key == "name"; }

// What the envelope says except the echo of our own document.
std::string refusal_text(const Json& envelope, bool with_status = true) {
  std::string text;
  for (const auto& [key, value] : envelope.values) {
    if (key == "code" || key == "object" || key == "commands") continue;
    if (!with_status && repeats_status(key)) continue;
    const std::string part = value.flat();
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

Finding foreign(const std::string& what) {
  return contradiction("foreign_document", "Сервис вернул чужой документ: " + what);
}

Finding refused_post(int http_status, const std::string& code, const Json& envelope, bool receipt) {
  const std::string own_code = "api_" + code;
  const std::string text = refusal_text(envelope);
  const Meaning meaning = http_status == 409 || says_document(text)
                              ? Meaning::unclear
                              : meaning_of(refusal_text(envelope, false), Speaker::refusing_service);
  if (meaning == Meaning::data)
    return finding(Fact::not_printed, receipt ? Cause::data : Cause::register_fault, own_code, text);
  if (meaning == Meaning::register_fault) return finding(Fact::not_printed, Cause::register_fault, own_code, text);
  // Words we do not know prove nothing, also with HTTP 400 and 422 (exactly-once.md 8): the query by key decides.
  Finding unclear = finding(Fact::unknown, Cause::ambiguous, own_code, text);
  unclear.refused = true;
  return unclear;
}

// The key, the rights or the route; what the body says of a document counts more than the status.
Finding refused_by_status(int http_status, const std::string& what, const std::string& text) {
  const std::string code = http_code(http_status);
  if (says_document(text)) return finding(Fact::unknown, Cause::ambiguous, code, what + ": " + text);
  return finding(Fact::not_printed, Cause::register_fault, code, what + ": " + text);
}

Finding unreadable(int http_status, Cause cause) {
  return finding(Fact::unknown, cause, is_success(http_status) ? "malformed" : http_code(http_status),
                 "Непонятный ответ сервиса itkassa (HTTP " + std::to_string(http_status) + ")");
}

Finding no_document(QueryBy by, std::string code) {
  if (by == QueryBy::key)
    return finding(Fact::absent, Cause::none, std::move(code), "Документа с этим ключом пока нет");
  // The service had accepted it under this id, so its absence is no clean negative.
  return contradiction("document_gone", "Сервис больше не знает принятый документ");
}

}  // namespace

Requested requested_of(const AttemptRef& attempt, const std::string& cre_item_id, const std::string& timezone) {
  Requested requested;
  requested.key = attempt.key;
  requested.remote_id = attempt.remote_id;
  requested.cre_item_id = cre_item_id;
  requested.timezone = timezone;
  if (const std::optional<Json> posted = parse_json(attempt.body)) {
    const Json& commands = (*posted)["commands"];
    if (commands.is_array() && !commands.values.empty()) requested.type = commands.values.front().value["type"].text;
  }
  requested.content.receipt = requested.type != "openSession" && requested.type != "closeSession";
  requested.content.total_kopecks = attempt.total_kopecks;
  requested.content.settlement_type = attempt.settlement_type;
  return requested;
}

Finding read_posted(int http_status, std::string_view body, const Requested& requested) {
  const std::optional<Json> envelope = parse_json(to_utf8(body));
  const bool is_object = envelope && envelope->is_object();
  const std::string text = is_object ? refusal_text(*envelope) : std::string();
  if (http_status == 401 || http_status == 403)
    return refused_by_status(http_status, "Сервис itkassa не принял ключ API", text);
  if (http_status == 404)
    return refused_by_status(http_status, "Сервис itkassa не знает такого адреса или кассы", text);
  if (!is_object || http_status == 429 || http_status < 200 || http_status >= 500)
    return unreadable(http_status, Cause::ambiguous);
  const std::optional<std::string> code = envelope_code(*envelope);
  if (!code) return unreadable(http_status, Cause::ambiguous);
  if (*code != "0") return refused_post(http_status, *code, *envelope, requested.content.receipt);
  const Json& object = (*envelope)["object"];
  if (!is_success(http_status) || document_id(object).empty()) return unreadable(http_status, Cause::ambiguous);
  if (const std::string what = difference(object, requested, false); !what.empty()) return foreign(what);
  return read_document(object, requested);
}

Finding read_queried(int http_status, std::string_view body, const Requested& requested, QueryBy by) {
  const std::optional<Json> envelope = parse_json(to_utf8(body));
  const bool is_object = envelope && envelope->is_object();
  if (http_status == 401 || http_status == 403) {
    return finding(Fact::unknown, Cause::register_fault, http_code(http_status), "Сервис itkassa не принял ключ API");
  }
  // A clean negative is the application's own word, not a proxy's page (§11.2 3).
  const bool bare = is_object && !(*envelope)["object"].is_object() && !says_document(refusal_text(*envelope));
  if (http_status == 404 && bare) return no_document(by, http_code(404));
  if (!is_object || !is_success(http_status)) {
    return unreadable(http_status, Cause::transient);
  }
  const std::optional<std::string> code = envelope_code(*envelope);
  if (!code) return unreadable(http_status, Cause::transient);
  if (*code != "0") {
    const std::string text = refusal_text(*envelope);
    if (says_not_found(text)) return no_document(by, "api_" + *code);
    const bool fault = meaning_of(text, Speaker::refusing_service) == Meaning::register_fault;
    const Cause cause = fault ? Cause::register_fault : Cause::transient;
    return finding(Fact::unknown, cause, "api_" + *code, text);
  }
  const Json& object = (*envelope)["object"];
  if (object.says_nothing()) return no_document(by, "empty_object");
  if (!object.is_object()) return unreadable(http_status, Cause::transient);
  if (const std::string what = difference(object, requested, by == QueryBy::key); !what.empty()) return foreign(what);
  return read_document(object, requested);
}

std::optional<NamedInCallback> named_in_callback(std::string_view body) {
  const std::optional<Json> object = parse_json(to_utf8(body));
  if (!object || !object->is_object()) return std::nullopt;
  const Json& register_id = (*object)["creItemId"];
  return NamedInCallback{register_id.kind == Json::Kind::string ? register_id.text : std::string(),
                         (*object)["idempKey"].text, document_id(*object)};
}

std::optional<Finding> read_called_back(std::string_view body, const Requested& requested) {
  const std::optional<Json> object = parse_json(to_utf8(body));
  if (!object || !object->is_object()) return std::nullopt;
  const bool our_key = (*object)["idempKey"].text == requested.key;
  const bool our_id = !requested.remote_id.empty() && document_id(*object) == requested.remote_id;
  if (!our_key && !our_id) return std::nullopt;
  if (const std::string what = difference(*object, requested, !our_id); !what.empty()) return foreign(what);
  return read_document(*object, requested);
}

}  // namespace kassaflow::registers::itkassa
