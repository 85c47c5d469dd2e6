#include "duplicates.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "fakes.hpp"
#include "kassaflow/http/server.hpp"
#include "kassaflow/v1/status.pb.h"

namespace kassaflow::ingress {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A status whose answers can be held back until told otherwise.
class FakeStatus {
 public:
  FakeStatus() {
    server.start();
    thread = std::thread([this] { io.run(); });
  }
  ~FakeStatus() {
    io.stop();
    thread.join();
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(server.port()); }

  std::size_t asked() {
    const std::lock_guard lock(mutex);
    return batches.size();
  }

  asio::awaitable<http::Reply> look_up(const http::Inbound& inbound) {
    std::unique_lock lock(mutex);
    v1::LookUpRequest request;
    if (inbound.method != "POST" || inbound.target != "/look-up" || !request.ParseFromString(std::string(inbound.body)))
      co_return http::Reply{400, "text/plain", "?"};
    batches.emplace_back(request.receipt_ids().begin(), request.receipt_ids().end());
    changed.wait(lock, [&] { return !hold; });
    v1::LookUpResponse response;
    for (const std::string& id : request.receipt_ids()) {
      if (id.starts_with("new")) continue;
      auto* entry = response.add_entries();
      entry->set_receipt_id(id);
      entry->set_state(id.starts_with("done") ? v1::RECEIPT_STATE_DONE : v1::RECEIPT_STATE_FAILED);
      entry->set_content_digest("digest of " + id);
      entry->set_digest_version(7);
    }
    auto reply = answer;
    if (reply.body.empty()) reply.body = response.SerializeAsString();
    co_return reply;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::vector<std::string>> batches;
  bool hold = false;
  http::Reply answer = kAnswer;  // without a body: the true one

  static inline const http::Reply kAnswer{200, "application/x-protobuf", ""};
  static inline const http::Reply kDown{503, "text/plain", "down"};

 private:
  asio::io_context io;
  http::Server server{io.get_executor(), {}, [this](const http::Inbound& inbound) { return look_up(inbound); }};
  std::thread thread;
};

asio::awaitable<std::optional<PrintedContent>> answer_of(Question question) { co_return co_await question.answer(); }

class StatusDuplicatesTest : public testing::Test {
 protected:
  StatusDuplicates::Options options() { return {.status_http = status_.address(), .timeout = 30s, .rest = 1h}; }

  asio::io_context io_;
  FakeStatus status_;
};

TEST_F(StatusDuplicatesTest, TellsTheDigestOfPrintedReceiptsOnly) {
  StatusDuplicates duplicates(io_.get_executor(), options());
  const auto printed = run(io_, answer_of(duplicates.ask("done-1")));
  ASSERT_TRUE(printed.has_value());
  EXPECT_EQ(printed->digest, "digest of done-1");
  EXPECT_EQ(printed->digest_version, 7U);
  EXPECT_FALSE(run(io_, answer_of(duplicates.ask("new-1"))).has_value());
  EXPECT_FALSE(run(io_, answer_of(duplicates.ask("failed-1"))).has_value());
}

TEST_F(StatusDuplicatesTest, QuestionsThatComeMeanwhileTravelTogether) {
  StatusDuplicates duplicates(io_.get_executor(), options());
  status_.hold = true;
  auto guard = asio::make_work_guard(io_);
  int answered = 0;
  const auto ask = [&](const std::string& id) {
    asio::co_spawn(io_, answer_of(duplicates.ask(id)),
                   [&, id](std::exception_ptr, std::optional<PrintedContent> content) {
                     EXPECT_EQ(content.value().digest, "digest of " + id);
                     if (++answered == 4) guard.reset();
                   });
    io_.poll();
  };
  ask("done-0");
  while (status_.asked() == 0) io_.run_for(1ms);
  for (const char* id : {"done-1", "done-2", "done-3"}) ask(id);
  {
    const std::lock_guard lock(status_.mutex);
    status_.hold = false;
  }
  status_.changed.notify_all();
  io_.run();
  ASSERT_EQ(status_.batches.size(), 2U);
  EXPECT_EQ(status_.batches[0], (std::vector<std::string>{"done-0"}));
  EXPECT_EQ(status_.batches[1], (std::vector<std::string>{"done-1", "done-2", "done-3"}));
}

TEST_F(StatusDuplicatesTest, AcceptsWhenStatusDoesNotAnswerInTime) {
  auto impatient = options();
  impatient.timeout = 20ms;
  StatusDuplicates duplicates(io_.get_executor(), impatient);
  status_.hold = true;
  EXPECT_FALSE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
  {
    const std::lock_guard lock(status_.mutex);
    status_.hold = false;
  }
  status_.changed.notify_all();
}

// What stands at the address may be something else.
TEST_F(StatusDuplicatesTest, BelievesOnlyAnAnswerInStatussForm) {
  for (const http::Reply& other : {FakeStatus::kDown, http::Reply{200, "application/json", "{\"WAIT\":\"Y\"}"},
                                   http::Reply{200, "application/x-protobuf", "\x0a"}}) {
    status_.answer = other;
    StatusDuplicates duplicates(io_.get_executor(), options());
    EXPECT_FALSE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
  }
  EXPECT_EQ(status_.batches.size(), 3U);
}

TEST_F(StatusDuplicatesTest, StopsAskingAStatusThatFails) {
  StatusDuplicates duplicates(io_.get_executor(), options());
  status_.answer = FakeStatus::kDown;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
  EXPECT_EQ(status_.batches.size(), 3U);
}

TEST_F(StatusDuplicatesTest, AsksAgainAfterTheRest) {
  auto restless = options();
  restless.rest = 0ms;
  StatusDuplicates duplicates(io_.get_executor(), restless);
  status_.answer = FakeStatus::kDown;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
  status_.answer = FakeStatus::kAnswer;
  EXPECT_TRUE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
}

TEST(StatusDuplicates, AcceptsWhenNobodyListens) {
  asio::io_context io;
  StatusDuplicates duplicates(io.get_executor(), {.status_http = "127.0.0.1:1"});
  EXPECT_FALSE(run(io, answer_of(duplicates.ask("done-1"))).has_value());
}

}  // namespace
}  // namespace kassaflow::ingress
