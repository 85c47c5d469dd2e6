#pragma once
// A TCP server on 127.0.0.1 that plays one scene per connection, in order, and keeps what it heard. Connections beyond
// the script are closed at once, and kept too: they are how a repeated request shows.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io_thread.hpp"

namespace kassaflow::http::tests {

using tcp = asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

struct Heard {
  std::string bytes;
  error_code end;  // what the last read said: none, the end of the stream, a reset
};

struct Connection {
  tcp::socket socket;
  Gate& gate;
  std::optional<asio::ssl::stream<tcp::socket&>> tls = std::nullopt;
  Heard heard = {};

  asio::awaitable<void> shake_hands(asio::ssl::context& context) {
    tls.emplace(socket, context);
    std::tie(heard.end) = co_await tls->async_handshake(asio::ssl::stream_base::server, use_tuple);
  }

  asio::awaitable<void> hear_some() {
    char bytes[16 * 1024];
    const auto [error, count] = tls ? co_await tls->async_read_some(asio::buffer(bytes), use_tuple)
                                    : co_await socket.async_read_some(asio::buffer(bytes), use_tuple);
    heard.bytes.append(bytes, count);
    heard.end = error;
  }
  asio::awaitable<void> hear_request() {
    while (!heard.end && !is_whole(heard.bytes)) co_await hear_some();
  }
  // Until the client is gone.
  asio::awaitable<void> hear_end() {
    while (!heard.end) co_await hear_some();
  }
  asio::awaitable<void> say(std::string bytes) {
    if (tls)
      co_await asio::async_write(*tls, asio::buffer(bytes), use_tuple);
    else
      co_await asio::async_write(socket, asio::buffer(bytes), use_tuple);
  }

  static bool is_whole(const std::string& request) {
    const std::size_t head = request.find("\r\n\r\n");
    const std::size_t length = request.find("Content-Length: ");
    if (head == std::string::npos) return false;
    if (length == std::string::npos || length > head) return true;
    return request.size() >= head + 4 + std::stoul(request.substr(length + 16));
  }
};

using Scene = std::function<asio::awaitable<void>(Connection&)>;

// Hears the request, says `bytes` and closes: no bytes is a lost answer.
inline Scene answer(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& c) -> asio::awaitable<void> {
    co_await c.hear_request();
    co_await c.say(bytes);
  };
}
// The same, but the client has to leave first: no bytes is silence.
inline Scene answer_and_stay(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& c) -> asio::awaitable<void> {
    co_await c.hear_request();
    co_await c.say(bytes);
    co_await c.hear_end();
  };
}
inline Scene answer_when_released(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& c) -> asio::awaitable<void> {
    co_await c.hear_request();
    co_await c.gate.pass();
    co_await c.say(bytes);
  };
}
// In as many pieces as there are bytes.
inline Scene answer_in_drops(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& c) -> asio::awaitable<void> {
    c.socket.set_option(tcp::no_delay(true));
    co_await c.hear_request();
    for (const char byte : bytes) co_await c.say(std::string(1, byte));
  };
}
// Resets the connection instead of an answer.
inline Scene reset() {
  return [](Connection& c) -> asio::awaitable<void> {
    co_await c.hear_request();
    c.socket.set_option(asio::socket_base::linger(true, 0));
  };
}
// Speaks before it is spoken to, and closes.
inline Scene speak(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& c) -> asio::awaitable<void> { co_await c.say(bytes); };
}
// Only hears what comes.
inline Scene hear() {
  return [](Connection& c) -> asio::awaitable<void> { co_await c.hear_end(); };
}
// Reads nothing before the test says so.
inline Scene deaf_until_released() {
  return [](Connection& c) -> asio::awaitable<void> {
    co_await c.gate.pass();
    co_await c.hear_end();
  };
}
inline Scene over_tls(asio::ssl::context& context, Scene inner) {
  return [&context, inner = std::move(inner)](Connection& c) -> asio::awaitable<void> {
    co_await c.shake_hands(context);
    if (!c.heard.end) co_await inner(c);
  };
}

class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::vector<Scene> scenes = {})
      : gate_(io_), acceptor_(io_.executor()), scenes_(std::move(scenes)) {
    acceptor_.open(tcp::v4());
    acceptor_.set_option(asio::socket_base::receive_buffer_size(16 * 1024));  // a deaf peer is soon a full one
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    playing_ = io_.start(play());
  }
  ~ScriptedPeer() { io_.stop(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url() const { return "http://" + host() + "/"; }
  void release() { gate_.open(); }

  // Of each connection made before this call; waits for its scene to end.
  std::vector<Heard> heard() { return io_.run(take_stock()); }

 private:
  asio::awaitable<void> play() {
    for (std::size_t next = 0;;) {
      Connection connection{co_await acceptor_.async_accept(asio::use_awaitable), gate_};
      error_code gone;
      if (connection.socket.remote_endpoint(gone).port() == own_port_ && !gone) continue;
      if (next < scenes_.size()) co_await scenes_[next++](connection);
      heard_.push_back(std::move(connection.heard));
    }
  }

  // Connections are accepted in their order: when our own one was, all earlier ones are over.
  asio::awaitable<std::vector<Heard>> take_stock() {
    tcp::socket own(io_.executor(), {asio::ip::address_v4::loopback(), 0});
    own_port_ = own.local_endpoint().port();
    co_await own.async_connect(acceptor_.local_endpoint(), asio::use_awaitable);
    char byte = 0;
    co_await own.async_read_some(asio::buffer(&byte, 1), use_tuple);
    co_return heard_;
  }

  IoThread io_;
  Gate gate_;
  tcp::acceptor acceptor_;
  std::vector<Scene> scenes_;
  std::uint16_t port_ = 0;
  std::uint16_t own_port_ = 0;  // this and the rest belong to the thread
  std::vector<Heard> heard_;
  std::future<void> playing_;
};

// An address nobody listens on: bound, so nobody else gets it, but never listening.
class ClosedPort {
 public:
  ClosedPort() : socket_(io_, {asio::ip::address_v4::loopback(), 0}) {}
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(socket_.local_endpoint().port()) + "/";
  }

 private:
  asio::io_context io_;
  tcp::socket socket_;
};

}  // namespace kassaflow::http::tests
