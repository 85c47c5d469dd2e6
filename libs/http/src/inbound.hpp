#pragma once
// A request as handlers see it.

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "kassaflow/http/server.hpp"

namespace kassaflow::http {

// Valid as long as `request`.
inline Inbound inbound_of(const boost::beast::http::request<boost::beast::http::string_body>& request) {
  Inbound inbound;
  inbound.method = std::string_view(request.method_string().data(), request.method_string().size());
  inbound.target = std::string_view(request.target().data(), request.target().size());
  inbound.body = request.body();
  inbound.header = [&request](std::string_view name) {
    const auto value = request[boost::beast::string_view(name.data(), name.size())];
    return std::string_view(value.data(), value.size());
  };
  return inbound;
}

}  // namespace kassaflow::http
