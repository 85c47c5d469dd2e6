#include "kassaflow/runtime/service.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include <atomic>
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

struct Parts {
  std::function<std::string()> prepare = {};
  std::function<std::unique_ptr<App>(const Context&)> start = [](const Context&) { return std::make_unique<Idle>(); };
  std::vector<Tool> tools = {};
};

int run(Parts parts, std::vector<std::string> arguments) {
  const ServiceDefinition definition{.name = "service",
                                     .add_settings = [](settings::Settings&) {},
                                     .prepare = std::move(parts.prepare),
                                     .start = std::move(parts.start),
                                     .tools = std::move(parts.tools)};
  arguments.insert(arguments.begin(), definition.name);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  return run_service(definition, static_cast<int>(pointers.size()), pointers.data());
}

int serve(std::function<std::unique_ptr<App>(const Context&)> start) {
  return run({.start = std::move(start)}, {"serve"});
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

// 0 when the service that runs on KASSAFLOW_ADMIN_PORT says yes; asks on until the answer is `wanted`.
void await_health(std::vector<std::string> question, int wanted) {
  question.insert(question.begin(), "check-health");
  while (run({}, question) != wanted) std::this_thread::yield();
}

TEST_F(ServiceDeathTest, WhatIsMissingIsWaitedForAliveAndNotReady) {
  setenv("KASSAFLOW_ADMIN_PORT", std::to_string(free_port()).c_str(), 1);
  const auto body = [] {
    std::atomic<bool> there = false;
    std::jthread peer([&] {
      await_health({}, 0);
      await_health({"--ready"}, 1);
      there = true;
      await_health({"--ready"}, 0);
      kill(getpid(), SIGTERM);
    });
    std::exit(run({.prepare = [&] { return there ? std::string() : std::string("the schema is old"); }}, {"serve"}));
  };
  EXPECT_EXIT(body(), testing::ExitedWithCode(0),
              "start.waits\",\"missing\":\"the schema is old.*503: the schema is old");
  unsetenv("KASSAFLOW_ADMIN_PORT");
}

TEST_F(ServiceDeathTest, AServiceThatStillWaitsStopsAtOnce) {
  setenv("KASSAFLOW_ADMIN_PORT", std::to_string(free_port()).c_str(), 1);
  const auto body = [] {
    std::jthread peer([] {
      await_health({}, 0);
      kill(getpid(), SIGTERM);
    });
    std::exit(run({.prepare = [] { return std::string("nothing will come"); }}, {"serve"}));
  };
  EXPECT_EXIT(body(), testing::ExitedWithCode(0), "stopped");
  unsetenv("KASSAFLOW_ADMIN_PORT");
}

TEST_F(ServiceDeathTest, APreparationThatNothingMendsEndsTheStart) {
  const auto prepare = []() -> std::string { throw std::runtime_error("a newer version's schema"); };
  EXPECT_EXIT(std::exit(run({.prepare = prepare}, {"serve"})), testing::ExitedWithCode(1),
              "start.failed.*a newer version's schema");
}

TEST_F(ServiceDeathTest, AHealthCheckOfNobodySaysWhom) {
  setenv("KASSAFLOW_ADMIN_PORT", "1", 1);
  EXPECT_EXIT(std::exit(run({}, {"check-health"})), testing::ExitedWithCode(1), "127.0.0.1 port 1");
  unsetenv("KASSAFLOW_ADMIN_PORT");
}

TEST_F(ServiceDeathTest, AToolThatThrowsSaysWhy) {
  const Tool tool{"migrate", "", []() -> int { throw std::runtime_error("no such server"); }};
  EXPECT_EXIT(std::exit(run({.tools = {tool}}, {"migrate"})), testing::ExitedWithCode(1), "no such server");
}

}  // namespace
}  // namespace kassaflow::runtime
