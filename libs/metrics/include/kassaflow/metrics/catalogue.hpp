#pragma once
// Every metric of the gateway, once: whoever counts names one of these, and another name or kind does not compile
// (metrics.hpp). `scripts/lint/main.py write` makes docs/metrics.md of it, and reads the entries as they are written
// here: `.field = value`, strings without escapes. Names, kinds and labels do not change once they were released.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace kassaflow::metrics {

enum class Kind : std::uint8_t { counter, gauge, histogram };

// What the series beyond `label_limit` become in the one that stands for them (gauges()).
enum class Rest : std::uint8_t { sum, max, min };

struct Label {
  std::string_view key{};  // empty: no label
  // How many values there are; such a label keeps them beyond `label_limit`. 0: any number (tenants, pools), `other`
  // beyond it.
  int values = 0;
};

struct Definition {
  std::string_view name;
  Kind kind;
  std::array<Label, 4> labels{};
  std::string_view unit{};  // empty: the name's ending says it, or it is a number of things
  Rest rest = Rest::sum;
  std::span<const double> buckets{};
  std::string_view services;  // whose /metrics shows it
  std::string_view meaning;   // also the help text of the exposition
};

// 0.5 ms to 10 s: answers of HTTP and SQL.
inline constexpr double kShortSeconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                           0.1,    0.25,  0.5,    1,     2.5,  5,     10};
// 50 ms to 1 h: a receipt's way to its fiscal document.
inline constexpr double kLongSeconds[] = {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800, 3600};

inline constexpr Definition kCatalogue[] = {
    // --- receipts ---
    {.name = "kassaflow_receipts_accepted_total",
     .kind = Kind::counter,
     .labels = {{{"tenant"}}},
     .services = "ingress",
     .meaning = "Posts answered with a UUID: Kafka has confirmed them."},
    {.name = "kassaflow_receipts_refused_total",
     .kind = Kind::counter,
     .labels = {{{"reason", 11}}},
     .services = "ingress",
     .meaning = "Posts answered with ERRORS, by why."},
    {.name = "kassaflow_limited_total",
     .kind = Kind::counter,
     .labels = {{{"limit", 5}}},
     .services = "ingress",
     .meaning = "Posts and callbacks refused for a time because too many came, by which limit."},
    {.name = "kassaflow_receipt_warnings_total",
     .kind = Kind::counter,
     .labels = {{{"kind", 4}}},
     .services = "ingress",
     .meaning = "Warnings on accepted receipts, by kind."},
    {.name = "kassaflow_print_url_seconds",
     .kind = Kind::histogram,
     .buckets = kShortSeconds,
     .services = "ingress",
     .meaning = "Time to answer PRINT_URL."},
    {.name = "kassaflow_receipts_finished_total",
     .kind = Kind::counter,
     .labels = {{{"tenant"}, {"outcome", 2}}},
     .services = "fiscalizer",
     .meaning = "Receipts that came to their end: done or failed."},
    {.name = "kassaflow_test_receipts_total",
     .kind = Kind::counter,
     .labels = {{{"tenant"}}},
     .services = "fiscalizer",
     .meaning = "Receipts that a test register printed: their document has no legal force."},
    {.name = "kassaflow_receipt_seconds",
     .kind = Kind::histogram,
     .buckets = kLongSeconds,
     .services = "fiscalizer",
     .meaning = "From the acceptance of a receipt to its fiscal document."},
    {.name = "kassaflow_queue_depth",
     .kind = Kind::gauge,
     .labels = {{{"pool"}}},
     .services = "fiscalizer",
     .meaning = "Receipts that wait for a register, of the pools this worker has."},
    {.name = "kassaflow_queue_oldest_seconds",
     .kind = Kind::gauge,
     .labels = {{{"pool"}}},
     .rest = Rest::max,
     .services = "fiscalizer",
     .meaning = "Age of the oldest receipt that waits for a register, since it was accepted."},
    {.name = "kassaflow_uncertain_receipts",
     .kind = Kind::gauge,
     .labels = {{{"pool"}}},
     .services = "fiscalizer",
     .meaning =
         "Receipts that wait for proof or a person: uncertain, held, or ended with an attempt without an answer."},
    {.name = "kassaflow_held_receipts",
     .kind = Kind::gauge,
     .labels = {{{"pool"}}},
     .services = "fiscalizer",
     .meaning = "Of the uncertain receipts those that are held for a person."},
    {.name = "kassaflow_questions",
     .kind = Kind::gauge,
     .labels = {{{"pool"}}},
     .services = "fiscalizer",
     .meaning = "Attempts without an answer, which wait for the register's numbering or for a person."},
    {.name = "kassaflow_questions_oldest_seconds",
     .kind = Kind::gauge,
     .labels = {{{"pool"}}},
     .rest = Rest::max,
     .services = "fiscalizer",
     .meaning = "How long the oldest of these attempts has waited for its answer; 0: there is none."},
    {.name = "kassaflow_pool_info",
     .kind = Kind::gauge,
     .labels = {{{"pool"}, {"tenant"}}},
     .unit = "1",
     .rest = Rest::max,
     .services = "fiscalizer",
     .meaning = "1 for each of these pools, with its tenant: joined to what is told of a pool alone."},
    {.name = "kassaflow_attempts_total",
     .kind = Kind::counter,
     .labels = {{{"protocol", 3}, {"outcome", 3}, {"cause", 8}}},
     .services = "fiscalizer",
     .meaning =
         "Attempts on registers that came to an end, receipts and shift reports, by what the register told. One "
         "that was unknown counts again when the register tells its end later; what a number or a person settles "
         "does not count."},

    // --- registers ---
    {.name = "kassaflow_register_info",
     .kind = Kind::gauge,
     .labels = {{{"register"}, {"pool"}, {"tenant"}, {"protocol"}}},
     .unit = "1",
     .rest = Rest::max,
     .services = "fiscalizer",
     .meaning = "1 for each register of this worker, with pool, tenant and protocol: joined to what is told of a "
                "register alone."},
    {.name = "kassaflow_register_up",
     .kind = Kind::gauge,
     .labels = {{{"register"}}},
     .unit = "0 or 1",
     .rest = Rest::min,
     .services = "fiscalizer",
     .meaning = "1 when the register takes receipts."},
    {.name = "kassaflow_register_down",
     .kind = Kind::gauge,
     .labels = {{{"register"}, {"cause", 19}}},
     .services = "fiscalizer",
     .meaning = "1 for each register that does not take receipts, with the cause; of the rest together how many."},
    {.name = "kassaflow_register_shift_age_seconds",
     .kind = Kind::gauge,
     .labels = {{{"register"}}},
     .rest = Rest::max,
     .services = "fiscalizer",
     .meaning = "Age of the open shift; only of registers whose shifts the gateway opens and closes."},
    {.name = "kassaflow_register_fn_days_left",
     .kind = Kind::gauge,
     .labels = {{{"register"}}},
     .unit = "days",
     .rest = Rest::min,
     .services = "fiscalizer",
     .meaning = "Days until the term of the fiscal storage ends, negative after it; only where the register tells it."},
    {.name = "kassaflow_register_ofd_backlog",
     .kind = Kind::gauge,
     .labels = {{{"register"}}},
     .services = "fiscalizer",
     .meaning = "Documents that have not reached the OFD, as the last probe told; only where the register tells it."},
    {.name = "kassaflow_register_ofd_oldest_seconds",
     .kind = Kind::gauge,
     .labels = {{{"register"}}},
     .rest = Rest::max,
     .services = "fiscalizer",
     .meaning =
         "Age of the oldest document that has not reached the OFD, 0: there is none. At 30 days the storage stops."},

    // --- the journal and its workers ---
    {.name = "kassaflow_journal_open",
     .kind = Kind::gauge,
     .unit = "0 or 1",
     .services = "fiscalizer",
     .meaning = "1 when the journal is trusted, so that receipts are printed."},
    {.name = "kassaflow_journal_standby_in_sync",
     .kind = Kind::gauge,
     .unit = "0 or 1",
     .services = "fiscalizer",
     .meaning = "1 when a commit is on a second machine before it is believed."},
    {.name = "kassaflow_leases_held",
     .kind = Kind::gauge,
     .services = "fiscalizer",
     .meaning = "Shards that this worker holds, of 1,024."},
    {.name = "kassaflow_lease_takeovers_total",
     .kind = Kind::counter,
     .labels = {{{"how", 2}}},
     .services = "fiscalizer",
     .meaning =
         "Shards that this worker took: released (nobody's, or given back) or expired (of a worker that fell silent)."},

    // --- the portal's side ---
    {.name = "kassaflow_check_url_seconds",
     .kind = Kind::histogram,
     .buckets = kShortSeconds,
     .services = "status",
     .meaning = "Time to answer CHECK_URL."},
    {.name = "kassaflow_check_url_fallback_total",
     .kind = Kind::counter,
     .services = "status",
     .meaning = "CHECK_URL answered WAIT because the view could not be asked. What the edge answers by itself is not "
                "counted."},
    {.name = "kassaflow_view_caught_up",
     .kind = Kind::gauge,
     .unit = "0 or 1",
     .services = "status",
     .meaning =
         "1 when the view had taken in, within 2 s, all that was in the logs when it was last asked; without it no "
         "ERROR is told."},
    {.name = "kassaflow_push_backlog",
     .kind = Kind::gauge,
     .services = "status",
     .meaning = "Outcomes that the portals have not been told."},
    {.name = "kassaflow_push_oldest_seconds",
     .kind = Kind::gauge,
     .services = "status",
     .meaning =
         "How long the push that is longest overdue has been due, 0: none is overdue. A push that is put off is due "
         "again later."},
    {.name = "kassaflow_trace_spans_total",
     .kind = Kind::counter,
     .labels = {{{"result", 2}}},
     .services = "status",
     .meaning = "Spans of receipts' traces: sent to the collector, or dropped because it took none for too long."},
    {.name = "kassaflow_pushes_total",
     .kind = Kind::counter,
     .labels = {{{"answer", 12}}},
     .services = "status",
     .meaning = "Requests of check.apply, by what the portal's answer means; unreachable: there was none."},

    // --- Kafka ---
    {.name = "kassaflow_kafka_lag",
     .kind = Kind::gauge,
     .labels = {{{"topic", 3}, {"partition"}}},
     .services = "fiscalizer, status",
     .meaning = "Records of a partition that are not yet taken in, of the partitions this process reads."},
    {.name = "kassaflow_kafka_alarms_total",
     .kind = Kind::counter,
     .labels = {{{"topic", 3}, {"alarm", 4}}},
     .services = "fiscalizer, status",
     .meaning = "Logs that were not what had been read, and batches that the store did not take."},
    {.name = "kassaflow_kafka_topic_faults",
     .kind = Kind::gauge,
     .labels = {{{"topic", 3}}},
     .services = "fiscalizer, ingress, status",
     .meaning = "Settings of a topic that may lose or hide records."},
    {.name = "kassaflow_kafka_under_replicated_partitions",
     .kind = Kind::gauge,
     .labels = {{{"topic", 3}}},
     .services = "fiscalizer, ingress, status",
     .meaning = "Partitions of a topic with a replica that is not in sync, as the brokers told at most 30 s ago."},
    {.name = "kassaflow_records_set_aside_total",
     .kind = Kind::counter,
     .labels = {{{"topic", 3}, {"why", 4}}},
     .services = "fiscalizer, status",
     .meaning = "Records that were not taken in and went to the dead letters."},
    {.name = "kassaflow_kafka_client_queued_messages",
     .kind = Kind::gauge,
     .labels = {{{"client", 2}}},
     .services = "fiscalizer, ingress, status",
     .meaning = "Records that wait in librdkafka to be sent or confirmed."},
    {.name = "kassaflow_kafka_client_queued_bytes",
     .kind = Kind::gauge,
     .labels = {{{"client", 2}}},
     .services = "fiscalizer, ingress, status",
     .meaning = "Size of the records that wait in librdkafka to be sent or confirmed."},
    {.name = "kassaflow_kafka_client_errors_total",
     .kind = Kind::counter,
     .labels = {{{"client", 2}, {"kind", 3}}},
     .services = "fiscalizer, ingress, status",
     .meaning = "Requests to brokers that failed: transmit, receive, timeout."},
    {.name = "kassaflow_kafka_client_rtt_seconds",
     .kind = Kind::gauge,
     .labels = {{{"client", 2}}},
     .services = "fiscalizer, ingress, status",
     .meaning = "Average time of a request to the slowest broker in the last 10 s, 0: there was none."},
    {.name = "kassaflow_kafka_client_brokers_connected",
     .kind = Kind::gauge,
     .labels = {{{"client", 2}}},
     .services = "fiscalizer, ingress, status",
     .meaning = "Brokers that the client has a connection to."},

    // --- PostgreSQL ---
    {.name = "kassaflow_sql_connections",
     .kind = Kind::gauge,
     .labels = {{{"state", 2}}},
     .services = "fiscalizer, registry, status",
     .meaning = "Connections to PostgreSQL: busy with a task, or idle."},
    {.name = "kassaflow_sql_waiting",
     .kind = Kind::gauge,
     .services = "fiscalizer, registry, status",
     .meaning = "Tasks that wait for a connection to PostgreSQL."},
    {.name = "kassaflow_sql_seconds",
     .kind = Kind::histogram,
     .buckets = kShortSeconds,
     .services = "fiscalizer, registry, status",
     .meaning = "Time of a task at PostgreSQL from its first statement to the end of its transaction, also of one that "
                "failed."},
    {.name = "kassaflow_schema_version",
     .kind = Kind::gauge,
     .labels = {{{"schema", 3}}},
     .unit = "number",
     .services = "fiscalizer, registry, status",
     .meaning = "The last migration of the schema, as read when the process last made a connection."},

    // --- every process ---
    {.name = "kassaflow_registry_watchers",
     .kind = Kind::gauge,
     .services = "registry",
     .meaning = "Processes that follow the configuration at this replica."},
    {.name = "kassaflow_http_failures_total",
     .kind = Kind::counter,
     .labels = {{{"server", 4}}},
     .services = "all",
     .meaning = "Requests whose handler threw: a bug."},
    {.name = "kassaflow_alarms_total",
     .kind = Kind::counter,
     .labels = {{{"event", 34}}},
     .services = "all",
     .meaning = "Log lines whose event begins with `alarm.`: a person must look."},
    {.name = "kassaflow_build_info",
     .kind = Kind::gauge,
     .labels = {{{"version", 1}}},
     .unit = "1",
     .services = "all",
     .meaning = "Always 1; the label tells the version of the program."},
    {.name = "process_cpu_seconds_total",
     .kind = Kind::counter,
     .services = "all",
     .meaning = "Processor time of the process, user and system."},
    {.name = "process_resident_memory_bytes",
     .kind = Kind::gauge,
     .services = "all",
     .meaning = "Resident memory of the process."},
    {.name = "process_open_fds",
     .kind = Kind::gauge,
     .services = "all",
     .meaning = "Open file descriptors of the process."},
    {.name = "process_max_fds",
     .kind = Kind::gauge,
     .services = "all",
     .meaning = "How many file descriptors the process may open."},
    {.name = "process_start_time_seconds",
     .kind = Kind::gauge,
     .unit = "Unix time",
     .services = "all",
     .meaning = "When the process was started."},
    {.name = "process_threads", .kind = Kind::gauge, .services = "all", .meaning = "Threads of the process."},
};

// Null: there is none.
[[nodiscard]] constexpr const Definition* find(std::string_view name) {
  const auto* found = std::ranges::find(kCatalogue, name, &Definition::name);
  return found == std::end(kCatalogue) ? nullptr : found;
}

// How many values the catalogue promises of that label, for whoever has the list of them: static_assert. -1: there is
// no such label.
[[nodiscard]] constexpr int values_of(std::string_view metric, std::string_view key) {
  const auto* definition = find(metric);
  if (definition == nullptr) return -1;
  const auto* label = std::ranges::find(definition->labels, key, &Label::key);
  return label == definition->labels.end() ? -1 : label->values;
}

// The name of a metric of that kind in the catalogue; any other does not compile.
template <Kind kind>
class Name {
 public:
  consteval Name(const char* name) : definition_(find(name)) {
    if (definition_ == nullptr) throw "there is no such metric in the catalogue";
    if (definition_->kind != kind) throw "the catalogue says that this metric is of another kind";
  }
  [[nodiscard]] const Definition& definition() const { return *definition_; }

 private:
  const Definition* definition_;
};

}  // namespace kassaflow::metrics
