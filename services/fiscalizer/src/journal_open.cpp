#include "journal_rows.hpp"
#include "journal_sql.hpp"

namespace kassaflow::fiscalizer::sql {

using postgres::IntArray;
using postgres::TextArray;
using receipts::State;

namespace {

bool may_open(const NewAttempt& attempt, const std::map<ReceiptId, ReceiptRow>& receipts,
              const std::map<int, std::int64_t>& held) {
  if (!holds(held, attempt.fence)) return false;
  if (attempt.receipt.empty()) return true;
  const auto row = receipts.find(attempt.receipt);
  // Its content was rendered as it was read from the queue, and every change is a new revision.
  return row != receipts.end() && row->second.revision == attempt.revision && row->second.state == State::queued;
}

// Two lanes may have been given one receipt: the key is the same then, the physical register is not.
std::string name_of(const std::string& key, const RegisterIdentity& identity) { return key + "\n" + identity.str(); }

}  // namespace

std::vector<std::int64_t> open_attempts(pqxx::work& work, const WorkerId& worker,
                                        const std::vector<NewAttempt>& batch) {
  TextArray ids;
  std::set<int> wanted_shards;
  for (const auto& attempt : batch) {
    if (!attempt.receipt.empty()) ids.add(attempt.receipt.str());
    wanted_shards.insert(attempt.fence.shard);
  }
  const auto locked = lock_receipts(work, ids);
  const auto held = held_epochs(work, worker, wanted_shards);

  TextArray receipts, kinds, registers, identities, pools, keys, requests, fns;
  IntArray numbers, generations, shards, epochs, fds, proves;
  for (const auto& attempt : batch) {
    if (!may_open(attempt, locked, held)) continue;
    attempt.receipt.empty() ? receipts.add_null() : receipts.add(attempt.receipt.str());
    numbers.add(attempt.number);
    generations.add(attempt.generation);
    kinds.add(to_string(attempt.kind));
    registers.add(attempt.register_id.str());
    identities.add(attempt.identity.str());
    pools.add(attempt.pool.str());
    shards.add(attempt.fence.shard);
    epochs.add(attempt.fence.epoch);
    keys.add(attempt.key);
    requests.add_bytes(attempt.request);
    fns.add(attempt.fn_before);
    fds.add(attempt.fd_before);
    proves.add(attempt.proves);
  }
  std::map<std::string, std::int64_t> opened;
  TextArray printing;
  for (const auto& row : work.exec_params(
           "insert into attempts (receipt, number, generation, kind, register, identity, pool, shard, epoch, key, "
           "request, fn_before, fd_before, proves) "
           "select receipt, number, generation, kind, register, identity, pool, shard, epoch, key, request, fn_before, "
           "fd_before, nullif(proves, 0) "
           "from unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], "
           "$9::bigint[], $10::text[], $11::bytea[], $12::text[], $13::bigint[], $14::bigint[]) "
           "as n(receipt, number, generation, kind, register, identity, pool, shard, epoch, key, request, fn_before, "
           "fd_before, proves) where not exists (select 1 from attempts u where u.receipt = n.receipt and u.question "
           "in "
           "('open', 'asked')) on conflict do nothing returning id, key, identity, receipt",
           receipts.str(), numbers.str(), generations.str(), kinds.str(), registers.str(), identities.str(),
           pools.str(), shards.str(), epochs.str(), keys.str(), requests.str(), fns.str(), fds.str(), proves.str())) {
    opened.emplace(name_of(row[1].as<std::string>(), RegisterIdentity(row[2].as<std::string>())),
                   row[0].as<std::int64_t>());
    if (!row[3].is_null()) printing.add(row[3].as<std::string>());
  }
  work.exec_params(
      "update receipts set state = 'printing', attempts = attempts + 1, generation_attempts = generation_attempts + 1, "
      "revision = revision + 1, sequence = nextval('journal_sequence'), changed_at = now() where id = any($1::uuid[])",
      printing.str());

  std::vector<std::int64_t> result;
  for (const auto& attempt : batch) {
    const auto found = opened.find(name_of(attempt.key, attempt.identity));
    result.push_back(found == opened.end() ? 0 : found->second);
  }
  return result;
}

int allow_resend(pqxx::work& work, const WorkerId& worker, std::int64_t attempt, const Fence& fence) {
  if (!holds(held_epochs(work, worker, {fence.shard}), fence)) return 0;
  const auto rows = work.exec_params(
      "update attempts set sends = sends + 1, sent_at = now() where id = $1 and shard = $2 and outcome is null and "
      "(receipt is null or exists (select 1 from receipts r where r.id = receipt and r.state in (" +
          states_in(receipts::Phase::under_way) + "))) returning sends",
      attempt, fence.shard);
  return rows.empty() ? 0 : rows[0][0].as<int>();
}

std::optional<Finished> refuse(pqxx::work& work, const WorkerId& worker, const Queued& receipt, State state,
                               const Fence& fence, const std::string& error) {
  TextArray ids;
  ids.add(receipt.id.str());
  auto rows = lock_receipts(work, ids);
  if (rows.empty() || !holds(held_epochs(work, worker, {fence.shard}), fence)) return std::nullopt;
  auto& row = rows.begin()->second;
  if (row.revision != receipt.revision) return std::nullopt;
  row.state = state;
  row.error = error;
  row.changed = true;
  write_receipts(work, rows);
  if (state != State::failed) return std::nullopt;
  return Finished{row.tenant, state, row.age_s};
}

}  // namespace kassaflow::fiscalizer::sql
