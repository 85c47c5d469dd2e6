// What the portal sees of us (bitrix24.md §3.2), byte for byte, and what a stranger may do to us.

#include "kassaflow/http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "raw_client.hpp"

namespace kassaflow::http::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto kEof = asio::error::eof;
constexpr std::size_t kBodyLimit = 1000;
const std::string kLarge(8 * 1024 * 1024, 'x');  // more than the buffers of a socket

std::string answered(const std::string& body, const std::string& connection = "keep-alive", int minor = 1) {
  return "HTTP/1." + std::to_string(minor) +
         " 200 OK\r\nContent-Type: text/x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: " + connection + "\r\n\r\n" + body;
}

// What on_bad_request makes of it.
std::string refused(const std::string& target, const std::string& connection = "close") {
  return answered("{\"ERRORS\":[\"" + target + "\"]}", connection);
}

std::string post(const std::string& target, const std::string& body, const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options_.body_limit = kBodyLimit;
    options_.on_bad_request = [this](std::string_view target, std::string_view reason) {
      reasons_.emplace_back(reason);
      return Reply{200, "text/x", "{\"ERRORS\":[\"" + std::string(target) + "\"]}"};
    };
  }
  // The thread ends before what lives on it.
  ~ServerTest() override { io_.stop(); }

  // Echoes by target; /held waits for the gate, /boom throws, /status/<n> answers with it.
  asio::awaitable<Reply> handle(const Inbound& inbound) {
    ++handled_;
    const std::string target(inbound.target);
    for (const char* name : {"content-type", "X-ONE", "absent"}) headers_[name] = inbound.header(name);
    if (target == "/boom") throw std::runtime_error("boom");
    if (target == "/busy") co_return Reply{429, "text/x", "s", 7s};
    if (target.starts_with("/status/")) co_return Reply{std::stoi(target.substr(8)), "text/x", "s"};
    if (target == "/held") {
      entered_.open();
      co_await gate_.pass();
    }
    co_return Reply{200, "text/x", std::string(inbound.method) + " " + target + " " + std::string(inbound.body)};
  }

  asio::awaitable<int> handled() { co_return handled_; }

  void start() {
    server_.emplace(io_.executor(), options_, [this](const Inbound& inbound) { return handle(inbound); });
    server_->start();
    port_ = server_->port();
  }
  RawClient connect() { return {io_, port_}; }
  // Whatever reached the server before this call was looked at when it returns.
  void round_trip(RawClient& client) { EXPECT_EQ(client.ask(post("/", "")), answered("POST / ")); }

  IoThread io_;
  Gate gate_{io_};
  Gate entered_{io_};
  ServerOptions options_;
  std::optional<Server> server_;
  std::uint16_t port_ = 0;
  int handled_ = 0;  // this and the rest: on the thread, or after an answer
  std::map<std::string, std::string> headers_;
  std::vector<std::string> reasons_;
};

TEST_F(ServerTest, AnswersWithItsLengthAndNothingElse) {
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(post("/a", "b")), answered("POST /a b"));
  EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nTE: trailers, chunked\r\n\r\n"), answered("GET / "));
  EXPECT_EQ(client.ask(post("/a", std::string(kBodyLimit, 'x'))), answered("POST /a " + std::string(kBodyLimit, 'x')));
  for (const std::string status : {"200 OK", "400 Bad Request", "404 Not Found", "503 Service Unavailable"}) {
    EXPECT_EQ(
        client.ask(post("/status/" + status.substr(0, 3), "")),
        "HTTP/1.1 " + status + "\r\nContent-Type: text/x\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\ns");
  }
}

TEST_F(ServerTest, PassesTargetHeadersAndBodyAsTheyCame) {
  start();
  auto client = connect();
  const std::string body("a=%D0%A7&b\0\r\n\xff", 14);
  const std::string target = "/print/%2Fs3cret?a=1&b=%20//..;#";
  EXPECT_EQ(client.ask(post(target, body, "content-TYPE: text/y; a=\"B\"\r\nx-One:  two words \r\n")),
            answered("POST " + target + " " + body));
  EXPECT_EQ(headers_["content-type"], "text/y; a=\"B\"");
  EXPECT_EQ(headers_["X-ONE"], "two words");
  EXPECT_EQ(headers_["absent"], "");
}

TEST_F(ServerTest, ReadsARequestThatComesInPieces) {
  start();
  auto client = connect();
  auto other = connect();
  for (const char byte : post("/a", "bc")) {
    client.send(std::string(1, byte));
    round_trip(other);
  }
  EXPECT_EQ(client.answer(), answered("POST /a bc"));
  EXPECT_EQ(client.ask("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
            answered("POST /c abc"));
}

TEST_F(ServerTest, SaysNothingToExpect100Continue) {
  start();
  auto client = connect();
  auto other = connect();
  client.send("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  round_trip(other);
  client.send("bc");
  EXPECT_EQ(client.answer(), answered("POST /a bc"));
}

TEST_F(ServerTest, KeepsOrClosesTheConnectionAsAsked) {
  start();
  auto kept = connect();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(kept.ask(post("/k", "")), answered("POST /k "));
  EXPECT_EQ(kept.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), answered("GET / ", "keep-alive", 0));
  EXPECT_EQ(kept.ask(post("/k", "", "Connection: Close\r\n")), answered("POST /k ", "close"));
  EXPECT_EQ(kept.rest(), "");
  EXPECT_EQ(kept.end(), kEof);
  auto talking = connect();  // on and on, after it asked for the end
  talking.send(post("/k", "", "Connection: close\r\n") + kLarge);
  EXPECT_EQ(talking.rest(), answered("POST /k ", "close"));
  EXPECT_EQ(talking.end(), kEof);
  auto old = connect();
  old.send("POST /o HTTP/1.0\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(old.rest(), answered("POST /o x", "close", 0));
  EXPECT_EQ(old.end(), kEof);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  auto client = connect();
  client.send(post("/held", "1") + post("/b", "2") + post("/c", "3", "Connection: close\r\n") + post("/d", "4"));
  io_.run(entered_.pass());
  gate_.open();
  EXPECT_EQ(client.rest(), answered("POST /held 1") + answered("POST /b 2") + answered("POST /c 3", "close"));
  EXPECT_EQ(client.end(), kEof);
  EXPECT_EQ(handled_, 3);
}

TEST_F(ServerTest, AnswersWhatItCannotReadAndLetsThePeerReadThat) {
  start();
  const std::string chunk = "\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') + "\r\n";
  const struct {
    std::string request;
    std::string target;
  } cases[] = {
      {post("/large", std::string(kBodyLimit + 1, 'x')), "/large"},
      {post("/larger", kLarge), "/larger"},
      {"POST /chunked HTTP/1.1" + chunk + kLarge, "/chunked"},
      {"POST /huge HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", "/huge"},
      {"POST /minus HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "/minus"},
      {"POST /two HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "/two"},
      {"POST /both HTTP/1.1\r\nContent-Length: 1" + chunk, "/both"},
      {"POST /colon HTTP/1.1\r\nno colon\r\n\r\n", "/colon"},
      {"POST /header HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n" + kLarge, "/header"},
      {"POST /headers HTTP/1.1\r\n" + kLarge, "/headers"},
      {"POST /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n", ""},
      {"nonsense\r\n\r\n", ""},
      {"\r\n\r\n\r\n", ""},
      {"GET  HTTP/1.1\r\n\r\n", ""},
      {"GET / HTTP/9.9\r\n\r\n", ""},
      {"\x16\x03\x01\x02\x01\r\n\r\n", ""},  // TLS
  };
  for (const auto& [request, target] : cases) {
    auto client = connect();
    client.send(request);
    EXPECT_EQ(client.rest(), refused(target)) << request.substr(0, 60);
    EXPECT_EQ(client.end(), kEof) << request.substr(0, 60);
  }
  EXPECT_EQ(reasons_.size(), std::size(cases));
  for (const auto& reason : reasons_) EXPECT_NE(reason, "");
  EXPECT_EQ(handled_, 0);
}

TEST_F(ServerTest, AnswersWhenTheHandlerFails) {
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(post("/boom", "")), refused("/boom", "keep-alive"));
  EXPECT_EQ(client.ask(post("/a", "b")), answered("POST /a b"));
  EXPECT_EQ(reasons_, std::vector{std::string(kHandlerThrew)});
}

TEST_F(ServerTest, AHandlerThatFailsIsLoggedAndCountedWithoutWhatThePeerSent) {
  metrics::Metrics metrics(10);
  options_.name = "test";
  options_.failures = &failures_of(metrics, options_.name);
  start();
  testing::internal::CaptureStderr();
  auto client = connect();
  client.ask(post("/boom", "s3cr3t"));
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr(R"("event":"http.failed","server":"test","error":"boom")"));
  EXPECT_THAT(log, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(log, Not(HasSubstr("/boom")));
  EXPECT_THAT(metrics.exposition(), HasSubstr("kassaflow_http_failures_total{server=\"test\"} 1"));
}

TEST_F(ServerTest, SaysNothingToAPeerThatLeft) {
  start();
  for (const char* part : {"", "P", "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"}) {
    auto client = connect();
    client.send(part);
    client.hang_up();
    EXPECT_EQ(client.rest(), "") << part;
  }
  EXPECT_EQ(handled_, 0);
  auto client = connect();
  round_trip(client);
}

TEST_F(ServerTest, ClosesConnectionsThatKeepItWaiting) {
  options_.idle_timeout = 100ms;
  options_.read_timeout = 100ms;
  start();
  for (const char* part : {"", "P", "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"}) {
    auto client = connect();
    client.send(part);
    EXPECT_EQ(client.rest(), "") << part;
  }
  EXPECT_EQ(handled_, 0);
  auto client = connect();
  EXPECT_THAT(client.ask(post("/a", "b")), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerTest, AHandlerMayTakeLongerThanReading) {
  options_.idle_timeout = 50ms;
  options_.read_timeout = 50ms;
  start();
  auto held = connect();
  held.send(post("/held", ""));
  io_.run(entered_.pass());
  EXPECT_EQ(connect().rest(), "");  // both times are over now
  gate_.open();
  EXPECT_EQ(held.answer(), answered("POST /held "));
}

// Each byte in time, and never the end of a header or a body: the time is that of the whole request.
TEST_F(ServerTest, ClosesConnectionsThatSendByDrops) {
  options_.read_timeout = 600ms;
  options_.idle_timeout = 10ms;
  start();
  for (const std::string begin : {"POST /a HTTP/1.1\r\nX: ", "POST /a HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"}) {
    auto client = connect();
    client.send(begin);
    for (int drops = 0; drops < 50 && !client.end(); ++drops) {
      client.send("x");
      auto idle = connect();
      round_trip(idle);
      EXPECT_EQ(idle.rest(), "");  // its time is over, which is shorter
    }
    EXPECT_TRUE(client.end()) << begin;
  }
}

TEST_F(ServerTest, ClosesConnectionsAboveTheLimitAtOnceWhenAllAreBeingAnswered) {
  options_.connection_limit = 2;
  start();
  auto first = connect();
  auto second = connect();
  for (auto* client : {&first, &second}) client->send(post("/held", ""));
  io_.run(entered_.pass());
  while (io_.run(handled()) < 2) {
  }
  for (int i = 0; i < 3; ++i) {
    auto third = connect();
    EXPECT_EQ(third.rest(), "");
    EXPECT_EQ(third.end(), kEof);
  }
  gate_.open();
  for (auto* client : {&first, &second}) EXPECT_EQ(client->answer(), answered("POST /held "));
}

// 8 400 half-sent headers shut everybody out.
TEST_F(ServerTest, AtTheLimitWhoKeepsItWaitingGivesWay) {
  options_.connection_limit = 3;
  start();
  auto held = connect();
  held.send(post("/held", ""));
  io_.run(entered_.pass());
  auto idle = connect();
  round_trip(idle);
  std::vector<std::unique_ptr<RawClient>> half;
  for (int i = 0; i < 20; ++i) {
    half.push_back(std::make_unique<RawClient>(io_, port_));
    half.back()->send("POST /half HTTP/1.1\r\nX: ");
  }
  auto client = connect();
  EXPECT_EQ(client.ask(post("/a", "b")), answered("POST /a b"));
  round_trip(idle);  // has more time than a half-sent header
  gate_.open();
  EXPECT_EQ(held.answer(), answered("POST /held "));
}

TEST_F(ServerTest, ABodyMayBeSmallerAtATarget) {
  options_.body_limit_of = [](std::string_view target) {
    return target == "/small" ? std::size_t{10} : kBodyLimit * 2;
  };
  start();
  const std::string chunked = " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n";
  auto client = connect();
  EXPECT_EQ(client.ask(post("/small", "1234567890")), answered("POST /small 1234567890"));
  EXPECT_EQ(client.ask("POST /large" + chunked), answered("POST /large 12345678901"));
  EXPECT_EQ(client.ask(post("/large", std::string(kBodyLimit, 'x'))),
            answered("POST /large " + std::string(kBodyLimit, 'x')));
  // Refused before it came.
  EXPECT_EQ(client.ask("POST /small HTTP/1.1\r\nContent-Length: 11\r\n\r\n"), refused("/small"));
  EXPECT_EQ(connect().ask("POST /small" + chunked), refused("/small"));
  EXPECT_EQ(connect().ask(post("/large", std::string(kBodyLimit + 1, 'x'))), refused("/large"));
  EXPECT_EQ(reasons_, std::vector(3, std::string(kRequestTooLarge)));
}

// What came after the header would be taken for the answer to the next request, which may be another portal's.
TEST_F(ServerTest, AnswersHeadWithTheHeaderAlone) {
  start();
  auto client = connect();
  client.send("HEAD /a HTTP/1.1\r\n\r\n" + post("/b", "c", "Connection: close\r\n"));
  const std::string whole = answered("HEAD /a ");
  EXPECT_EQ(client.rest(), whole.substr(0, whole.find("\r\n\r\n") + 4) + answered("POST /b c", "close"));
}

TEST_F(ServerTest, SaysWhenToComeAgain) {
  start();
  EXPECT_THAT(connect().ask(post("/busy", "")),
              StartsWith("HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/x\r\nContent-Length: 1\r\n"
                         "Retry-After: 7\r\nConnection: keep-alive\r\n\r\ns"));
}

TEST_F(ServerTest, LargeBodiesShareALimit) {
  options_.bodies_limit = 1500;
  start();
  const std::string large(kBodyLimit, 'x');
  auto first = connect();
  auto other = connect();
  first.send(post("/first", large).substr(0, 300));
  round_trip(other);  // a body that is there at once takes no share
  auto second = connect();
  second.send(post("/second", large).substr(0, 300));
  EXPECT_EQ(second.rest(), refused("/second"));
  first.send(post("/first", large).substr(300));
  EXPECT_EQ(first.answer(), answered("POST /first " + large));
  auto third = connect();  // the share is free again
  third.send(post("/third", large).substr(0, 300));
  round_trip(other);
  third.send(post("/third", large).substr(300));
  EXPECT_EQ(third.answer(), answered("POST /third " + large));
}

TEST_F(ServerTest, DrainsWhatIsUnderWayAndClosesWhatIsIdle) {
  start();
  auto fresh = connect();
  auto idle = connect();
  auto held = connect();
  auto half = connect();
  held.send(post("/held", "h"));
  io_.run(entered_.pass());
  half.send("POST /half HTTP/1.1\r\nContent-Length: 2\r\n\r\na");
  round_trip(idle);

  auto drained = io_.start(server_->drain(kHang * 2));
  EXPECT_EQ(idle.rest(), "");
  EXPECT_EQ(fresh.rest(), "");
  EXPECT_THROW(connect(), boost::system::system_error);
  half.send("b");
  EXPECT_EQ(half.rest(), answered("POST /half ab", "close"));
  EXPECT_EQ(drained.wait_for(0s), std::future_status::timeout);  // the held one is still open
  gate_.open();
  EXPECT_THAT(held.rest(), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(held.end(), kEof);
  half.hang_up();
  held.hang_up();
  io_.wait(std::move(drained));
}

TEST_F(ServerTest, DrainsNoLongerThanTold) {
  start();
  auto held = connect();
  held.send(post("/held", ""));
  io_.run(entered_.pass());
  io_.run(server_->drain(50ms));
  gate_.open();
  EXPECT_THAT(held.answer(), HasSubstr("POST /held"));
}

TEST_F(ServerTest, SaysAtOnceWhenItCannotListen) {
  start();
  ServerOptions same = options_;
  same.port = port_;
  EXPECT_THROW(Server(io_.executor(), same, {}), boost::system::system_error);
  same.address = "no address";
  EXPECT_THROW(Server(io_.executor(), same, {}), boost::system::system_error);
}

}  // namespace
}  // namespace kassaflow::http::tests
