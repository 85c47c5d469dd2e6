#include "kassaflow/kafka/consumer.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "handle.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::kafka {

namespace {

constexpr int kPoll_ms = 100;
constexpr int kMetadata_ms = 5000;
constexpr std::chrono::milliseconds kRetry{500};  // before a batch that was not stored is offered again

using Where = std::pair<std::string, std::int32_t>;

std::vector<Where> to_vector(const rd_kafka_topic_partition_list_t& list) {
  std::vector<Where> result;
  for (int i = 0; i < list.cnt; ++i) result.emplace_back(list.elems[i].topic, list.elems[i].partition);
  return result;
}

Record to_record(const rd_kafka_message_t& message) {
  Record record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  if (message.key != nullptr) record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers[name] = value == nullptr ? std::string() : std::string(static_cast<const char*>(value), size);
    }
  }
  return record;
}

}  // namespace

struct Consumer::Impl {
  struct Unread {
    std::int64_t from = 0;  // the next offset to read
    std::int64_t end = 0;   // of the log, as last seen
  };
  Impl(ConsumerOptions o, ConsumerHandler h) : options(std::move(o)), handler(std::move(h)) {}

  void run() {
    while (!stopping) {
      try {
        consume();
      } catch (const std::exception& error) {
        log::error("kafka.consumer_failed", {{"error", error.what()}});
        wait(kRetry);
      }
    }
    const std::lock_guard lock(mutex);
    finished = true;
    changed.notify_all();
  }

  // Joins only while there is somewhere to put records: one member that comes and goes stops the whole group each time.
  void consume() {
    while (!store_answers()) {
      wait(kRetry);
      if (stopping) return;
    }
    auto conf = make_conf(options.connection, {{"client.id", options.client_id},
                                               {"group.id", options.group.empty() ? options.client_id : options.group},
                                               {"enable.auto.commit", "false"},
                                               {"enable.auto.offset.store", "false"},
                                               {"auto.offset.reset", "earliest"},
                                               {"partition.assignment.strategy", "range"},
                                               {"session.timeout.ms", "10000"},
                                               {"fetch.wait.max.ms", "20"},
                                               {"socket.nagle.disable", "true"},
                                               {"topic.metadata.refresh.interval.ms", "10000"},
                                               {"log_level", "3"}});
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_rebalance_cb(
        conf.get(), [](rd_kafka_t* kafka, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                       void* self) { static_cast<Impl*>(self)->rebalance(kafka, error, list); });
    rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t*, int error, const char* text, void* self) {
      if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) static_cast<Impl*>(self)->reachable = false;
      log::warn("kafka.consumer_error",
                {{"error", rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error))}, {"text", text}});
    });
    const auto kafka = make_handle(RD_KAFKA_CONSUMER, std::move(conf));
    rd_kafka_poll_set_consumer(kafka.get());
    learn_partitions(kafka.get());
    subscribe(kafka.get());
    try {
      while (!stopping) next_batch(kafka.get());
    } catch (...) {
      close(kafka.get());
      throw;
    }
    close(kafka.get());
  }

  void close(rd_kafka_t* kafka) {
    {
      const std::lock_guard lock(mutex);
      assigned = false;
      unread.clear();
    }
    rd_kafka_consumer_close(kafka);
  }

  void subscribe(rd_kafka_t* kafka) {
    const Owned<rd_kafka_topic_partition_list_t> topics(
        rd_kafka_topic_partition_list_new(static_cast<int>(options.topics.size())));
    for (const auto& topic : options.topics)
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (!options.group.empty()) {
      if (const auto error = rd_kafka_subscribe(kafka, topics.get())) throw std::runtime_error(rd_kafka_err2str(error));
      return;
    }
    const Owned<rd_kafka_topic_partition_list_t> all(rd_kafka_topic_partition_list_new(16));
    for (const auto& [topic, count] : partitions) {
      for (int p = 0; p < count; ++p) rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), p);
    }
    assign(kafka, all.get());
  }

  void learn_partitions(rd_kafka_t* kafka) {
    std::map<std::string, int> learned;
    for (const auto& topic : options.topics) {
      const Owned<rd_kafka_topic_t> one(rd_kafka_topic_new(kafka, topic.c_str(), nullptr));
      const rd_kafka_metadata_t* raw = nullptr;
      const auto error = rd_kafka_metadata(kafka, 0, one.get(), &raw, kMetadata_ms);
      const std::unique_ptr<const rd_kafka_metadata_t, Free> metadata(raw);
      if (error || metadata->topic_cnt != 1 || metadata->topics[0].err)
        throw std::runtime_error("no metadata of topic " + topic);
      learned[topic] = metadata->topics[0].partition_cnt;
    }
    const std::lock_guard lock(mutex);
    partitions = std::move(learned);
  }

  void rebalance(rd_kafka_t* kafka, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list) {
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      try {
        assign(kafka, list);
      } catch (const std::exception& why) {
        // Without positions nothing may be read: start over, and ask again.
        log::warn("kafka.positions_unknown", {{"error", why.what()}});
        failure = why.what();
        rd_kafka_assign(kafka, nullptr);
      }
      return;
    }
    if (handler.on_revoked) handler.on_revoked(to_vector(*list));
    pending.clear();  // not stored: the next owner reads them again
    rd_kafka_assign(kafka, nullptr);
    const std::lock_guard lock(mutex);
    assigned = false;
    unread.clear();
  }

  void assign(rd_kafka_t* kafka, rd_kafka_topic_partition_list_t* list) {
    const auto positions = handler.positions(to_vector(*list));
    std::map<Where, Unread> fresh;
    for (int i = 0; i < list->cnt; ++i) {
      auto& entry = list->elems[i];
      const auto found = positions.find({entry.topic, entry.partition});
      entry.offset = found == positions.end() || found->second < 0 ? RD_KAFKA_OFFSET_BEGINNING : found->second;
      fresh[{entry.topic, entry.partition}] = {std::max<std::int64_t>(0, entry.offset), 0};
    }
    rd_kafka_assign(kafka, list);
    log::info("kafka.assigned", {{"partitions", list->cnt}});
    const std::lock_guard lock(mutex);
    unread = std::move(fresh);
    assigned = true;
    reachable = true;
  }

  // Polls singly (consume_batch loses records around a rebalance) and hands over what came within batch_wait.
  void next_batch(rd_kafka_t* kafka) {
    pending.clear();
    auto until = std::chrono::steady_clock::time_point::max();
    while (!stopping && pending.size() < options.batch_limit) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) break;
      const Owned<rd_kafka_message_t> message(
          rd_kafka_consumer_poll(kafka, static_cast<int>(std::min<std::int64_t>(left, kPoll_ms))));
      if (!failure.empty()) throw std::runtime_error(std::exchange(failure, {}));
      refresh_ends(kafka);
      if (!message) {
        if (pending.empty()) until = std::chrono::steady_clock::time_point::max();
        continue;
      }
      if (message->err) {
        if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          log::warn("kafka.consume_error", {{"error", rd_kafka_err2name(message->err)}});
        }
        continue;
      }
      reachable = true;
      if (pending.empty()) until = std::chrono::steady_clock::now() + options.batch_wait;
      pending.push_back(to_record(*message));
    }
    const auto first_try = std::chrono::steady_clock::now();
    while (!stopping && !pending.empty() && !store()) {
      wait(kRetry);
      const bool patient = options.group.empty() || std::chrono::steady_clock::now() - first_try < options.patience;
      if (!patient && !store_answers()) throw std::runtime_error("without its store it leaves the group");
      // The group must hear from us while PostgreSQL is away; paused, so that nothing new comes in between.
      keep_membership(kafka);
    }
    if (!pending.empty() && !stopping) advance(kafka);
  }

  // Whether positions could be read now.
  bool store_answers() {
    try {
      handler.positions({});
      if (std::exchange(store_away, false)) log::info("kafka.store_answers");
      return true;
    } catch (const std::exception& why) {
      if (!std::exchange(store_away, true)) log::warn("kafka.store_away", {{"error", why.what()}});
      return false;
    }
  }

  bool store() {
    try {
      return handler.on_batch(pending);
    } catch (const std::exception& error) {
      log::warn("kafka.batch_failed", {{"records", pending.size()}, {"error", error.what()}});
      return false;
    }
  }

  void keep_membership(rd_kafka_t* kafka) {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(kafka, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const Owned<rd_kafka_topic_partition_list_t> mine(raw);
    rd_kafka_pause_partitions(kafka, mine.get());
    const Owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(kafka, 0));
    if (message && !message->err) {  // fetched before the pause: goes to the end of the batch, in order
      pending.push_back(to_record(*message));
    }
    rd_kafka_resume_partitions(kafka, mine.get());
  }

  void advance(rd_kafka_t*) {
    const std::lock_guard lock(mutex);
    for (const auto& record : pending) unread[{record.topic, record.partition}].from = record.offset + 1;
  }

  void refresh_ends(rd_kafka_t* kafka) {
    const std::lock_guard lock(mutex);
    for (auto& [where, entry] : unread) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      if (rd_kafka_get_watermark_offsets(kafka, where.first.c_str(), where.second, &low, &high) ==
              RD_KAFKA_RESP_ERR_NO_ERROR &&
          high >= 0) {
        entry.end = high;
      }
    }
  }

  void wait(std::chrono::milliseconds how_long) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, how_long, [this] { return stopping.load(); });
  }

  ConsumerOptions options;
  ConsumerHandler handler;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<Where, Unread> unread;
  std::map<std::string, int> partitions;  // of each topic
  bool assigned = false;
  bool finished = false;
  std::vector<Record> pending;  // consumer thread only
  std::string failure;          // consumer thread only
  bool store_away = false;      // consumer thread only
  std::atomic<bool> reachable{false};
  std::atomic<bool> stopping{false};
  std::thread thread;
};

Consumer::Consumer(ConsumerOptions options, ConsumerHandler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

Consumer::~Consumer() { stop(std::chrono::seconds(5)); }

void Consumer::start() {
  impl_->thread = std::thread([this] { impl_->run(); });
}

void Consumer::stop(std::chrono::milliseconds deadline) {
  if (!impl_->thread.joinable()) return;
  {
    std::unique_lock lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
    if (!impl_->changed.wait_for(lock, deadline, [this] { return impl_->finished; })) {
      log::warn("kafka.consumer_slow_to_stop");
    }
  }
  impl_->thread.join();
}

void Consumer::show_lag(metrics::Metrics& metrics) const {
  std::vector<metrics::Metrics::Sample> samples;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [where, entry] : impl_->unread) {
      samples.push_back({{{"topic", where.first}, {"partition", std::to_string(where.second)}},
                         static_cast<double>(std::max<std::int64_t>(0, entry.end - entry.from))});
    }
  }
  metrics.gauges("kassaflow_kafka_lag", "records not yet taken in", samples, metrics::Metrics::Rest::sum);
}

bool Consumer::healthy() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->assigned && impl_->reachable;
}

}  // namespace kassaflow::kafka
