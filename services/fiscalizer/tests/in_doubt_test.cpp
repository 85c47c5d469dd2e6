// Rule 1: the answer to a COMMIT was lost, and nothing has been sent yet.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "journal/journal.hpp"
#include "postgres_journal.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

// Stands between a client and PostgreSQL. When told so, it ends the connection instead of the answer to a COMMIT.
class Between {
 public:
  explicit Between(std::uint16_t server_port)
      : server_port_(server_port), acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    asio::co_spawn(io_, serve(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Between() {
    io_.stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Of the next COMMIT: the server has done it, or has never got it.
  enum class Lose : std::uint8_t { nothing, answer, question };
  void lose(Lose what) { lose_ = what; }

 private:
  struct Pair {
    explicit Pair(tcp::socket c) : client(std::move(c)), server(client.get_executor()) {}
    tcp::socket client, server;
    bool cut = false;  // before the server's next answer
  };

  asio::awaitable<void> serve() {
    for (;;) {
      auto [error, client] = co_await acceptor_.async_accept(use_tuple);
      if (error) co_return;
      auto pair = std::make_shared<Pair>(std::move(client));
      const tcp::endpoint server(asio::ip::address_v4::loopback(), server_port_);
      const auto [refused] = co_await pair->server.async_connect(server, use_tuple);
      if (refused) continue;
      asio::co_spawn(io_, questions(pair), asio::detached);
      asio::co_spawn(io_, answers(pair), asio::detached);
    }
  }
  asio::awaitable<void> questions(std::shared_ptr<Pair> pair) {
    std::array<char, 65536> data{};
    for (;;) {
      const auto [error, size] = co_await pair->client.async_read_some(asio::buffer(data), use_tuple);
      if (error) co_return end(*pair);
      const std::string_view bytes(data.data(), size);
      if (bytes.find("COMMIT") != bytes.npos) {
        const auto lost = lose_.exchange(Lose::nothing);
        if (lost == Lose::question) co_return end(*pair);
        pair->cut = lost == Lose::answer;
      }
      co_await asio::async_write(pair->server, asio::buffer(bytes), use_tuple);
    }
  }
  asio::awaitable<void> answers(std::shared_ptr<Pair> pair) {
    std::array<char, 65536> data{};
    for (;;) {
      const auto [error, size] = co_await pair->server.async_read_some(asio::buffer(data), use_tuple);
      if (error || pair->cut) co_return end(*pair);
      co_await asio::async_write(pair->client, asio::buffer(data.data(), size), use_tuple);
    }
  }
  static void end(Pair& pair) {
    boost::system::error_code ignored_when_closed;
    pair.client.close(ignored_when_closed);
    pair.server.close(ignored_when_closed);
  }

  const std::uint16_t server_port_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  const std::uint16_t port_ = acceptor_.local_endpoint().port();
  std::atomic<Lose> lose_{Lose::nothing};
  std::thread thread_;
};

class InDoubtTest : public PostgresJournalTest {
 protected:
  static std::uint16_t port_of(const std::string& uri) {
    return static_cast<std::uint16_t>(std::stoi(uri.substr(uri.rfind(':') + 1)));
  }
  std::string through_between() {
    const auto& uri = journal_server().uri();
    const auto colon = uri.rfind(':');
    return uri.substr(0, colon + 1) + std::to_string(between_.port()) + uri.substr(uri.find('/', colon));
  }
  Result<std::int64_t> open_losing(Between::Lose what) {
    take({post(1, 1, 10, "d", 0)});
    asio::io_context io;
    postgres::Database pool(options(through_between()));
    journal::PostgresStore store(pool);
    Journal journal(io.get_executor(), async::machine_clock(), store, kWorker, limits_);
    between_.lose(what);
    auto opened = asio::co_spawn(io, journal.open_attempt(attempt_for(queued().at(0))), asio::use_future);
    while (opened.wait_for(0s) != std::future_status::ready) io.run_one();
    return opened.get();
  }

  Between between_{port_of(journal_server().uri())};
};

TEST_F(InDoubtTest, Rule1_AnAttemptThatWasStoredIsFoundAgain) {
  const auto opened = open_losing(Between::Lose::answer);
  ASSERT_TRUE(opened) << opened.error().code.name();
  EXPECT_EQ(one("select id from attempts where outcome is null"), std::to_string(*opened));
}

TEST_F(InDoubtTest, Rule1_AnAttemptThatWasNotStoredIsNotSent) {
  const auto opened = open_losing(Between::Lose::question);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, kGivenUp);
  EXPECT_EQ(state(1), "queued");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
