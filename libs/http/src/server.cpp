#include "kassaflow/http/server.hpp"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <mutex>
#include <unordered_set>

namespace kassaflow::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

constexpr std::uint32_t kHeaderLimit = 16 * 1024;

// One buffer, one write; always Content-Length (bitrix24.md §3.2).
void serialize(const Reply& reply, unsigned version, bool keep_alive, std::string& out) {
  out.clear();
  out += version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out += std::to_string(reply.status);
  out += ' ';
  out += beast::http::obsolete_reason(static_cast<beast::http::status>(reply.status));
  out += "\r\nContent-Type: ";
  out += reply.content_type;
  out += "\r\nContent-Length: ";
  out += std::to_string(reply.body.size());
  out += keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  out += reply.body;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  struct Session {
    beast::tcp_stream stream;
    bool idle = true;  // between requests; touched on the connection's strand only
    explicit Session(tcp::socket socket) : stream(std::move(socket)) {}
  };

  Impl(asio::any_io_executor e, ServerOptions o, Handler h)
      : executor(std::move(e)), options(std::move(o)), handler(std::move(h)), acceptor(asio::make_strand(executor)) {
    const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(4096);
  }

  asio::awaitable<void> accept_loop() {
    while (!stopping) {
      auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(executor), use_tuple);
      if (error == asio::error::operation_aborted) break;
      if (error) {  // out of descriptors: give the kernel a moment
        asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(10));
        co_await pause.async_wait(use_tuple);
        continue;
      }
      if (open >= options.connection_limit)
        continue;  // closed by its destructor: refused at TCP level is an error the portal may repeat
      error_code ignored_when_unsupported;
      socket.set_option(tcp::no_delay(true), ignored_when_unsupported);
      auto session = std::make_shared<Session>(std::move(socket));
      {
        const std::lock_guard lock(mutex);
        sessions.insert(session);
      }
      ++open;
      asio::co_spawn(session->stream.get_executor(), serve(shared_from_this(), session),
                     [self = shared_from_this(), session](std::exception_ptr) {
                       {
                         const std::lock_guard lock(self->mutex);
                         self->sessions.erase(session);
                       }
                       --self->open;
                     });
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, std::shared_ptr<Session> session) {
    auto& stream = session->stream;
    beast::flat_buffer buffer;
    std::string out;
    while (!self->stopping) {
      beast::http::request_parser<beast::http::string_body> parser;
      parser.header_limit(kHeaderLimit);
      parser.body_limit(self->options.body_limit);
      parser.eager(true);
      session->idle = true;
      stream.expires_after(self->options.idle_timeout);
      if (buffer.size() == 0) {
        // Wait for the first byte, so that draining can tell idle connections from requests under way.
        const auto [waited, first] = co_await stream.async_read_some(buffer.prepare(8192), use_tuple);
        if (waited) co_return;
        buffer.commit(first);
      }
      session->idle = false;
      stream.expires_after(self->options.read_timeout);
      const auto [read_error, used] = co_await beast::http::async_read(stream, buffer, parser, use_tuple);
      if (read_error) {
        const bool parsable =
            read_error.category() == beast::http::make_error_code(beast::http::error::bad_target).category() &&
            read_error != beast::http::error::end_of_stream && read_error != beast::http::error::partial_message;
        const bool late = read_error == beast::error::timeout;
        if (parsable && !late && self->options.on_bad_request) {
          const auto target = std::string(parser.get().target());
          serialize(self->options.on_bad_request(target, read_error.message()), 11, false, out);
          stream.expires_after(self->options.read_timeout);
          co_await asio::async_write(stream, asio::buffer(out), use_tuple);
          co_await linger(stream);
        }
        co_return;
      }
      auto& request = parser.get();
      const bool keep_alive = request.keep_alive() && !self->stopping;
      Inbound inbound;
      inbound.method = std::string_view(request.method_string().data(), request.method_string().size());
      inbound.target = std::string_view(request.target().data(), request.target().size());
      inbound.body = request.body();
      inbound.header = [&request](std::string_view name) {
        const auto value = request[beast::string_view(name.data(), name.size())];
        return std::string_view(value.data(), value.size());
      };
      stream.expires_never();
      Reply reply;
      bool failed = false;
      try {
        reply = co_await self->handler(inbound);
      } catch (const std::exception& error) {
        failed = true;
      }
      if (failed) {
        if (!self->options.on_bad_request) co_return;
        reply = self->options.on_bad_request(inbound.target, "internal");
      }
      serialize(reply, request.version(), keep_alive, out);
      stream.expires_after(self->options.read_timeout);
      const auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(out), use_tuple);
      if (write_error) co_return;
      if (!keep_alive) {
        co_await linger(stream);
        co_return;
      }
    }
  }

  // Lets the peer read the answer before the connection is gone: unread input would turn the close into a reset.
  static asio::awaitable<void> linger(beast::tcp_stream& stream) {
    error_code ignored_on_a_dead_socket;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored_on_a_dead_socket);
    stream.expires_after(std::chrono::seconds(2));
    char sink[4096];
    for (;;) {
      const auto [error, count] = co_await stream.async_read_some(asio::buffer(sink), use_tuple);
      if (error) co_return;
    }
  }

  asio::any_io_executor executor;
  ServerOptions options;
  Handler handler;
  tcp::acceptor acceptor;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> open{0};
  std::mutex mutex;
  std::unordered_set<std::shared_ptr<Session>> sessions;
};

Server::Server(asio::any_io_executor executor, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler))) {}

Server::~Server() {
  impl_->stopping = true;
  error_code ignored_when_closed;
  impl_->acceptor.close(ignored_when_closed);
}

std::uint16_t Server::port() const { return impl_->acceptor.local_endpoint().port(); }

void Server::start() {
  asio::co_spawn(impl_->acceptor.get_executor(), [self = impl_] { return self->accept_loop(); }, asio::detached);
}

asio::awaitable<void> Server::drain(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  impl_->stopping = true;
  asio::dispatch(impl_->acceptor.get_executor(), [self = impl_] {
    error_code ignored_when_closed;
    self->acceptor.close(ignored_when_closed);
  });
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  while (impl_->open > 0 && std::chrono::steady_clock::now() < until) {
    {
      const std::lock_guard lock(impl_->mutex);
      for (const auto& session : impl_->sessions) {
        asio::dispatch(session->stream.get_executor(), [session] {
          if (session->idle) session->stream.cancel();
        });
      }
    }
    pause.expires_after(std::chrono::milliseconds(10));
    co_await pause.async_wait(use_tuple);
  }
}

}  // namespace kassaflow::http
