#include "counters.hpp"

#include <algorithm>
#include <array>

namespace kassaflow::fiscalizer {

using metrics::Metrics;
using receipts::AttemptOutcome;
using receipts::State;
using registers::Cause;
using registers::Fact;

namespace {

constexpr double kDay_s = 24 * 3600;
constexpr std::array kEnds{AttemptOutcome::printed, AttemptOutcome::not_printed, AttemptOutcome::unknown};
constexpr std::array kEnded{State::done, State::failed};

static_assert(metrics::values_of("kassaflow_attempts_total", "outcome") == kEnds.size());
static_assert(metrics::values_of("kassaflow_attempts_total", "cause") == std::size(registers::kCauses));
static_assert(metrics::values_of("kassaflow_receipts_finished_total", "outcome") == kEnded.size());
static_assert(metrics::values_of("kassaflow_register_down", "cause") == kDowns.size());

AttemptOutcome outcome_of(Fact fact) {
  if (fact == Fact::printed) return AttemptOutcome::printed;
  return fact == Fact::not_printed ? AttemptOutcome::not_printed : AttemptOutcome::unknown;
}

}  // namespace

// What can be named from the start is there from the start, so that a rate over it is not lost.
Counters::Counters(Metrics& metrics)
    : metrics_(metrics), receipt_seconds_(metrics.histogram("kassaflow_receipt_seconds")) {
  for (const auto state : kEnded) {
    metrics_.counter("kassaflow_receipts_finished_total",
                     {{"tenant", "other"}, {"outcome", std::string(to_string(state))}});
  }
  metrics_.counter("kassaflow_test_receipts_total", {{"tenant", "other"}});
  for (const auto* protocol : registers::protocols()) {
    for (const auto outcome : kEnds) {
      for (const auto cause : registers::kCauses) attempts(*protocol, outcome, cause);
    }
  }
}

metrics::Counter& Counters::attempts(const registers::Protocol& protocol, AttemptOutcome outcome, Cause cause) {
  return metrics_.counter("kassaflow_attempts_total", {{"protocol", std::string(protocol.name())},
                                                       {"outcome", std::string(to_string(outcome))},
                                                       {"cause", std::string(to_string(cause))}});
}

void Counters::attempt_ended(const registers::Protocol& protocol, const registers::Finding& finding) {
  attempts(protocol, outcome_of(finding.fact), finding.cause).add();
}

void Counters::finished(const Finished& finished) {
  const auto tenant = finished.tenant.str();
  metrics_
      .counter("kassaflow_receipts_finished_total",
               {{"tenant", tenant}, {"outcome", std::string(to_string(finished.state))}})
      .add();
  if (finished.state != State::done) return;
  if (finished.test) metrics_.counter("kassaflow_test_receipts_total", {{"tenant", tenant}}).add();
  receipt_seconds_.observe(finished.seconds);
}

void Counters::show_waiting(const std::set<PoolId>& pools, const std::vector<Waiting>& waiting,
                            const configuration::Snapshot& configuration) {
  std::map<PoolId, Waiting> all;
  for (const auto& pool : pools) all.try_emplace(pool);
  for (const auto& row : waiting) add(all[row.pool], row);
  const auto show = [&](metrics::Name<metrics::Kind::gauge> name, auto figure) {
    std::vector<Metrics::Sample> samples;
    for (const auto& [pool, row] : all) samples.push_back({{{"pool", pool.str()}}, static_cast<double>(row.*figure)});
    metrics_.gauges(name, samples);
  };
  show("kassaflow_queue_depth", &Waiting::queued);
  show("kassaflow_queue_oldest_seconds", &Waiting::oldest_queued_s);
  show("kassaflow_uncertain_receipts", &Waiting::uncertain);
  show("kassaflow_held_receipts", &Waiting::held);
  show("kassaflow_questions", &Waiting::questions);
  show("kassaflow_questions_oldest_seconds", &Waiting::oldest_question_s);
  std::vector<Metrics::Sample> owners;
  for (const auto& [pool, row] : all) {
    if (const auto known = configuration.pools.find(pool); known != configuration.pools.end())
      owners.push_back({{{"pool", pool.str()}, {"tenant", known->second->tenant.str()}}, 1});
  }
  metrics_.gauges("kassaflow_pool_info", owners);
}

void Counters::show_registers(const std::vector<Lane::View>& registers, std::int64_t now_s) {
  std::vector<Metrics::Sample> owners, up, down, shift_age, days_left, unsent, unsent_age;
  const auto seconds_since = [now_s](std::int64_t then_s) {
    return static_cast<double>(std::max<std::int64_t>(0, now_s - then_s));
  };
  for (const auto& one : registers) {
    const metrics::Labels labels{{"register", one.register_id.str()}};
    owners.push_back({{{"register", one.register_id.str()},
                       {"pool", one.pool.str()},
                       {"tenant", one.tenant.str()},
                       {"protocol", one.protocol}},
                      1});
    up.push_back({labels, one.up ? 1.0 : 0.0});
    if (!one.up) {
      down.push_back({{{"register", one.register_id.str()}, {"cause", std::string(word_of(kDowns, one.down))}}, 1});
    }
    if (one.shift == Shift::open && one.shift_opened_at_s != 0) {
      shift_age.push_back({labels, seconds_since(one.shift_opened_at_s)});
    }
    const auto& storage = one.storage;
    if (storage.ends_at_s) days_left.push_back({labels, static_cast<double>(*storage.ends_at_s - now_s) / kDay_s});
    if (!storage.unsent) continue;
    unsent.push_back({labels, static_cast<double>(*storage.unsent)});
    if (*storage.unsent == 0) unsent_age.push_back({labels, 0});
    if (*storage.unsent != 0 && storage.unsent_since_s) {
      unsent_age.push_back({labels, seconds_since(*storage.unsent_since_s)});
    }
  }
  metrics_.gauges("kassaflow_register_info", owners);
  metrics_.gauges("kassaflow_register_up", up);
  metrics_.gauges("kassaflow_register_down", down);
  metrics_.gauges("kassaflow_register_shift_age_seconds", shift_age);
  metrics_.gauges("kassaflow_register_fn_days_left", days_left);
  metrics_.gauges("kassaflow_register_ofd_backlog", unsent);
  metrics_.gauges("kassaflow_register_ofd_oldest_seconds", unsent_age);
}

void Counters::show_journal(Stage stage, const Durability& durability) {
  metrics_.gauge("kassaflow_journal_open").set(stage == Stage::open ? 1 : 0);
  metrics_.gauge("kassaflow_journal_standby_in_sync").set(durability.standby_in_sync ? 1 : 0);
}

void Counters::show_leases(std::size_t held, const Leases::Takeovers& takeovers) {
  metrics_.gauge("kassaflow_leases_held").set(static_cast<double>(held));
  const auto taken = [&](const char* how, std::uint64_t shards) {
    metrics_.counter("kassaflow_lease_takeovers_total", {{"how", how}}).raise_to(static_cast<double>(shards));
  };
  taken("released", takeovers.released);
  taken("expired", takeovers.expired);
}

}  // namespace kassaflow::fiscalizer
