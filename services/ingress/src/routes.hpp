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

  // A request that could not be read, or (`reason` "internal") whose handler threw: the portal still gets 200 and an
  // answer in its form (bitrix24.md §6, §7).
  [[nodiscard]] http::Reply bad_request(std::string_view target, std::string_view reason);

 private:
  // CHECK_URL belongs to another service. What comes here and is not certainly a PRINT_URL post may have been meant for
  // it, and there ERRORS alone marks the check as printed: both readers are answered.
  [[nodiscard]] http::Reply misrouted(const char* text, std::string_view trace);

  PrintHandler& print_;
  CallbackHandler& callback_;
};

}  // namespace kassaflow::ingress
