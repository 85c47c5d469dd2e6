#include "virtual/protocol.hpp"

#include <charconv>
#include <optional>

#include "kassaflow/receipts/id.hpp"
#include "kassaflow/registers/document_checks.hpp"
#include "kassaflow/v1/registry.pb.h"
#include "virtual/driver.hpp"

namespace kassaflow::registers::virtual_register {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kLongestDelay_ms = 600'000;

// A whole number from 0 to `most`, 0 when it is left out; nullopt for anything else.
std::optional<std::int64_t> number(std::string_view text, std::int64_t most) {
  if (text.empty()) return 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most) return std::nullopt;
  return value;
}

std::optional<std::int64_t> delay_ms(const v1::VirtualRegister& own) {
  return number(own.delay_ms(), kLongestDelay_ms);
}
std::optional<std::int64_t> refuse_kopecks(const v1::VirtualRegister& own) { return number(own.refuse_kopecks(), 99); }

class VirtualProtocol final : public Protocol {
 public:
  [[nodiscard]] std::string_view name() const override { return "virtual"; }

  [[nodiscard]] Endpoint endpoint() const override { return Endpoint::none; }

  [[nodiscard]] std::vector<Problem> check(const v1::Register& document) const override {
    DocumentChecks checks;
    checks.require(document.test(), "test", "must be true: what a virtual register prints has no legal force");
    checks.require(document.registration_number().empty(), "registrationNumber",
                   "does not belong to protocol virtual: nobody registered it");
    checks.require(delay_ms(document.virtual_()).has_value(), "virtual.delayMs",
                   "must be a whole number from 0 to 600000");
    checks.require(refuse_kopecks(document.virtual_()).has_value(), "virtual.refuseKopecks",
                   "must be a whole number from 0 to 99; 0 refuses nothing");
    return std::move(checks).problems();
  }

  // There is no device whose number could be used; ids of registers are unique over all tenants.
  [[nodiscard]] Claim identity(const v1::Register& document) const override {
    return {std::string(kRegisterClaim), document.id().empty() ? "" : "virtual:" + document.id(), "id",
            "is the same virtual register as"};
  }

  [[nodiscard]] std::shared_ptr<const ProtocolSettings> read(const v1::Register& document) const override {
    auto settings = std::make_shared<Settings>();
    settings->delay = std::chrono::milliseconds(delay_ms(document.virtual_()).value_or(0));
    settings->refuse_kopecks = refuse_kopecks(document.virtual_()).value_or(0);
    return settings;
  }

  [[nodiscard]] std::string attempt_key(std::string_view id, std::uint32_t number) const override {
    return receipts::attempt_key(id, number);
  }

  [[nodiscard]] std::span<const DurationSetting> duration_settings() const override { return {}; }

  // It answers within the process: what it does not know it never had, and may be sent again at once.
  [[nodiscard]] Timers timers(const Durations&) const override {
    return {.longest_answer = 1s, .first_question = 100ms, .poll = 100ms, .repost_grace = 0ms, .quiet = 0ms};
  }

  [[nodiscard]] std::unique_ptr<Driver> make_driver(const RegisterSettings& settings, const Durations&,
                                                    http::Transport&, async::Clock& clock) const override {
    return make(settings, clock);
  }
};

}  // namespace

const Protocol& protocol() {
  static const VirtualProtocol kProtocol;
  return kProtocol;
}

}  // namespace kassaflow::registers::virtual_register
