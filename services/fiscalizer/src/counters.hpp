#pragma once
// The metrics of the fiscalizer (libs/metrics, catalogue.hpp), from what its parts tell. Thread-safe.

#include <set>
#include <vector>

#include "journal/rows.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/metrics/metrics.hpp"
#include "lane.hpp"

namespace kassaflow::fiscalizer {

class Counters {
 public:
  explicit Counters(metrics::Metrics& metrics);

  void finished(const Finished& finished);
  void attempt_ended(const registers::Protocol& protocol, const registers::Finding& finding);

  // `pools`: those that have nothing to wait for are 0, not absent. The configuration says whose each is.
  void show_waiting(const std::set<PoolId>& pools, const std::vector<Waiting>& waiting,
                    const configuration::Snapshot& configuration);
  void show_registers(const std::vector<Lane::View>& registers, std::int64_t now_s);
  void show_journal(Stage stage, const Durability& durability);
  void show_leases(std::size_t held, const Leases::Takeovers& takeovers);

 private:
  metrics::Counter& attempts(const registers::Protocol& protocol, receipts::AttemptOutcome outcome,
                             registers::Cause cause);

  metrics::Metrics& metrics_;
  metrics::Histogram& receipt_seconds_;
};

}  // namespace kassaflow::fiscalizer
