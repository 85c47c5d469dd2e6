#include "kassaflow/kafka/consumer.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "client_statistics.hpp"
#include "handle.hpp"
#include "kassaflow/log/log.hpp"
#include "log_bounds.hpp"

namespace kassaflow::kafka {

namespace {

constexpr int kPoll_ms = 100;
constexpr int kMetadata_ms = 5000;
constexpr std::chrono::milliseconds kRetry{500};  // before a batch that was not stored is offered again
constexpr std::chrono::seconds kBounds{5};        // to learn the ends of the logs before they are read
// While they are read, how often, and for how long at most: nothing else is read meanwhile. A broker that does not
// answer in time is asked again at the next look.
constexpr std::chrono::milliseconds kLookAfter{1500};
constexpr std::chrono::milliseconds kLook{300};

constexpr std::string_view kReplaced = "kafka_log_replaced";
constexpr std::string_view kLost = "kafka_records_lost";
constexpr std::string_view kPartitions = "kafka_partitions";
constexpr std::string_view kStands = "kafka_batch_not_taken";

std::vector<Partition> to_vector(const rd_kafka_topic_partition_list_t& list) {
  std::vector<Partition> result;
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
  struct Reading {
    ReadPosition position;       // stored
    std::int64_t expected = -1;  // offset of the next record; -1: the first one is taken wherever it lies
    bool known_again = true;     // false: the record before it comes first, to be compared
    std::int64_t end = 0;        // of the log, as last seen
  };
  // What must not come next has come.
  struct Surprise {
    Continuity continuity;
    std::int64_t offset;
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
                                               {"statistics.interval.ms", kStatisticsEvery_ms},
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
    rd_kafka_conf_set_stats_cb(conf.get(), [](rd_kafka_t*, char* json, std::size_t size, void* self) {
      static_cast<Impl*>(self)->statistics.take({json, size});
      return 0;  // librdkafka frees it
    });
    const auto kafka = make_handle(RD_KAFKA_CONSUMER, std::move(conf));
    rd_kafka_poll_set_consumer(kafka.get());
    if (count_partitions(kafka.get()).size() < options.topics.size())
      throw std::runtime_error("a topic is missing, or Kafka does not tell of it");
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
      readings.clear();
    }
    surprises.clear();
    stands = false;
    rd_kafka_consumer_close(kafka);
    statistics.forget();
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
    for (const auto& [topic, count] : count_partitions(kafka)) {
      for (int p = 0; p < count; ++p) rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), p);
    }
    assign(kafka, all.get());
  }

  // Topics that are not there, or not told of, are absent.
  std::map<std::string, int> count_partitions(rd_kafka_t* kafka) {
    std::map<std::string, int> counts;
    for (const auto& topic : options.topics) {
      if (const auto known = describe(kafka, topic, kMetadata_ms)) counts[topic] = known->topics[0].partition_cnt;
    }
    return counts;
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
    surprises.clear();
    rd_kafka_assign(kafka, nullptr);
    const std::lock_guard lock(mutex);
    assigned = false;
    readings.clear();
  }

  void assign(rd_kafka_t* kafka, rd_kafka_topic_partition_list_t* list) {
    auto positions = handler.positions(to_vector(*list));
    const auto counts = count_partitions(kafka);
    const auto bounds = ask_bounds(kafka, of_interest(*list, counts, positions), kBounds);
    auto moved = positions_of_new_partitions(counts, positions, bounds);
    for (const auto& [where, position] : positions) {
      if (const auto to = begin_anew(where, position, bounds)) moved.emplace(where, *to);
    }
    if (!moved.empty()) handler.move(moved);
    for (const auto& [where, position] : moved) positions[where] = position;

    std::map<Partition, Reading> fresh;
    for (int i = 0; i < list->cnt; ++i) {
      const Partition where{list->elems[i].topic, list->elems[i].partition};
      const auto stored = positions.find(where);
      auto& reading = fresh[where];
      if (stored != positions.end()) {
        reading.position = stored->second;
        reading.expected = stored->second.next_offset;
        const auto known = bounds.find(where);
        reading.known_again = reading.expected == 0 || reading.position.fingerprint.empty() ||
                              (known != bounds.end() && known->second.start >= reading.expected);
      }
      list->elems[i].offset = reading.expected < 0  ? RD_KAFKA_OFFSET_BEGINNING
                              : reading.known_again ? reading.expected
                                                    : reading.expected - 1;
    }
    rd_kafka_assign(kafka, list);
    surprises.clear();
    log::info("kafka.assigned", {{"partitions", list->cnt}});
    const std::lock_guard lock(mutex);
    readings = std::move(fresh);
    assigned = true;
    reachable = true;
  }

  // Those assigned, and those that no position is known of, as the ends of their logs are needed.
  static ReadPositions of_interest(const rd_kafka_topic_partition_list_t& list,
                                   const std::map<std::string, int>& counts, const ReadPositions& positions) {
    ReadPositions result;
    const auto add = [&](const Partition& where) {
      const auto known = positions.find(where);
      result.emplace(where, known == positions.end() ? ReadPosition() : known->second);
    };
    for (const auto& where : to_vector(list)) add(where);
    for (const auto& [topic, count] : counts) {
      for (int p = 0; p < count; ++p) {
        if (!positions.contains({topic, p})) add({topic, p});
      }
    }
    return result;
  }

  // A partition's position is stored before it has records: so that nothing is lost of it unnoticed, and a changed
  // number of partitions is seen. The number decides which partition carries a pool: of posts that lie in the old and
  // in the new one, either may come first (invariant I8).
  ReadPositions positions_of_new_partitions(const std::map<std::string, int>& counts, const ReadPositions& positions,
                                            const std::map<Partition, LogBounds>& bounds) {
    ReadPositions all;
    for (const auto& [topic, count] : counts) {
      ReadPositions moved;
      int was = 0;
      for (const auto& [where, position] : positions) {
        if (where.first != topic) continue;
        ++was;
        if (where.second < count || position.next_offset == 0) continue;
        moved[where] = {position.log + 1, 0, 0, {}};  // it is gone with all that was in it
      }
      bool told = true;
      for (int p = 0; p < count; ++p) {
        if (positions.contains({topic, p})) continue;
        const auto known = bounds.find({topic, p});
        told = told && known != bounds.end();
        if (told) moved[{topic, p}] = {0, known->second.start, 0, {}};
      }
      if (!told || moved.empty()) continue;  // all of a topic or none: it is looked at again at the next assignment
      if (was > 0) {
        alarm(kPartitions, topic);
        log::error("alarm.kafka_partitions", {{"topic", topic}, {"was", was}, {"is", count}});
      }
      all.merge(moved);
    }
    return all;
  }

  // Where reading begins anew when the log is another one, or has lost records that were not read; else nothing.
  std::optional<ReadPosition> begin_anew(const Partition& where, const ReadPosition& position,
                                         const std::map<Partition, LogBounds>& bounds) {
    const auto known = bounds.find(where);
    const auto surprise = surprises.find(where);
    auto continuity = Continuity::same;
    std::int64_t start = 0;
    if (known != bounds.end()) {
      continuity = compare(position, known->second);
      start = known->second.start;
    }
    if (surprise != surprises.end() && continuity == Continuity::same) {
      continuity = surprise->second.continuity;
      if (continuity == Continuity::trimmed) start = surprise->second.offset;
    }
    if (continuity == Continuity::same) return std::nullopt;
    const bool replaced = continuity == Continuity::another;
    alarm(replaced ? kReplaced : kLost, where.first);
    log::error(replaced ? "alarm.kafka_log_replaced" : "alarm.kafka_records_lost",
               {{"topic", where.first},
                {"partition", where.second},
                {"position", position.next_offset},
                {"start", start},
                {"end", known == bounds.end() ? -1 : known->second.end}});
    return ReadPosition{position.log + 1, start, 0, {}};
  }

  void alarm(std::string_view name, const std::string& topic) {
    const std::lock_guard lock(mutex);
    ++alarms[{topic, std::string(name)}];
  }

  // Polls singly (consume_batch loses records around a rebalance) and hands over what came within batch_wait.
  void next_batch(rd_kafka_t* kafka) {
    pending.clear();
    auto until = std::chrono::steady_clock::time_point::max();
    while (!stopping && surprises.empty() && pending.size() < options.batch_limit) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) break;
      const Owned<rd_kafka_message_t> message(
          rd_kafka_consumer_poll(kafka, static_cast<int>(std::min<std::int64_t>(left, kPoll_ms))));
      if (!failure.empty()) throw std::runtime_error(std::exchange(failure, {}));
      refresh_ends(kafka);
      if (pending.empty()) look_after_logs(kafka);
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
      take(to_record(*message));
    }
    const auto first_try = std::chrono::steady_clock::now();
    while (!stopping && !pending.empty() && !store()) {
      wait(kRetry);
      const bool patient = options.group.empty() || std::chrono::steady_clock::now() - first_try < options.patience;
      if (!patient && !store_answers()) throw std::runtime_error("without its store it leaves the group");
      if (!patient) stand(true);
      // The group must hear from us while PostgreSQL is away; paused, so that nothing new comes in between.
      keep_membership(kafka);
    }
    if (stopping) return;
    stand(false);
    go_on_behind(pending);
    if (!surprises.empty()) read_anew(kafka);
  }

  // Puts a record that may come next into the batch.
  void take(Record record) {
    const Partition where{record.topic, record.partition};
    const auto found = readings.find(where);
    if (found == readings.end() || surprises.contains(where)) return;  // to be read by its new owner, or again
    auto& reading = found->second;
    if (!reading.known_again) {
      reading.known_again =
          record.offset >= reading.expected ||
          (record.offset == reading.expected - 1 && fingerprint_of(record) == reading.position.fingerprint);
      if (!reading.known_again) surprises[where] = {Continuity::another, record.offset};
      if (record.offset < reading.expected) return;
    }
    if (reading.expected >= 0 && record.offset != reading.expected) {
      // librdkafka goes back to the beginning of a log that is shorter than its offset, or was trimmed above it.
      surprises[where] = {record.offset < reading.expected ? Continuity::another : Continuity::trimmed, record.offset};
      return;
    }
    reading.expected = record.offset + 1;
    record.log = reading.position.log;
    pending.push_back(std::move(record));
  }

  // Another log may have grown past our position before it was asked for a record, and nothing in what comes says so.
  void look_after_logs(rd_kafka_t* kafka) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look) return;
    ReadPositions positions;
    for (const auto& [where, reading] : readings) positions.emplace(where, reading.position);
    const auto told = ask_bounds(kafka, positions, kLook);
    if (!told.empty()) reachable = true;  // where nothing is posted, no record says so
    for (const auto& [where, known] : told) {
      if (compare(positions.at(where), known) == Continuity::another)
        surprises[where] = {Continuity::another, known.start};
    }
    next_look = std::chrono::steady_clock::now() + kLookAfter;
  }

  // Assigns the same partitions once more: what is wrong with them is found there.
  void read_anew(rd_kafka_t* kafka) {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (const auto error = rd_kafka_assignment(kafka, &raw)) throw std::runtime_error(rd_kafka_err2str(error));
    const Owned<rd_kafka_topic_partition_list_t> mine(raw);
    assign(kafka, mine.get());
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

  // The store answers and does not take the batch: what it refuses is no record's fault, so a person must look.
  void stand(bool does) {
    if (stands.exchange(does) == does) return;
    if (!does) return log::info("kafka.goes_on");
    const auto& first = pending.front();
    alarm(kStands, first.topic);
    log::error("alarm.kafka_batch_not_taken", {{"topic", first.topic},
                                               {"partition", first.partition},
                                               {"offset", first.offset},
                                               {"records", pending.size()}});
  }

  void keep_membership(rd_kafka_t* kafka) {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(kafka, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const Owned<rd_kafka_topic_partition_list_t> mine(raw);
    rd_kafka_pause_partitions(kafka, mine.get());
    const Owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(kafka, 0));
    if (message && !message->err) {  // fetched before the pause: goes to the end of the batch, in order
      take(to_record(*message));
    }
    rd_kafka_resume_partitions(kafka, mine.get());
  }

  void go_on_behind(const std::vector<Record>& stored) {
    const std::lock_guard lock(mutex);
    for (const auto& [where, position] : after(stored)) {
      if (const auto found = readings.find(where); found != readings.end()) advance(found->second.position, position);
    }
  }

  void refresh_ends(rd_kafka_t* kafka) {
    const std::lock_guard lock(mutex);
    for (auto& [where, reading] : readings) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      if (rd_kafka_get_watermark_offsets(kafka, where.first.c_str(), where.second, &low, &high) ==
              RD_KAFKA_RESP_ERR_NO_ERROR &&
          high >= 0) {
        reading.end = high;
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
  std::map<Partition, Reading> readings;                      // changed by the consumer thread only
  std::map<std::pair<std::string, std::string>, int> alarms;  // by topic and name, since they were last counted
  bool assigned = false;
  bool finished = false;
  // Of the consumer thread only:
  std::vector<Record> pending;
  std::map<Partition, Surprise> surprises;
  std::chrono::steady_clock::time_point next_look;
  std::string failure;
  bool store_away = false;

  ClientStatistics statistics{"consumer"};
  std::atomic<bool> reachable{false};
  std::atomic<bool> stands{false};
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

void Consumer::show(metrics::Metrics& metrics) {
  std::vector<metrics::Metrics::Sample> samples;
  std::map<std::pair<std::string, std::string>, int> alarms;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [where, reading] : impl_->readings) {
      samples.push_back({{{"topic", where.first}, {"partition", std::to_string(where.second)}},
                         static_cast<double>(std::max<std::int64_t>(0, reading.end - reading.position.next_offset))});
    }
    alarms = std::exchange(impl_->alarms, {});
  }
  metrics.gauges("kassaflow_kafka_lag", samples);
  impl_->statistics.show(metrics);
  for (const auto& topic : impl_->options.topics) {
    for (const auto name : {kReplaced, kLost, kPartitions, kStands}) {
      metrics.counter("kassaflow_kafka_alarms_total", {{"topic", topic}, {"alarm", std::string(name)}})
          .add(alarms[{topic, std::string(name)}]);
    }
  }
}

std::string Consumer::not_ready() const {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->assigned || !impl_->reachable) return "Kafka does not answer";
  return impl_->stands ? "a batch of records is not taken in, see alarm.kafka_batch_not_taken" : "";
}

}  // namespace kassaflow::kafka
