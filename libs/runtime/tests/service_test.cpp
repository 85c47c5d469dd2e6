#include "kassaflow/runtime/service.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "kassaflow/base/rethrow.hpp"

namespace kassaflow::runtime {
namespace {

class Idle final : public App {
 public:
  explicit Idle(std::function<void()> scraped = {}) : scraped_(std::move(scraped)) {}
  [[nodiscard]] std::string not_ready() const override { return {}; }
  void update_metrics() override {
    if (scraped_) scraped_();
  }
  boost::asio::awaitable<void> shut_down() override { co_return; }

 private:
  std::function<void()> scraped_;
};

int serve(std::function<std::unique_ptr<App>(const Context&)> start) {
  std::string name = "service";
  std::string verb = "serve";
  std::array<char*, 2> arguments{name.data(), verb.data()};
  return run_service({.name = "service", .add_settings = [](settings::Settings&) {}, .start = std::move(start)}, 2,
                     arguments.data());
}

class ServiceDeathTest : public testing::Test {
 protected:
  ServiceDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ServiceDeathTest, ABugInATaskNobodyWaitsForEndsTheProcessWithALine) {
  const auto start = [](const Context& context) {
    boost::asio::co_spawn(
        context.executor,
        []() -> boost::asio::awaitable<void> {
          throw std::logic_error("nobody waits for this");
          co_return;
        },
        kRethrow);
    return std::make_unique<Idle>();
  };
  EXPECT_EXIT(std::exit(serve(start)), testing::ExitedWithCode(EX_SOFTWARE), "task.failed.*nobody waits for this");
}

TEST_F(ServiceDeathTest, ABugInAThreadEndsTheProcessWithALine) {
  const auto start = [](const Context&) {
    std::thread([] { throw std::logic_error("a thread's bug"); }).join();
    return std::make_unique<Idle>();
  };
  EXPECT_EXIT(std::exit(serve(start)), testing::KilledBySignal(SIGABRT), "thread.failed.*a thread's bug");
}

// Asks 127.0.0.1 until somebody answers, and shows the answer.
void show_metrics(std::uint16_t port) {
  namespace asio = boost::asio;
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  boost::system::error_code error;
  do {
    socket.close(error);
    socket.connect({asio::ip::address_v4::loopback(), port}, error);
  } while (error);
  asio::write(socket, asio::buffer(std::string("GET /metrics HTTP/1.0\r\n\r\n")));
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  std::cerr << answer << std::endl;
}

std::uint16_t free_port() {
  boost::asio::io_context io;
  return boost::asio::ip::tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

TEST_F(ServiceDeathTest, AScrapeThatFailsIsLoggedAndAnswered500) {
  const auto port = free_port();
  setenv("KASSAFLOW_ADMIN_PORT", std::to_string(port).c_str(), 1);
  const auto body = [port] {
    std::jthread peer;
    std::exit(serve([&](const Context&) {
      peer = std::jthread([port] {
        show_metrics(port);
        kill(getpid(), SIGTERM);
      });
      return std::make_unique<Idle>([] { throw std::logic_error("a broken gauge"); });
    }));
  };
  EXPECT_EXIT(body(), testing::ExitedWithCode(0),
              "http.failed\",\"server\":\"admin\",\"error\":\"a broken gauge.*HTTP/1.. 500");
  unsetenv("KASSAFLOW_ADMIN_PORT");
}

}  // namespace
}  // namespace kassaflow::runtime
