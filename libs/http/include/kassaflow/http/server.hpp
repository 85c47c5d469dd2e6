#pragma once
// Inbound HTTP/1.1: answers always carry Content-Length, never chunked, no interim status, no Location (bitrix24.md
// §3.2). `Expect: 100-continue` gets no 100. Limits: header 16 KiB, body `body_limit`, idle and read timeouts; over
// them the `on_bad_request` answer is sent and the connection closed. The answer to HEAD is its header alone.
//
// Threading: everything runs on `executor`, which must run one thing at a time (one thread, or a strand); a handler may
// suspend.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::http {

struct Inbound {
  std::string_view method;
  std::string_view target;  // path and query as sent
  std::string_view body;
  std::function<std::string_view(std::string_view name)> header;  // empty when absent, case-insensitive
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
};

inline constexpr std::string_view kRequestTooLarge = "too large";
inline constexpr std::string_view kHandlerThrew = "internal";

using Handler = std::function<boost::asio::awaitable<Reply>(const Inbound&)>;

struct ServerOptions {
  std::string name;                      // in the log: "print"
  metrics::Counter* failures = nullptr;  // handlers that threw; they are logged, too, without what the peer sent
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = any
  std::size_t body_limit = 4 * 1024 * 1024;
  // The limit at some targets, where it is lower; asked before any of the body is kept.
  std::function<std::size_t(std::string_view target)> body_limit_of = {};
  std::size_t bodies_limit = 256 * 1024 * 1024;  // of all bodies that are being read; above it a request is refused
  // At the limit a new connection takes the place of the one whose time to send its request ends next. Where all have
  // sent theirs, the new one is closed at once.
  std::size_t connection_limit = 4096;
  std::chrono::milliseconds idle_timeout{75000};  // between two requests
  std::chrono::milliseconds read_timeout{
      20000};  // until the first byte, from there to the end of the request; of an answer
  // Answer to a request that cannot be parsed, or is too large (`reason` kRequestTooLarge), or whose handler threw
  // (kHandlerThrew); given the target when it was read, else "".
  std::function<Reply(std::string_view target, std::string_view reason)> on_bad_request;
};

// The counter for ServerOptions::failures.
[[nodiscard]] metrics::Counter& failures_of(metrics::Metrics& metrics, const std::string& server);

class Server {
 public:
  // Binds and listens at once; throws boost::system::system_error when it cannot.
  Server(boost::asio::any_io_executor executor, ServerOptions options, Handler handler);
  ~Server();
  [[nodiscard]] std::uint16_t port() const;
  void start();
  // Stops accepting; open requests are finished, idle connections closed. Resumes when none is left or at the deadline.
  boost::asio::awaitable<void> drain(std::chrono::milliseconds deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kassaflow::http
