#include "kassaflow/receipts/proof.hpp"

namespace kassaflow::receipts {

ProofResult prove(const Uncertain& uncertain, const Probe& probe) {
  const auto nothing = [](std::string reason) { return ProofResult{Proof::nothing, 0, 0, std::move(reason)}; };
  if (!probe.answered_by_register) return nothing("the number was not read from the register's own answer");
  if (!probe.started_after_quiet_time) return nothing("the probe started before the quiet time was over");
  if (probe.fd == 0) return nothing("the register told no document number");
  if (uncertain.fn.empty() || uncertain.highest_fd == 0)
    return nothing("no document number was known before the lost one");
  if (probe.fn != uncertain.fn) return nothing("the fiscal storage was replaced or not named");
  if (probe.fd <= uncertain.highest_fd) return nothing("the document number did not grow");
  if (probe.fd == uncertain.highest_fd + 1) return ProofResult{Proof::not_printed, 0, 0, {}};
  return ProofResult{Proof::gap, uncertain.highest_fd + 1, probe.fd - 1, "document numbers are missing"};
}

}  // namespace kassaflow::receipts
