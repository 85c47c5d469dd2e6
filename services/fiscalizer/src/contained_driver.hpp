#pragma once
// A driver whose exceptions stay its register's. A bug in a driver, met by an answer or a receipt, would else end one
// process after the other, and with each all its registers. Here it becomes what is certain then: of bytes that may
// have left, nothing; of anything else, that it did not work. A line of the log names the register, for a person to
// look at.

#include <memory>

#include "kassaflow/base/id.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::fiscalizer {

inline constexpr ErrorKind kDriverFailed{"register.driver_failed"};

class ContainedDriver final : public registers::Driver {
 public:
  ContainedDriver(std::unique_ptr<registers::Driver> driver, RegisterId register_id)
      : driver_(std::move(driver)), register_id_(std::move(register_id)) {}

  [[nodiscard]] registers::Capabilities capabilities() const override { return driver_->capabilities(); }
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                                   const std::string& key) const override;
  boost::asio::awaitable<registers::Finding> send(const registers::AttemptRef& attempt,
                                                  http::WriteGuard& guard) override;
  boost::asio::awaitable<registers::Finding> ask(const registers::AttemptRef& attempt) override;
  [[nodiscard]] std::optional<registers::Finding> read_callback(const registers::AttemptRef& attempt,
                                                                std::string_view body) const override;
  [[nodiscard]] registers::Rendered render_shift(registers::ShiftCommand command, const fiscal::Till& till,
                                                 const std::string& key) const override {
    return driver_->render_shift(command, till, key);  // of nothing that comes from outside
  }
  boost::asio::awaitable<registers::Finding> send_shift(registers::ShiftCommand command,
                                                        const registers::AttemptRef& attempt,
                                                        http::WriteGuard& guard) override;
  boost::asio::awaitable<registers::Health> probe() override;

 private:
  void alarm(const char* doing, const std::exception& bug) const;
  [[nodiscard]] registers::Finding nothing_certain(const char* doing, const std::exception& bug) const;

  std::unique_ptr<registers::Driver> driver_;
  RegisterId register_id_;
};

}  // namespace kassaflow::fiscalizer
