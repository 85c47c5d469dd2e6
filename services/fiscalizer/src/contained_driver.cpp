#include "contained_driver.hpp"

#include "kassaflow/log/log.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using registers::Cause;
using registers::Fact;
using registers::Finding;

void ContainedDriver::alarm(const char* doing, const std::exception& bug) const {
  log::error("alarm.driver_failed", {{"register", register_id_.str()}, {"doing", doing}, {"detail", bug.what()}});
}

Finding ContainedDriver::nothing_certain(const char* doing, const std::exception& bug) const {
  alarm(doing, bug);
  return registers::finding(Fact::unknown, Cause::ambiguous, std::string(kDriverFailed.name()),
                            "Ответ кассы не удалось прочитать");
}

Result<registers::Rendered> ContainedDriver::render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                                    const std::string& key) const {
  try {
    return driver_->render(receipt, till, key);
  } catch (const std::exception& bug) {
    alarm("render", bug);
    return fail(kDriverFailed, "Чек не удалось перевести на язык кассы");
  }
}

asio::awaitable<Finding> ContainedDriver::send(const registers::AttemptRef& attempt, http::WriteGuard& guard) {
  try {
    co_return co_await driver_->send(attempt, guard);
  } catch (const std::exception& bug) {
    guard.disarm();
    co_return nothing_certain("send", bug);
  }
}

asio::awaitable<Finding> ContainedDriver::ask(const registers::AttemptRef& attempt) {
  try {
    co_return co_await driver_->ask(attempt);
  } catch (const std::exception& bug) {
    co_return nothing_certain("ask", bug);
  }
}

std::optional<Finding> ContainedDriver::read_callback(const registers::AttemptRef& attempt,
                                                      std::string_view body) const {
  try {
    return driver_->read_callback(attempt, body);
  } catch (const std::exception& bug) {
    alarm("read_callback", bug);
    return std::nullopt;
  }
}

asio::awaitable<Finding> ContainedDriver::send_shift(registers::ShiftCommand command,
                                                     const registers::AttemptRef& attempt, http::WriteGuard& guard) {
  try {
    co_return co_await driver_->send_shift(command, attempt, guard);
  } catch (const std::exception& bug) {
    guard.disarm();
    co_return nothing_certain("send_shift", bug);
  }
}

asio::awaitable<registers::Health> ContainedDriver::probe() {
  try {
    co_return co_await driver_->probe();
  } catch (const std::exception& bug) {
    alarm("probe", bug);
    registers::Health down;
    down.detail = "its answer cannot be read: see alarm.driver_failed";
    co_return down;
  }
}

}  // namespace kassaflow::fiscalizer
