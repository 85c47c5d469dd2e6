#include "itkassa/registers.hpp"

#include <optional>
#include <vector>

#include "common/evidence.hpp"
#include "common/text.hpp"
#include "common/wire_json.hpp"
#include "common/wire_time.hpp"

namespace kassaflow::registers::itkassa {
namespace {

constexpr std::int64_t kDay = 86'400;
// A node silent for longer is worth a warning; the cloud's queue keeps the documents, so it does not stop the register.
constexpr std::int64_t kSilenceLimit_s = 600;
constexpr std::int64_t kStorageWarning_s = 30 * kDay;
constexpr std::int64_t kLicenceWarning_s = 14 * kDay;
constexpr std::int64_t kUnsentWarning_s = 3 * kDay;

struct Report {
  std::vector<std::string> faults;  // the register must not be used
  std::vector<std::string> warnings;

  [[nodiscard]] std::string text() const {
    std::string joined;
    for (const auto* list : {&faults, &warnings}) {
      for (const std::string& line : *list) joined += (joined.empty() ? "" : "; ") + line;
    }
    return joined;
  }
};

bool is_yes(const Json& value) { return value.text == "1" || value.text == "true"; }

// A term that has passed is a fault, one that comes near a warning. 1970 means unknown (§7).
void judge_term(Report& report, const Json& date, std::int64_t now_s, std::int64_t warning_s, const std::string& what) {
  const std::optional<std::int64_t> end = unix_of_day(date.text);
  if (!end || *end <= 0) return;
  if (*end < now_s) {
    report.faults.push_back(what + " " + date.text.substr(0, 10));
  } else if (*end - now_s < warning_s) {
    report.warnings.push_back(what + " " + date.text.substr(0, 10));
  }
}

// A register without a registration number, or with an emulator's storage, prints without legal force (§7).
std::optional<bool> is_test(const Json& item) {
  if (item["fsNumber"].digits().starts_with(kEmulatorFn)) return true;
  if (item.has("isFiscalized") && !is_yes(item["isFiscalized"])) return true;
  if (!item.has("fiscalizationNumber")) return std::nullopt;
  return without_zeros(trimmed(item["fiscalizationNumber"].text)).empty();
}

Report judge(const Json& item, std::int64_t now_s) {
  Report report;
  const Json& state = item["state"];
  if (!is_yes(state["isOnline"])) report.faults.push_back("Нет связи с кассой: " + state["lastErrorText"].text);
  if (item["status"].text != "active") report.faults.push_back("Касса выключена в кабинете: " + item["status"].text);
  if (item["nodeStatus"].text != "ready") report.faults.push_back("Узел кассы не готов: " + item["nodeStatus"].text);
  judge_term(report, item["fsExpireAt"], now_s, kStorageWarning_s, "Срок ФН до");
  judge_term(report, item["licenseExpireAtDate"], now_s, kLicenceWarning_s, "Лицензия до");

  const auto exchange = unix_of_iso(state["lastExchangeAt"].text);
  if (exchange && now_s - *exchange > kSilenceLimit_s)
    report.warnings.push_back("Узел на связи последний раз " + state["lastExchangeAt"].text);
  const auto unsent = unix_of_day(state["ofdFirstUnsentDate"].text);
  if (!state["ofdUnsentNumber"].says_nothing() && state["ofdUnsentNumber"].text != "0" && unsent && *unsent > 0 &&
      now_s - *unsent > kUnsentWarning_s) {
    report.warnings.push_back("Не передано в ОФД документов: " + state["ofdUnsentNumber"].text);
  }
  if (is_test(item).value_or(false))
    report.warnings.emplace_back("Касса тестовая или не зарегистрирована: чеки без юридической силы");
  return report;
}

Health::Shift shift_of(const Json& state) {
  const std::string& word = state["sessionState"].text;
  if (word == "opened") return Health::Shift::open;
  if (word == "closed") return Health::Shift::closed;
  return word == "expired" ? Health::Shift::expired : Health::Shift::unknown;
}

Health down(std::string why) {
  Health health;
  health.detail = std::move(why);
  return health;
}

}  // namespace

Health read_registers(int http_status, std::string_view body, const std::string& cre_item_id, std::int64_t now_s) {
  if (http_status == 401 || http_status == 403) return down("Сервис itkassa не принял ключ API");
  const std::optional<Json> envelope = parse_json(to_utf8(body));
  if (http_status < 200 || http_status >= 300 || !envelope || !(*envelope)["list"].is_array()) {
    return down("Непонятный ответ сервиса itkassa (HTTP " + std::to_string(http_status) + ")");
  }
  for (const auto& [key, item] : (*envelope)["list"].values) {
    if (item["id"].text != cre_item_id) continue;
    const Report report = judge(item, now_s);
    Health health;
    health.up = report.faults.empty();
    health.detail = cut_utf8(report.text(), 1000);
    health.fn = item["fsNumber"].digits();
    health.registration_number = item["fiscalizationNumber"].digits();
    health.test = is_test(item);
    health.shift = shift_of(item["state"]);
    return health;
  }
  return down("Кассы нет в списке сервиса itkassa: creItemId " + cre_item_id);
}

}  // namespace kassaflow::registers::itkassa
