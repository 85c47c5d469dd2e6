#include "within.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "fakes.hpp"

namespace kassaflow::ingress {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

asio::awaitable<std::string> at_once() { co_return "done"; }

asio::awaitable<std::string> never() {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
  co_return "late";
}

asio::awaitable<std::string> broken() {
  throw std::runtime_error("broken");
  co_return "";
}

template <class T>
std::optional<T> run_until_answered(asio::awaitable<std::optional<T>> work) {
  asio::io_context context;
  std::optional<std::optional<T>> answer;
  asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, std::optional<T> value) {
    if (error) std::rethrow_exception(error);
    answer = std::move(value);
    context.stop();  // what was started may still be running
  });
  context.run();
  return std::move(answer.value());
}

TEST(Within, GivesTheResult) { EXPECT_EQ(run_until_answered(within(Clock::now() + 1h, at_once())), "done"); }

TEST(Within, GivesNothingWhenTheDeadlinePasses) {
  EXPECT_EQ(run_until_answered(within(Clock::now() + 1ms, never())), std::nullopt);
}

TEST(Within, HandsExceptionsOn) {
  EXPECT_THROW(run_until_answered(within(Clock::now() + 1h, broken())), std::runtime_error);
}

}  // namespace
}  // namespace kassaflow::ingress
