#include "settings.hpp"

#include <algorithm>

#include "kassaflow/postgres/connection_string.hpp"

namespace kassaflow::fiscalizer {

using namespace std::chrono_literals;
using settings::to_text;

namespace {

settings::Duration longest(const registers::Durations& durations, settings::Duration registers::Timers::* timer) {
  settings::Duration result{};
  for (const registers::Protocol* protocol : registers::protocols()) {
    result = std::max(result, protocol->timers(durations).*timer);
  }
  return result;
}

// After the answer: what it says and the end of the attempt in the journal, the shards given away, the rest published.
constexpr settings::Duration kToSettle = 10s;

// The keys that make a protocol's answer as long as it is: "a + b".
std::string keys_of_answer(const registers::Protocol& protocol, const registers::Durations& durations) {
  std::string keys;
  for (const auto& own : protocol.duration_settings()) {
    auto longer = durations;
    longer.at(own.name) += 1ms;
    if (protocol.timers(longer).longest_answer == protocol.timers(durations).longest_answer) continue;
    keys += (keys.empty() ? "" : " + ") + std::string(own.name);
  }
  return keys;
}

}  // namespace

runtime::CommonSettings FiscalizerSettings::common() {
  runtime::CommonSettings common;
  common.shutdown_deadline = 150s;  // longest_answer() as it is by default, and some
  return common;
}

settings::Duration FiscalizerSettings::longest_answer() const {
  return longest(durations, &registers::Timers::longest_answer);
}

settings::Duration FiscalizerSettings::longest_quiet() const { return longest(durations, &registers::Timers::quiet); }

settings::Duration FiscalizerSettings::late_bytes() const {
  return longest_answer() + std::max(longest_quiet(), longest(durations, &registers::Timers::repost_grace));
}

void FiscalizerSettings::add_to(settings::Settings& keys) {
  keys.host(grpc_address, "grpc_address", "address of the operators' gRPC service");
  keys.port(grpc_port, "grpc_port", "port of the operators' gRPC service");
  keys.secret(postgres, "postgres",
              "libpq URI of the database; the journal is its schema fiscalizer; while it is away nothing is started");
  schema.add_to(keys);
  kafka.add_to(keys);
  registry.add_to(keys);
  identity.add_to(keys);
  keys.peer(status_grpc, "status_grpc",
            "status, which promises not to tell the error of a retried receipt; while it is away a retry "
            "waits");
  for (const registers::Protocol* protocol : registers::protocols()) {
    for (const auto& own : protocol->duration_settings()) {
      keys.duration(durations.at(own.name), own.name, own.least, own.longest, own.description);
    }
  }
  keys.duration(retry_min, "retry_min", 50ms, 1h, "first back-off after a transient error");
  keys.duration(retry_max, "retry_max", 100ms, 24h, "longest back-off after a transient error");
  keys.duration(register_health, "register_health", 100ms, 10min,
                "pause before a register that is idle or down is probed again; while nothing of it changes the pause "
                "grows, at the longest to retry_max, and a receipt that waits ends it");
  keys.duration(pending_limit, "pending_limit", 100ms, 720h,
                "how long a document may wait in a cloud's queue before it is uncertain, with an alarm");
  keys.number(refusals_before_held, "refusals_before_held", 1, 1000, "refusals",
              "how often registers may refuse a receipt before it is held for a person");
  keys.duration(
      contents_kept, "contents_kept", 24h, 20 * 365 * 24h,
      "how long the content of a receipt that ended is kept, with the buyer's contact, what was sent and what "
      "registers said; its ids, states and numbers are kept for ever");
  keys.duration(lease, "lease", 3s, 5min,
                "a worker's hold of its shards; 2 s of it must remain before bytes leave; the pools of a dead worker "
                "stand still for that long");
}

std::string FiscalizerSettings::check(const runtime::CommonSettings& common) const {
  if (const std::string wrong = postgres::wrong_with(postgres); !wrong.empty()) return "postgres " + wrong;
  if (retry_min > retry_max) return "retry_min must not be above retry_max";
  for (const registers::Protocol* protocol : registers::protocols()) {
    const auto answer = protocol->timers(durations).longest_answer;
    if (common.shutdown_deadline >= answer + kToSettle) continue;
    return "shutdown_deadline (" + to_text(common.shutdown_deadline) + ") must be at least " +
           to_text(answer + kToSettle) + ": an answer under way may take " + keys_of_answer(*protocol, durations) +
           " (" + to_text(answer) + "), and settling it " + to_text(kToSettle);
  }
  if (std::string wrong = identity.check(); !wrong.empty()) return wrong;
  return kafka.check();
}

}  // namespace kassaflow::fiscalizer
