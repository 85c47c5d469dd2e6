#include "bit/driver.hpp"

#include <utility>

#include "bit/answer.hpp"
#include "bit/protocol.hpp"
#include "bit/render.hpp"
#include "common/finding.hpp"
#include "common/test_register.hpp"
#include "kassaflow/async/clock.hpp"
#include "kassaflow/fiscal/timezone.hpp"

namespace kassaflow::registers::bit {
namespace {

using boost::asio::awaitable;

// Lets a connection stand and then refuses to write: the only liveness test that prints nothing (§9).
class ConnectOnly final : public http::WriteGuard {
 public:
  std::optional<Clock::time_point> arm() override {
    connected_ = true;
    return std::nullopt;
  }
  void disarm() override {}
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  bool connected_ = false;
};

class BitDriver final : public Driver {
 public:
  BitDriver(const RegisterSettings& settings, const Durations& durations, http::Transport& transport,
            async::Clock& clock)
      : settings_(settings),
        own_(dynamic_cast<const Settings&>(*settings.own)),
        connect_timeout_(durations.at(kConnectTimeout)),
        answer_timeout_(durations.at(kAnswerTimeout)),
        transport_(transport),
        clock_(clock) {}

  [[nodiscard]] Capabilities capabilities() const override {
    return {.same_key_deduplicated = own_.deduplication_verified};
  }

  [[nodiscard]] Result<Rendered> render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                        const std::string& key) const override {
    Result<std::string> body = bit::render(receipt, till, key, fiscal::timezone_code(till.timezone, clock_.unix_s()));
    if (!body) return tl::unexpected(std::move(body.error()));
    return Rendered{std::move(*body)};
  }

  awaitable<Finding> send(const AttemptRef& attempt, http::WriteGuard& guard) override {
    return post(Command::receipt, attempt, guard);
  }

  awaitable<Finding> ask(const AttemptRef&) override {
    co_return finding(Fact::unknown, Cause::ambiguous, "no_query",
                      "Драйвер БИТ не отвечает на вопросы о прошлых чеках");
  }

  [[nodiscard]] std::optional<Finding> read_callback(const AttemptRef&, std::string_view) const override {
    return std::nullopt;
  }

  [[nodiscard]] Rendered render_shift(ShiftCommand command, const fiscal::Till& till,
                                      const std::string& key) const override {
    return {bit::render_shift(command, till, key)};
  }

  awaitable<Finding> send_shift(ShiftCommand command, const AttemptRef& attempt, http::WriteGuard& guard) override {
    return post(command == ShiftCommand::open ? Command::open_shift : Command::close_shift, attempt, guard);
  }

  awaitable<Health> probe() override {
    http::Request request = request_to_driver();
    request.total_timeout = connect_timeout_;
    ConnectOnly guard;
    const auto answer = co_await transport_.send(request, guard);
    Health health;
    health.up = guard.connected();
    if (!health.up)
      health.detail = "Нет соединения с драйвером БИТ: " + std::string(answer ? "" : answer.error().code.name());
    co_return health;
  }

 private:
  [[nodiscard]] http::Request request_to_driver() const {
    http::Request request;
    request.url = settings_.endpoint;
    request.tenant = settings_.tenant;
    request.connect_timeout = connect_timeout_;
    request.total_timeout = connect_timeout_ + answer_timeout_;
    return request;
  }

  awaitable<Finding> post(Command command, const AttemptRef& attempt, http::WriteGuard& guard) {
    http::Request request = request_to_driver();
    request.headers = {{"Content-Type", "application/json; charset=UTF-8"},
                       {"Action", "command_list"},
                       {"BIT_ORDER_ID", attempt.key},
                       {"BIT_KKT_TOKEN", own_.kkt_token.reveal()}};
    request.body = attempt.body;
    const auto answer = co_await transport_.send(request, guard);

    const Requested requested = requested_of(command, attempt);
    Finding found =
        answer ? read_answer(answer->status, answer->body, requested) : read_lost(answer.error(), requested);
    if (attempt.repeated) found = of_repeat(std::move(found));
    found = held_to_kind(std::move(found), settings_.test);
    co_return fit_to_leave(std::move(found), own_.kkt_token, answer ? answer->body : answer.error().partial_answer);
  }

  // What did arrive of a cut answer may still hold the receipt's QR code (§8).
  static Finding read_lost(const http::Failure& failure, const Requested& requested) {
    Finding lost = lost_post(failure);
    if (failure.partial_answer.empty()) return lost;
    return read_broken(failure.partial_answer, requested, std::move(lost.code), lost.text);
  }

  [[nodiscard]] Requested requested_of(Command command, const AttemptRef& attempt) const {
    const bool receipt = command == Command::receipt;
    Requested requested;
    requested.command = command;
    requested.name = std::string(receipt ? kReceiptName : kShiftName) + attempt.key;
    requested.content = {
        .receipt = receipt, .total_kopecks = attempt.total_kopecks, .settlement_type = attempt.settlement_type};
    requested.timezone = settings_.timezone;
    requested.registration_number = settings_.registration_number;
    requested.now_s = clock_.unix_s();
    return requested;
  }

  RegisterSettings settings_;
  Settings own_;
  std::chrono::milliseconds connect_timeout_;
  std::chrono::milliseconds answer_timeout_;
  http::Transport& transport_;
  async::Clock& clock_;
};

}  // namespace

std::unique_ptr<Driver> make(const RegisterSettings& settings, const Durations& durations, http::Transport& transport,
                             async::Clock& clock) {
  return std::make_unique<BitDriver>(settings, durations, transport, clock);
}

}  // namespace kassaflow::registers::bit
