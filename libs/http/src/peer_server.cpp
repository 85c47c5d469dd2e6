#include "kassaflow/http/peer_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <unordered_set>
#include <utility>

#include "inbound.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"
#include "peer_tls.hpp"
#include "serving.hpp"

namespace kassaflow::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kLimit{20};
constexpr std::size_t kConnections = 64;

struct Connection {
  Connection(tcp::socket socket, asio::ssl::context context)
      : tls(std::move(context)), stream(beast::tcp_stream(std::move(socket)), tls) {}
  asio::ssl::context tls;
  asio::ssl::stream<beast::tcp_stream> stream;
};

}  // namespace

struct PeerServer::Impl {
  Impl(asio::any_io_executor e, Options o, Handler h)
      : executor(std::move(e)),
        options(std::move(o)),
        handler(std::move(h)),
        acceptor(listen(executor, options.address, options.port)) {}

  static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self) {
    while (auto socket = co_await accept(self->acceptor)) {
      if (self->connections.size() < kConnections) serve(self, std::move(*socket));
    }
  }

  static void serve(const std::shared_ptr<Impl>& self, tcp::socket socket) {
    std::shared_ptr<Connection> connection;
    try {
      connection =
          std::make_shared<Connection>(std::move(socket), peer_tls(self->options.identity, self->options.peer));
    } catch (const boost::system::system_error& unread) {
      return log::error("http.certificates_unread", {{"error", unread.what()}});
    }
    self->connections.insert(connection);
    asio::co_spawn(self->executor, answer(self, connection), [self, connection](const std::exception_ptr& bug) {
      self->connections.erase(connection);
      kRethrow(bug);
    });
  }

  static asio::awaitable<void> answer(std::shared_ptr<Impl> self, std::shared_ptr<Connection> connection) {
    auto& stream = connection->stream;
    stream.next_layer().expires_after(kLimit);
    const auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::server, use_tuple);
    if (refused) {
      log::warn("http.peer_refused", {{"expected", self->options.peer}, {"error", refused.message()}});
      co_return;
    }
    beast::flat_buffer input;
    for (;;) {
      beast::http::request_parser<beast::http::string_body> parser;
      parser.body_limit(self->options.body_limit);
      stream.next_layer().expires_never();  // until the next question
      const auto [unread, count] = co_await beast::http::async_read(stream, input, parser, use_tuple);
      if (unread) co_return;
      const auto& request = parser.get();
      Reply reply;
      try {
        reply = co_await self->handler(inbound_of(request));
      } catch (...) {
        note_bug(self->options.name, self->options.failures, std::current_exception());
        reply.status = 500;
      }
      beast::http::response<beast::http::string_body> response(static_cast<beast::http::status>(reply.status),
                                                               request.version(), reply.body);
      response.set(beast::http::field::content_type, reply.content_type);
      response.keep_alive(request.keep_alive());
      response.prepare_payload();
      stream.next_layer().expires_after(kLimit);
      const auto [unwritten, written] = co_await beast::http::async_write(stream, response, use_tuple);
      if (unwritten || !request.keep_alive()) co_return;
    }
  }

  const asio::any_io_executor executor;
  const Options options;
  const Handler handler;
  tcp::acceptor acceptor;
  std::unordered_set<std::shared_ptr<Connection>> connections;
};

PeerServer::PeerServer(asio::any_io_executor executor, Options options, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler))) {
  asio::co_spawn(impl_->executor, Impl::accept_loop(impl_), kRethrow);
}

PeerServer::~PeerServer() {
  error_code ignored_when_closed;
  impl_->acceptor.close(ignored_when_closed);
  for (const auto& connection : impl_->connections) connection->stream.next_layer().close();
}

std::uint16_t PeerServer::port() const { return impl_->acceptor.local_endpoint().port(); }

}  // namespace kassaflow::http
