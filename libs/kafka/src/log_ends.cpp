#include "kassaflow/kafka/log_ends.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "handle.hpp"
#include "kassaflow/async/resume.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::kafka {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;

// Asks Kafka; used by one thread.
class Asker {
 public:
  explicit Asker(LogEnds::Options options) : options_(std::move(options)) {}

  std::vector<LogEnd> operator()() {
    if (!kafka_) connect();
    const auto until = Clock::now() + options_.limit;
    const auto list = every_partition(until);
    if (!list || left_ms(until) <= 0) return {};
    // The look-up by time -1 is the protocol's way to ask for the latest offsets, of all partitions at once.
    if (rd_kafka_offsets_for_times(kafka_.get(), list.get(), left_ms(until)) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    std::vector<LogEnd> ends;
    for (int i = 0; i < list->cnt; ++i) {
      const auto& entry = list->elems[i];
      if (entry.err || entry.offset < 0) return {};
      ends.push_back({entry.topic, entry.partition, entry.offset});
    }
    return ends;
  }

 private:
  static int left_ms(Clock::time_point until) {
    return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count());
  }

  void connect() {
    // Errors are not queued for a poll nobody makes; that Kafka is away is told by who reads and writes.
    auto kafka = make_handle(RD_KAFKA_PRODUCER, make_conf(options_.connection, {{"client.id", options_.client_id},
                                                                                {"socket.nagle.disable", "true"},
                                                                                {"reconnect.backoff.max.ms", "1000"},
                                                                                {"log_level", "2"}}));
    std::vector<Owned<rd_kafka_topic_t>> topics;
    for (const auto& topic : options_.topics) {
      topics.emplace_back(rd_kafka_topic_new(kafka.get(), topic.c_str(), nullptr));
      if (!topics.back()) throw std::runtime_error("not a topic: " + topic);
    }
    kafka_ = std::move(kafka);
    topics_ = std::move(topics);
  }

  // The partitions are counted anew each time: an operator may have added some, and records may lie in them.
  Owned<rd_kafka_topic_partition_list_t> every_partition(Clock::time_point until) {
    const rd_kafka_metadata_t* raw = nullptr;
    if (rd_kafka_metadata(kafka_.get(), 0, nullptr, &raw, left_ms(until)) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    const Owned<const rd_kafka_metadata_t> metadata(raw);
    Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(128));
    for (const auto& name : options_.topics) {
      const auto* first = metadata->topics;
      const auto* last = first + metadata->topic_cnt;
      const auto* topic = std::find_if(first, last, [&](const auto& one) { return name == one.topic; });
      if (topic == last || topic->err || topic->partition_cnt == 0) return {};
      for (int p = 0; p < topic->partition_cnt; ++p) {
        rd_kafka_topic_partition_list_add(list.get(), name.c_str(), topic->partitions[p].id)->offset =
            RD_KAFKA_OFFSET_END;
      }
    }
    return list;
  }

  LogEnds::Options options_;
  Owned<rd_kafka_t> kafka_;
  std::vector<Owned<rd_kafka_topic_t>> topics_;  // known to the handle, so that it asks for their metadata
};

}  // namespace

struct LogEnds::Impl {
  using Answer = std::function<void(std::vector<LogEnd>)>;

  explicit Impl(Fetch q) : fetch(std::move(q)) {}

  void wait(Answer answer) {
    const std::lock_guard lock(mutex);
    if (!thread.joinable()) thread = std::jthread([this](const std::stop_token& stopped) { serve(stopped); });
    waiting.push_back(std::move(answer));
    changed.notify_all();
  }

  void serve(const std::stop_token& stopped) {
    for (;;) {
      std::vector<Answer> mine;
      {
        std::unique_lock lock(mutex);
        if (!changed.wait(lock, stopped, [this] { return !waiting.empty(); }) || stopped.stop_requested()) return;
        mine = std::exchange(waiting, {});
      }
      const auto ends = ask();  // starts after each of `mine` came
      for (const auto& answer : mine) answer(ends);
    }
  }

  std::vector<LogEnd> ask() {
    try {
      return fetch();
    } catch (const std::exception& error) {
      log::warn("kafka.log_ends_failed", {{"error", error.what()}});
      return {};
    }
  }

  Fetch fetch;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::vector<Answer> waiting;
  std::jthread thread;  // the last: ends before what it uses
};

LogEnds::LogEnds(const Options& options) : LogEnds([asker = std::make_shared<Asker>(options)] { return (*asker)(); }) {}
LogEnds::LogEnds(Fetch fetch) : impl_(std::make_shared<Impl>(std::move(fetch))) {}
LogEnds::~LogEnds() = default;

asio::awaitable<std::vector<LogEnd>> LogEnds::ask() {
  return async::resumed_with<std::vector<LogEnd>>([this](Impl::Answer answer) { impl_->wait(std::move(answer)); });
}

}  // namespace kassaflow::kafka
