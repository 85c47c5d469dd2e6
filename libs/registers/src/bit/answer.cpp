#include "bit/answer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "bit/attributes.hpp"
#include "bit/render.hpp"
#include "common/finding.hpp"
#include "common/text.hpp"
#include "common/wire_json.hpp"
#include "common/wording.hpp"

namespace kassaflow::registers::bit {
namespace {

// One command's entry.
struct Entry {
  std::string name;
  const Json* value = nullptr;
};

bool is_refusal(const Json& root) {
  if (!root.is_object() || !root.has("result")) return false;
  const Json& result = root["result"];
  return result.text == "false" || result.text == "0";
}

bool is_entry(const Json& json) {
  return json.is_object() && (json.has("name") || json.has("success") || json.has("error"));
}

Entry entry_of(const std::string& key, const Json& value) {
  const std::string own(trimmed(value["name"].text));
  return {own.empty() && !all_digits(key) ? key : own, &value};
}

// Entries below the root, keyed by index or by name, also in one list more (§7 2).
std::vector<Entry> nested_entries(const Json& root) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : root.values) {
    if (value.is_object()) entries.push_back(entry_of(key, value));
    if (!value.is_array()) continue;
    for (const auto& [index, element] : value.values) {
      if (is_entry(element)) entries.push_back(entry_of(index, element));
    }
  }
  return entries;
}

// By name, else the only entry, which then must have no name: an entry under another command's name is not ours.
const Json* own_entry(const std::vector<Entry>& entries, const Requested& requested) {
  const auto is_ours = [&](const Entry& entry) { return entry.name == requested.name; };
  const auto named = std::ranges::find_if(entries, is_ours);
  if (named != entries.end()) return std::ranges::count_if(entries, is_ours) == 1 ? named->value : nullptr;
  return entries.size() == 1 && entries.front().name.empty() ? entries.front().value : nullptr;
}

Finding printed(const Evidence& evidence, const Requested& requested, std::string code, std::string text) {
  Finding found = finding(Fact::printed, Cause::none, std::move(code), std::move(text));
  fiscal::FiscalDocument document = evidence.document(requested.timezone, requested.now_s);
  // Another register than the configured one has answered: printed, but a person should know.
  found.warning =
      evidence.left_out() || (!document.registration_number.empty() && !requested.registration_number.empty() &&
                              document.registration_number != requested.registration_number);
  if (document.registration_number.empty()) document.registration_number = requested.registration_number;
  if (document.printed_at_s == 0) {
    document.printed_at_s = requested.now_s;
    document.printed_at_is_gateway_clock = true;
  }
  found.document = std::move(document);
  return found;
}

std::string with_attributes(const std::string& text, const Evidence& evidence) {
  const std::string told = in_words(evidence.told());
  return told.empty() ? text : text + " (" + told + ")";
}

Finding not_printed(Cause cause, std::string code, std::string text) {
  return finding(Fact::not_printed, cause, std::move(code), std::move(text));
}

// A failure that the driver told in words.
Finding read_failure(const std::string& text, bool packet, const Requested& requested, const Evidence& evidence) {
  if (evidence.names_document()) {
    return contradiction("error_with_attributes",
                         with_attributes("Касса сообщила об ошибке и о документе: " + text, evidence));
  }
  const bool receipt = requested.command == Command::receipt;
  switch (meaning_of(text, packet ? Speaker::refused_packet : Speaker::register_itself)) {
    case Meaning::data:
      // A shift report has no receipt to blame: what it carries are the pool's settings.
      return not_printed(receipt ? Cause::data : Cause::register_fault, "data", text);
    case Meaning::register_fault:
      return not_printed(Cause::register_fault, packet ? "packet_refused" : "register_fault", text);
    case Meaning::shift_expired:
      return not_printed(Cause::shift_expired, "shift_expired", text);
    case Meaning::shift_closed:
      if (requested.command == Command::close_shift) return printed(evidence, requested, "already_closed", text);
      if (receipt) return not_printed(Cause::shift_closed, "shift_closed", text);
      break;
    case Meaning::shift_open:
      if (requested.command == Command::open_shift) return printed(evidence, requested, "already_open", text);
      break;
    case Meaning::duplicate:
      return finding(Fact::unknown, Cause::ambiguous, "duplicate_order", text);
    case Meaning::ambiguous:
      return finding(Fact::unknown, Cause::ambiguous, "device", text);
    case Meaning::document:
      return contradiction("error_names_document", "Касса сообщила об ошибке словами о готовом документе: " + text);
    case Meaning::unclear:
      break;
  }
  return contradiction("unclear", text.empty() ? "Касса отказала без объяснения" : text);
}

Finding read_success(const std::string& text, const Requested& requested, const Evidence& evidence) {
  if (const std::string why = evidence.contradiction(requested.content); !why.empty()) {
    return contradiction("contradiction", with_attributes("Ответ кассы противоречив: " + why, evidence));
  }
  // A failure told as success; a receipt's own words ("бумага А4") do not count once there are attributes.
  if (requested.command == Command::receipt && !evidence.names_document() && denies_success(text)) {
    return contradiction("contradiction", "Касса сообщила об успехе словами ошибки: " + text);
  }
  return printed(evidence, requested, "success", text);
}

Finding read_entry(const Json& entry, const Requested& requested, const Evidence& evidence) {
  const Json& error = entry["error"];
  const Json& success = entry["success"];
  const std::string error_text = error.flat();
  if (!error.says_nothing() && !success.says_nothing()) {
    return contradiction("contradiction",
                         with_attributes("Касса сообщила и об успехе, и об ошибке: " + error_text, evidence));
  }
  if (!error.says_nothing()) return read_failure(error_text, false, requested, evidence);
  if (!success.says_nothing()) return read_success(success.flat(), requested, evidence);
  return contradiction("no_status", with_attributes("Ответ кассы не говорит ни об успехе, ни об ошибке", evidence));
}

Finding read_refused_packet(const Json& root, const Requested& requested, const Evidence& evidence) {
  std::string text = root["error"].flat();
  std::vector<Entry> entries = nested_entries(root);
  entries.push_back(entry_of({}, root));
  for (const Entry& entry : entries) {
    if (!(*entry.value)["success"].says_nothing()) {
      return contradiction("contradiction", with_attributes("Пакет отклонён, но команда выполнена: " + text, evidence));
    }
    if (text.empty()) text = (*entry.value)["error"].flat();
  }
  return read_failure(text, true, requested, evidence);
}

Finding read_json(const Json& root, const Requested& requested) {
  const Evidence evidence = collect(root);
  if (is_refusal(root)) return read_refused_packet(root, requested, evidence);
  const std::vector<Entry> entries = is_entry(root) ? std::vector{entry_of({}, root)} : nested_entries(root);
  const Json* const entry = own_entry(entries, requested);
  if (entry == nullptr) return contradiction("no_entry", with_attributes("В ответе кассы нет нашей команды", evidence));
  return read_entry(*entry, requested, evidence);
}

}  // namespace

Finding read_answer(int http_status, std::string_view body, const Requested& requested) {
  const std::string text = to_utf8(body);
  const std::optional<Json> root = parse_json(text);
  const bool success_status = http_status >= 200 && http_status < 300;
  const std::string code = success_status ? "malformed" : http_code(http_status);
  const std::string what = "Непонятный ответ кассы (HTTP " + std::to_string(http_status) + ")";
  if (!root || (!root->is_object() && !root->is_array())) return read_broken(text, requested, code, what);
  Finding found = read_json(*root, requested);
  if (!success_status && found.fact == Fact::printed) {
    return contradiction(code, "Касса сообщила об успехе с HTTP " + std::to_string(http_status) + ": " + found.text);
  }
  return found;
}

Finding read_broken(std::string_view bytes, const Requested& requested, std::string code, const std::string& text) {
  const std::string utf8 = to_utf8(bytes);
  const Evidence evidence = collect_from_bytes(utf8);
  const bool told_error = utf8.find("\"error\"") != std::string::npos;
  if (requested.command == Command::receipt && evidence.proves(requested.content) && !told_error) {
    Finding found =
        printed(evidence, requested, std::move(code), "Ответ кассы оборван, но содержит фискальные признаки чека");
    found.warning = true;
    return found;
  }
  return finding(Fact::unknown, Cause::ambiguous, std::move(code), with_attributes(text, evidence));
}

}  // namespace kassaflow::registers::bit
