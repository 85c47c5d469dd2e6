#include "itkassa/registers.hpp"

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "common/evidence.hpp"
#include "common/text.hpp"
#include "common/wire_json.hpp"
#include "common/wire_time.hpp"
#include "kassaflow/fiscal/timezone.hpp"

namespace kassaflow::registers::itkassa {
namespace {

constexpr std::int64_t kDay = 86'400;
// A node silent for longer is worth a warning; the cloud's queue keeps the documents, so it does not stop the register.
constexpr std::int64_t kSilenceLimit_s = 600;
constexpr std::int64_t kStorageWarning_s = 30 * kDay;
constexpr std::int64_t kLicenceWarning_s = 14 * kDay;
constexpr std::int64_t kUnsentWarning_s = 3 * kDay;
constexpr std::int64_t kMostDocuments = 1'000'000'000;  // beyond it a count is none

using Why = Health::Why;

struct Report {
  std::vector<std::pair<Why, std::string>> faults;  // the register must not be used
  std::vector<std::string> warnings;

  [[nodiscard]] std::string text() const {
    std::string joined;
    for (const auto& [why, line] : faults) joined += (joined.empty() ? "" : "; ") + line;
    for (const std::string& line : warnings) joined += (joined.empty() ? "" : "; ") + line;
    return joined;
  }
};

bool is_yes(const Json& value) { return value.text == "1" || value.text == "true"; }

// A term that has passed is a fault, one that comes near a warning. 1970 means unknown (§7).
void judge_term(Report& report, const Json& date, std::int64_t now_s, std::int64_t warning_s, Why why,
                const std::string& what) {
  const std::optional<std::int64_t> end = unix_of_day(date.text);
  if (!end || *end <= 0) return;
  if (*end < now_s) {
    report.faults.emplace_back(why, what + " " + date.text.substr(0, 10));
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
  if (!is_yes(state["isOnline"]))
    report.faults.emplace_back(Why::unreachable, "Нет связи с кассой: " + state["lastErrorText"].text);
  if (item["status"].text != "active")
    report.faults.emplace_back(Why::disabled, "Касса выключена в кабинете: " + item["status"].text);
  if (item["nodeStatus"].text != "ready")
    report.faults.emplace_back(Why::unreachable, "Узел кассы не готов: " + item["nodeStatus"].text);
  judge_term(report, item["fsExpireAt"], now_s, kStorageWarning_s, Why::storage, "Срок ФН до");
  judge_term(report, item["licenseExpireAtDate"], now_s, kLicenceWarning_s, Why::licence, "Лицензия до");

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

// Documents are counted in digits, times stand without a zone; 1970 means unknown (§7).
Health::Storage storage_of(const Json& item, std::string_view timezone) {
  constexpr std::size_t kSeconds = std::string_view("2026-03-01T12:00:41").size();  // fractions follow
  Health::Storage storage;
  if (const auto end = unix_of_day(item["fsExpireAt"].text); end && *end > 0) storage.ends_at_s = end;
  const std::string unsent = item["state"]["ofdUnsentNumber"].digits();
  std::int64_t count = 0;
  const auto read = std::from_chars(unsent.data(), unsent.data() + unsent.size(), count);
  if (unsent.empty() || read.ec != std::errc() || count > kMostDocuments) return storage;
  storage.unsent = count;
  const auto local = local_of(std::string_view(item["state"]["ofdFirstUnsentDate"].text).substr(0, kSeconds));
  if (count == 0 || !local || *local <= kDay) return storage;
  if (const auto since = fiscal::local_to_unix(*local, timezone)) storage.unsent_since_s = *since;
  return storage;
}

Health down(Why why, std::string text) {
  Health health;
  health.why = why;
  health.detail = std::move(text);
  return health;
}

}  // namespace

Health read_registers(int http_status, std::string_view body, const std::string& cre_item_id, std::string_view timezone,
                      std::int64_t now_s) {
  if (http_status == 401 || http_status == 403) return down(Why::credentials, "Сервис itkassa не принял ключ API");
  const std::optional<Json> envelope = parse_json(to_utf8(body));
  if (http_status < 200 || http_status >= 300 || !envelope || !(*envelope)["list"].is_array()) {
    return down(Why::answer, "Непонятный ответ сервиса itkassa (HTTP " + std::to_string(http_status) + ")");
  }
  for (const auto& [key, item] : (*envelope)["list"].values) {
    if (item["id"].text != cre_item_id) continue;
    const Report report = judge(item, now_s);
    Health health;
    health.up = report.faults.empty();
    if (!health.up) health.why = report.faults.front().first;
    health.detail = cut_utf8(report.text(), 1000);
    health.fn = item["fsNumber"].digits();
    health.registration_number = item["fiscalizationNumber"].digits();
    health.test = is_test(item);
    health.shift = shift_of(item["state"]);
    health.storage = storage_of(item, timezone);
    return health;
  }
  return down(Why::missing, "Кассы нет в списке сервиса itkassa: creItemId " + cre_item_id);
}

}  // namespace kassaflow::registers::itkassa
