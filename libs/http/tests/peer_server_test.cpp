// Who is answered: the client is the real one. An outcome is "200 body" or a code.

#include "kassaflow/http/peer_server.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "io_thread.hpp"
#include "kassaflow/http/client.hpp"
#include "test_identities.hpp"

namespace kassaflow::http::tests {
namespace {

using namespace std::chrono_literals;
using identity::files_of;

class PeerServerTest : public ::testing::Test {
 protected:
  ~PeerServerTest() override {
    io_.stop();  // the thread ends before what lives on it
  }

  std::string ask(const identity::Files& own, const std::string& peer = "status",
                  const std::string& body = "question") {
    Client client(io_.executor(), address(), own, peer);
    std::string said;
    for (int i = 0; i < 2; ++i) {  // the second over the kept connection
      const auto answer = io_.run(client.post("/look-up", "text/x", body, std::chrono::steady_clock::now() + 10min));
      said = answer ? std::to_string(answer->status) + " " + answer->body : std::string(answer.error().code.name());
    }
    return said;
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  IoThread io_;
  std::optional<PeerServer> server_{
      std::in_place, io_.executor(),
      PeerServer::Options{.identity = files_of("status"), .peer = "ingress", .body_limit = 100},
      [](const Inbound& inbound) -> asio::awaitable<Reply> {
        if (inbound.body == "bug") throw std::runtime_error("a bug");
        co_return Reply{200, "text/x", std::string(inbound.target) + " " + std::string(inbound.body)};
      }};
};

TEST_F(PeerServerTest, AnswersItsPeerAlone) {
  EXPECT_EQ(ask(files_of("ingress")), "200 /look-up question");
  EXPECT_EQ(ask(files_of("fiscalizer")), "closed") << "another service of ours";
  EXPECT_EQ(ask(files_of("ingress")), "200 /look-up question");
}

TEST_F(PeerServerTest, BelievesNoOtherAuthority) {
  EXPECT_EQ(ask(identity::stranger("fiscalizer")), "tls") << "nor does a stranger believe it";
  identity::Files forged = identity::stranger("fiscalizer");
  forged.authority = files_of("ingress").authority;
  EXPECT_EQ(ask(forged), "closed");
}

TEST_F(PeerServerTest, IsAskedUnderItsNameAlone) { EXPECT_EQ(ask(files_of("ingress"), "registry"), "tls"); }

TEST_F(PeerServerTest, ABugIsAnsweredAndTheNextIsServed) {
  EXPECT_EQ(ask(files_of("ingress"), "status", "bug"), "500 ");
  EXPECT_EQ(ask(files_of("ingress")), "200 /look-up question");
}

TEST_F(PeerServerTest, RefusesWhatIsTooLarge) {
  EXPECT_EQ(ask(files_of("ingress"), "status", std::string(101, 'x')), "closed");
}

}  // namespace
}  // namespace kassaflow::http::tests
