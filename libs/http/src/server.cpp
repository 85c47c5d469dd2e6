#include "kassaflow/http/server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <unordered_set>
#include <utility>

#include "inbound.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"
#include "serving.hpp"

namespace kassaflow::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kHeaderLimit = 16 * 1024;
constexpr std::size_t kRead = 8 * 1024;
constexpr std::chrono::milliseconds kSweep{250};
constexpr std::chrono::seconds kLinger{2};

// One buffer, one write; always Content-Length (bitrix24.md §3.2).
void serialize(const Reply& reply, unsigned version, bool keep_alive, bool with_body, std::string& out) {
  out.clear();
  out += version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out += std::to_string(reply.status);
  out += ' ';
  out += beast::http::obsolete_reason(static_cast<beast::http::status>(reply.status));
  out += "\r\nContent-Type: ";
  out += reply.content_type;
  out += "\r\nContent-Length: ";
  out += std::to_string(reply.body.size());
  if (reply.retry_after) out += "\r\nRetry-After: " + std::to_string(reply.retry_after->count());
  out += keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  if (with_body) out += reply.body;
}

using Parser = beast::http::request_parser<beast::http::string_body>;

struct Session {
  explicit Session(tcp::socket s) : socket(std::move(s)) {}
  void give(std::chrono::milliseconds time) { expires = Clock::now() + time; }

  tcp::socket socket;
  beast::flat_buffer input;
  std::size_t body_share = 0;  // of Impl::bodies
  std::size_t body_limit = 0;  // of the request that is being read
  bool waiting = true;         // for the peer: to send a whole request, or to leave
  bool idle = true;            // between requests
  bool answered = false;       // one at least
  // When what it waits for is cancelled. One sweep for all: a timer for each read and write would cost more than they.
  Clock::time_point expires = Clock::time_point::max();
};

std::string reason_of(error_code error) {
  using beast::http::error;
  const bool large = error == error::body_limit || error == error::header_limit || error == error::buffer_overflow;
  return large ? std::string(kRequestTooLarge) : error.message();
}

bool is_parsers(error_code error) {
  return error.category() == beast::http::make_error_code(beast::http::error::bad_target).category();
}

}  // namespace

struct Server::Impl {
  Impl(asio::any_io_executor e, ServerOptions o, Handler h)
      : executor(std::move(e)),
        options(std::move(o)),
        handler(std::move(h)),
        acceptor(listen(executor, options.address, options.port)),
        sweeper(executor) {}

  static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self) {
    while (auto socket = co_await accept(self->acceptor)) {
      if (self->sessions.size() >= self->options.connection_limit && !self->make_room())
        continue;  // closed by its destructor: refused at TCP level is an error the portal may repeat
      auto session = std::make_shared<Session>(std::move(*socket));
      self->sessions.insert(session);
      asio::co_spawn(self->executor, serve(self, session), [self, session](const std::exception_ptr& bug) {
        if (bug) self->note(bug);
        self->bodies -= session->body_share;
        self->sessions.erase(session);
      });
    }
  }

  // Ends the connection whose time is over next, of those that keep us waiting: half-sent requests before idle
  // connections, none whose request is being answered. False: there is none.
  bool make_room() {
    const auto ends_later = [](const auto& one, const auto& other) {
      if (one->waiting != other->waiting) return other->waiting;
      return one->expires > other->expires;
    };
    const auto next = std::ranges::max_element(sessions, ends_later);
    if (next == sessions.end() || !(*next)->waiting) return false;
    (*next)->waiting = false;
    error_code ignored_on_a_dead_socket;
    (*next)->socket.cancel(ignored_on_a_dead_socket);
    return true;
  }

  static asio::awaitable<void> sweep_loop(std::shared_ptr<Impl> self) {
    while (!self->stopping || !self->sessions.empty()) {
      self->sweeper.expires_after(kSweep);
      co_await self->sweeper.async_wait(use_tuple);
      const auto now = Clock::now();
      for (const auto& session : self->sessions) {
        if (session->expires > now) continue;
        error_code ignored_on_a_dead_socket;
        session->socket.cancel(ignored_on_a_dead_socket);
      }
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, std::shared_ptr<Session> session) {
    std::string out;
    bool keep_alive = true;
    while (keep_alive && !self->stopping) {
      Parser parser;
      if (const auto failed = co_await self->read(*session, parser)) {
        if (is_parsers(failed) && self->options.on_bad_request) {
          session->waiting = false;
          const auto target = std::string(parser.get().target());
          serialize(self->options.on_bad_request(target, reason_of(failed)), 11, false, true, out);
          session->give(self->options.read_timeout);
          co_await asio::async_write(session->socket, asio::buffer(out), use_tuple);
          co_await linger(*session);
        }
        co_return;
      }
      const auto& request = parser.get();
      keep_alive = request.keep_alive() && !self->stopping;
      const Inbound inbound = inbound_of(request);
      session->waiting = false;
      session->expires = Clock::time_point::max();
      Reply reply;
      std::exception_ptr failure;
      try {
        reply = co_await self->handler(inbound);
      } catch (...) {
        failure = std::current_exception();
      }
      if (failure) {
        self->note(failure);
        if (!self->options.on_bad_request) co_return;
        reply = self->options.on_bad_request(inbound.target, kHandlerThrew);
      }
      serialize(reply, request.version(), keep_alive, request.method() != beast::http::verb::head, out);
      // Answers that become ready together leave one after the other, so that the peers' processes wake up once.
      co_await asio::post(self->executor, asio::use_awaitable);
      session->give(self->options.read_timeout);
      const auto [error, written] = co_await asio::async_write(session->socket, asio::buffer(out), use_tuple);
      if (error) co_return;
      session->answered = true;
    }
    if (!keep_alive) co_await linger(*session);
  }

  // One request into `parser`; what was read beyond it stays for the next.
  asio::awaitable<error_code> read(Session& session, Parser& parser) {
    parser.header_limit(kHeaderLimit);
    parser.body_limit(options.body_limit);
    session.waiting = true;
    session.body_limit = options.body_limit;
    bodies -= std::exchange(session.body_share, 0);
    session.idle = session.input.size() == 0;
    session.give(session.idle && session.answered ? options.idle_timeout : options.read_timeout);
    for (;;) {
      if (session.input.size() > 0) {
        error_code error = put(session, parser);
        if (error == beast::http::error::need_more) error = {};
        if (error || parser.is_done()) co_return error;
        if (parser.is_header_done() && !take_share(session, parser)) co_return beast::http::error::buffer_overflow;
      }
      const auto [error, count] = co_await session.socket.async_read_some(session.input.prepare(kRead), use_tuple);
      if (error) co_return error;
      session.input.commit(count);
      if (std::exchange(session.idle, false)) session.give(options.read_timeout);
    }
  }

  // What was read, into `parser`: first the header alone, which says how large the body may be.
  error_code put(Session& session, Parser& parser) const {
    error_code error;
    if (!parser.is_header_done()) {
      session.input.consume(parser.put(session.input.data(), error));
      if (error || parser.is_done()) return error;
      if (options.body_limit_of) {
        session.body_limit = std::min(options.body_limit, options.body_limit_of(parser.get().target()));
        parser.body_limit(session.body_limit);
      }
      if (parser.content_length().value_or(0) > session.body_limit) return beast::http::error::body_limit;
      parser.eager(true);
    }
    if (session.input.size() > 0) session.input.consume(parser.put(session.input.data(), error));
    return error;
  }

  void note(const std::exception_ptr& bug) const { note_bug(options.name, options.failures, bug); }

  // Bodies that are still coming in share `bodies_limit`, so that many large ones cannot exhaust the memory.
  bool take_share(Session& session, const Parser& parser) {
    if (session.body_share > 0) return true;
    const std::size_t wanted = parser.content_length().value_or(session.body_limit);
    if (bodies + wanted > options.bodies_limit) return false;
    session.body_share = wanted;
    bodies += wanted;
    return true;
  }

  // Lets the peer read the answer before the connection is gone: unread input would turn the close into a reset.
  static asio::awaitable<void> linger(Session& session) {
    error_code ignored_on_a_dead_socket;
    session.socket.shutdown(tcp::socket::shutdown_send, ignored_on_a_dead_socket);
    session.waiting = true;
    session.give(kLinger);
    std::array<char, 4096> sink{};
    for (;;) {
      const auto [error, count] = co_await session.socket.async_read_some(asio::buffer(sink), use_tuple);
      if (error) co_return;
    }
  }

  asio::any_io_executor executor;
  ServerOptions options;
  Handler handler;
  tcp::acceptor acceptor;
  asio::steady_timer sweeper;
  bool stopping = false;
  std::unordered_set<std::shared_ptr<Session>> sessions;
  std::size_t bodies = 0;  // bytes, of sessions that read one
};

metrics::Counter& failures_of(metrics::Metrics& metrics, const std::string& server) {
  return metrics.counter("kassaflow_http_failures_total", {{"server", server}});
}

Server::Server(asio::any_io_executor executor, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler))) {}

Server::~Server() {
  impl_->stopping = true;
  error_code ignored_when_closed;
  impl_->acceptor.close(ignored_when_closed);
  impl_->sweeper.cancel();
}

std::uint16_t Server::port() const { return impl_->acceptor.local_endpoint().port(); }

void Server::start() {
  asio::co_spawn(impl_->executor, Impl::accept_loop(impl_), kRethrow);
  asio::co_spawn(impl_->executor, Impl::sweep_loop(impl_), kRethrow);
}

asio::awaitable<void> Server::drain(std::chrono::milliseconds deadline) {
  const auto until = Clock::now() + deadline;
  impl_->stopping = true;
  error_code ignored_when_closed;
  impl_->acceptor.close(ignored_when_closed);
  asio::steady_timer pause(impl_->executor);
  while (!impl_->sessions.empty() && Clock::now() < until) {
    for (const auto& session : impl_->sessions) {
      if (session->idle) session->socket.cancel(ignored_when_closed);
    }
    pause.expires_after(std::chrono::milliseconds(10));
    co_await pause.async_wait(use_tuple);
  }
}

}  // namespace kassaflow::http
