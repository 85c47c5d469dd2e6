#include "duplicates.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "fakes.hpp"
#include "kassaflow/http/peer_server.hpp"
#include "kassaflow/v1/status.pb.h"
#include "test_identities.hpp"

namespace kassaflow::ingress {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A status whose answers can be held back until told otherwise.
class FakeStatus {
 public:
  FakeStatus() {
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
      entry->set_tenant("acme");
      entry->set_installation("acme-main");
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
  http::PeerServer server{io.get_executor(),
                          {.identity = identity::files_of("status"), .peer = "ingress"},
                          [this](const http::Inbound& inbound) { return look_up(inbound); }};
  std::thread thread;
};

asio::awaitable<std::optional<PrintedContent>> answer_of(LookUp look_up) { co_return co_await look_up.answer(); }

class StatusDuplicatesTest : public testing::Test {
 protected:
  StatusDuplicates::Options options() {
    return {.status_look_up = status_.address(), .identity = identity::files_of("ingress"), .timeout = 30s, .rest = 1h};
  }

  void hold() {
    const std::lock_guard lock(status_.mutex);
    status_.hold = true;
  }
  void release() {
    {
      const std::lock_guard lock(status_.mutex);
      status_.hold = false;
    }
    status_.changed.notify_all();
  }
  // Asks, and goes on; the answers are in answered_.
  void ask(StatusDuplicates& duplicates, const std::string& id) {
    asio::co_spawn(io_, answer_of(duplicates.ask(ReceiptId(id))),
                   [this, id](std::exception_ptr, std::optional<PrintedContent> content) {
                     answered_[id] = content ? content->digest : "";
                   });
    io_.poll();
  }
  void until(const std::function<bool()>& condition) {
    const auto guard = asio::make_work_guard(io_);
    while (!condition()) io_.run_for(1ms);
  }

  asio::io_context io_;
  FakeStatus status_;
  std::map<std::string, std::string> answered_;
};

TEST_F(StatusDuplicatesTest, TellsTheDigestOfPrintedReceiptsOnly) {
  StatusDuplicates duplicates(io_.get_executor(), options());
  const auto printed = run(io_, answer_of(duplicates.ask(ReceiptId("done-1"))));
  ASSERT_TRUE(printed.has_value());
  EXPECT_EQ(printed->digest, "digest of done-1");
  EXPECT_EQ(printed->digest_version, 7U);
  EXPECT_FALSE(run(io_, answer_of(duplicates.ask(ReceiptId("new-1")))).has_value());
  EXPECT_FALSE(run(io_, answer_of(duplicates.ask(ReceiptId("failed-1")))).has_value());
}

TEST_F(StatusDuplicatesTest, QuestionsThatComeMeanwhileTravelTogether) {
  StatusDuplicates duplicates(io_.get_executor(), options());
  hold();
  ask(duplicates, "done-0");
  until([&] { return status_.asked() == 1; });
  for (const char* id : {"done-1", "done-2", "done-3"}) ask(duplicates, id);
  release();
  until([&] { return answered_.size() == 4; });
  for (const auto& [id, digest] : answered_) EXPECT_EQ(digest, "digest of " + id);
  ASSERT_EQ(status_.batches.size(), 2U);
  EXPECT_EQ(status_.batches[0], (std::vector<std::string>{"done-0"}));
  EXPECT_EQ(status_.batches[1], (std::vector<std::string>{"done-1", "done-2", "done-3"}));
}

TEST_F(StatusDuplicatesTest, AsksForNoMoreAtOnceThanStatusTakes) {
  auto small = options();
  small.batch_limit = 2;
  StatusDuplicates duplicates(io_.get_executor(), small);
  hold();
  for (const char* id : {"done-0", "done-1", "done-2", "done-3"}) ask(duplicates, id);
  release();
  until([&] { return answered_.size() == 4; });
  for (const auto& batch : status_.batches) EXPECT_LE(batch.size(), 2U);
}

TEST_F(StatusDuplicatesTest, AcceptsUnaskedWhenTooManyWait) {
  auto few = options();
  few.waiting_limit = 1;
  StatusDuplicates duplicates(io_.get_executor(), few);
  hold();
  ask(duplicates, "done-0");
  until([&] { return status_.asked() == 1; });
  for (const char* id : {"done-1", "done-2"}) ask(duplicates, id);
  EXPECT_EQ(answered_, (std::map<std::string, std::string>{{"done-2", ""}}));
  release();
  until([&] { return answered_.size() == 3; });
  EXPECT_EQ(answered_["done-1"], "digest of done-1");
}

TEST_F(StatusDuplicatesTest, NobodyWaitsForAStatusThatFails) {
  auto impatient = options();
  impatient.failures_to_rest = 1;
  StatusDuplicates duplicates(io_.get_executor(), impatient);
  status_.answer = FakeStatus::kDown;
  hold();
  ask(duplicates, "done-0");
  until([&] { return status_.asked() == 1; });
  ask(duplicates, "done-1");
  release();
  until([&] { return answered_.size() == 2; });
  EXPECT_EQ(status_.asked(), 1U);
}

TEST_F(StatusDuplicatesTest, AcceptsWhenStatusDoesNotAnswerInTime) {
  auto impatient = options();
  impatient.timeout = 20ms;
  StatusDuplicates duplicates(io_.get_executor(), impatient);
  hold();
  EXPECT_FALSE(run(io_, answer_of(duplicates.ask(ReceiptId("done-1")))).has_value());
  release();
}

// What stands at the address may be something else.
TEST_F(StatusDuplicatesTest, BelievesOnlyAnAnswerInStatussForm) {
  for (const http::Reply& other :
       {FakeStatus::kDown, http::Reply{200, "application/json", "{\"WAIT\":\"Y\"}"},
        http::Reply{200, "application/x-protobuf", "\x0a"}, http::Reply{503, "application/x-protobuf", ""},
        http::Reply{200, "text/plain", ""}}) {
    status_.answer = other;
    StatusDuplicates duplicates(io_.get_executor(), options());
    EXPECT_FALSE(run(io_, answer_of(duplicates.ask(ReceiptId("done-1")))).has_value());
  }
  EXPECT_EQ(status_.batches.size(), 5U);
}

TEST_F(StatusDuplicatesTest, StopsAskingAStatusThatFails) {
  StatusDuplicates duplicates(io_.get_executor(), options());
  status_.answer = FakeStatus::kDown;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(run(io_, answer_of(duplicates.ask(ReceiptId("done-1")))).has_value());
  EXPECT_EQ(status_.batches.size(), 3U);
}

TEST_F(StatusDuplicatesTest, AsksAgainAfterTheRest) {
  auto restless = options();
  restless.rest = 0ms;
  StatusDuplicates duplicates(io_.get_executor(), restless);
  status_.answer = FakeStatus::kDown;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(run(io_, answer_of(duplicates.ask(ReceiptId("done-1")))).has_value());
  status_.answer = FakeStatus::kAnswer;
  EXPECT_TRUE(run(io_, answer_of(duplicates.ask(ReceiptId("done-1")))).has_value());
}

TEST(StatusDuplicates, AcceptsWhenNobodyListens) {
  asio::io_context io;
  StatusDuplicates duplicates(io.get_executor(),
                              {.status_look_up = "127.0.0.1:1", .identity = identity::files_of("ingress")});
  EXPECT_FALSE(run(io, answer_of(duplicates.ask(ReceiptId("done-1")))).has_value());
}

}  // namespace
}  // namespace kassaflow::ingress
