#include "settings.hpp"

#include <algorithm>

namespace kassaflow::fiscalizer {

using namespace std::chrono_literals;

settings::Duration FiscalizerSettings::longest_answer() const {
  return std::max(itkassa_timeout, bit_connect_timeout + bit_timeout);
}

void FiscalizerSettings::add_to(settings::Settings& keys) {
  keys.text(grpc_address, "grpc_address", "address of the operators' gRPC service");
  keys.port(grpc_port, "grpc_port", "port of the operators' gRPC service");
  keys.secret(postgres, "postgres",
              "libpq URI of the database; the journal is its schema fiscalizer; while it is away nothing is started");
  kafka.add_to(keys);
  keys.text(registry_grpc, "registry_grpc",
            "host:port of the registry; while it is away the last configuration stays in force");
  keys.text(status_grpc, "status_grpc",
            "host:port of status, which promises not to tell the error of a retried receipt; while it is away a retry "
            "waits");
  keys.duration(itkassa_timeout, "itkassa_timeout", 100ms, 5min,
                "one request to itkassa; a document without an answer is asked for by its key");
  keys.duration(itkassa_poll, "itkassa_poll", 50ms, 5min, "pause between questions for a queued document");
  keys.duration(itkassa_query_delay, "itkassa_query_delay", 50ms, 5min,
                "first question by key after a lost answer; itkassa may need that long to know the document");
  keys.duration(itkassa_repost_grace, "itkassa_repost_grace", 50ms, 24h,
                "how long clean negatives must last before the same key is posted again; too short prints twice");
  keys.duration(bit_connect_timeout, "bit_connect_timeout", 50ms, 60s,
                "connection to a BIT driver; without one no byte has left, and the receipt goes to another register");
  keys.duration(bit_timeout, "bit_timeout", 100ms, 10min,
                "answer of a BIT driver to one packet; without one the receipt is uncertain until numbering proves it");
  keys.duration(
      bit_quiet, "bit_quiet", 50ms, 24h,
      "rest of a BIT register after a lost answer, before a document proves anything; too short prints twice");
  keys.duration(retry_min, "retry_min", 50ms, 1h, "first back-off after a transient error");
  keys.duration(retry_max, "retry_max", 100ms, 24h, "longest back-off after a transient error");
  keys.duration(register_health, "register_health", 100ms, 10min, "probe of an idle or stopped register");
  keys.duration(pending_limit, "pending_limit", 100ms, 720h,
                "how long a document may wait in a cloud's queue before it is uncertain, with an alarm");
  keys.number(refusals_before_held, "refusals_before_held", 1, 1000, "refusals",
              "how often registers may refuse a receipt before it is held for a person");
  keys.duration(lease, "lease", 3s, 5min,
                "a worker's hold of its shards; 2 s of it must remain before bytes leave; the pools of a dead worker "
                "stand still for that long");
}

std::string FiscalizerSettings::check() const {
  if (retry_min > retry_max) return "retry_min must not be above retry_max";
  return kafka.check();
}

}  // namespace kassaflow::fiscalizer
