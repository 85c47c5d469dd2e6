#include "outcome_publisher.hpp"

#include "kassaflow/async/all.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

using journal::Transaction;

namespace asio = boost::asio;

namespace {

constexpr int kBatch = 500;
constexpr std::chrono::seconds kLook{1};    // what a crashed worker left unpublished
constexpr std::int64_t kPassing_ms = 1000;  // a receipt that waits or prints is told once it has for so long
constexpr std::chrono::milliseconds kPause{500};

// A reader would refuse a longer one; what is cut off stands in the journal.
std::string fitting(const std::string& text) { return std::string(fiscal::cut(text, records::kErrorLimit)); }

}  // namespace

v1::ReceiptOutcome record_of(const Outcome& outcome) {
  v1::ReceiptOutcome record;
  record.set_receipt_id(outcome.id.str());
  record.set_revision(static_cast<std::uint64_t>(outcome.revision));
  record.set_state(records::to_record(outcome.state));
  record.set_generation(outcome.generation);
  record.set_tenant(outcome.tenant.str());
  record.set_installation(outcome.installation.str());
  record.set_pool(outcome.pool.str());
  record.set_unique_id(outcome.unique_id);
  record.set_total_kopecks(outcome.total_kopecks);
  if (!outcome.fiscal.empty()) record.mutable_fiscal()->ParseFromString(outcome.fiscal);
  record.set_error(fitting(outcome.error));
  record.set_changed_at_ms(outcome.changed_at_ms);
  record.set_journal_sequence(outcome.sequence);
  record.set_content_digest(outcome.digest);
  record.set_accepted_at_ms(outcome.accepted_at_ms);
  record.set_cashbox(outcome.cashbox.str());
  record.set_conflicts(outcome.conflicts);
  record.set_journal_id(outcome.journal_id);
  record.set_journal_head(static_cast<std::uint64_t>(outcome.head));
  record.set_digest_version(outcome.digest_version);
  record.set_finished_at_ms(outcome.finished_at_ms);
  record.set_hold_reason(fitting(outcome.hold_reason));
  v1::Receipt content;
  if (content.ParseFromString(outcome.content)) *record.mutable_warnings() = std::move(*content.mutable_warnings());
  record.mutable_covered_post_ids()->Assign(outcome.post_ids.begin(), outcome.post_ids.end());
  for (const auto& one : outcome.attempts) {
    auto* attempt = record.add_attempts();
    attempt->set_number(one.number);
    attempt->set_register_(one.register_id.str());
    attempt->set_started_at_ms(one.started_at_ms);
    attempt->set_finished_at_ms(one.finished_at_ms);
    attempt->set_outcome(records::to_record(one.outcome));
    attempt->set_detail(fitting(one.detail));
  }
  return record;
}

namespace {
using Told = std::vector<std::pair<ReceiptId, std::int64_t>>;

asio::awaitable<void> publish_one(const PublishOutcome& publish, const Outcome& outcome, Told& told) {
  const auto position = co_await publish(outcome.id, record_of(outcome).SerializeAsString());
  if (position) told.emplace_back(outcome.id, outcome.revision);
}
}  // namespace

asio::awaitable<Told> publish_all(async::Clock& clock, const PublishOutcome& publish,
                                  const std::vector<Outcome>& outcomes) {
  Told told;
  std::vector<asio::awaitable<void>> sendings;
  for (const auto& outcome : outcomes) sendings.push_back(publish_one(publish, outcome, told));
  co_await async::all(clock, std::move(sendings));
  co_return told;
}

OutcomePublisher::OutcomePublisher(const asio::any_io_executor& executor, async::Clock& clock, journal::Store& store,
                                   PublishOutcome publish, const Leases& leases)
    : clock_(clock), store_(store), publish_(std::move(publish)), leases_(leases), wake_(executor, clock) {}

void OutcomePublisher::stop() {
  stopping_ = true;
  wake_.notify();
}

asio::awaitable<void> OutcomePublisher::run() {
  while (!stopping_) {
    if (!co_await publish()) co_await wake_.wait_for(kLook);
  }
}

asio::awaitable<bool> OutcomePublisher::publish() {
  // What a journal tells that was restored, and not compared yet, would hide from the comparison what it told before.
  const auto look = co_await store_.run([shards = leases_.held()](Transaction& tx) {
    if (tx.trust(false).stage != Stage::open) return std::vector<Outcome>();
    return tx.unpublished(shards, kPassing_ms, kBatch, kAttemptsShown);
  });
  if (!look || look->empty()) co_return false;
  const auto& outcomes = *look;
  auto told = co_await publish_all(clock_, publish_, outcomes);
  const std::size_t sent = told.size();
  const auto marked = co_await store_.run([told = std::move(told)](Transaction& tx) {
    tx.mark_published(told);
    return true;
  });
  if (sent < outcomes.size() || !marked) {
    log::warn("outcomes.not_published", {{"sent", sent}, {"of", outcomes.size()}});
    co_await wake_.wait_for(kPause);
  }
  co_return true;
}

}  // namespace kassaflow::fiscalizer
