#include "settings.hpp"

#include <algorithm>

namespace kassaflow::fiscalizer {

using namespace std::chrono_literals;

settings::Duration FiscalizerSettings::longest_answer() const {
  return std::max(itkassa_timeout, bit_connect_timeout + bit_timeout);
}

void FiscalizerSettings::add_to(settings::Settings& settings) {
  settings.text(grpc_address, "grpc_address", "address of the operators' gRPC service");
  settings.number(grpc_port, "grpc_port", 0, 65535, "port of the operators' gRPC service, 0 = any");
  settings.secret(postgres, "postgres", "libpq URI of the database; the journal is its schema fiscalizer");
  settings.text(kafka, "kafka", "bootstrap brokers, host:port,…");
  settings.text(registry_grpc, "registry_grpc", "host:port of the registry");
  settings.text(status_grpc, "status_grpc",
                "host:port of status, which promises not to tell the error of a retried receipt");
  settings.duration(itkassa_timeout, "itkassa_timeout", 100ms, 5min, "one request to itkassa");
  settings.duration(itkassa_poll, "itkassa_poll", 50ms, 5min, "pause between questions for a queued document");
  settings.duration(itkassa_query_delay, "itkassa_query_delay", 50ms, 5min,
                    "first question by key after a lost answer");
  settings.duration(itkassa_repost_grace, "itkassa_repost_grace", 50ms, 24h,
                    "how long clean negatives must last before the same key is posted again");
  settings.duration(bit_connect_timeout, "bit_connect_timeout", 50ms, 60s, "connection to a BIT driver");
  settings.duration(bit_timeout, "bit_timeout", 100ms, 10min, "answer of a BIT driver to one packet");
  settings.duration(bit_quiet, "bit_quiet", 50ms, 24h,
                    "rest of a BIT register after a lost answer, before a document proves anything");
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
