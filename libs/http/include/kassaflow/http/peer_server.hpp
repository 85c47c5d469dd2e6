#pragma once
// Answers one service of ours: HTTP/1.1 over TLS, to whom the certificate of that service is shown, and to nobody else.
// Limits: 64 connections, body `body_limit`, 20 s for a handshake or an answer to leave. A handler that throws is a
// 500.
//
// Threading: everything runs on `executor`, which must run one thing at a time; a handler may suspend.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "kassaflow/http/server.hpp"
#include "kassaflow/identity/identity.hpp"

namespace kassaflow::http {

class PeerServer {
 public:
  struct Options {
    std::string name = {};                 // in the log
    metrics::Counter* failures = nullptr;  // as ServerOptions'
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0 = any
    identity::Files identity;
    std::string peer;  // "ingress"
    std::size_t body_limit = 64 * 1024;
  };
  // Listens at once; throws boost::system::system_error when it cannot. Connections end with the server.
  PeerServer(boost::asio::any_io_executor executor, Options options, Handler handler);
  ~PeerServer();
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kassaflow::http
