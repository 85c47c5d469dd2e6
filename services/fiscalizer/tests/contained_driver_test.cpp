#include "contained_driver.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <stdexcept>

#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using registers::Fact;
using registers::Finding;

// Meets something it was not made for, whatever it is asked.
class BrokenDriver final : public registers::Driver {
 public:
  [[nodiscard]] registers::Capabilities capabilities() const override { return {}; }
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt&, const fiscal::Till&,
                                                   const std::string&) const override {
    broken();
  }
  asio::awaitable<Finding> send(const registers::AttemptRef&, http::WriteGuard&) override {
    broken();
    co_return Finding{};
  }
  asio::awaitable<Finding> ask(const registers::AttemptRef&) override {
    broken();
    co_return Finding{};
  }
  [[nodiscard]] std::optional<Finding> read_callback(const registers::AttemptRef&, std::string_view) const override {
    broken();
  }
  [[nodiscard]] registers::Rendered render_shift(registers::ShiftCommand, const fiscal::Till&,
                                                 const std::string& key) const override {
    return {key};
  }
  asio::awaitable<Finding> send_shift(registers::ShiftCommand, const registers::AttemptRef&,
                                      http::WriteGuard&) override {
    broken();
    co_return Finding{};
  }
  asio::awaitable<registers::Health> probe() override {
    broken();
    co_return registers::Health{};
  }

 private:
  [[noreturn]] static void broken() { throw std::out_of_range("a bug"); }
};

template <class T>
T ended(asio::awaitable<T> task) {
  asio::io_context io;
  auto end = asio::co_spawn(io, std::move(task), asio::use_future);
  io.run();
  return end.get();
}

class Contained : public testing::Test {
 protected:
  ContainedDriver driver_{std::make_unique<BrokenDriver>(), RegisterId("kkt-1")};
  http::NoGuard guard_;
};

TEST_F(Contained, Rule8_OfBytesThatMayHaveLeftNothingIsCertain) {
  EXPECT_EQ(ended(driver_.send({}, guard_)).fact, Fact::unknown);
  EXPECT_EQ(ended(driver_.send_shift(registers::ShiftCommand::open, {}, guard_)).fact, Fact::unknown);
  EXPECT_EQ(ended(driver_.ask({})).fact, Fact::unknown);
}

TEST_F(Contained, WhatCannotBeReadIsNothing) {
  EXPECT_FALSE(driver_.render({}, {}, "key"));
  EXPECT_FALSE(driver_.read_callback({}, "{}"));
  EXPECT_FALSE(ended(driver_.probe()).up);
}

}  // namespace
}  // namespace kassaflow::fiscalizer
