#pragma once
// A client that sends and sees bare bytes, on one connection to 127.0.0.1.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "io_thread.hpp"

namespace kassaflow::http::tests {

class RawClient {
 public:
  RawClient(IoThread& io, std::uint16_t port) : io_(io), socket_(io.executor()) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
  }

  void send(const std::string& bytes) { io_.run(write(bytes)); }
  // One answer by its Content-Length, as it came; shorter if the connection ended.
  std::string answer() { return io_.run(read_answer()); }
  std::string ask(const std::string& bytes) {
    send(bytes);
    return answer();
  }
  // Everything up to the end of the connection, which is none of ours.
  std::string rest() { return io_.run(read_rest()); }
  // Says that nothing more will be sent.
  void hang_up() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
  [[nodiscard]] error_code end() const { return end_; }

 private:
  static constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

  asio::awaitable<void> write(const std::string& bytes) {
    const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(bytes), kTuple);
    if (error) end_ = error;
  }
  asio::awaitable<void> read_some() {
    char bytes[16 * 1024];
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(bytes), kTuple);
    seen_.append(bytes, count);
    if (error) end_ = error;
  }
  asio::awaitable<std::string> read_rest() {
    while (!end_) co_await read_some();
    co_return std::exchange(seen_, "");
  }
  asio::awaitable<std::string> read_answer() {
    std::size_t size = 0;
    for (; !end_; co_await read_some()) {
      const auto head = seen_.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const auto length = seen_.find("\r\nContent-Length: ");
      size = head + 4 + (length < head ? std::stoul(seen_.substr(length + 18)) : 0);
      if (seen_.size() >= size) break;
    }
    auto whole = seen_.substr(0, size);
    seen_.erase(0, size);
    co_return whole;
  }

  IoThread& io_;
  asio::ip::tcp::socket socket_;
  std::string seen_;
  error_code end_;
};

}  // namespace kassaflow::http::tests
