#pragma once
// Names to addresses on threads of our own: getaddrinfo blocks and cannot be cancelled, and one dead name server must
// not hold the look-ups of others (invariant I7). A name that is being looked up is asked for once; whoever waits
// longer than his deadline leaves.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "kassaflow/base/result.hpp"

namespace kassaflow::http {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

// Thread-safe; resumes on the caller's executor. The error is a text for logs.
boost::asio::awaitable<Result<Endpoints, std::string>> resolve(std::string host, std::string port,
                                                               std::chrono::steady_clock::time_point deadline);

}  // namespace kassaflow::http
