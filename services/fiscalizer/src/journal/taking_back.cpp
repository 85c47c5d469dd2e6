#include "taking_back.hpp"

#include <algorithm>
#include <stdexcept>

#include "decisions.hpp"
#include "kassaflow/configuration/ownership.hpp"
#include "kassaflow/documents/documents.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "storages.hpp"

namespace kassaflow::fiscalizer::journal {

using receipts::AttemptOutcome;
using receipts::State;

namespace {

constexpr const char* kMayBePrinted = "Журнал шлюза восстановлен из более ранней копии: напечатан ли чек, неизвестно";

void must_be(const Trust& trust, Stage stage) {
  if (trust.stage == stage) return;
  throw std::runtime_error("the journal is at stage " + std::string(to_string(trust.stage)) + ", not " +
                           std::string(to_string(stage)));
}

std::string named(const Life& life) { return life.system + "/" + std::to_string(life.timeline); }

// What of an outcome is another tenant's than it says; empty: nothing that is known.
std::string contradiction(const configuration::Snapshot& configuration, const v1::ReceiptOutcome& record) {
  configuration::Named named{TenantId(record.tenant()), InstallationId(record.installation()), PoolId(record.pool())};
  auto why = configuration::contradiction(configuration, named);
  for (const auto& attempt : record.attempts()) {
    named.register_id = RegisterId(attempt.register_());
    if (why.empty()) why = configuration::contradiction(configuration, named);
  }
  return why;
}

bool same_owner(const v1::ReceiptOutcome& one, const v1::ReceiptOutcome& other) {
  return one.tenant() == other.tenant() && one.installation() == other.installation();
}

// Whose the journal knows the receipt to be, when the record says otherwise; empty: it does not.
std::string known_as_of_another(const v1::ReceiptOutcome& record, const Receipts& receipts) {
  const auto known = receipts.find(ReceiptId(record.receipt_id()));
  if (known == receipts.end()) return {};
  const auto& row = known->second;
  const bool same = row.tenant.str() == record.tenant() && row.installation.str() == record.installation();
  return same ? std::string() : "the journal knows it as of tenant " + row.tenant.str();
}

// The newest record of each receipt. Whose it is the journal knows, else the first record says.
using Newest = std::map<ReceiptId, const v1::ReceiptOutcome*>;
Newest newest_of(std::span<const v1::ReceiptOutcome> published, const configuration::Snapshot& configuration,
                 const Receipts& receipts) {
  Newest newest;
  for (const auto& record : published) {
    auto why = contradiction(configuration, record);
    if (why.empty()) why = known_as_of_another(record, receipts);
    if (!why.empty()) {
      report_left_out(record, why);
      continue;
    }
    const auto [known, first] = newest.try_emplace(ReceiptId(record.receipt_id()), &record);
    if (first) continue;
    if (!same_owner(*known->second, record)) {
      report_left_out(record, "an earlier record says it is of tenant " + known->second->tenant());
    } else if (known->second->revision() < record.revision()) {
      known->second = &record;
    }
  }
  return newest;
}

std::set<ReceiptId> ids_of(const Newest& newest) {
  std::set<ReceiptId> ids;
  for (const auto& [id, record] : newest) ids.insert(id);
  return ids;
}

// Without its content: that comes back with its post.
NewReceipt missing(const v1::ReceiptOutcome& record) {
  NewReceipt receipt{ReceiptId(record.receipt_id()), record.unique_id(), record.accepted_at_ms(), {}};
  receipt.row.state = *records::from_record(record.state());
  receipt.row.tenant = TenantId(record.tenant());
  receipt.row.installation = InstallationId(record.installation());
  receipt.row.cashbox = CashboxId(record.cashbox());
  receipt.row.pool = PoolId(record.pool());
  receipt.row.digest = record.content_digest();
  receipt.row.digest_version = record.digest_version();
  receipt.row.total_kopecks = record.total_kopecks();
  return receipt;
}

// Without those that a register is asked about before the receipt is printed: it wants their bytes, which were lost.
std::vector<KeptAttempt> attempts_of(const v1::ReceiptOutcome& record, const FindRegister& find_register) {
  std::vector<KeptAttempt> kept;
  const PoolId pool(record.pool());
  for (const auto& one : record.attempts()) {
    KeptAttempt attempt;
    attempt.attempt.receipt = ReceiptId(record.receipt_id());
    attempt.attempt.generation = record.generation();
    attempt.attempt.number = one.number();
    attempt.attempt.register_id = RegisterId(one.register_());
    attempt.attempt.tenant = TenantId(record.tenant());
    attempt.attempt.pool = pool;
    attempt.attempt.fence.shard = receipts::shard_of(pool);
    attempt.outcome = records::from_record(one.outcome()).value_or(AttemptOutcome::unknown);
    // Of one that was under way nobody knows the end any more.
    if (attempt.outcome == AttemptOutcome::open) attempt.outcome = AttemptOutcome::unknown;
    if (const auto known = find_register(attempt.attempt.register_id)) {
      if (known->askable && attempt.outcome == AttemptOutcome::unknown) continue;
      attempt.attempt.identity = known->identity;
      attempt.attempt.key = known->protocol->attempt_key(record.receipt_id(), one.number());
    }
    attempt.detail = one.detail();
    attempt.started_at_ms = one.started_at_ms();
    kept.push_back(std::move(attempt));
  }
  return kept;
}

// What its attempts without an answer leave of the state that was published.
State state_of(State published, const std::vector<const AttemptRow*>& unanswered) {
  if (receipts::phase_of(published) != receipts::Phase::under_way) return published;
  if (unanswered.empty()) return State::queued;  // it is suspect, and asked for before it is printed
  const bool under_way =
      std::ranges::any_of(unanswered, [](const auto* attempt) { return attempt->outcome == AttemptOutcome::open; });
  return under_way ? published : State::uncertain;
}

void write_back(const v1::ReceiptOutcome& record, const std::vector<KeptAttempt>& kept,
                const std::vector<const AttemptRow*>& unanswered, ReceiptRow& row) {
  row.state = state_of(*records::from_record(record.state()), unanswered);
  row.generation_attempts = record.generation() == row.generation ? row.generation_attempts : 0;
  row.generation = record.generation();
  for (const auto& one : kept) row.attempts = std::max(row.attempts, one.attempt.number);
  if (row.generation_attempts == 0 && !kept.empty()) row.generation_attempts = 1;
  row.conflicts = record.conflicts();
  row.error = record.error();
  if (row.state == State::uncertain && row.error.empty()) row.error = kMayBePrinted;
  row.hold_reason = record.hold_reason();
  row.retry_by.clear();
  row.cashbox = CashboxId(record.cashbox());
  row.pool = PoolId(record.pool());
  if (row.state == State::done) {
    row.digest = record.content_digest();
    row.digest_version = record.digest_version();
  }
  if (record.has_fiscal()) row.fiscal = record.fiscal().SerializeAsString();
  row.told_revision = static_cast<std::int64_t>(record.revision());
  row.finished_at_ms = record.finished_at_ms();
  row.changed = true;
}

// exactly-once.md 11: the documents that were published have their attempts again, their registers the numbers and the
// storages, as they came. Of a register that is gone nobody knows which storage it had.
void claim_documents(Transaction& tx, const Newest& behind,
                     const std::map<std::pair<ReceiptId, std::uint32_t>, std::int64_t>& ids,
                     const FindRegister& find_register) {
  struct Told {
    const v1::ReceiptOutcome* record;
    Claim claim;
    Storage storage;
  };
  std::vector<Told> told;
  for (const auto& [id, record] : behind) {
    const auto& fiscal = record->fiscal();
    const auto printed = std::ranges::find(record->attempts(), v1::ATTEMPT_OUTCOME_PRINTED, &v1::Attempt::outcome);
    if (fiscal.fn().empty() || fiscal.fd() == 0 || printed == record->attempts().end()) continue;
    const auto known = find_register(RegisterId(printed->register_()));
    if (!known) continue;
    told.push_back({record,
                    {fiscal.fn(), fiscal.fd(), ids.at({id, printed->number()}), id},
                    {fiscal.fn(), known->identity, TenantId(record->tenant())}});
  }
  std::ranges::stable_sort(told, {}, [](const auto& one) { return one.record->finished_at_ms(); });
  std::vector<Storage> wanted;
  std::set<std::string> fns;
  for (const auto& one : told) {
    wanted.push_back(one.storage);
    fns.insert(one.storage.fn);
  }
  const auto storages = bind_unbound(tx, std::move(wanted), fns);
  std::vector<Claim> claims;
  std::map<RegisterIdentity, RegisterChange> changes;
  for (const auto& [record, claim, storage] : told) {
    if (whose_storage(storages, storage.fn, storage.identity, storage.tenant) != Named::own) {
      log::error("alarm.foreign_storage",
                 {{"receipt", claim.receipt.str()}, {"fn", claim.fn}, {"fd", static_cast<std::int64_t>(claim.fd)}});
      continue;
    }
    claims.push_back(claim);
    if (record->fiscal().told_by_person()) continue;
    auto& change = changes[storage.identity];
    change.fd = change.fn == claim.fn ? std::max(change.fd, claim.fd) : claim.fd;
    change.fn = claim.fn;
  }
  const auto owners = tx.claim_documents(claims);
  for (const auto& claim : claims) {
    if (owners.contains(claim.attempt)) continue;
    log::error("alarm.document_claimed_twice",
               {{"receipt", claim.receipt.str()}, {"fn", claim.fn}, {"fd", static_cast<std::int64_t>(claim.fd)}});
  }
  tx.write_registers(changes);
}

}  // namespace

std::string distrust(const Trust& trust, const std::vector<Told>& latest,
                     const std::map<ReceiptId, std::int64_t>& known) {
  if (trust.before) {
    const auto& before = *trust.before;
    if (trust.stage_before != Stage::open) return "it was being taken back, and lives another life now";
    if (before.system != trust.life.system) return "its cluster was " + named(before) + ", now " + named(trust.life);
    if (before.timeline != trust.life.timeline && !trust.was_synchronous) {
      return "its timeline was " + named(before) + ", now " + named(trust.life) + ", without a synchronous standby";
    }
  }
  for (const auto& told : latest) {
    if (told.head > trust.head) {
      return "it had given out sequence " + std::to_string(told.head) + ", and has come to " +
             std::to_string(trust.head);
    }
    const auto row = known.find(told.receipt);
    const auto revision = row == known.end() ? 0 : row->second;
    if (told.revision > revision) {
      return "receipt " + told.receipt.str() + " was published with revision " + std::to_string(told.revision) +
             ", and has " + std::to_string(revision);
    }
  }
  return {};
}

Stage judge(Transaction& tx, const std::vector<Told>& latest) {
  const auto trust = tx.trust(true);
  if (trust.stage == Stage::taking_back || trust.stage == Stage::reading_posts) return trust.stage;
  std::set<ReceiptId> ids;
  for (const auto& told : latest) ids.insert(told.receipt);
  const auto known = tx.known_receipts(ids);
  std::map<ReceiptId, std::int64_t> revisions;
  for (const auto& [id, receipt] : known) revisions.emplace(id, receipt.revision);
  auto believed = latest;
  std::erase_if(believed, [&](const auto& told) {
    const auto row = known.find(told.receipt);
    return row != known.end() && (row->second.tenant != told.tenant || row->second.installation != told.installation);
  });
  const auto why = distrust(trust, believed, revisions);
  const auto stage = why.empty() ? Stage::open : Stage::taking_back;
  if (stage != trust.stage) tx.write_stage(stage);
  if (!why.empty()) log::error("alarm.journal_behind", {{"journal", named(trust.life)}, {"why", why}});
  return stage;
}

void report_left_out(const v1::ReceiptOutcome& published, const std::string& why) {
  const auto& receipt = published.receipt_id();
  const auto& tenant = published.tenant();
  log::error("alarm.outcome_left_out", {{"receipt", receipts::is_uuid(receipt) ? receipt : std::string()},
                                        {"tenant", documents::is_id(tenant) ? tenant : std::string()},
                                        {"revision", static_cast<std::int64_t>(published.revision())},
                                        {"why", why}});
}

std::size_t take_back(Transaction& tx, std::span<const v1::ReceiptOutcome> published,
                      const configuration::Snapshot& configuration, const FindRegister& find_register) {
  must_be(tx.trust(false), Stage::taking_back);
  std::set<ReceiptId> named;
  for (const auto& record : published) named.emplace(record.receipt_id());
  const auto known = tx.lock_receipts(named);
  auto behind = newest_of(published, configuration, known);
  std::erase_if(behind, [&](const auto& entry) {
    const auto row = known.find(entry.first);
    return row != known.end() && row->second.revision >= static_cast<std::int64_t>(entry.second->revision());
  });
  if (behind.empty()) return 0;

  std::vector<NewReceipt> arrived;
  std::map<ReceiptId, std::vector<KeptAttempt>> kept;
  std::vector<KeptAttempt> attempts;
  std::vector<NewPost> posts;
  for (const auto& [id, record] : behind) {
    if (!known.contains(id)) arrived.push_back(missing(*record));
    kept[id] = attempts_of(*record, find_register);
    std::ranges::copy(kept[id], std::back_inserter(attempts));
    for (const auto& post : record->covered_post_ids())
      posts.push_back({id, post, "taken_back", record->generation(), ""});
  }
  tx.insert_receipts(arrived);
  tx.insert_posts(posts);
  const auto ids = tx.keep_attempts(attempts);
  const auto unanswered = tx.lock_attempts({}, ids_of(behind));
  auto rows = tx.lock_receipts(ids_of(behind));
  for (auto& [id, row] : rows) {
    std::vector<const AttemptRow*> of_it;
    for (const auto& [number, attempt] : unanswered) {
      if (attempt.receipt == id) of_it.push_back(&attempt);
    }
    write_back(*behind.at(id), kept.at(id), of_it, row);
  }
  tx.write_receipts(rows);
  claim_documents(tx, behind, ids, find_register);
  return behind.size();
}

void read_posts(Transaction& tx) {
  must_be(tx.trust(true), Stage::taking_back);
  tx.write_stage(Stage::reading_posts);
}

std::int64_t open_again(Transaction& tx) {
  must_be(tx.trust(true), Stage::reading_posts);
  const auto suspects = tx.suspect_all();
  tx.write_stage(Stage::open);
  return suspects;
}

bool doubt(Transaction& tx, const WorkerId& worker, const NewAttempt& attempt, bool askable) {
  auto receipts = tx.lock_receipts({attempt.receipt});
  if (!may_open(attempt, receipts, tx.held_epochs(worker, {attempt.fence.shard}))) return false;
  tx.keep_attempts(
      {{attempt, AttemptOutcome::unknown, "it may have been made in a life of the journal that is lost", tx.now_ms()}});
  auto& receipt = receipts.at(attempt.receipt);
  receipt.state = receipts::apply(receipt.snapshot(), receipts::Step::opened).state;
  receipt.state = receipts::apply(receipt.snapshot(), receipts::Told{receipts::Evidence::lost}).state;
  receipt.attempts = attempt.number;
  ++receipt.generation_attempts;
  receipt.suspect = askable;
  receipt.error = kMayBePrinted;
  receipt.changed = true;
  tx.write_receipts(receipts);
  return true;
}

}  // namespace kassaflow::fiscalizer::journal
