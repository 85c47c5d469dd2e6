#pragma once
// A portal on a port of its own that says what it is told to say.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace kassaflow::status {

class PortalServer {
 public:
  struct Request {
    std::string target, body;
  };

  explicit PortalServer(boost::asio::any_io_executor executor)
      : acceptor_(executor, {boost::asio::ip::address_v4::loopback(), 0}) {
    boost::asio::co_spawn(executor, serve(), boost::asio::detached);
  }

  [[nodiscard]] std::string origin() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

  static std::string answer(int status, const std::string& body, const std::string& header = "") {
    return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Type: application/json\r\n" + header +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string applied() { return answer(200, R"({"result":true,"time":{}})"); }
  static std::string refused(const std::string& code, int status = 400) {
    return answer(status, R"({"error":")" + code + R"(","error_description":"x"})");
  }
  static std::string moved_to(const std::string& origin) {
    return answer(302, "", "Location: " + origin + "/rest/1/abc/sale.cashbox.check.apply\r\n");
  }

  std::deque<std::string> answers;           // the next ones; then `otherwise`
  std::string otherwise = applied();         // empty: hangs
  std::function<void()> on_request = [] {};  // before it is answered
  std::vector<Request> requests;

 private:
  boost::asio::awaitable<void> serve() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      boost::asio::co_spawn(acceptor_.get_executor(), converse(std::move(socket)), boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> converse(boost::asio::ip::tcp::socket socket) {
    std::string bytes;
    const auto head = co_await boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(bytes), "\r\n\r\n",
                                                             boost::asio::use_awaitable);
    const auto length = bytes.find("Content-Length: ");
    const auto missing = head + std::stoul(bytes.substr(length + 16)) - bytes.size();
    co_await boost::asio::async_read(socket, boost::asio::dynamic_buffer(bytes), boost::asio::transfer_exactly(missing),
                                     boost::asio::use_awaitable);
    requests.push_back({bytes.substr(5, bytes.find(' ', 5) - 5), bytes.substr(head)});
    on_request();
    auto said = otherwise;
    if (!answers.empty()) {
      said = answers.front();
      answers.pop_front();
    }
    if (said.empty()) {
      boost::asio::steady_timer never(socket.get_executor(), std::chrono::hours(1));
      co_await never.async_wait(boost::asio::use_awaitable);
    }
    co_await boost::asio::async_write(socket, boost::asio::buffer(said), boost::asio::use_awaitable);
  }

  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace kassaflow::status
