#include "itkassa/protocol.hpp"

#include <algorithm>
#include <array>

#include "itkassa/answer.hpp"
#include "itkassa/driver.hpp"
#include "itkassa/render.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/registers/document_checks.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::registers::itkassa {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPoll = "itkassa_poll";
constexpr const char* kFirstQuestion = "itkassa_query_delay";
constexpr const char* kRepostGrace = "itkassa_repost_grace";
constexpr std::array kDurations{
    DurationSetting{kRequestTimeout, 15s, 100ms, 5min,
                    "one request to itkassa; a document without an answer is asked for by its key"},
    DurationSetting{kPoll, 3s, 50ms, 5min, "pause between questions for a queued document"},
    DurationSetting{kFirstQuestion, 2s, 50ms, 5min,
                    "first question by key after a lost answer; itkassa may need that long to know the document"},
    DurationSetting{kRepostGrace, 60s, 50ms, 24h,
                    "how long clean negatives must last before the same key is posted again; too short prints twice"},
};

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !ascii::is_hex(text[i])) return false;
  }
  return true;
}

// The cloud's ids are GUIDs; how their letters are written does not matter.
std::string identity_of(std::string_view cre_item_id) {
  return cre_item_id.empty() ? std::string() : "itkassa:" + ascii::lower(cre_item_id);
}

class ItkassaCallbacks final : public Callbacks {
 public:
  [[nodiscard]] std::string key(const v1::Register& document) const override {
    return document.itkassa().callback_key();
  }
  void set_key(v1::Register& document, std::string key) const override {
    document.mutable_itkassa()->set_callback_key(std::move(key));
  }
  [[nodiscard]] bool authentic(const ProtocolSettings& settings, const Headers& headers) const override {
    const auto& own = dynamic_cast<const Settings&>(settings);
    const bool key = !own.callback_key.empty() && own.callback_key.matches(headers("X-Api-Key"));
    return key && (own.organization_id.empty() ||
                   ascii::lower(own.organization_id) == ascii::lower(headers("X-Organization-Id")));
  }
  [[nodiscard]] std::optional<CallbackNames> named_in(std::string_view body) const override {
    auto named = named_in_callback(body);
    if (!named) return std::nullopt;
    return CallbackNames{RegisterIdentity(identity_of(named->cre_item_id)), std::move(named->key),
                         std::move(named->document_id)};
  }
};

class ItkassaProtocol final : public Protocol {
 public:
  [[nodiscard]] std::string_view name() const override { return "itkassa"; }

  [[nodiscard]] Endpoint endpoint() const override { return Endpoint::fixed; }

  [[nodiscard]] std::vector<Problem> check(const v1::Register& document) const override {
    const v1::ItkassaRegister& own = document.itkassa();
    DocumentChecks checks;
    if (checks.present(own.cre_item_id(), "itkassa.creItemId")) {
      checks.require(is_guid(own.cre_item_id()), "itkassa.creItemId", "must be a GUID");
    }
    checks.token(own.api_key(), "itkassa.apiKey");
    // protocols/itkassa.md §13: the cloud's own limit. Without a key there are no callbacks, only polling.
    checks.require(
        own.callback_key().size() <= 36 && std::ranges::all_of(own.callback_key(), ascii::is_letter_or_digit),
        "itkassa.callbackKey", "must be at most 36 letters and digits");
    if (!own.organization_id().empty()) {
      checks.require(is_guid(own.organization_id()), "itkassa.organizationId", "must be a GUID");
    }
    return std::move(checks).problems();
  }

  [[nodiscard]] Claim identity(const v1::Register& document) const override {
    return {std::string(kRegisterClaim), identity_of(document.itkassa().cre_item_id()), "itkassa.creItemId",
            "is the same physical register as"};
  }

  [[nodiscard]] std::shared_ptr<const ProtocolSettings> read(const v1::Register& document) const override {
    auto settings = std::make_shared<Settings>();
    settings->cre_item_id = document.itkassa().cre_item_id();
    settings->api_key = Secret(document.itkassa().api_key());
    settings->callback_key = Secret(document.itkassa().callback_key());
    settings->organization_id = document.itkassa().organization_id();
    return settings;
  }

  [[nodiscard]] const Callbacks* callbacks() const override { return &callbacks_; }

  [[nodiscard]] Result<void> check_total(fiscal::Kopecks total) const override { return itkassa::check_total(total); }

  [[nodiscard]] std::string attempt_key(std::string_view id, std::uint32_t number) const override {
    return receipts::attempt_key(id, number);
  }

  [[nodiscard]] std::span<const DurationSetting> duration_settings() const override { return kDurations; }

  [[nodiscard]] Timers timers(const Durations& durations) const override {
    return {.longest_answer = durations.at(kRequestTimeout),
            .first_question = durations.at(kFirstQuestion),
            .poll = durations.at(kPoll),
            .repost_grace = durations.at(kRepostGrace),
            .quiet = {}};
  }

  [[nodiscard]] std::unique_ptr<Driver> make_driver(const RegisterSettings& settings, const Durations& durations,
                                                    http::Transport& transport, async::Clock& clock) const override {
    return make(settings, durations, transport, clock);
  }

 private:
  ItkassaCallbacks callbacks_;
};

}  // namespace

const Protocol& protocol() {
  static const ItkassaProtocol kProtocol;
  return kProtocol;
}

}  // namespace kassaflow::registers::itkassa
