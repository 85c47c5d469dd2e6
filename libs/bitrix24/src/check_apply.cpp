#include "kassaflow/bitrix24/check_apply.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "json_text.hpp"
#include "kassaflow/bitrix24/answers.hpp"

namespace kassaflow::bitrix24 {

namespace {

namespace json = boost::json;

struct Rule {
  std::string_view code;  // upper case
  Reaction reaction;
};

// §8 and §11.1. The same code may come with different HTTP statuses, so the code decides.
constexpr std::array kRules = {
    Rule{"ERROR_CHECK_NOT_FOUND", Reaction::retry_not_found},
    Rule{"ERROR_CHECK_FAILURE", Reaction::give_up},
    Rule{"QUERY_LIMIT_EXCEEDED", Reaction::rate_limited},
    Rule{"OPERATION_TIME_LIMIT", Reaction::pause_until},
    Rule{"OVERLOAD_LIMIT", Reaction::stop_alarm},
    Rule{"EXPIRED_TOKEN", Reaction::reauthorise},
    Rule{"NO_AUTH_FOUND", Reaction::reauthorise},
    Rule{"INVALID_CREDENTIALS", Reaction::reauthorise},
    Rule{"INSUFFICIENT_SCOPE", Reaction::stop_alarm},
    Rule{"ACCESS_DENIED", Reaction::stop_alarm},
    Rule{"USER_ACCESS_ERROR", Reaction::stop_alarm},
    Rule{"AUTHORIZATION_ERROR", Reaction::stop_alarm},
    Rule{"APPLICATION_NOT_FOUND", Reaction::stop_alarm},
    Rule{"CONNECTION_ERROR", Reaction::retry_backoff},
    Rule{"WRONG_AUTH_TYPE", Reaction::stop_alarm},
    Rule{"ERROR_METHOD_NOT_FOUND", Reaction::stop_alarm},
    Rule{"INVALID_REQUEST", Reaction::stop_alarm},
    Rule{"PORTAL_DELETED", Reaction::portal_closed},
    Rule{"INTERNAL_SERVER_ERROR", Reaction::retry_backoff},
    Rule{"ERROR_UNEXPECTED_ANSWER", Reaction::retry_backoff},
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

// Boost looks members up in a table whose hash can be foreseen: names can be chosen that all meet in one place, and
// each is compared with all before it. An answer has a dozen members.
json::object parse_object(std::string_view body) {
  constexpr std::ptrdiff_t kMostMembers = 1000;
  if (std::ranges::count(body, ':') > kMostMembers) return {};
  boost::system::error_code error;
  json::value value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return {};
  return std::move(value.as_object());
}

// Only a code goes to logs: words of ASCII letters, digits and underscores. Numbers are codes too (§11.1).
std::string error_code(const json::object& answer) {
  const json::value* error = answer.if_contains("error");
  if (error == nullptr) return {};
  if (error->is_int64()) return std::to_string(error->as_int64());
  if (!error->is_string()) return {};
  const std::string code = upper({error->as_string().data(), error->as_string().size()});
  const bool plain = code.size() <= 64 && std::all_of(code.begin(), code.end(), [](char c) {
                       return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
                     });
  return plain ? code : std::string();
}

std::int64_t operating_reset_at(const json::object& answer) {
  const json::value* time = answer.if_contains("time");
  if (time == nullptr || !time->is_object()) return 0;
  const json::value* reset = time->as_object().if_contains("operating_reset_at");
  if (reset == nullptr || !reset->is_int64()) return 0;
  return std::max<std::int64_t>(reset->as_int64(), 0);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Verdict verdict(Reaction reaction, std::string reason) {
  Verdict made;
  made.reaction = reaction;
  made.reason = std::move(reason);
  return made;
}

Verdict by_status(int status) {
  const std::string reason = "http_" + std::to_string(status);
  if (status == 429) return verdict(Reaction::rate_limited, reason);
  if (status == 401) return verdict(Reaction::reauthorise, reason);
  if (status == 403 || status == 404 || status == 405) return verdict(Reaction::stop_alarm, reason);
  // 400 too: what is not understood may pass, and an outcome given up is never pushed again.
  return verdict(Reaction::retry_backoff, reason);
}

Verdict by_code(PushedEnd told, const std::string& code, const json::object& answer, int status) {
  // §8: the error reply to STATUS=ERROR is the sign of success; to a printed check it says that its order is gone.
  if (code == "ERROR_CHECK_APPLY") {
    return verdict(told == PushedEnd::error ? Reaction::told_error : Reaction::give_up, code);
  }
  const auto* rule = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& r) { return r.code == code; });
  if (rule == kRules.end()) {
    return verdict(by_status(status).reaction, code);
  }
  Verdict known = verdict(rule->reaction, code);
  if (rule->reaction == Reaction::pause_until) known.pause_until_s = operating_reset_at(answer);
  return known;
}

Verdict judge(PushedEnd told, const json::object& body, int status) {
  if (const std::string code = error_code(body); !code.empty()) return by_code(told, code, body, status);
  if (status != 200 || body.contains("error")) return by_status(status == 200 ? 500 : status);
  const json::value* result = body.if_contains("result");
  if (result == nullptr || !result->is_bool() || !result->as_bool()) {
    return verdict(Reaction::retry_backoff, "unexpected_answer");
  }
  // "true" to STATUS=ERROR: the check was printed before, the first data win (§8).
  return verdict(Reaction::done, told == PushedEnd::error ? "already_printed_in_portal" : "applied");
}

}  // namespace

std::string_view name_of(Reaction reaction) {
  switch (reaction) {
    case Reaction::done:
      return "done";
    case Reaction::told_error:
      return "told_error";
    case Reaction::retry_not_found:
      return "retry_not_found";
    case Reaction::retry_backoff:
      return "retry_backoff";
    case Reaction::rate_limited:
      return "rate_limited";
    case Reaction::pause_until:
      return "pause_until";
    case Reaction::reauthorise:
      return "reauthorise";
    case Reaction::stop_alarm:
      return "stop_alarm";
    case Reaction::portal_closed:
      return "portal_closed";
    case Reaction::moved:
      return "moved";
    case Reaction::give_up:
      return "give_up";
  }
  return "unknown";
}

std::string check_apply_done(std::string_view uuid, const fiscal::FiscalDocument& document) {
  return JsonObject().text("UUID", uuid).attributes(document).take();
}

std::string check_apply_error(std::string_view uuid, std::string_view text) {
  return JsonObject().text("UUID", uuid).text("STATUS", "ERROR").shown("ERROR", text, kErrorTextLimit).take();
}

Verdict classify_check_apply(PushedEnd told, const PushAnswer& answer) {
  if (is_redirect(answer.status)) {
    const bool absolute = answer.location.starts_with("https://") || answer.location.starts_with("http://");
    if (!absolute) return verdict(Reaction::stop_alarm, "redirect_without_address");
    Verdict moved = verdict(Reaction::moved, "moved");
    moved.location = std::string(answer.location);
    return moved;
  }
  const json::object body = parse_object(answer.body);
  Verdict judged = judge(told, body, answer.status);
  judged.from_portal = body.contains("result") || body.contains("error");
  return judged;
}

}  // namespace kassaflow::bitrix24
