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

  // What is more at this target is not kept: the largest callback; PRINT_URL has the server's own limit.
  [[nodiscard]] static std::size_t body_limit_of(std::string_view target);

  // The answer to a request that could not be read, or whose handler threw (`reason` is http::kHandlerThrew). The
  // portal gets 200 and an answer in its form all the same (bitrix24.md §6, §7).
  [[nodiscard]] http::Reply bad_request(std::string_view target, std::string_view reason);

 private:
  // The answer to a request that may be PRINT_URL's or CHECK_URL's. CHECK_URL belongs to another service, but a cashbox
  // with swapped addresses asks here. ERRORS alone would tell CHECK_URL's reader that the check was printed, so the
  // answer has a part for each of the two readers.
  [[nodiscard]] http::Reply misrouted(const char* text, std::string_view trace);

  PrintHandler& print_;
  CallbackHandler& callback_;
};

}  // namespace kassaflow::ingress
