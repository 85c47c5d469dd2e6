#pragma once
// A register of which a test cares about one thing: it can print everything, manages its shifts, and tells nothing by
// itself.

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::fiscalizer {

class PlainDriver : public registers::Driver {
 public:
  [[nodiscard]] registers::Capabilities capabilities() const override { return {.manages_shifts = true}; }
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt& /*receipt*/, const fiscal::Till& /*till*/,
                                                   const std::string& key) const override {
    return registers::Rendered{key};
  }
  boost::asio::awaitable<registers::Finding> ask(const registers::AttemptRef& /*attempt*/) override {
    co_return registers::Finding{};
  }
  [[nodiscard]] std::optional<registers::Finding> read_callback(const registers::AttemptRef& /*attempt*/,
                                                                std::string_view /*body*/) const override {
    return std::nullopt;
  }
  [[nodiscard]] registers::Rendered render_shift(registers::ShiftCommand /*command*/, const fiscal::Till& /*till*/,
                                                 const std::string& key) const override {
    return {key};
  }
  boost::asio::awaitable<registers::Finding> send_shift(registers::ShiftCommand /*command*/,
                                                        const registers::AttemptRef& /*attempt*/,
                                                        http::WriteGuard& /*guard*/) override {
    co_return registers::Finding{};
  }
};

}  // namespace kassaflow::fiscalizer
