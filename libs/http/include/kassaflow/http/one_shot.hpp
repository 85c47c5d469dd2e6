#pragma once
// Outbound HTTP with the socket in our own hand (exactly-once.md 2, 3, 6): one fresh connection per request, HTTP/1.1,
// SO_LINGER 0, one total deadline, never reused, never redirected, never repeated. TLS for https with certificate and
// host checks.

#include "kassaflow/http/address.hpp"
#include "kassaflow/http/transport.hpp"

namespace kassaflow::http {

// Runs on the calling coroutine's executor. Not to be cancelled: how far the request got would be lost.
boost::asio::awaitable<Result<Response, Failure>> one_shot(const Request& request, AddressPolicy addresses,
                                                           WriteGuard& guard);

// The machine's network, for those who are handed a Transport. Thread-safe.
class Network final : public Transport {
 public:
  explicit Network(AddressPolicy addresses) : addresses_(addresses) {}
  boost::asio::awaitable<Result<Response, Failure>> send(const Request& request, WriteGuard& guard) override {
    return one_shot(request, addresses_, guard);
  }

 private:
  AddressPolicy addresses_;
};

}  // namespace kassaflow::http
