#include "itkassa/document.hpp"

#include <algorithm>
#include <charconv>

#include "common/finding.hpp"
#include "common/text.hpp"
#include "common/wire_time.hpp"
#include "itkassa/errors.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::registers::itkassa {
namespace {

// `commands` is an array in the document and a JSON string in resultItem (§6.2).
std::optional<Json> first_command(const Json& commands) {
  const std::optional<Json> parsed = commands.is_string() ? parse_json(commands.text) : std::optional<Json>(commands);
  if (!parsed || !parsed->is_array() || parsed->values.empty()) return std::nullopt;
  const Json& first = parsed->values.front().value;
  return first.is_object() ? std::optional<Json>(first) : std::nullopt;
}

// Sum of the lines' totals; nullopt when there are no lines or one cannot be read.
std::optional<std::int64_t> lines_total(const Json& command) {
  const Json& lines = command["lines"];
  if (!lines.is_array() || lines.values.empty()) return std::nullopt;
  std::int64_t sum = 0;
  for (const auto& [key, line] : lines.values) {
    const std::optional<std::int64_t> total = kopecks_of(line["total"].text);
    if (!total) return std::nullopt;
    sum += *total;
  }
  return sum;
}

bool same_guid(const std::string& one, const std::string& other) { return ascii::lower(one) == ascii::lower(other); }

Evidence evidence_of(const Json& object) {
  Evidence evidence;
  evidence.add_qr(object["checkUrl"].text);
  evidence.add_fn(object["fsNumber"].scalar());
  evidence.add_fd(object["checkNumber"].scalar());
  evidence.add_fp(object["checkSign"].scalar());
  evidence.add_shift(object["sessionNumber"].scalar());
  const std::optional<WholeNumber> number = whole_number(object["checkNumber"].scalar());
  if (number && without_zeros(number->digits).empty()) evidence.add_zero_number();
  if (const auto moment = unix_of_iso(object["resultItem"]["printedAt"].text)) evidence.add_moment(*moment);
  return evidence;
}

struct ResultFields {
  std::string word;        // success | critical_error
  std::string other_word;  // what the other place says, when it says anything
  std::string error_code;  // "" and "0": none
  std::string text;        // for people
  std::string judged;      // the words that decide
};

// The vendor's own sample says beside every failed command that the register has run it (§8); alone it adds nothing.
bool only_says_executed(std::string_view description) {
  const WordSequence words(description);
  return words.size() == 4 && words.say("задани выполнен на$ ккт$");
}

// Two shapes exist; resultItem is preferred (§14).
ResultFields result_of(const Json& object) {
  const Json& item = object["resultItem"];
  const auto pick = [&](std::string_view in_item, std::string_view in_object) {
    return item[in_item].says_nothing() ? object[in_object].text : item[in_item].text;
  };
  ResultFields result;
  result.word = pick("result", "result");
  result.other_word = object["result"].text;
  result.error_code = item.has("creErrorId") ? item["creErrorId"].text : object["lastErrorId"].text;
  result.text = pick("creErrorText", "lastErrorMessage");
  result.judged = result.text;
  const std::string description = object["result_description"].text;
  const std::string added = (result.text.empty() || description.empty() ? "" : "; ") + description;
  result.text += added;
  if (!only_says_executed(description)) result.judged += added;
  return result;
}

Finding printed(const Evidence& evidence, const Requested& requested, std::string code, std::string text,
                bool warning) {
  Finding found = finding(Fact::printed, Cause::none, std::move(code), std::move(text));
  found.document = evidence.document(requested.timezone);
  found.warning = warning || evidence.left_out();
  return found;
}

Finding read_success(const ResultFields& result, const Evidence& evidence, const Requested& requested) {
  const bool fault = !is_no_error(result.error_code);
  // A fault beside "success" is believed only with the storage's own signature (exactly-once.md 8).
  if (fault && !evidence.is_signed()) {
    return contradiction("success_with_error",
                         "Касса сообщила об успехе и об ошибке " + result.error_code + ": " + result.text);
  }
  if (!evidence.is_signed() && denies_success(result.judged)) {
    return contradiction("success_with_error", "Касса сообщила об успехе словами ошибки: " + result.text);
  }
  return printed(evidence, requested, "success", result.text, fault || evidence.unreadable_qr());
}

// critical_error without anything of a document.
Finding read_failure(const ResultFields& result, const Requested& requested, const Evidence& evidence) {
  const std::string code = is_no_error(result.error_code) ? "critical_error" : result.error_code;
  switch (meaning_of_result(result.error_code, result.judged)) {
    case Meaning::data:
      // A shift report has no receipt to blame: what it carries are the pool's settings.
      return finding(Fact::not_printed, requested.content.receipt ? Cause::data : Cause::register_fault, code,
                     result.text);
    case Meaning::register_fault:
      return finding(Fact::not_printed, Cause::register_fault, code, result.text);
    case Meaning::shift_expired:
      return finding(Fact::not_printed, Cause::shift_expired, code, result.text);
    case Meaning::shift_closed:
      if (requested.type == "closeSession") return printed(evidence, requested, "already_closed", result.text, false);
      return finding(Fact::not_printed, Cause::shift_closed, code, result.text);
    case Meaning::shift_open:
      if (requested.type == "openSession") return printed(evidence, requested, "already_open", result.text, false);
      break;
    case Meaning::document:
    case Meaning::unclear:
      return contradiction(code, result.text);  // words nobody knows: a person should (exactly-once.md 8)
    case Meaning::ambiguous:
    case Meaning::duplicate:
      break;
  }
  return finding(Fact::unknown, Cause::ambiguous, code, result.text);
}

Finding read_result(const Json& object, const Requested& requested) {
  const ResultFields result = result_of(object);
  const Evidence evidence = evidence_of(object);
  const std::string told = in_words(evidence.document(requested.timezone));
  if (const std::string why = evidence.contradiction(requested.content); !why.empty()) {
    return contradiction("contradiction", "Ответ кассы противоречив: " + why + (told.empty() ? "" : " (" + told + ")"));
  }
  if (!result.other_word.empty() && result.other_word != result.word) {
    return contradiction("contradiction",
                         "Два разных результата одного документа: " + result.word + " и " + result.other_word);
  }
  if (result.word == "success") return read_success(result, evidence, requested);
  if (result.word != "critical_error") {
    return contradiction("result_unknown", "Неизвестный результат «" + result.word + "»: " + result.text);
  }
  if (!evidence.names_document() && !evidence.unreadable_qr()) return read_failure(result, requested, evidence);
  // The receipt is in the fiscal storage although the register reported a fault, typically out of paper (§11.3).
  if (evidence.is_signed()) return printed(evidence, requested, result.error_code, result.text, true);
  return contradiction("partial_attributes",
                       "Ошибка " + result.error_code + " с частью реквизитов (" + told + "): " + result.text);
}

}  // namespace

std::string document_id(const Json& object) {
  const std::string& id = object["id"].text;
  const auto plain = [](char c) { return ascii::is_letter_or_digit(c) || c == '-'; };
  return id.size() <= 64 && std::ranges::all_of(id, plain) ? id : std::string();
}

std::string difference(const Json& object, const Requested& requested, bool strict) {
  const std::string key = object["idempKey"].text;
  const std::string register_id = object["creItemId"].text;
  const std::string type = object["type"].text;
  if (!key.empty() && key != requested.key) return "ключ " + key;
  if (!register_id.empty() && !same_guid(register_id, requested.cre_item_id)) return "касса " + register_id;
  if (!type.empty() && type != requested.type) return "команда " + type;

  const std::optional<Json> command = first_command(object["commands"]);
  const std::optional<std::int64_t> total = command ? lines_total(*command) : std::nullopt;
  if (requested.content.receipt && total && *total != requested.content.total_kopecks) {
    return "сумма " + fiscal::to_rubles(fiscal::Kopecks(*total));
  }
  if (strict && (register_id.empty() || type.empty() || (key.empty() && !total)))
    return "документ без признаков нашего чека";
  return {};
}

Finding read_document(const Json& object, const Requested& requested) {
  const std::string id = document_id(object);
  Finding found;
  if (!requested.remote_id.empty() && !id.empty() && !same_guid(id, requested.remote_id)) {
    // The server made two documents of one key: the highest alarm (§10).
    return contradiction("duplicate_document", "Два документа одного ключа: " + requested.remote_id + " и " + id);
  }
  if (!object["resultItem"].is_object() && object["result"].says_nothing()) {
    const bool left_queue = object.has("queueItem") && object["queueItem"].says_nothing();
    found = finding(Fact::pending, Cause::none, left_queue ? kLeftQueue : "queued",
                    left_queue ? "Документ вышел из очереди без результата" : "Документ в очереди кассы");
  } else {
    found = read_result(object, requested);
  }
  found.remote_id = id;
  return found;
}

}  // namespace kassaflow::registers::itkassa
