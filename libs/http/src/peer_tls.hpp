#pragma once
// TLS between services of ours: both sides show a certificate, and each is believed under one name only.

#include <boost/asio/ssl/context.hpp>
#include <string_view>

#include "kassaflow/identity/identity.hpp"

namespace kassaflow::http {

// Of the files as they are now; `peer`: the service at the other end. Throws boost::system::system_error when the files
// cannot be read.
[[nodiscard]] boost::asio::ssl::context peer_tls(const identity::Files& identity, std::string_view peer);

}  // namespace kassaflow::http
