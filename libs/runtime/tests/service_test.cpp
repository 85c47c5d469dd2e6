#include "kassaflow/runtime/service.hpp"

#include <gtest/gtest.h>
#include <sysexits.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <stdexcept>

#include "kassaflow/base/rethrow.hpp"

namespace kassaflow::runtime {
namespace {

class Idle final : public App {
 public:
  [[nodiscard]] std::string not_ready() const override { return {}; }
  boost::asio::awaitable<void> shut_down() override { co_return; }
};

int serve_with_a_bug() {
  std::string name = "service";
  std::string verb = "serve";
  std::array<char*, 2> arguments{name.data(), verb.data()};
  return run_service({.name = "service",
                      .add_settings = [](settings::Settings&) {},
                      .start =
                          [](const Context& context) {
                            boost::asio::co_spawn(
                                context.executor,
                                []() -> boost::asio::awaitable<void> {
                                  throw std::logic_error("nobody waits for this");
                                  co_return;
                                },
                                kRethrow);
                            return std::make_unique<Idle>();
                          }},
                     2, arguments.data());
}

TEST(Service, ABugInATaskNobodyWaitsForEndsTheProcessWithALine) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::exit(serve_with_a_bug()), testing::ExitedWithCode(EX_SOFTWARE),
              "task.failed.*nobody waits for this");
}

}  // namespace
}  // namespace kassaflow::runtime
