#include "kafka_published.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "kassaflow/log/log.hpp"
#include "kassaflow/records/topics.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t kLatest = 100;  // records of a partition

// On the reader's thread.
asio::awaitable<bool> read_there(kafka::LogReadOptions options,
                                 std::function<bool(std::vector<std::string> values)> take) {
  try {
    co_return kafka::read_log(options, take);
  } catch (const std::exception& error) {
    log::warn("kafka.log_unread", {{"topic", options.topic}, {"error", error.what()}});
    co_return false;
  }
}

}  // namespace

PublishOutcome publish_to(kafka::Producer& producer) {
  return [&producer](const ReceiptId& receipt, std::string record) {
    return producer.send(records::kOutcomesTopic, receipt.str(), std::move(record),
                         {{"content-type", "application/x-protobuf"}});
  };
}

KafkaPublished::KafkaPublished(const kafka::Connection& connection, const std::string& client_id)
    : options_{.connection = connection, .client_id = client_id, .topic = records::kOutcomesTopic},
      posts_({.connection = connection,
              .client_id = client_id,
              .topics = {records::kReceiptsTopic, records::kCallbacksTopic}}) {}

KafkaPublished::~KafkaPublished() {
  reader_.stop();
  reader_.join();
}

asio::awaitable<std::optional<std::vector<std::string>>> KafkaPublished::latest() {
  auto options = options_;
  options.last = kLatest;
  auto latest = std::make_shared<std::vector<std::string>>();
  const bool complete = co_await asio::co_spawn(reader_,
                                                read_there(std::move(options),
                                                           [latest](std::vector<std::string> values) {
                                                             std::ranges::move(values, std::back_inserter(*latest));
                                                             return true;
                                                           }),
                                                asio::use_awaitable);
  if (!complete) co_return std::nullopt;
  co_return std::move(*latest);
}

asio::awaitable<bool> KafkaPublished::read(Take take) {
  const auto executor = co_await asio::this_coro::executor;
  co_return co_await asio::co_spawn(
      reader_,
      read_there(options_,
                 [executor, take = std::move(take)](std::vector<std::string> values) {
                   return asio::co_spawn(executor, take(std::move(values)), asio::use_future).get();
                 }),
      asio::use_awaitable);
}

asio::awaitable<std::vector<kafka::LogEnd>> KafkaPublished::ends_of_posts(kafka::ReadPositions read) {
  co_return co_await posts_.ask(std::move(read));
}

}  // namespace kassaflow::fiscalizer
