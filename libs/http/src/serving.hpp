#pragma once
// What both servers do around their speaking.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::http {

// Throws boost::system::system_error when it cannot.
[[nodiscard]] boost::asio::ip::tcp::acceptor listen(const boost::asio::any_io_executor& executor,
                                                    const std::string& address, std::uint16_t port);

// The next connection; nullopt: the acceptor was closed.
boost::asio::awaitable<std::optional<boost::asio::ip::tcp::socket>> accept(boost::asio::ip::tcp::acceptor& acceptor);

// A handler threw. Neither target nor body: both may hold secrets. `failures` may be null.
void note_bug(const std::string& server, metrics::Counter* failures, const std::exception_ptr& bug);

}  // namespace kassaflow::http
