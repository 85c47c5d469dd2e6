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
#include "log_bounds.hpp"

namespace kassaflow::kafka {

namespace asio = boost::asio;

bool reached(const ReadPositions& read, const std::vector<LogEnd>& ends) {
  if (ends.empty()) return false;
  for (const auto& end : ends) {
    if (end.continuity != Continuity::same) return false;
    if (end.end == 0) continue;
    const auto found = read.find({end.topic, end.partition});
    if (found == read.end() || found->second.log != end.log || found->second.next_offset < end.end) return false;
  }
  return true;
}

namespace {

using Clock = std::chrono::steady_clock;

// Asks Kafka; used by one thread.
class Asker {
 public:
  explicit Asker(LogEnds::Options options) : options_(std::move(options)) {}

  std::vector<LogEnd> operator()(const ReadPositions& positions) {
    if (!kafka_) connect();
    const auto until = Clock::now() + options_.limit;
    const auto partitions = every_partition(until);
    ReadPositions asked;
    for (const auto& where : partitions) {
      const auto known = positions.find(where);
      asked.emplace(where, known == positions.end() ? ReadPosition() : known->second);
    }
    const auto bounds = ask_bounds(kafka_.get(), asked, left(until));
    std::vector<LogEnd> ends;
    for (const auto& [where, position] : asked) {
      const auto known = bounds.find(where);
      if (known == bounds.end()) return {};
      ends.push_back({where.first, where.second, known->second.end, position.log, compare(position, known->second)});
    }
    return ends;
  }

 private:
  static std::chrono::milliseconds left(Clock::time_point until) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
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

  // The partitions are counted anew each time: an operator may have added some, and records may lie in them. Empty: not
  // all topics are told of.
  std::vector<Partition> every_partition(Clock::time_point until) {
    const rd_kafka_metadata_t* raw = nullptr;
    if (rd_kafka_metadata(kafka_.get(), 0, nullptr, &raw, static_cast<int>(left(until).count())) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
      return {};
    const Owned<const rd_kafka_metadata_t> metadata(raw);
    std::vector<Partition> partitions;
    for (const auto& name : options_.topics) {
      const auto* first = metadata->topics;
      const auto* last = first + metadata->topic_cnt;
      const auto* topic = std::find_if(first, last, [&](const auto& one) { return name == one.topic; });
      if (topic == last || topic->err || topic->partition_cnt == 0) return {};
      for (int p = 0; p < topic->partition_cnt; ++p) partitions.emplace_back(name, topic->partitions[p].id);
    }
    return partitions;
  }

  LogEnds::Options options_;
  Owned<rd_kafka_t> kafka_;
  std::vector<Owned<rd_kafka_topic_t>> topics_;  // known to the handle, so that it asks for their metadata
};

}  // namespace

struct LogEnds::Impl {
  using Answer = std::function<void(std::vector<LogEnd>)>;

  explicit Impl(Fetch q) : fetch(std::move(q)) {}

  void wait(ReadPositions of_caller, Answer answer) {
    const std::lock_guard lock(mutex);
    if (!thread.joinable()) thread = std::jthread([this](const std::stop_token& stopped) { serve(stopped); });
    positions = std::move(of_caller);
    waiting.push_back(std::move(answer));
    changed.notify_all();
  }

  void serve(const std::stop_token& stopped) {
    for (;;) {
      std::vector<Answer> mine;
      ReadPositions compared;
      {
        std::unique_lock lock(mutex);
        if (!changed.wait(lock, stopped, [this] { return !waiting.empty(); }) || stopped.stop_requested()) return;
        mine = std::exchange(waiting, {});
        compared = std::exchange(positions, {});
      }
      const auto ends = ask(compared);  // starts after each of `mine` came
      for (const auto& answer : mine) answer(ends);
    }
  }

  std::vector<LogEnd> ask(const ReadPositions& compared) {
    try {
      return fetch(compared);
    } catch (const std::exception& error) {
      log::warn("kafka.log_ends_failed", {{"error", error.what()}});
      return {};
    }
  }

  Fetch fetch;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::vector<Answer> waiting;
  ReadPositions positions;  // of the last who waits
  std::jthread thread;      // the last: ends before what it uses
};

LogEnds::LogEnds(const Options& options)
    : LogEnds(
          [asker = std::make_shared<Asker>(options)](const ReadPositions& positions) { return (*asker)(positions); }) {}
LogEnds::LogEnds(Fetch fetch) : impl_(std::make_shared<Impl>(std::move(fetch))) {}
LogEnds::~LogEnds() = default;

asio::awaitable<std::vector<LogEnd>> LogEnds::ask(ReadPositions positions) {
  return async::resumed_with<std::vector<LogEnd>>(
      [this, positions = std::move(positions)](Impl::Answer answer) mutable {
        impl_->wait(std::move(positions), std::move(answer));
      });
}

}  // namespace kassaflow::kafka
