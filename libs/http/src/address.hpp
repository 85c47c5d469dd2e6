#pragma once

#include <boost/asio/ip/address.hpp>

#include "kassaflow/http/one_shot.hpp"

namespace kassaflow::http {

// Whether a resolved address may be connected to; see AddressPolicy.
[[nodiscard]] bool allowed(const boost::asio::ip::address& address, AddressPolicy policy);

}  // namespace kassaflow::http
