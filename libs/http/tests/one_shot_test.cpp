// One request, one connection, one outcome (exactly-once.md 2, 3, 6). An outcome is written as "200 body" or, of a
// failure, as how far the request got and its code: "all timeout".

#include "kassaflow/http/one_shot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>

#include "../src/resolve.hpp"
#include "certificate.hpp"
#include "scripted_peer.hpp"

namespace kassaflow::http::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Clock = WriteGuard::Clock;

constexpr auto kReset = asio::error::connection_reset;
constexpr auto kNever = 10min;                    // a limit that must not be what ends the test
const std::string kLarge(64 * 1024 * 1024, 'x');  // more than the buffers of two sockets
constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const auto* const kTrusted = ::testing::AddGlobalTestEnvironment(new TrustedCertificate);

class CountingGuard : public WriteGuard {
 public:
  explicit CountingGuard(
      std::optional<Clock::duration> time = kNever, std::function<void()> then = [] {})
      : time_(time), then_(std::move(then)) {}
  std::optional<Clock::time_point> arm() override {
    ++armed;
    return time_ ? std::optional(Clock::now() + *time_) : std::nullopt;
  }
  void disarm() override {
    ++disarmed;
    then_();
  }
  int armed = 0;
  int disarmed = 0;

 private:
  std::optional<Clock::duration> time_;
  std::function<void()> then_;
};

std::string outcome(const Result<Response, Failure>& result) {
  if (result) return std::to_string(result->status) + " " + result->body;
  constexpr const char* kSent[] = {"nothing ", "partly ", "all "};
  return kSent[static_cast<int>(result.error().sent)] + std::string(result.error().code.name());
}

class OneShot : public ::testing::Test {
 protected:
  static Request to(std::string url, std::string body = "body") {
    Request request;
    request.url = std::move(url);
    request.body = std::move(body);
    request.connect_timeout = request.total_timeout = kNever;
    return request;
  }
  Result<Response, Failure> send(const Request& request, WriteGuard& guard) {
    return io_.run(one_shot(request, {.allow_private = true}, guard));
  }
  Result<Response, Failure> send(const Request& request) {
    NoGuard guard;
    return send(request, guard);
  }

  IoThread io_;
};
using OneShotTls = OneShot;

TEST_F(OneShot, WritesExactlyTheBytesItWasGiven) {
  ScriptedPeer peer({answer(kOk), answer(kOk), answer(kOk)});
  auto request = to(peer.url() + "kkm/%D0%A7?a=1&b=%2F#part", "{\"имя\":\"Чек\"}");
  request.headers = {{"x-b", "2"}, {"X-A", " 1"}, {"x-b", "3"}};
  EXPECT_EQ(outcome(send(request)), "200 ok");
  EXPECT_EQ(outcome(send(to("http://" + peer.host(), ""))), "200 ok");
  request = to("http://" + peer.host() + "?q", "");
  request.method = "GET";
  EXPECT_EQ(outcome(send(request)), "200 ok");

  const auto heard = peer.heard();
  ASSERT_THAT(heard, SizeIs(3));
  EXPECT_EQ(heard[0].bytes, "POST /kkm/%D0%A7?a=1&b=%2F HTTP/1.1\r\nHost: " + peer.host() +
                                "\r\nx-b: 2\r\nX-A:  1\r\nx-b: 3\r\nContent-Length: 19\r\n\r\n{\"имя\":\"Чек\"}");
  EXPECT_EQ(heard[1].bytes, "POST / HTTP/1.1\r\nHost: " + peer.host() + "\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(heard[2].bytes, "GET /?q HTTP/1.1\r\nHost: " + peer.host() + "\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(OneShot, ReadsAnAnswerHoweverItEnds) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nab\r\n\r\n3\r\ncde\r\n0\r\nT: 1\r\n\r\n";
  for (const auto& scene : {answer(kOk), answer_and_stay(kOk), answer_in_drops(kOk)})
    EXPECT_EQ(outcome(send(to(ScriptedPeer({scene}).url()))), "200 ok");
  for (const auto& scene : {answer(chunked), answer_and_stay(chunked), answer_in_drops(chunked)})
    EXPECT_EQ(outcome(send(to(ScriptedPeer({scene}).url()))), "200 ab\r\ncde");
  EXPECT_EQ(outcome(send(to(ScriptedPeer({answer("HTTP/1.1 200 OK\r\n\r\nto the end")}).url()))), "200 to the end");
  EXPECT_EQ(outcome(send(to(ScriptedPeer({answer_and_stay("HTTP/1.1 204 X\r\n\r\n")}).url()))), "204 ");
  ScriptedPeer peer({answer_and_stay("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")});
  auto head = to(peer.url());
  head.method = "HEAD";
  EXPECT_EQ(outcome(send(head)), "200 ");
}

TEST_F(OneShot, TellsStatusTypeAndLocationAndFollowsNothing) {
  for (const int status : {200, 201, 301, 302, 303, 307, 308, 401, 407, 425, 429, 500, 503}) {
    ScriptedPeer peer;
    ScriptedPeer first({answer("HTTP/1.1 " + std::to_string(status) + " X\r\nLocation: " + peer.url() +
                               "\r\nRetry-After: 0\r\nContent-Type: text/x; a=b\r\nContent-Length: 1\r\n\r\nx")});
    const auto result = send(to(first.url()));
    EXPECT_EQ(outcome(result), std::to_string(status) + " x");
    EXPECT_EQ(result->location, peer.url());
    EXPECT_EQ(result->content_type, "text/x; a=b");
    EXPECT_THAT(first.heard(), SizeIs(1));
    EXPECT_THAT(peer.heard(), SizeIs(0));
  }
}

TEST_F(OneShot, Rule2_UsesAFreshConnectionForEachRequestAndRepeatsNone) {
  // The second is printed, then closed without an answer, as on a kept-alive connection that ran out.
  ScriptedPeer peer({answer_and_stay("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"),
                     answer(""), reset()});
  EXPECT_EQ(outcome(send(to(peer.url(), "first"))), "200 ok");
  EXPECT_EQ(outcome(send(to(peer.url(), "second"))), "all read");
  EXPECT_EQ(outcome(send(to(peer.url(), "third"))), "all read");
  const auto heard = peer.heard();
  ASSERT_THAT(heard, SizeIs(3));
  EXPECT_TRUE(heard[0].bytes.ends_with("\r\n\r\nfirst"));
  EXPECT_TRUE(heard[1].bytes.ends_with("\r\n\r\nsecond"));
  EXPECT_TRUE(heard[2].bytes.ends_with("\r\n\r\nthird"));
}

TEST_F(OneShot, SendsNothingWhereNobodyIs) {
  CountingGuard guard;
  EXPECT_EQ(outcome(send(to(ClosedPort().url()), guard)), "nothing connect");
  EXPECT_EQ(outcome(send(to("http://nobody.invalid/"), guard)), "nothing dns");
  for (const char* url :
       {"", "/path", "host", "127.0.0.1:80", "ftp://127.0.0.1/", "http://", "http:///x", "http://a b/",
        "unix:///socket", "http://127.0.0.1:0/", "http://127.0.0.1:/", "http://127.0.0.1:65616/"})
    EXPECT_EQ(outcome(send(to(url), guard)), "nothing dns") << url;
  EXPECT_EQ(guard.armed, 0);
}

TEST_F(OneShot, RefusesSecretsInTheAddress) {
  ScriptedPeer peer;
  for (const auto* user : {"user:secret@", "user@", ":secret@", "@"}) {
    const auto result = send(to("http://" + std::string(user) + peer.host() + "/"));
    EXPECT_EQ(outcome(result), "nothing dns") << user;
    EXPECT_EQ(result.error().message.find("secret"), std::string::npos);
  }
  EXPECT_THAT(peer.heard(), SizeIs(0));
}

TEST_F(OneShot, RefusesAddressesThatAreNotPublic) {
  ScriptedPeer peer;
  ASSERT_TRUE(io_.run(resolve("localhost", 81, {}, Clock::now() + kNever)));  // it is known, and checked all the same
  const std::string port = ":" + std::to_string(peer.port()) + "/";
  for (const std::string host : {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "[::1]",
                                 "[::ffff:127.0.0.1]", "[::]", "169.254.169.254", "%31%32%37.0.0.1"}) {
    for (const char* scheme : {"http://", "https://"}) {
      CountingGuard guard;
      EXPECT_EQ(outcome(io_.run(one_shot(to(scheme + host + port), {}, guard))), "nothing address_refused") << host;
      EXPECT_EQ(guard.armed, 0);
    }
  }
  EXPECT_THAT(peer.heard(), SizeIs(0));
}

TEST_F(OneShot, FindsNamesForManyAtOnce) {
  ScriptedPeer peer({answer(kOk), answer(kOk)});
  const auto request = to("http://localhost:" + std::to_string(peer.port()) + "/");
  NoGuard guard;
  auto first = io_.start(one_shot(request, {.allow_private = true}, guard));
  auto second = io_.start(one_shot(request, {.allow_private = true}, guard));
  EXPECT_EQ(outcome(io_.wait(std::move(first))), "200 ok");
  EXPECT_EQ(outcome(io_.wait(std::move(second))), "200 ok");
  EXPECT_THAT(peer.heard()[0].bytes, HasSubstr("\r\nHost: localhost:" + std::to_string(peer.port()) + "\r\n"));

  std::vector<std::future<Result<Endpoints, std::string>>> waiting;
  for (const char* name : {"localhost", "localhost", "nobody.invalid", "localhost", "nobody.invalid"})
    waiting.push_back(io_.start(resolve(name, 81, TenantId("acme"), Clock::now() + kNever)));
  std::string found;
  for (auto& one : waiting) found += io_.wait(std::move(one)) ? '+' : '-';
  EXPECT_EQ(found, "++-+-");
}

TEST_F(OneShot, Rule3_LetsNoByteLeaveWithoutTheGuard) {
  ScriptedPeer peer({hear()});
  CountingGuard guard(std::nullopt);
  EXPECT_EQ(outcome(send(to(peer.url()), guard)), "nothing guard");
  EXPECT_EQ(guard.armed, 1);
  ASSERT_THAT(peer.heard(), SizeIs(1));  // connected first
  EXPECT_EQ(peer.heard()[0].bytes, "");
  EXPECT_EQ(peer.heard()[0].end, kReset);
}

TEST_F(OneShot, Rule3_StopsWritingWhenTheGuardSaysSo) {
  ScriptedPeer peer({deaf_until_released()});
  CountingGuard guard(200ms);
  EXPECT_EQ(outcome(send(to(peer.url(), kLarge), guard)), "partly timeout");
  EXPECT_EQ(guard.armed, 1);
  EXPECT_EQ(guard.disarmed, 1);
  peer.release();
  EXPECT_EQ(peer.heard()[0].end, kReset);  // what the kernel still held does not arrive
}

// A process that stood still after the guard had armed, and that nothing has ended (exactly-once.md 3).
TEST_F(OneShot, Rule3_WritesNothingWhenTheGuardsTimeIsOver) {
  ScriptedPeer peer({hear()});
  CountingGuard guard(-1ms);
  EXPECT_EQ(outcome(send(to(peer.url()), guard)), "nothing guard");
  EXPECT_EQ(guard.armed, 1);
  EXPECT_EQ(guard.disarmed, 1);
  EXPECT_EQ(peer.heard()[0].bytes, "");
  EXPECT_EQ(peer.heard()[0].end, kReset);
}

TEST_F(OneShot, WaitsForTheAnswerBeyondTheGuardsTime) {
  ScriptedPeer peer({answer_when_released(kOk)});
  Gate written(io_);
  constexpr auto kTime = 500ms;
  CountingGuard guard(kTime, [&] { written.open(); });
  const auto request = to(peer.url());
  auto result = io_.start(one_shot(request, {.allow_private = true}, guard));
  io_.run(written.pass());
  const auto over = Clock::now() + kTime;
  while (Clock::now() < over) io_.run(written.pass());  // a timer that is over goes off between turns
  peer.release();
  EXPECT_EQ(outcome(io_.wait(std::move(result))), "200 ok");
  EXPECT_EQ(guard.armed, 1);
  EXPECT_EQ(guard.disarmed, 1);
}

TEST_F(OneShot, KeepsWhatArrivedOfACutAnswer) {
  for (const char* part : {"", "H", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"fd\":1",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    const auto closed = send(to(ScriptedPeer({answer(part)}).url()));
    EXPECT_EQ(outcome(closed), "all read") << part;
    EXPECT_EQ(closed.error().partial_answer, part);
  }
}

TEST_F(OneShot, Rule6_GivesUpOnASilentPeerAndKeepsWhatArrived) {
  for (const char* part : {"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"fd\":1"}) {
    ScriptedPeer peer({answer_and_stay(part)});
    auto request = to(peer.url());
    request.total_timeout = 500ms;
    CountingGuard guard;
    const auto result = send(request, guard);
    EXPECT_EQ(outcome(result), "all timeout");
    EXPECT_EQ(result.error().partial_answer, part);
    EXPECT_EQ(guard.disarmed, 1);
    EXPECT_EQ(peer.heard()[0].end, kReset);
  }
}

TEST_F(OneShot, CallsAnAnswerThatIsNoneMalformed) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), std::string("HTTP/1.1 abc OK\r\n\r\n"), ok + "no colon\r\n\r\n",
        ok + "Content-Length: x\r\n\r\n", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", ok + "A: " + std::string(70'000, 'a') + "\r\n\r\n"}) {
    const auto result = send(to(ScriptedPeer({answer_and_stay(bytes)}).url()));
    EXPECT_EQ(outcome(result), "all malformed") << bytes.substr(0, 100);
    EXPECT_TRUE(bytes.starts_with(result.error().partial_answer) && !result.error().partial_answer.empty());
  }
}

TEST_F(OneShot, NeverTakesAnInterimAnswerForTheAnswer) {
  for (const std::string status : {"100 Continue", "101 Switching", "102 Processing", "103 Early Hints"}) {
    for (const char* then : {"", kOk}) {
      const std::string bytes = "HTTP/1.1 " + status + "\r\n\r\n" + then;
      const auto result = send(to(ScriptedPeer({answer_and_stay(bytes)}).url()));
      EXPECT_EQ(outcome(result), "all malformed") << bytes;
      EXPECT_TRUE(bytes.starts_with(result.error().partial_answer)) << bytes;
    }
  }
}

TEST_F(OneShot, ReadsNoMoreThanAllowed) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes : {ok + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'),
                                   ok + "Content-Length: 9999999999999\r\n\r\n", ok + "\r\n" + std::string(101, 'x'),
                                   ok + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') + "\r\n"}) {
    ScriptedPeer peer({answer_and_stay(bytes)});
    auto request = to(peer.url());
    request.answer_limit = 100;
    const auto result = send(request);
    EXPECT_EQ(outcome(result), "all too_large") << bytes;
    EXPECT_EQ(result.error().partial_answer, bytes.substr(0, 100));
  }
  ScriptedPeer peer({answer(ok + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'))});
  auto within = to(peer.url());
  within.answer_limit = 100;
  EXPECT_EQ(outcome(send(within)), "200 " + std::string(100, 'x'));
}

TEST_F(OneShot, Rule6_LeavesNoConnectionBehind) {
  ScriptedPeer peer({answer_and_stay(kOk), answer_and_stay("nonsense\r\n\r\n")});
  EXPECT_EQ(outcome(send(to(peer.url()))), "200 ok");
  EXPECT_EQ(outcome(send(to(peer.url()))), "all malformed");
  for (const auto& heard : peer.heard()) EXPECT_EQ(heard.end, kReset);
}

TEST_F(OneShot, SaysHowFarItGotWhenCancelled) {
  asio::cancellation_signal signal;
  CountingGuard guard(kNever,
                      [&] { asio::post(io_.executor(), [&] { signal.emit(asio::cancellation_type::terminal); }); });
  ScriptedPeer peer({answer_and_stay("")});
  const auto request = to(peer.url());
  auto result = asio::co_spawn(io_.executor(), one_shot(request, {.allow_private = true}, guard),
                               asio::bind_cancellation_slot(signal.slot(), asio::use_future));
  EXPECT_EQ(outcome(io_.wait(std::move(result))), "all read");
  EXPECT_EQ(guard.disarmed, 1);
  EXPECT_EQ(peer.heard()[0].end, kReset);
}

TEST_F(OneShotTls, SpeaksOnlyToTheHostItMeant) {
  auto trusted = TrustedCertificate::localhost().server_context();
  auto foreign = Certificate("localhost").server_context();
  const auto scene = [&](auto& context) { return over_tls(context, answer_and_stay(kOk)); };
  ScriptedPeer peer({scene(trusted), scene(trusted), scene(foreign), speak("220 smtp\r\n")});
  const std::string host = "localhost:" + std::to_string(peer.port());
  CountingGuard guard;
  EXPECT_EQ(outcome(send(to("https://" + host), guard)), "200 ok");
  EXPECT_EQ(guard.armed, 1);
  EXPECT_EQ(outcome(send(to("https://" + peer.host()), guard)), "nothing tls");  // another name
  EXPECT_EQ(outcome(send(to("https://" + host), guard)), "nothing tls");         // another issuer
  EXPECT_EQ(outcome(send(to("https://" + host), guard)), "nothing tls");         // no TLS at all
  EXPECT_EQ(guard.armed, 1);
  const auto heard = peer.heard();
  ASSERT_THAT(heard, SizeIs(4));
  EXPECT_EQ(heard[0].bytes, "POST / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(heard[1].bytes + heard[2].bytes, "");
}

TEST_F(OneShotTls, Rule3_StopsWritingWhenTheGuardSaysSo) {
  auto trusted = TrustedCertificate::localhost().server_context();
  ScriptedPeer peer({over_tls(trusted, deaf_until_released())});
  CountingGuard guard(200ms);
  const auto request = to("https://localhost:" + std::to_string(peer.port()) + "/", kLarge);
  EXPECT_EQ(outcome(send(request, guard)), "partly timeout");
  EXPECT_EQ(guard.disarmed, 1);
  peer.release();
  EXPECT_EQ(peer.heard()[0].end, kReset);
}

TEST_F(OneShotTls, Rule3_WritesNothingWhenTheGuardsTimeIsOver) {
  auto trusted = TrustedCertificate::localhost().server_context();
  ScriptedPeer peer({over_tls(trusted, hear())});
  CountingGuard guard(-1ms);
  EXPECT_EQ(outcome(send(to("https://localhost:" + std::to_string(peer.port()) + "/"), guard)), "nothing guard");
  EXPECT_EQ(guard.disarmed, 1);
  EXPECT_EQ(peer.heard()[0].bytes, "");
}

TEST_F(OneShotTls, SendsNothingToAHostThatDoesNotShakeHands) {
  ScriptedPeer peer({hear()});
  CountingGuard guard;
  auto request = to("https://localhost:" + std::to_string(peer.port()) + "/");
  request.connect_timeout = 200ms;
  EXPECT_EQ(outcome(send(request, guard)), "nothing timeout");
  EXPECT_EQ(guard.armed, 0);
}

}  // namespace
}  // namespace kassaflow::http::tests
