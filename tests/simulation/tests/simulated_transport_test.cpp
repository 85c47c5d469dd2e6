// The promises of http::Transport, kept without sockets. An outcome is written as "200 body" or, of a failure, as how
// far the request got and its code, as in the tests of one_shot.

#include <gmock/gmock.h>

#include "world.hpp"

namespace kassaflow::simulation {
namespace {

using testing::SizeIs;

// Takes requests and answers with what it is told, after a while.
class Peer final : public Host {
 public:
  explicit Peer(Agenda agenda) : agenda_(std::move(agenda)) {}
  void take(const http::Request& request, Reply reply) override {
    heard.push_back(request.body);
    heard_at.push_back(agenda_.now());
    agenda_.after(thinks_for, [reply = std::move(reply), body = answer] {
      reply({.status = 200, .content_type = "text/plain", .location = {}, .body = body});
    });
  }
  std::string answer = "ok";
  Clock::duration thinks_for{};
  std::vector<std::string> heard;
  std::vector<Clock::time_point> heard_at;

 private:
  Agenda agenda_;
};

std::string outcome(const Result<http::Response, http::Failure>& result) {
  if (result) return std::to_string(result->status) + " " + result->body;
  constexpr const char* kSent[] = {"nothing ", "partly ", "all "};
  return kSent[static_cast<int>(result.error().sent)] + std::string(result.error().code.name());
}

class TransportTest : public testing::Test {
 protected:
  TransportTest() { transport_.add("peer.example:81", peer_); }

  std::string send(Trouble trouble = {}, std::optional<Clock::duration> guarded_for = 1h) {
    transport_.trouble([trouble](const http::Request&) { return trouble; });
    const auto began = time_.clock().now();
    guard_ = CountingGuard(guarded_for ? std::optional(began + *guarded_for) : std::nullopt);
    result_ = time_.run(transport_.send(request_, guard_));
    took_ = time_.clock().now() - began;
    return outcome(result_);
  }
  static http::Request request() {
    http::Request request;
    request.url = "http://peer.example:81/a?b";
    request.body = "body";
    request.connect_timeout = 5s;
    request.total_timeout = 15s;
    return request;
  }

  async::ManualTime time_;
  Agenda agenda_{time_.executor(), time_.clock()};
  SimulatedTransport transport_{agenda_};
  Peer peer_{agenda_};
  http::Request request_ = request();
  CountingGuard guard_;
  Result<http::Response, http::Failure> result_;
  Clock::duration took_{};
};

TEST_F(TransportTest, BringsARequestAndItsAnswer) {
  EXPECT_EQ(send(), "200 ok");
  EXPECT_THAT(peer_.heard, testing::ElementsAre("body"));
  EXPECT_EQ(guard_.armed, 1);
  EXPECT_EQ(guard_.disarmed, 1);
  EXPECT_EQ(took_, 0s);
}

TEST_F(TransportTest, SendsNothingWhereNoConnectionStands) {
  using Connection = Trouble::Connection;
  EXPECT_EQ(send({.connection = Connection::unresolved}), "nothing dns");
  EXPECT_EQ(send({.connection = Connection::refused, .connecting = 1s}), "nothing connect");
  EXPECT_EQ(took_, 1s);
  EXPECT_EQ(send({.connection = Connection::untrusted}), "nothing tls");
  EXPECT_EQ(send({.connecting = 5001ms}), "nothing timeout");
  EXPECT_EQ(took_, 5s);
  EXPECT_EQ(guard_.armed, 0);
  request_.url = "http://nobody.example/";
  EXPECT_EQ(send(), "nothing dns");
  EXPECT_THAT(peer_.heard, SizeIs(0));
}

TEST_F(TransportTest, Rule3_LetsNoByteLeaveWithoutTheGuard) {
  EXPECT_EQ(send({.connecting = 5s}, std::nullopt), "nothing guard");
  EXPECT_EQ(took_, 5s) << "it connects first";
  EXPECT_EQ(guard_.armed, 1);
  EXPECT_EQ(guard_.disarmed, 0);
  EXPECT_THAT(peer_.heard, SizeIs(0));
}

TEST_F(TransportTest, SaysHowFarABrokenWriteGot) {
  using Write = Trouble::Write;
  EXPECT_EQ(send({.write = Write::nothing}), "nothing write");
  EXPECT_THAT(peer_.heard, SizeIs(0)) << "whatever else was ordered";
  EXPECT_EQ(send({.write = Write::part, .arrives = false}), "partly write");
  EXPECT_THAT(peer_.heard, SizeIs(0));
  EXPECT_EQ(send({.write = Write::part}), "partly write") << "as a TLS stream that counts nothing";
  EXPECT_THAT(peer_.heard, SizeIs(1));
  EXPECT_EQ(guard_.armed, 1);
  EXPECT_EQ(guard_.disarmed, 1);
}

TEST_F(TransportTest, Rule3_StopsWritingWhenTheGuardOrTheDeadlineSaysSo) {
  EXPECT_EQ(send({.writing = 9s, .arrives = false}, 8s), "partly timeout");
  EXPECT_EQ(took_, 8s);
  EXPECT_EQ(guard_.disarmed, 1);
  EXPECT_EQ(send({.write = Trouble::Write::nothing, .writing = 9s}, 8s), "nothing timeout");
  EXPECT_EQ(send({.writing = 16s, .arrives = false}), "partly timeout");
  EXPECT_EQ(took_, 15s);
  EXPECT_EQ(send({.writing = 8s}, 8s), "200 ok");
}

TEST_F(TransportTest, WaitsForTheAnswerBeyondTheGuardsTime) {
  peer_.thinks_for = 10s;
  EXPECT_EQ(send({}, 1s), "200 ok");
  EXPECT_EQ(took_, 10s);
}

TEST_F(TransportTest, GivesUpAtItsDeadlineAndThePeerGoesOn) {
  peer_.thinks_for = 1min;
  EXPECT_EQ(send({.connecting = 2s}), "all timeout");
  EXPECT_EQ(took_, 15s) << "from the beginning of the connection";
  EXPECT_THAT(peer_.heard, SizeIs(1));
  time_.run_out();  // its answer meets nobody
}

TEST_F(TransportTest, Rule6_LateBytesArriveAfterTheSocketWasAborted) {
  const auto began = time_.clock().now();
  EXPECT_EQ(send({.on_the_way = 150s}), "all timeout");
  EXPECT_THAT(peer_.heard, SizeIs(0));
  request_.body = "another";
  time_.run_out();
  ASSERT_THAT(peer_.heard, testing::ElementsAre("body"));
  EXPECT_EQ(peer_.heard_at.front() - began, 150s);
}

TEST_F(TransportTest, LosesCutsAndGarblesAnswers) {
  using Answer = Trouble::Answer;
  EXPECT_EQ(send({.answer = Answer::closed}), "all read");
  EXPECT_EQ(result_.error().partial_answer, "");
  EXPECT_EQ(send({.answer = Answer::cut, .cut_after = 1}), "all read");
  EXPECT_EQ(result_.error().partial_answer,
            "HTTP/1.1 200 Status\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\no");
  EXPECT_EQ(send({.answer = Answer::garbled}), "all malformed");
  EXPECT_EQ(send({.answer = Answer::silence}), "all timeout");
  EXPECT_EQ(took_, 15s);
  EXPECT_EQ(send({.answer_on_the_way = 15001ms}), "all timeout");
  peer_.answer = std::string(200, 'x');
  request_.answer_limit = 100;
  EXPECT_EQ(send(), "all too_large");
  EXPECT_THAT(peer_.heard, SizeIs(6)) << "each was sent once";
}

TEST_F(TransportTest, TwoAtOnceDoNotMeet) {
  peer_.thinks_for = 3s;
  CountingGuard guard;
  std::vector<std::string> order;
  const auto one = [&](std::string name, Clock::duration connecting) -> boost::asio::awaitable<void> {
    transport_.trouble([connecting](const http::Request&) { return Trouble{.connecting = connecting}; });
    http::Request own = request();
    own.body = name;
    const auto result = co_await transport_.send(own, guard);
    order.push_back(name + " " + outcome(result));
  };
  boost::asio::co_spawn(time_.executor(), one("slow", 4s), kRethrow);
  boost::asio::co_spawn(time_.executor(), one("fast", 1s), kRethrow);
  time_.run_out();
  EXPECT_THAT(order, testing::ElementsAre("fast 200 ok", "slow 200 ok"));
  EXPECT_THAT(peer_.heard, testing::ElementsAre("fast", "slow"));
}

}  // namespace
}  // namespace kassaflow::simulation
