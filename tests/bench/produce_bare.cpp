// A bare librdkafka producer with the settings of libs/kafka, the measure that ingress is held against (design.md 4.8).
//
// Closed loop: `--in-flight` records are on their way, each delivery report sends the next. With `--rate` records leave
// at random moments of that mean rate instead, whatever the reports do (but never more than `--in-flight` at once).
// Prints one JSON object; exit code 1 when a record was not PERSISTED.

#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kPoll_ms = 100;
constexpr int kMetadata_ms = 5000;
constexpr int kFlush_ms = 10000;

struct Options {
  std::string config;
  std::string topic;
  std::string key_prefix = "pool-";
  int keys = 64;
  int in_flight = 64;
  std::size_t bytes = 1024;
  double seconds = 5;
  double warm_up = 1;
  double rate = 0;  // 0: closed loop
};

struct Destroy {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
};

class Producer {
 public:
  explicit Producer(const Options& options)
      : options_(options), value_(options.bytes, 'x'), kafka_(make()), topic_(find_topic()) {
    for (int i = 0; i < options.keys; ++i) {
      char number[16];
      std::snprintf(number, sizeof number, "%02d", i);
      keys_.push_back(options.key_prefix + number);
    }
  }

  void run() {
    from_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(options_.warm_up));
    until_ = from_ + std::chrono::duration_cast<Clock::duration>(Seconds(options_.seconds));
    latencies_us_.reserve(1 << 22);
    if (options_.rate == 0) {
      for (int i = 0; i < options_.in_flight; ++i) send(Clock::now());
    }
    std::thread poller([this] {
      while (Clock::now() < until_) rd_kafka_poll(kafka_.get(), kPoll_ms);
    });
    if (options_.rate > 0) send_at_rate();
    poller.join();
    rd_kafka_flush(kafka_.get(), kFlush_ms);
  }

  void print() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    const auto quantile = [this](double share) -> std::uint32_t {
      if (latencies_us_.empty()) return 0;
      return latencies_us_[static_cast<std::size_t>(share * static_cast<double>(latencies_us_.size() - 1))];
    };
    std::printf(R"({"per_second":%.0f,"p50_us":%u,"p99_us":%u,"failures":%llu,"requests":%llu})"
                "\n",
                static_cast<double>(latencies_us_.size()) / options_.seconds, quantile(0.5), quantile(0.99),
                static_cast<unsigned long long>(failures_), static_cast<unsigned long long>(persisted_));
  }

  [[nodiscard]] bool failed() const { return failures_ > 0; }

 private:
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  std::unique_ptr<rd_kafka_t, Destroy> make() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char why[512];
    std::vector<std::pair<std::string, std::string>> settings{{"acks", "all"},
                                                              {"enable.idempotence", "true"},
                                                              {"linger.ms", "0"},
                                                              {"socket.nagle.disable", "true"},
                                                              {"log_level", "3"}};
    std::ifstream properties(options_.config);
    for (std::string line; std::getline(properties, line);) {
      if (const auto equals = line.find('='); equals != std::string::npos)
        settings.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
    for (const auto& [name, value] : settings) {
      if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
        throw std::runtime_error(why);
    }
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
      static_cast<Producer*>(self)->report(*message);
    });
    rd_kafka_t* kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (kafka == nullptr) throw std::runtime_error(why);
    return std::unique_ptr<rd_kafka_t, Destroy>(kafka);
  }

  // With its leaders known, as ingress primes it: else the first records wait for them.
  std::unique_ptr<rd_kafka_topic_t, Destroy> find_topic() {
    std::unique_ptr<rd_kafka_topic_t, Destroy> topic(rd_kafka_topic_new(kafka_.get(), options_.topic.c_str(), nullptr));
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(kafka_.get(), 0, topic.get(), &metadata, kMetadata_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(error));
    rd_kafka_metadata_destroy(metadata);
    return topic;
  }

  // The time it counts from travels as the record's opaque.
  void send(Clock::time_point since) {
    const std::string& key = keys_[next_key_];
    next_key_ = (next_key_ + 1) % keys_.size();
    ++in_flight_;
    const int error =
        rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value_.data(), value_.size(),
                         key.data(), key.size(), reinterpret_cast<void*>(since.time_since_epoch().count()));
    if (error != 0) {
      --in_flight_;
      ++failures_;
    }
  }

  void report(const rd_kafka_message_t& message) {
    --in_flight_;
    const auto now = Clock::now();
    if (rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_PERSISTED) {
      ++failures_;
      return;
    }
    ++persisted_;
    if (now >= from_ && now < until_) {
      const Clock::time_point since{Clock::duration(reinterpret_cast<std::intptr_t>(message._private))};
      latencies_us_.push_back(
          static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - since).count()));
    }
    if (options_.rate == 0 && now < until_) send(now);
  }

  // A record that is late (no room, or the thread was not on a core) counts from when it was due.
  void send_at_rate() {
    std::mt19937_64 random(1);
    std::exponential_distribution<double> gap(options_.rate);
    for (auto due = Clock::now(); due < until_;
         due += std::chrono::duration_cast<Clock::duration>(Seconds(gap(random)))) {
      std::this_thread::sleep_until(due);
      while (in_flight_ >= options_.in_flight && Clock::now() < until_) std::this_thread::yield();
      send(due);
    }
  }

  const Options& options_;
  std::string value_;
  std::vector<std::string> keys_;
  std::size_t next_key_ = 0;  // only one thread sends: the poller in the closed loop, else run()
  std::atomic<int> in_flight_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> persisted_{0};  // the warm-up's as well
  Clock::time_point from_;
  Clock::time_point until_;
  std::vector<std::uint32_t> latencies_us_;  // the poller's, and print()'s once it is over
  std::unique_ptr<rd_kafka_t, Destroy> kafka_;
  std::unique_ptr<rd_kafka_topic_t, Destroy> topic_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App cli("bare librdkafka producer");
  cli.option_defaults()->always_capture_default();
  cli.add_option("--config", options.config, "file of librdkafka's properties: the brokers, and how to reach them")
      ->required()
      ->check(CLI::ExistingFile);
  cli.add_option("--topic", options.topic, "an existing topic")->required();
  cli.add_option("--key-prefix", options.key_prefix, "keys are this and two digits");
  cli.add_option("--keys", options.keys, "how many keys the records rotate over")->check(CLI::Range(1, 100));
  cli.add_option("--in-flight", options.in_flight, "records on their way")->check(CLI::Range(1, 50000));
  cli.add_option("--bytes", options.bytes, "size of a value");
  cli.add_option("--seconds", options.seconds, "measured");
  cli.add_option("--warm-up", options.warm_up, "seconds before that");
  cli.add_option("--rate", options.rate, "records a second; 0 is the closed loop");
  CLI11_PARSE(cli, argc, argv);
  try {
    Producer producer(options);
    producer.run();
    producer.print();
    return producer.failed() ? 1 : 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
