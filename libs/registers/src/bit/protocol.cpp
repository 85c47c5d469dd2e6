#include "bit/protocol.hpp"

#include <sodium.h>

#include <array>

#include "bit/driver.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/registers/document_checks.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::registers::bit {
namespace {

using namespace std::chrono_literals;

constexpr const char* kQuiet = "bit_quiet";
constexpr std::array kDurations{
    DurationSetting{
        kConnectTimeout, 5s, 50ms, 60s,
        "connection to a BIT driver; without one no byte has left, and the receipt goes to another register"},
    DurationSetting{
        kAnswerTimeout, 120s, 100ms, 10min,
        "answer of a BIT driver to one packet; without one the receipt is uncertain until numbering proves it"},
    DurationSetting{
        kQuiet, 150s, 50ms, 24h,
        "rest of a BIT register after a lost answer, before a document proves anything; too short prints twice"},
};

// Of a token that is there: without one, all registers would be the same. Cannot be turned back.
std::string hash_of_token(std::string_view token) {
  constexpr std::string_view context =
      "kassaflow register token";  // keeps the hash apart from others of the same token
  std::array<unsigned char, 16> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                     reinterpret_cast<const unsigned char*>(context.data()), context.size());
  std::array<char, 2 * hash.size() + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return hex.data();
}

class BitProtocol final : public Protocol {
 public:
  [[nodiscard]] std::string_view name() const override { return "bit"; }

  [[nodiscard]] Endpoint endpoint() const override { return Endpoint::movable; }

  [[nodiscard]] std::vector<Problem> check(const v1::Register& document) const override {
    const v1::BitRegister& own = document.bit();
    DocumentChecks checks;
    checks.token(own.kkt_token(), "bit.kktToken");
    const std::string wrong = documents::wrong_with(own.deduplication());
    checks.require(wrong.empty(), "bit.deduplication", wrong);
    return std::move(checks).problems();
  }

  // Its registration number, or, where nobody told that, its token.
  [[nodiscard]] Claim identity(const v1::Register& document) const override {
    const std::string& token = document.bit().kkt_token();
    Claim claim{std::string(kRegisterClaim), "", "bit.kktToken", "is the same physical register as"};
    if (!document.registration_number().empty()) {
      claim.value = "bit:" + document.registration_number();
      claim.key = "registrationNumber";
    } else if (!token.empty()) {
      claim.value = "bit:token:" + hash_of_token(token);
    }
    return claim;
  }

  // protocols/bit-driver.md §2: one token, one register.
  [[nodiscard]] std::vector<Claim> further_claims(const v1::Register& document) const override {
    return {{"bit-token", hash_of_token(document.bit().kkt_token()), "bit.kktToken", "is the token of"}};
  }

  [[nodiscard]] std::shared_ptr<const ProtocolSettings> read(const v1::Register& document) const override {
    auto settings = std::make_shared<Settings>();
    settings->kkt_token = Secret(document.bit().kkt_token());
    settings->deduplication_verified = document.bit().deduplication() == v1::DEDUPLICATION_VERIFIED;
    return settings;
  }

  // 15 digits, the only form of an order id seen in public.
  [[nodiscard]] std::string attempt_key(std::string_view id, std::uint32_t number) const override {
    return receipts::numeric_attempt_key(id, number);
  }

  [[nodiscard]] std::span<const DurationSetting> duration_settings() const override { return kDurations; }

  [[nodiscard]] Timers timers(const Durations& durations) const override {
    Timers timers;
    timers.longest_answer = durations.at(kConnectTimeout) + durations.at(kAnswerTimeout);
    timers.quiet = durations.at(kQuiet);
    return timers;
  }

  [[nodiscard]] std::unique_ptr<Driver> make_driver(const RegisterSettings& settings, const Durations& durations,
                                                    http::Transport& transport, async::Clock& clock) const override {
    return make(settings, durations, transport, clock);
  }
};

}  // namespace

const Protocol& protocol() {
  static const BitProtocol kProtocol;
  return kProtocol;
}

}  // namespace kassaflow::registers::bit
