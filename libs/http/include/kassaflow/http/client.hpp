#pragma once
// Asks a service of ours again and again: HTTP/1.1 over one kept TLS connection, one request at a time. Only for
// requests that may arrive twice: one that meets a dead kept connection goes out again on a fresh one. Nothing else is
// repeated, nothing redirected; for what leaves the house there is one_shot.hpp.
//
// Threading: everything runs on `executor`, which must run one thing at a time. The client outlives its requests.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "kassaflow/base/result.hpp"
#include "kassaflow/identity/identity.hpp"

namespace kassaflow::http {

class Client {
 public:
  struct Answer {
    int status = 0;
    std::string content_type;
    std::string body;  // at most 1 MiB
  };

  // `address`: host:port; `peer`: the service that must answer there ("status").
  Client(boost::asio::any_io_executor executor, const std::string& address, identity::Files identity, std::string peer);
  ~Client();

  // POST; resumes at `deadline` at the latest. Fails with kDns, kConnect, kTls, kTimeout, kClosed or kMalformed
  // (errors.hpp).
  boost::asio::awaitable<Result<Answer>> post(std::string target, std::string content_type, std::string body,
                                              std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kassaflow::http
