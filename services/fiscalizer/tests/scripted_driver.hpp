#pragma once
// A register that can be asked, and answers what the test has written down.

#include <deque>
#include <functional>

#include "journal_fixture.hpp"

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

// A register that can be asked. `now` is called with every sending and question, before the answer.
class ScriptedDriver final : public registers::Driver {
 public:
  Finding sent = said(Fact::unknown);
  std::deque<Finding> answers;
  std::function<void()> now = [] {};
  int sends = 0;
  int asks = 0;

  [[nodiscard]] registers::Capabilities capabilities() const override {
    return {.query_by_key = true, .absent_may_be_sent_again = true, .manages_shifts = true};
  }
  asio::awaitable<Finding> send(const registers::AttemptRef& /*attempt*/, http::WriteGuard& /*guard*/) override {
    ++sends;
    now();
    co_return sent;
  }
  asio::awaitable<Finding> ask(const registers::AttemptRef& /*attempt*/) override {
    ++asks;
    now();
    auto answer = std::move(answers.at(0));
    answers.pop_front();
    co_return answer;
  }

  // What a flight never does.
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt& /*receipt*/, const fiscal::Till& /*till*/,
                                                   const std::string& /*key*/) const override {
    throw std::logic_error("render");
  }
  [[nodiscard]] registers::Rendered render_shift(registers::ShiftCommand /*command*/, const fiscal::Till& /*till*/,
                                                 const std::string& /*key*/) const override {
    throw std::logic_error("render_shift");
  }
  asio::awaitable<Finding> send_shift(registers::ShiftCommand /*command*/, const registers::AttemptRef& /*attempt*/,
                                      http::WriteGuard& /*guard*/) override {
    throw std::logic_error("send_shift");
  }
  [[nodiscard]] std::optional<registers::CallbackNames> named_in_callback(std::string_view /*body*/) const override {
    throw std::logic_error("named_in_callback");
  }
  [[nodiscard]] std::optional<Finding> read_callback(const registers::AttemptRef& /*attempt*/,
                                                     std::string_view /*body*/) const override {
    throw std::logic_error("read_callback");
  }
  asio::awaitable<registers::Health> probe() override { throw std::logic_error("probe"); }
};

}  // namespace kassaflow::fiscalizer
