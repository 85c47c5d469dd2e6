#pragma once
// Which handler a request goes to, and the answers to requests that go nowhere.

#include <string_view>

#include "callback_handler.hpp"
#include "kassaflow/http/server.hpp"
#include "print_handler.hpp"

namespace kassaflow::ingress {

class Routes {
 public:
  Routes(PrintHandler& print, CallbackHandler& callback) : print_(print), callback_(callback) {}

  boost::asio::awaitable<http::Reply> handle(const http::Inbound& inbound);

  // A request that could not be read: the portal still gets 200 and ERRORS (bitrix24.md §6).
  [[nodiscard]] http::Reply bad_request(std::string_view target, std::string_view reason);

 private:
  PrintHandler& print_;
  CallbackHandler& callback_;
};

}  // namespace kassaflow::ingress
