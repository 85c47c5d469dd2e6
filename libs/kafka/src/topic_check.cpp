#include "kassaflow/kafka/topic_check.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "handle.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::kafka {

namespace {

using namespace std::chrono_literals;

constexpr auto kAgain = 30s;
constexpr auto kUnanswered = 500ms;
constexpr auto kLimit = 2s;  // of one question

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Comparison {
 public:
  Comparison(const TopicNeeds& needs, const TopicState& state) : needs_(needs), state_(state) {}

  TopicFindings operator()() {
    wanted("message.timestamp.type", "LogAppendTime", "a log is known again by its brokers' clock");
    wanted("cleanup.policy", "delete", "compaction takes records away between others");
    wanted("unclean.leader.election.enable", "false", "a replica that lacks records would become the leader");
    if (needs_.kept_for > 0h) kept();
    replicated();
    return std::move(findings_);
  }

 private:
  [[nodiscard]] const std::string* found(const std::string& setting) const {
    const auto entry = state_.settings.find(setting);
    return entry == state_.settings.end() ? nullptr : &entry->second;
  }

  std::string text(const std::string& setting, const std::string& is, const std::string& must_be,
                   const std::string& why) const {
    return "topic " + needs_.topic + ": " + setting + " is " + is + ", wanted: " + must_be + "; " + why;
  }
  void fault(const std::string& setting, const std::string& is, const std::string& value, const std::string& must_be,
             const std::string& why) {
    findings_.faults.push_back(text(setting, is, must_be, why) +
                               "; kafka-configs --alter --entity-type topics --entity-name " + needs_.topic +
                               " --add-config " + setting + "=" + value);
  }

  void wanted(const std::string& setting, const std::string& value, const std::string& why) {
    const auto* is = found(setting);
    if (is != nullptr && *is != value) fault(setting, *is, value, value, why);
  }

  void kept() {
    const auto kept_ms = std::chrono::milliseconds(needs_.kept_for).count();
    const std::string why = "records would be gone before they are read again after a disaster";
    if (const auto* text = found("retention.ms")) {
      const auto is = number(*text);
      if (is && *is >= 0 && *is < kept_ms)
        fault("retention.ms", *text, std::to_string(kept_ms), "at least " + std::to_string(kept_ms) + ", or -1", why);
    }
    if (const auto* text = found("retention.bytes"); text != nullptr && *text != "-1")
      fault("retention.bytes", *text, "-1", "-1", why);
  }

  void replicated() {
    const auto* text = found("min.insync.replicas");
    const auto in_sync = text == nullptr ? std::nullopt : number(*text);
    if (!in_sync || state_.replicas == 0) return;
    const auto warn = [&](const std::string& setting, std::int64_t is, const std::string& must_be,
                          const std::string& why) {
      findings_.warnings.push_back(this->text(setting, std::to_string(is), must_be, why));
    };
    if (state_.replicas < 3) {
      warn("replication factor", state_.replicas, "3 in production", "the death of one disk may lose receipts");
    } else if (*in_sync < 2) {
      warn("min.insync.replicas", *in_sync, "2", "the death of one disk may lose receipts");
    }
    if (state_.replicas > 1 && *in_sync >= state_.replicas)
      warn("min.insync.replicas", *in_sync, "less than the replication factor " + std::to_string(state_.replicas),
           "nothing is taken while one broker is away");
  }

  const TopicNeeds& needs_;
  const TopicState& state_;
  TopicFindings findings_;
};

// One question to the brokers. Used by one thread.
class Brokers {
 public:
  explicit Brokers(const Connection& connection, const std::string& client_id)
      : kafka_(make_handle(RD_KAFKA_PRODUCER, make_conf(connection, {{"client.id", client_id},
                                                                     {"socket.nagle.disable", "true"},
                                                                     {"reconnect.backoff.max.ms", "1000"},
                                                                     {"log_level", "2"}}))),
        queue_(rd_kafka_queue_new(kafka_.get())) {}

  struct Answer {
    std::map<std::string, TopicState> topics;  // those that were told
    std::string refused;                       // why the settings of one are never told
  };
  Answer ask(const std::vector<TopicNeeds>& needs) {
    Answer answer;
    if (!answer_now()) return answer;
    std::vector<Owned<rd_kafka_ConfigResource_t>> resources;
    std::vector<rd_kafka_ConfigResource_t*> list;
    for (const auto& one : needs) {
      resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, one.topic.c_str()));
      list.push_back(resources.back().get());
    }
    char why[512];
    const Owned<rd_kafka_AdminOptions_t> options(
        rd_kafka_AdminOptions_new(kafka_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kLimit_ms, why, sizeof why);
    rd_kafka_DescribeConfigs(kafka_.get(), list.data(), list.size(), options.get(), queue_.get());
    const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue_.get(), 2 * kLimit_ms));
    const auto* result = event ? rd_kafka_event_DescribeConfigs_result(event.get()) : nullptr;
    if (result == nullptr || rd_kafka_event_error(event.get())) return answer;
    std::size_t count = 0;
    const auto* const* told = rd_kafka_DescribeConfigs_result_resources(result, &count);
    for (std::size_t i = 0; i < count; ++i) read(*told[i], answer);
    return answer;
  }

 private:
  static constexpr int kLimit_ms = static_cast<int>(std::chrono::milliseconds(kLimit).count());

  // Asked first: a question about settings that waits for a broker which was there before makes two threads of
  // librdkafka 2.0.2 wake each other all the time, a quarter of a core in each service while Kafka is away.
  [[nodiscard]] bool answer_now() const {
    const rd_kafka_metadata_t* known = nullptr;
    if (rd_kafka_metadata(kafka_.get(), 0, nullptr, &known, kLimit_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    rd_kafka_metadata_destroy(known);
    return true;
  }

  void read(const rd_kafka_ConfigResource_t& resource, Answer& answer) {
    const std::string topic = rd_kafka_ConfigResource_name(&resource);
    switch (rd_kafka_ConfigResource_error(&resource)) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        break;
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        answer.refused = topic + ": " + rd_kafka_err2str(rd_kafka_ConfigResource_error(&resource));
        return;
      default:
        return;  // not there, or not now
    }
    TopicState state;
    std::size_t count = 0;
    const auto* const* entries = rd_kafka_ConfigResource_configs(&resource, &count);
    for (std::size_t i = 0; i < count; ++i) {
      if (const char* value = rd_kafka_ConfigEntry_value(entries[i]))
        state.settings[rd_kafka_ConfigEntry_name(entries[i])] = value;
    }
    ask_replicas(topic, state);
    answer.topics.emplace(topic, std::move(state));
  }

  void ask_replicas(const std::string& topic, TopicState& state) {
    const auto known = describe(kafka_.get(), topic, kLimit_ms);
    if (!known) return;
    for (int p = 0; p < known->topics[0].partition_cnt; ++p) {
      const int count = known->topics[0].partitions[p].replica_cnt;
      state.replicas = p == 0 ? count : std::min(state.replicas, count);
    }
    state.under_replicated = under_replicated(known->topics[0]);
  }

  Owned<rd_kafka_t> kafka_;
  Owned<rd_kafka_queue_t> queue_;
};

}  // namespace

TopicFindings compare(const TopicNeeds& needs, const TopicState& state) { return Comparison(needs, state)(); }

struct TopicCheck::Impl {
  Impl(const Connection& connection, const std::string& client_id, std::vector<TopicNeeds> n)
      : needs(std::move(n)), brokers(connection, client_id) {
    thread = std::jthread([this](const std::stop_token& stopped) { run(stopped); });
  }

  void run(const std::stop_token& stopped) {
    while (!stopped.stop_requested()) {
      auto answer = brokers.ask(needs);
      std::unique_lock lock(mutex);
      const bool all = take(std::move(answer));
      changed.wait_for(lock, stopped, all ? std::chrono::milliseconds(kAgain) : kUnanswered, [] { return false; });
    }
  }

  // True when every topic was told of, or never will be.
  bool take(Brokers::Answer answer) {
    std::string fault;
    for (const auto& one : needs) {
      const auto told = answer.topics.find(one.topic);
      if (told == answer.topics.end()) continue;
      if (told->second.replicas > 0) under_replicated[one.topic] = told->second.under_replicated;
      auto now = compare(one, told->second);
      auto& before = findings[one.topic];
      for (const auto& text : now.faults) {
        if (std::ranges::find(before.faults, text) == before.faults.end())
          log::error("alarm.kafka_topic_settings", {{"topic", one.topic}, {"fault", text}});
        fault = text;
      }
      for (const auto& text : now.warnings) {
        if (std::ranges::find(before.warnings, text) == before.warnings.end())
          log::warn("kafka.topic_settings", {{"topic", one.topic}, {"warning", text}});
      }
      before = std::move(now);
    }
    if (!answer.refused.empty()) {
      if (answer.refused != refused) log::warn("kafka.topic_settings_untold", {{"refused", answer.refused}});
      refused = answer.refused;
    }
    const bool all = answer.topics.size() == needs.size() || !answer.refused.empty();
    if (all && fault.empty()) passed = true;
    why_not = !all ? "Kafka has not told the settings of its topics" : fault;
    return all;
  }

  const std::vector<TopicNeeds> needs;
  Brokers brokers;  // of the thread
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::string, TopicFindings> findings;
  std::map<std::string, int> under_replicated;  // partitions, as last told
  std::string refused;
  std::string why_not = "the settings of Kafka's topics are not known yet";
  bool passed = false;
  std::jthread thread;  // the last: ends before what it uses
};

TopicCheck::TopicCheck(Connection connection, std::string client_id, std::vector<TopicNeeds> needs)
    : impl_(std::make_unique<Impl>(connection, client_id, std::move(needs))) {}
TopicCheck::~TopicCheck() = default;

std::string TopicCheck::not_ready() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->passed ? std::string() : impl_->why_not;
}

void TopicCheck::show(metrics::Metrics& metrics) const {
  std::vector<metrics::Metrics::Sample> samples, under_replicated;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [topic, partitions] : impl_->under_replicated)
      under_replicated.push_back({{{"topic", topic}}, static_cast<double>(partitions)});
    for (const auto& one : impl_->needs) {
      const auto found = impl_->findings.find(one.topic);
      const auto faults = found == impl_->findings.end() ? 0 : found->second.faults.size();
      samples.push_back({{{"topic", one.topic}}, static_cast<double>(faults)});
    }
  }
  metrics.gauges("kassaflow_kafka_topic_faults", samples);
  metrics.gauges("kassaflow_kafka_under_replicated_partitions", under_replicated);
}

}  // namespace kassaflow::kafka
