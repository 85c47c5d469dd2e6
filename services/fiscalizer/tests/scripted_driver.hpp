#pragma once
// A register that answers what the test has written down.

#include <deque>
#include <functional>

#include "kassaflow/fiscal/receipt.hpp"
#include "plain_driver.hpp"
#include "postgres_journal.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;

inline Finding said(Fact fact, std::string remote_id = "", Cause cause = Cause::none) {
  Finding finding;
  finding.fact = fact;
  finding.cause = cause;
  finding.remote_id = std::move(remote_id);
  if (fact == Fact::printed) {
    auto& document = finding.document.emplace();
    document.fn = kFn;
    document.fd = 5;
    document.fp = "3115223344";
  }
  return finding;
}

// `now` is called with every sending and question, before the answer.
class ScriptedDriver final : public PlainDriver {
 public:
  registers::Capabilities can{.query_by_key = true, .absent_may_be_sent_again = true, .manages_shifts = true};
  Finding sent = said(Fact::unknown);  // the answer to a receipt's bytes
  std::deque<Finding> answers;         // to questions
  Finding reported = said(Fact::printed);
  registers::Health health{.up = true, .why = {}, .detail = {}, .fn = {}, .registration_number = {}, .test = {}};
  std::function<void()> now = [] {};
  std::function<void()> rendering = [] {};  // called when bytes are wanted for a receipt
  int sends = 0;
  int asks = 0;
  registers::AttemptRef asked;  // the latest
  std::vector<registers::ShiftCommand> reports;

  [[nodiscard]] registers::Capabilities capabilities() const override { return can; }
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt& /*receipt*/, const fiscal::Till& /*till*/,
                                                   const std::string& key) const override {
    rendering();
    return registers::Rendered{key};
  }
  asio::awaitable<Finding> send(const registers::AttemptRef& /*attempt*/, http::WriteGuard& /*guard*/) override {
    ++sends;
    now();
    co_return sent;
  }
  asio::awaitable<Finding> ask(const registers::AttemptRef& attempt) override {
    ++asks;
    asked = attempt;
    now();
    auto answer = std::move(answers.at(0));
    answers.pop_front();
    co_return answer;
  }
  asio::awaitable<Finding> send_shift(registers::ShiftCommand command, const registers::AttemptRef& /*attempt*/,
                                      http::WriteGuard& /*guard*/) override {
    reports.push_back(command);
    co_return reported;
  }
  asio::awaitable<registers::Health> probe() override { co_return health; }
};

// For those who own their driver: all of them speak with the one of the test.
class BorrowedDriver final : public registers::Driver {
 public:
  explicit BorrowedDriver(ScriptedDriver& driver) : driver_(driver) {}
  [[nodiscard]] registers::Capabilities capabilities() const override { return driver_.capabilities(); }
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                                   const std::string& key) const override {
    return driver_.render(receipt, till, key);
  }
  asio::awaitable<Finding> send(const registers::AttemptRef& attempt, http::WriteGuard& guard) override {
    return driver_.send(attempt, guard);
  }
  asio::awaitable<Finding> ask(const registers::AttemptRef& attempt) override { return driver_.ask(attempt); }
  [[nodiscard]] std::optional<Finding> read_callback(const registers::AttemptRef& attempt,
                                                     std::string_view body) const override {
    return driver_.read_callback(attempt, body);
  }
  [[nodiscard]] registers::Rendered render_shift(registers::ShiftCommand command, const fiscal::Till& till,
                                                 const std::string& key) const override {
    return driver_.render_shift(command, till, key);
  }
  asio::awaitable<Finding> send_shift(registers::ShiftCommand command, const registers::AttemptRef& attempt,
                                      http::WriteGuard& guard) override {
    return driver_.send_shift(command, attempt, guard);
  }
  asio::awaitable<registers::Health> probe() override { return driver_.probe(); }

 private:
  ScriptedDriver& driver_;
};

}  // namespace kassaflow::fiscalizer
