#pragma once
// A TCP server on 127.0.0.1 that plays one scripted scene per connection, in order, and keeps what it was sent.

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>
#include <vector>

namespace kassaflow::registers::tests {

struct Scene {
  enum class Kind { answer, silence } kind = Kind::answer;
  std::string bytes;  // sent after a whole request was read; then the connection is closed
};

inline Scene answer(int status, const std::string& body) {
  return {Scene::Kind::answer, "HTTP/1.1 " + std::to_string(status) +
                                   " X\r\nContent-Type: application/json\r\nContent-Length: " +
                                   std::to_string(body.size()) + "\r\n\r\n" + body};
}
// Reads the request and closes without a word.
inline Scene lost_answer() { return {Scene::Kind::answer, ""}; }
// Announces more than it sends.
inline Scene cut_answer(const std::string& body) {
  return {Scene::Kind::answer,
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size() + 100) + "\r\n\r\n" + body};
}
// Reads the request and answers nothing until the client leaves.
inline Scene silence() { return {Scene::Kind::silence, ""}; }

class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Scene> scenes)
      : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
        url_("http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port())),
        thread_([this, scenes = std::move(scenes)] { play(scenes); }) {}
  ~ScriptedServer() { finish(); }

  [[nodiscard]] const std::string& url() const { return url_; }

  // Waits for all scenes to be played; the requests in order, whole.
  std::vector<std::string> requests() {
    finish();
    return requests_;
  }

 private:
  void finish() {
    if (thread_.joinable()) thread_.join();
  }

  void play(const std::vector<Scene>& scenes) {
    for (const Scene& scene : scenes) {
      boost::asio::ip::tcp::socket socket(io_);
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      if (error) return;
      requests_.push_back(read_request(socket));
      if (scene.kind == Scene::Kind::silence) {
        char byte = 0;
        socket.read_some(boost::asio::buffer(&byte, 1), error);  // returns when the client closes
      } else {
        boost::asio::write(socket, boost::asio::buffer(scene.bytes), error);
      }
    }
  }

  // Until the body is whole, or the client left.
  static std::string read_request(boost::asio::ip::tcp::socket& socket) {
    std::string request;
    boost::system::error_code error;
    while (!error && !is_whole(request)) {
      char bytes[4096];
      const std::size_t count = socket.read_some(boost::asio::buffer(bytes), error);
      request.append(bytes, count);
    }
    return request;
  }

  static bool is_whole(const std::string& request) {
    const std::size_t head = request.find("\r\n\r\n");
    const std::size_t length = request.find("Content-Length: ");
    if (head == std::string::npos) return false;
    if (length == std::string::npos || length > head) return true;
    return request.size() >= head + 4 + std::stoul(request.substr(length + 16));
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::string url_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

// An address nobody listens on: bound, so nobody else gets it, but never listening.
class ClosedPort {
 public:
  ClosedPort() : socket_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {}
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
};

}  // namespace kassaflow::registers::tests
