#include "kassaflow/http/shared_answers.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "kassaflow/async/pause.hpp"
#include "manual_time.hpp"

namespace kassaflow::http {
namespace {

using namespace std::chrono_literals;

// Answers each request with its number, after a second.
class Slow final : public Transport {
 public:
  explicit Slow(async::Clock& clock) : clock_(clock) {}
  boost::asio::awaitable<Result<Response, Failure>> send(const Request& /*request*/, WriteGuard& /*guard*/) override {
    Response response;
    response.body = std::to_string(++sent);
    const bool fails = away;
    co_await async::pause_for(clock_, 1s);
    if (fails) co_return tl::unexpected(Failure{.code = kTimeout, .message = response.body, .partial_answer = {}});
    co_return response;
  }
  int sent = 0;
  bool away = false;

 private:
  async::Clock& clock_;
};

class SharedAnswersTest : public testing::Test {
 protected:
  static Request list(std::string key = "a") {
    Request request;
    request.method = "GET";
    request.url = "https://cloud.example/items/";
    request.headers = {{"X-Api-Key", std::move(key)}};
    request.shared_for = 5s;
    return request;
  }
  void ask(Request request) {
    boost::asio::co_spawn(time_.executor(), hear(std::move(request)), boost::asio::detached);
  }
  boost::asio::awaitable<void> hear(Request request) {
    NoGuard guard;
    const auto answer = co_await shared_.send(request, guard);
    heard_.push_back(answer ? answer->body : "lost " + answer.error().message);
  }

  async::ManualTime time_;
  Slow cloud_{time_.clock()};
  SharedAnswers shared_{cloud_, time_.clock()};
  std::vector<std::string> heard_;
};

TEST_F(SharedAnswersTest, WhoAsksTheSameMeanwhileOrSoonAfterHearsTheSame) {
  for (int i = 0; i < 3; ++i) ask(list());
  time_.run_for(3s);
  ask(list());
  time_.run_out();
  EXPECT_EQ(heard_, (std::vector<std::string>{"1", "1", "1", "1"}));
}

TEST_F(SharedAnswersTest, AnOldAnswerIsNobodys) {
  ask(list());
  time_.run_for(6s);
  ask(list());
  time_.run_out();
  EXPECT_EQ(heard_, (std::vector<std::string>{"1", "2"}));
}

TEST_F(SharedAnswersTest, WhatDiffersInAnythingIsAskedByItself) {
  auto of_another = list();
  of_another.tenant = TenantId("other");
  auto elsewhere = list();
  elsewhere.url += "7";
  for (const auto& request : {list(), list("b"), of_another, elsewhere}) ask(request);
  time_.run_out();
  EXPECT_EQ(cloud_.sent, 4);
}

TEST_F(SharedAnswersTest, WhatIsNotForSharingNeverIs) {
  auto question = list();
  question.shared_for = 0s;
  ask(list());
  ask(question);
  ask(question);
  time_.run_out();
  EXPECT_EQ(cloud_.sent, 3);
}

TEST_F(SharedAnswersTest, ALossIsSharedAsWell) {
  cloud_.away = true;
  ask(list());
  ask(list());
  time_.run_for(2s);
  EXPECT_EQ(heard_, (std::vector<std::string>{"lost 1", "lost 1"}));
  cloud_.away = false;
  time_.run_for(5s);
  ask(list());
  time_.run_out();
  EXPECT_EQ(heard_.back(), "2");
}

}  // namespace
}  // namespace kassaflow::http
