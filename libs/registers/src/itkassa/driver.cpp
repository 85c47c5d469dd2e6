#include "itkassa/driver.hpp"

#include <algorithm>
#include <utility>

#include "common/finding.hpp"
#include "common/test_register.hpp"
#include "itkassa/answer.hpp"
#include "itkassa/protocol.hpp"
#include "itkassa/registers.hpp"
#include "itkassa/render.hpp"
#include "kassaflow/async/clock.hpp"

namespace kassaflow::registers::itkassa {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::milliseconds kConnectTimeout{5000};  // §1
constexpr std::chrono::milliseconds kListShared{5000};      // a probe may tell what was so long ago

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// scheme://authority of a URL.
std::string origin_of(const std::string& url) {
  const std::size_t authority = url.find("://");
  return authority == std::string::npos ? url : url.substr(0, url.find('/', authority + 3));
}

class ItkassaDriver final : public Driver {
 public:
  ItkassaDriver(const RegisterSettings& settings, const Durations& durations, http::Transport& transport,
                async::Clock& clock)
      : settings_(settings),
        own_(dynamic_cast<const Settings&>(*settings.own)),
        timeout_(durations.at(kRequestTimeout)),
        transport_(transport),
        clock_(clock),
        base_(without_slash(settings.endpoint)) {}

  [[nodiscard]] Capabilities capabilities() const override {
    return {.query_by_key = true, .absent_may_be_sent_again = settings_.exclusive, .manages_shifts = true};
  }

  [[nodiscard]] Result<Rendered> render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                        const std::string& key) const override {
    Result<std::string> body = itkassa::render(receipt, till, key, own_.cre_item_id);
    if (!body) return tl::unexpected(std::move(body.error()));
    return Rendered{std::move(*body)};
  }

  awaitable<Finding> send(const AttemptRef& attempt, http::WriteGuard& guard) override {
    http::Request post = request("POST", base_ + "/print-documents");
    post.body = attempt.body;
    const auto answer = co_await transport_.send(post, guard);
    Finding found = answer ? read_posted(answer->status, answer->body, requested(attempt)) : lost_post(answer.error());
    if (attempt.repeated && found.remote_id.empty()) found = of_repeat(std::move(found));
    co_return co_await finished(std::move(found), answer ? answer->body : answer.error().partial_answer);
  }

  awaitable<Finding> ask(const AttemptRef& attempt) override {
    if (!attempt.remote_id.empty())
      co_return co_await ask_at(base_ + "/print-documents/" + attempt.remote_id, attempt, QueryBy::id);
    const std::string path = "/print-documents/" + attempt.key + "/idempotent";
    if (by_key_base_) co_return co_await ask_at(*by_key_base_ + path, attempt, QueryBy::key);

    // The manual leaves open under which base this path lives (§2): the one that knows a document is remembered.
    Finding found = co_await ask_at(base_ + path, attempt, QueryBy::key);
    if (!found.remote_id.empty()) by_key_base_ = base_;
    const bool not_there = found.fact == Fact::absent || found.code == http_code(404);
    if (!not_there || origin_of(base_) == base_) co_return found;
    Finding other = co_await ask_at(origin_of(base_) + path, attempt, QueryBy::key);
    if (other.remote_id.empty()) co_return found;
    by_key_base_ = origin_of(base_);
    co_return other;
  }

  [[nodiscard]] std::optional<Finding> read_callback(const AttemptRef& attempt, std::string_view body) const override {
    std::optional<Finding> found = read_called_back(body, requested(attempt));
    if (!found) return std::nullopt;
    return fit_to_leave(completed(std::move(*found)), own_.api_key, body);
  }

  [[nodiscard]] Rendered render_shift(ShiftCommand command, const fiscal::Till& till,
                                      const std::string& key) const override {
    return {itkassa::render_shift(command, till, key, own_.cre_item_id)};
  }

  // The stored bytes say which command it is.
  awaitable<Finding> send_shift(ShiftCommand, const AttemptRef& attempt, http::WriteGuard& guard) override {
    return send(attempt, guard);
  }

  awaitable<Health> probe() override { return look(kListShared); }

 private:
  // The list holds all registers of its key.
  awaitable<Health> look(std::chrono::milliseconds shared_for) {
    http::NoGuard guard;
    auto list = request("GET", base_ + "/cre/items/");
    list.shared_for = shared_for;
    const auto answer = co_await transport_.send(list, guard);
    if (!answer)
      co_return Health{.up = false,
                       .why = Health::Why::unreachable,
                       .detail = "Нет связи с сервисом itkassa: " + std::string(answer.error().code.name()),
                       .fn = {},
                       .registration_number = {},
                       .test = {}};
    Health health = read_registers(answer->status, answer->body, own_.cre_item_id, settings_.timezone, clock_.unix_s());
    if (!health.fn.empty() || health.test) {
      known_fn_ = health.fn;
      known_registration_number_ = health.registration_number;
      known_test_ = health.test;
    }
    co_return health;
  }

  [[nodiscard]] Requested requested(const AttemptRef& attempt) const {
    return requested_of(attempt, own_.cre_item_id, settings_.timezone);
  }

  [[nodiscard]] http::Request request(std::string method, std::string url) const {
    http::Request request;
    request.method = std::move(method);
    request.url = std::move(url);
    request.tenant = settings_.tenant;
    request.headers = {{"Content-Type", "application/json;charset=UTF-8"}, {"X-Api-Key", own_.api_key.reveal()}};
    request.connect_timeout = std::min(kConnectTimeout, timeout_);
    request.total_timeout = timeout_;
    return request;
  }

  awaitable<Finding> ask_at(std::string url, const AttemptRef& attempt, QueryBy by) {
    http::NoGuard guard;
    const auto answer = co_await transport_.send(request("GET", std::move(url)), guard);
    Finding found =
        answer ? read_queried(answer->status, answer->body, requested(attempt), by) : lost_question(answer.error());
    co_return co_await finished(std::move(found), answer ? answer->body : answer.error().partial_answer);
  }

  // A document does not name its register's registration number: it is the one read together with the same storage
  // (§12).
  awaitable<Finding> finished(Finding found, std::string raw_answer) {
    const bool unknown_storage = found.document && !found.document->fn.empty() && found.document->fn != known_fn_;
    if (unknown_storage) co_await look(std::chrono::milliseconds(0));
    co_return fit_to_leave(completed(std::move(found)), own_.api_key, raw_answer);
  }

  // What only the list of registers tells: the registration number, and that there is none.
  [[nodiscard]] Finding completed(Finding found) const {
    if (found.document) {
      fiscal::FiscalDocument& document = *found.document;
      const bool same_storage = document.fn == known_fn_;
      if (!document.fn.empty()) {
        const bool known = same_storage && !known_registration_number_.empty();
        document.registration_number = known ? known_registration_number_ : settings_.registration_number;
      }
      if (known_test_.value_or(false) && (same_storage || document.fn.empty())) document.test = true;
    }
    return held_to_kind(std::move(found), settings_.test);
  }

  RegisterSettings settings_;
  Settings own_;
  std::chrono::milliseconds timeout_;
  http::Transport& transport_;
  async::Clock& clock_;
  std::string base_;
  std::optional<std::string> by_key_base_;
  std::string known_fn_;
  std::string known_registration_number_;
  std::optional<bool> known_test_;
};

}  // namespace

std::unique_ptr<Driver> make(const RegisterSettings& settings, const Durations& durations, http::Transport& transport,
                             async::Clock& clock) {
  return std::make_unique<ItkassaDriver>(settings, durations, transport, clock);
}

}  // namespace kassaflow::registers::itkassa
