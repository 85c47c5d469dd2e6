#include "decisions.hpp"

namespace kassaflow::fiscalizer::journal {

using receipts::State;

bool may_open(const NewAttempt& attempt, const Receipts& receipts, const std::map<int, std::int64_t>& held) {
  if (!holds(held, attempt.fence)) return false;
  if (attempt.receipt.empty()) return true;
  const auto row = receipts.find(attempt.receipt);
  // Its content was rendered as it was read from the queue, and every change is a new revision.
  return row != receipts.end() && row->second.revision == attempt.revision && row->second.state == State::queued;
}

bool holds(const std::map<int, std::int64_t>& held, const Fence& fence) {
  const auto row = held.find(fence.shard);
  return row != held.end() && row->second == fence.epoch;
}

std::vector<std::int64_t> open_attempts(Transaction& tx, const WorkerId& worker, const std::vector<NewAttempt>& batch) {
  std::set<ReceiptId> ids;
  std::set<int> shards;
  for (const auto& attempt : batch) {
    if (!attempt.receipt.empty()) ids.insert(attempt.receipt);
    shards.insert(attempt.fence.shard);
  }
  auto receipts = tx.lock_receipts(ids);
  const auto held = tx.held_epochs(worker, shards);
  std::vector<NewAttempt> wanted;
  for (const auto& attempt : batch) {
    if (may_open(attempt, receipts, held)) wanted.push_back(attempt);
  }
  const auto stored = tx.insert_attempts(wanted);

  std::vector<std::int64_t> opened;
  for (const auto& attempt : batch) {
    // Two lanes may have been given one receipt: the key is the same then, the physical register is not.
    const auto found = stored.find({attempt.key, attempt.identity});
    opened.push_back(found == stored.end() ? 0 : found->second);
    if (found == stored.end() || attempt.receipt.empty()) continue;
    auto& receipt = receipts.at(attempt.receipt);
    receipt.state = receipts::apply(receipt.snapshot(), receipts::Step::opened).state;
    ++receipt.attempts;
    ++receipt.generation_attempts;
    receipt.suspect = false;  // its lane has looked for what may have been lost
    receipt.changed = true;
  }
  tx.write_receipts(receipts);
  return opened;
}

int allow_resend(Transaction& tx, const WorkerId& worker, std::int64_t attempt, const Fence& fence) {
  const auto touched = tx.touched_by({attempt});
  const auto receipt = touched.find(attempt);
  if (receipt == touched.end()) return 0;
  const auto receipts =
      tx.lock_receipts(receipt->second.empty() ? std::set<ReceiptId>() : std::set<ReceiptId>{receipt->second});
  const auto rows = tx.lock_attempts({attempt}, {});
  const auto& row = rows.at(attempt);
  const bool under_way =
      receipts.empty() || receipts::phase_of(receipts.begin()->second.state) == receipts::Phase::under_way;
  const bool ours = row.shard == fence.shard && holds(tx.held_epochs(worker, {fence.shard}), fence);
  return ours && under_way && row.outcome == receipts::AttemptOutcome::open ? tx.count_sending(attempt) : 0;
}

std::optional<Finished> refuse(Transaction& tx, const WorkerId& worker, const Queued& queued, receipts::Step why,
                               const Fence& fence, const std::string& error) {
  auto receipts = tx.lock_receipts({queued.id});
  if (receipts.empty() || !holds(tx.held_epochs(worker, {fence.shard}), fence)) return std::nullopt;
  auto& receipt = receipts.begin()->second;
  if (receipt.revision != queued.revision) return std::nullopt;
  receipt.state = receipts::apply(receipt.snapshot(), why).state;
  receipt.error = error;
  receipt.changed = true;
  tx.write_receipts(receipts);
  if (receipt.state != State::failed) return std::nullopt;
  return Finished{receipt.tenant, receipt.state, receipt.age_s};
}

}  // namespace kassaflow::fiscalizer::journal
