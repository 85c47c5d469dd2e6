#include "kassaflow/bitrix24/answers.hpp"

#include <algorithm>

#include "json_text.hpp"

namespace kassaflow::bitrix24 {

std::string print_accepted(std::string_view uuid) { return JsonObject().text("UUID", uuid).take(); }

namespace {

// "ERRORS":["…"]
std::string errors_member(const std::vector<std::string>& errors) {
  std::string out = R"("ERRORS":[)";
  const std::size_t shown = std::min(errors.size(), kErrorsLimit);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ',';
    append_shown(out, errors[i].empty() ? "Чек не принят." : errors[i], kErrorTextLimit);
  }
  if (shown < errors.size()) {
    out += ',';
    append_shown(out, "…и ещё ошибок: " + std::to_string(errors.size() - shown), kErrorTextLimit);
  }
  return out + "]";
}

}  // namespace

std::string print_refused(const std::vector<std::string>& errors) {
  if (errors.empty()) return print_refused("Чек не принят. Повторите печать этого же чека позже.");
  return "{" + errors_member(errors) + "}";
}

std::string print_refused(std::string_view error) {
  return print_refused(std::vector<std::string>{std::string(error)});
}

std::string refused_either(std::string_view error) {
  return R"({"STATUS":"WAIT",)" + errors_member({std::string(error)}) + "}";
}

std::string check_wait() { return JsonObject().text("STATUS", "WAIT").take(); }

std::string check_done(std::string_view uuid, const fiscal::FiscalDocument& document) {
  return JsonObject().text("STATUS", "DONE").text("UUID", uuid).attributes(document).take();
}

std::string check_error(std::string_view uuid, std::string_view text) {
  return JsonObject().text("STATUS", "ERROR").text("UUID", uuid).shown("ERROR", text, kErrorTextLimit).take();
}

}  // namespace kassaflow::bitrix24
