#include "virtual/driver.hpp"

#include <optional>
#include <utility>

#include "common/finding.hpp"
#include "common/json_writer.hpp"
#include "common/test_register.hpp"
#include "kassaflow/async/clock.hpp"
#include "kassaflow/base/sha256.hpp"
#include "virtual/protocol.hpp"

namespace kassaflow::registers::virtual_register {
namespace {

using boost::asio::awaitable;

// The first `count` decimal digits of a number made of the hash; `count` is at most 19.
std::string digits_of(const std::string& text, std::size_t count) {
  const Sha256 hash = sha256(text);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | hash.at(i);
  std::string digits = std::to_string(value);
  digits.insert(0, 20 - digits.size(), '0');
  return digits.substr(digits.size() - count);
}

class VirtualDriver final : public Driver {
 public:
  VirtualDriver(const RegisterSettings& settings, async::Clock& clock)
      : settings_(settings),
        own_(dynamic_cast<const Settings&>(*settings.own)),
        fn_(storage_number(settings.id)),
        clock_(clock) {}

  [[nodiscard]] Capabilities capabilities() const override {
    return {.query_by_key = true, .absent_may_be_sent_again = true, .manages_shifts = true};
  }

  // For people who read the journal: what would have been printed.
  [[nodiscard]] Result<Rendered> render(const fiscal::Receipt& receipt, const fiscal::Till&,
                                        const std::string& key) const override {
    JsonWriter json;
    json.begin_object().key("key").text(key).key("sign").number(static_cast<int>(receipt.settlement_type));
    json.key("totalKopecks").number(std::to_string(receipt.total.value())).key("lines").begin_array();
    for (const fiscal::Line& line : receipt.lines) json.text(line.name);
    json.end_array().end_object();
    return Rendered{std::move(json).take()};
  }

  awaitable<Finding> send(const AttemptRef& attempt, http::WriteGuard& guard) override {
    if (!guard.arm())
      co_return lost_post({.sent = http::Sent::nothing, .code = http::kGuard, .message = {}, .partial_answer = {}});
    guard.disarm();
    if (own_.refuse_kopecks != 0 && attempt.total_kopecks % 100 == own_.refuse_kopecks) {
      co_return finding(Fact::not_printed, Cause::data, "ordered_refusal",
                        "Виртуальная касса отказала: её настройка велит отказывать чекам с такими копейками в итоге");
    }
    waiting_ = Waiting{attempt.key, clock_.now() + own_.delay};
    co_return co_await ask(attempt);
  }

  awaitable<Finding> ask(const AttemptRef& attempt) override {
    if (!waiting_ || waiting_->key != attempt.key) {
      co_return finding(Fact::absent, Cause::none, "absent", "Виртуальная касса не получала этого чека");
    }
    if (clock_.now() < waiting_->due) co_return finding(Fact::pending, Cause::none, "delay", "Чек ждёт своей задержки");
    co_return printed(attempt);
  }

  [[nodiscard]] std::optional<Finding> read_callback(const AttemptRef&, std::string_view) const override {
    return std::nullopt;
  }

  [[nodiscard]] Rendered render_shift(ShiftCommand command, const fiscal::Till&,
                                      const std::string& key) const override {
    JsonWriter json;
    json.begin_object().key("key").text(key).key("shift").text(command == ShiftCommand::open ? "open" : "close");
    json.end_object();
    return {std::move(json).take()};
  }

  awaitable<Finding> send_shift(ShiftCommand, const AttemptRef& attempt, http::WriteGuard& guard) override {
    co_return co_await send(attempt, guard);
  }

  awaitable<Health> probe() override {
    Health health;
    health.up = true;
    health.fn = fn_;
    health.test = true;
    co_return health;
  }

 private:
  struct Waiting {
    std::string key;
    async::Clock::time_point due;
  };

  [[nodiscard]] Finding printed(const AttemptRef& attempt) const {
    Finding found = finding(Fact::printed, Cause::none, "", "");
    fiscal::FiscalDocument& document = found.document.emplace();
    document.fn = fn_;
    document.fd = attempt.document_before + 1;
    document.fp = digits_of(fn_ + "/" + std::to_string(document.fd) + "/" + attempt.key, 10);
    document.printed_at_s = clock_.unix_s();
    document.printed_at_is_gateway_clock = true;
    document.test = true;
    return held_to_kind(std::move(found), settings_.test);
  }

  RegisterSettings settings_;
  Settings own_;
  std::string fn_;
  async::Clock& clock_;
  std::optional<Waiting> waiting_;  // a register prints one receipt at a time
};

}  // namespace

std::unique_ptr<Driver> make(const RegisterSettings& settings, async::Clock& clock) {
  return std::make_unique<VirtualDriver>(settings, clock);
}

std::string storage_number(const RegisterId& id) {
  return "0000" + digits_of("kassaflow virtual register " + id.str(), 12);
}

}  // namespace kassaflow::registers::virtual_register
