#include "duplicates.hpp"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>

#include "fakes.hpp"
#include "kassaflow/v1/status.grpc.pb.h"

namespace kassaflow::ingress {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A status whose first answer can be held back until told otherwise.
class FakeStatus final : public v1::Status::Service {
 public:
  grpc::Status LookUp(grpc::ServerContext*, const v1::LookUpRequest* request, v1::LookUpResponse* response) override {
    std::unique_lock lock(mutex);
    batches.emplace_back(request->receipt_ids().begin(), request->receipt_ids().end());
    changed.notify_all();
    changed.wait(lock, [&] { return !hold; });
    if (fails) return {grpc::StatusCode::UNAVAILABLE, "down"};
    for (const std::string& id : request->receipt_ids()) {
      if (id.starts_with("new")) continue;
      auto* entry = response->add_entries();
      entry->set_receipt_id(id);
      entry->set_state(id.starts_with("done") ? v1::RECEIPT_STATE_DONE : v1::RECEIPT_STATE_FAILED);
      entry->set_content_digest("digest of " + id);
      entry->set_digest_version(7);
    }
    return grpc::Status::OK;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::vector<std::string>> batches;
  bool hold = false;
  bool fails = false;
};

asio::awaitable<std::optional<PrintedContent>> answer_of(Question question) { co_return co_await question.answer(); }

class StatusDuplicatesTest : public testing::Test {
 protected:
  StatusDuplicatesTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&status_);
    server_ = builder.BuildAndStart();
  }
  ~StatusDuplicatesTest() override { server_->Shutdown(); }

  StatusDuplicates::Options options() {
    return {.status_grpc = "127.0.0.1:" + std::to_string(port_), .timeout = 30s, .rest = 1h};
  }

  asio::io_context io_;
  FakeStatus status_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
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
  {
    std::unique_lock lock(status_.mutex);
    status_.changed.wait(lock, [&] { return status_.batches.size() == 1; });
  }
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

TEST_F(StatusDuplicatesTest, StopsAskingAStatusThatFails) {
  StatusDuplicates duplicates(io_.get_executor(), options());
  status_.fails = true;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
  EXPECT_EQ(status_.batches.size(), 3U);
}

TEST_F(StatusDuplicatesTest, AsksAgainAfterTheRest) {
  auto restless = options();
  restless.rest = 0ms;
  StatusDuplicates duplicates(io_.get_executor(), restless);
  status_.fails = true;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
  status_.fails = false;
  EXPECT_TRUE(run(io_, answer_of(duplicates.ask("done-1"))).has_value());
}

TEST(StatusDuplicates, AcceptsWhenNobodyListens) {
  asio::io_context io;
  StatusDuplicates duplicates(io.get_executor(), {.status_grpc = "127.0.0.1:1"});
  EXPECT_FALSE(run(io, answer_of(duplicates.ask("done-1"))).has_value());
}

}  // namespace
}  // namespace kassaflow::ingress
