// A kept connection: what is asked over it, and what happens when it is gone. An outcome is "200 body" or a code.

#include "kassaflow/http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scripted_peer.hpp"
#include "src/peer_tls.hpp"
#include "test_identities.hpp"

namespace kassaflow::http::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;

constexpr auto kNever = 10min;  // a limit that must not be what ends the test

std::string ok(const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// Answers as many requests as there are answers, then closes.
Scene answers(std::vector<std::string> bytes) {
  return [bytes = std::move(bytes)](Connection& c) -> asio::awaitable<void> {
    std::string all;
    for (const auto& answer : bytes) {
      co_await c.hear_request();
      all += std::exchange(c.heard.bytes, {});
      co_await c.say(answer);
    }
    c.heard.bytes = all;
  };
}

Scene and_stays(Scene inner) {
  return [inner = std::move(inner)](Connection& c) -> asio::awaitable<void> {
    co_await inner(c);
    co_await c.hear_end();
  };
}

// The scenes over TLS, as status plays them.
std::vector<Scene> secured(const std::vector<Scene>& scenes) {
  static asio::ssl::context context = peer_tls(identity::files_of("status"), "ingress");
  std::vector<Scene> over_tls;
  for (const Scene& scene : scenes) {
    over_tls.push_back([scene](Connection& c) -> asio::awaitable<void> {
      co_await c.shake_hands(context);
      co_await scene(c);
    });
  }
  return over_tls;
}

class ClientTest : public ::testing::Test {
 protected:
  ~ClientTest() override { io_.stop(); }  // the thread ends before what lives on it

  void to(const std::string& address) {
    client_.emplace(io_.executor(), address, identity::files_of("ingress"), "status");
  }
  std::string ask(std::string body, Clock::duration limit = kNever) {
    const auto answer = io_.run(client_->post("/ask", "text/q", std::move(body), Clock::now() + limit));
    if (!answer) return std::string(answer.error().code.name());
    EXPECT_EQ(answer->content_type, "text/x");
    return std::to_string(answer->status) + " " + answer->body;
  }

  IoThread io_;
  std::optional<Client> client_;
};

TEST_F(ClientTest, AsksOverOneConnection) {
  ScriptedPeer peer(secured({answers({ok("one"), ok("two"), ok("")})}));
  to(peer.host());
  EXPECT_EQ(ask("1"), "200 one");
  EXPECT_EQ(ask("22"), "200 two");
  EXPECT_EQ(ask(""), "200 ");
  const auto heard = peer.heard();
  ASSERT_THAT(heard, SizeIs(1));
  const std::string head =
      "POST /ask HTTP/1.1\r\nHost: " + peer.host() + "\r\nContent-Type: text/q\r\nContent-Length: ";
  EXPECT_EQ(heard[0].bytes, head + "1\r\n\r\n1" + head + "2\r\n\r\n22" + head + "0\r\n\r\n");
}

TEST_F(ClientTest, AsksAgainWhenTheKeptConnectionIsGone) {
  ScriptedPeer peer(secured({answers({ok("one")}), answers({ok("two"), ""}), answers({ok("three")})}));
  to(peer.host());
  EXPECT_EQ(ask("1"), "200 one");
  EXPECT_EQ(ask("2"), "200 two");
  EXPECT_EQ(ask("3"), "200 three") << "its first bytes may have been heard: only for what may arrive twice";
  EXPECT_THAT(peer.heard(), SizeIs(3));
}

TEST_F(ClientTest, AsksAFreshConnectionOnce) {
  ScriptedPeer peer(secured({answers({""}), answers({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"}), reset()}));
  to(peer.host());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("x"), "closed");
  EXPECT_THAT(peer.heard(), SizeIs(3));
}

TEST_F(ClientTest, KeepsNoConnectionThePeerWillClose) {
  ScriptedPeer peer(secured({answer_and_stay(ok("one", "Connection: close\r\n")), answers({ok("two")})}));
  to(peer.host());
  EXPECT_EQ(ask("1"), "200 one");
  EXPECT_EQ(ask("2"), "200 two");
}

TEST_F(ClientTest, LeavesAtTheDeadlineAndWithItsConnection) {
  ScriptedPeer peer(secured({hear(), answers({ok("two")})}));
  to(peer.host());
  EXPECT_EQ(ask("1", 20ms), "timeout");
  EXPECT_EQ(ask("2"), "200 two");
}

TEST_F(ClientTest, EachRequestHasItsOwnDeadline) {
  ScriptedPeer peer(secured({and_stays(answers({ok("one"), ""})), answers({ok("two")})}));
  to(peer.host());
  EXPECT_EQ(ask("1"), "200 one");
  EXPECT_EQ(ask("2", 20ms), "timeout") << "the kept connection is silent";
  EXPECT_EQ(ask("2"), "200 two");
}

TEST_F(ClientTest, AsksAgainOnlyWhereTheConnectionIsGone) {
  ScriptedPeer peer(secured({answers({ok("one"), "SSH-2.0-x\r\n\r\n"}), answers({ok("two")})}));
  to(peer.host());
  EXPECT_EQ(ask("1"), "200 one");
  EXPECT_EQ(ask("2"), "malformed");
  EXPECT_EQ(ask("2"), "200 two");
}

TEST_F(ClientTest, TellsWhatIsNoAnswer) {
  ScriptedPeer peer(secured({answer_and_stay("SSH-2.0-x\r\n\r\n"),
                             answer_and_stay(ok(std::string(1024 * 1024 + 1, 'x'))), answers({ok("two")})}));
  to(peer.host());
  EXPECT_EQ(ask("1"), "malformed");
  EXPECT_EQ(ask("1"), "malformed") << "larger than allowed";
  EXPECT_EQ(ask("2"), "200 two");
  to("127.0.0.1:1");
  EXPECT_EQ(ask("1"), "connect");
  to("no-such-host.invalid:1");
  EXPECT_EQ(ask("1"), "dns");
}

TEST_F(ClientTest, AsksNobodyElse) {
  ScriptedPeer peer({speak(ok("plain"))});
  to(peer.host());
  EXPECT_EQ(ask("1"), "tls") << "who speaks no TLS is not asked";
}

}  // namespace
}  // namespace kassaflow::http::tests
