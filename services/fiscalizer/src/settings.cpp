#include "settings.hpp"

#include <algorithm>

namespace kassaflow::fiscalizer {

using namespace std::chrono_literals;

namespace {

settings::Duration longest(const registers::Durations& durations, settings::Duration registers::Timers::* timer) {
  settings::Duration result{};
  for (const registers::Protocol* protocol : registers::protocols()) {
    result = std::max(result, protocol->timers(durations).*timer);
  }
  return result;
}

}  // namespace

settings::Duration FiscalizerSettings::longest_answer() const {
  return longest(durations, &registers::Timers::longest_answer);
}

settings::Duration FiscalizerSettings::longest_quiet() const { return longest(durations, &registers::Timers::quiet); }

void FiscalizerSettings::add_to(settings::Settings& settings) {
  settings.text(grpc_address, "grpc_address", "address of the operators' gRPC service");
  settings.number(grpc_port, "grpc_port", 0, 65535, "port of the operators' gRPC service, 0 = any");
  settings.secret(postgres, "postgres", "libpq URI of the database; the journal is its schema fiscalizer");
  settings.text(kafka, "kafka", "bootstrap brokers, host:port,…");
  settings.text(registry_grpc, "registry_grpc", "host:port of the registry");
  settings.text(status_grpc, "status_grpc",
                "host:port of status, which promises not to tell the error of a retried receipt");
  for (const registers::Protocol* protocol : registers::protocols()) {
    for (const auto& own : protocol->duration_settings()) {
      settings.duration(durations.at(own.name), own.name, own.least, own.longest, own.description);
    }
  }
  settings.duration(retry_min, "retry_min", 50ms, 1h, "first back-off after a transient error");
  settings.duration(retry_max, "retry_max", 100ms, 24h, "longest back-off after a transient error");
  settings.duration(register_health, "register_health", 100ms, 10min, "probe of an idle or stopped register");
  settings.duration(pending_limit, "pending_limit", 100ms, 720h,
                    "how long a document may wait in a cloud's queue before it is uncertain, with an alarm");
  settings.number(refusals_before_held, "refusals_before_held", 1, 1000,
                  "how often registers may refuse a receipt before it is held for a person");
  settings.duration(lease, "lease", 3s, 5min,
                    "a worker's hold of its shards; 2 s of it must remain before bytes leave");
}

}  // namespace kassaflow::fiscalizer
