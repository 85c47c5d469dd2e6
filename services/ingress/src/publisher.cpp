#include "publisher.hpp"

namespace kassaflow::ingress {

namespace {

Published meaning_of(const Error& error) {
  const bool certain = error.code == kafka::kQueueFull || error.code == kafka::kNotPersisted;
  return certain ? Published::not_sent : Published::unknown;
}

}  // namespace

boost::asio::awaitable<Published> KafkaPublisher::publish(Message message,
                                                          std::chrono::steady_clock::time_point deadline) {
  kafka::Headers headers = std::move(message.headers);
  headers.emplace_back("trace-id", std::move(message.trace));
  headers.emplace_back("content-type", "application/x-protobuf");
  const auto sent = co_await producer_.send(std::move(message.topic), message.key.str(), std::move(message.value),
                                            std::move(headers), deadline);
  co_return sent ? Published::durable : meaning_of(sent.error());
}

}  // namespace kassaflow::ingress
