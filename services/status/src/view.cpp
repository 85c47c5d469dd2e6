#include "view.hpp"

#include <set>

#include "kassaflow/base/check.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/topics.hpp"

namespace kassaflow::status {

using postgres::from_bytea;
using postgres::IntArray;
using postgres::TextArray;
using receipts::PortalWord;

std::string_view state_word(v1::ReceiptState state) {
  const auto known = records::from_record(state);
  return known ? receipts::to_string(*known) : std::string_view();
}

PortalWord portal_word(v1::ReceiptState state) {
  const auto known = records::from_record(state);
  return known ? receipts::portal_word(*known) : PortalWord::wait;
}

fiscal::FiscalDocument document_of(const v1::ReceiptOutcome& outcome) {
  auto document = records::from_record(outcome.fiscal());
  if (document.printed_at_s == 0 && !outcome.fiscal().told_by_person()) {
    document.printed_at_s = finished_at_ms(outcome) / 1000;
    document.printed_at_is_gateway_clock = true;
  }
  return document;
}

std::int64_t finished_at_ms(const v1::ReceiptOutcome& outcome) {
  return outcome.finished_at_ms() > 0 ? outcome.finished_at_ms() : outcome.changed_at_ms();
}

Answer answer_for(const std::optional<ViewEntry>& known, const InstallationId& installation) {
  if (!known || known->installation != installation) return Answer::wait;
  switch (portal_word(known->outcome.state())) {
    case PortalWord::done:
      return Answer::done;
    case PortalWord::error:
      return known->uncovered_posts || known->outdated || known->error_withheld ? Answer::wait
                                                                                : Answer::error_if_current;
    case PortalWord::wait:
      return Answer::wait;
  }
  never();
}

bool reached(const kafka::ReadPositions& stored, const std::vector<kafka::LogEnd>& ends) {
  if (ends.empty()) return false;
  for (const auto& end : ends) {
    if (end.continuity != kafka::Continuity::same) return false;
    if (end.end == 0) continue;
    const auto found = stored.find({end.topic, end.partition});
    if (found == stored.end() || found->second.log != end.log || found->second.next_offset < end.end) return false;
  }
  return true;
}

namespace {

bool readable(const v1::ReceiptOutcome& outcome) {
  return receipts::is_uuid(outcome.receipt_id()) && outcome.revision() > 0 && !state_word(outcome.state()).empty();
}

// An accepted post makes a receipt visible before the journal has spoken.
v1::ReceiptOutcome from_post(const v1::ReceiptAccepted& post) {
  v1::ReceiptOutcome outcome;
  outcome.set_receipt_id(post.receipt_id());
  outcome.set_state(v1::RECEIPT_STATE_QUEUED);
  outcome.set_tenant(post.tenant());
  outcome.set_installation(post.installation());
  outcome.set_pool(post.pool());
  outcome.set_unique_id(post.unique_id());
  outcome.set_cashbox(post.cashbox());
  outcome.set_total_kopecks(post.receipt().total_kopecks());
  outcome.set_content_digest(post.content_digest());
  outcome.set_accepted_at_ms(post.accepted_at_ms());
  return outcome;
}

}  // namespace

News read_news(const std::vector<kafka::Record>& batch) {
  News news;
  for (const auto& record : batch) {
    if (record.topic == records::kReceiptsTopic) {
      v1::ReceiptAccepted post;
      if (!post.ParseFromString(record.value) || !receipts::is_uuid(post.receipt_id()) ||
          !receipts::is_uuid(post.post_id())) {
        news.unreadable.push_back(record);
        continue;
      }
      const ReceiptId receipt(post.receipt_id());
      news.posts.emplace(std::pair(receipt, post.post_id()), false);
      news.outcomes.emplace(receipt, from_post(post));
      continue;
    }
    v1::ReceiptOutcome outcome;
    if (!outcome.ParseFromString(record.value) || !readable(outcome)) {
      news.unreadable.push_back(record);
      continue;
    }
    const ReceiptId receipt(outcome.receipt_id());
    for (const auto& post : outcome.covered_post_ids()) news.posts[{receipt, post}] = true;
    auto& known = news.outcomes[receipt];
    if (known.revision() < outcome.revision()) known = std::move(outcome);
  }
  return news;
}

namespace sql {
namespace {

void write_posts(pqxx::work& work, const std::map<std::pair<ReceiptId, std::string>, bool>& posts) {
  TextArray receipts_, ids;
  IntArray covered;
  for (const auto& [key, is_covered] : posts) {
    receipts_.add(key.first.str());
    ids.add(key.second);
    covered.add(is_covered ? 1 : 0);
  }
  work.exec_params(
      "insert into posts as p (receipt, post_id, covered) select r, i, c <> 0 from unnest($1::uuid[], $2::uuid[], "
      "$3::int[]) as n(r, i, c) order by r, i "
      "on conflict (receipt, post_id) do update set covered = true where excluded.covered and not p.covered",
      receipts_.str(), ids.str(), covered.str());
}

void write_receipts(pqxx::work& work, const std::map<ReceiptId, v1::ReceiptOutcome>& outcomes,
                    std::int64_t push_delay_ms) {
  TextArray ids, tenants, installations, pools, states, bodies;
  IntArray revisions, generations, accepted, push;
  for (const auto& [id, outcome] : outcomes) {
    ids.add(id.str());
    tenants.add(outcome.tenant());
    installations.add(outcome.installation());
    pools.add(outcome.pool());
    states.add(state_word(outcome.state()));
    revisions.add(outcome.revision());
    generations.add(outcome.generation());
    accepted.add(outcome.accepted_at_ms());
    bodies.add_bytes(outcome.SerializeAsString());
    push.add(portal_word(outcome.state()) != PortalWord::wait ? 1 : 0);
  }
  // A higher revision wins and done is terminal. Another outcome cancels a push that has become wrong: of a re-opened
  // receipt nothing is pushed, of a finished one the new outcome. `is_same`: only posts were added to what is known; a
  // receipt that failed, was printed again and failed between two batches is not (its generation is higher), nor is one
  // whose error was withheld. A revision that is told again, after a log was lost, is no longer outdated.
  work.exec_params(
      "insert into receipts as r (id, tenant, installation, pool, state, revision, generation, accepted_at, outcome, "
      "push_due, logs) "
      "select id, tenant, installation, pool, state, revision, generation, to_timestamp(accepted_ms / 1000.0), "
      "outcome, "
      "case when push <> 0 then now() + make_interval(secs => $11::bigint / 1000.0) end, "
      "(select coalesce(sum(log), 0) from offsets) "
      "from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], "
      "$8::bigint[], $9::bytea[], $10::int[]) "
      "as n(id, tenant, installation, pool, state, revision, generation, accepted_ms, outcome, push) "
      "on conflict (id) do update set (pool, state, revision, generation, outcome, push_due, push_tries, pushed_at, "
      "error_told_at, logs) = (select excluded.pool, excluded.state, excluded.revision, excluded.generation, "
      "excluded.outcome, "
      "case when is_same then r.push_due else excluded.push_due end, case when is_same then r.push_tries else 0 end, "
      "case when is_same then r.pushed_at end, case when is_same then r.error_told_at end, excluded.logs "
      "from (select r.revision = excluded.revision or (r.state = excluded.state and "
      "r.generation = excluded.generation and r.error_withheld_revision < r.revision) as is_same) compared) "
      "where (r.revision < excluded.revision and (r.state <> 'done' or excluded.state = 'done')) "
      "or (r.revision = excluded.revision and r.revision > 0 and r.logs < excluded.logs)",
      ids.str(), tenants.str(), installations.str(), pools.str(), states.str(), revisions.str(), generations.str(),
      accepted.str(), bodies.str(), push.str(), push_delay_ms);
}

constexpr const char* kColumns =
    "select r.installation, r.outcome, exists (select 1 from posts p where p.receipt = r.id and not p.covered), "
    "coalesce((extract(epoch from r.pushed_at) * 1000)::bigint, 0), r.error_withheld_revision >= r.revision, "
    "r.logs < (select coalesce(sum(log), 0) from offsets) from receipts r ";

std::vector<ViewEntry> read(const pqxx::result& rows) {
  std::vector<ViewEntry> result;
  for (const auto& row : rows) {
    ViewEntry known;
    known.installation = InstallationId(row[0].as<std::string>());
    if (!known.outcome.ParseFromString(from_bytea(row[1].as<std::string>()))) continue;
    known.uncovered_posts = row[2].as<bool>();
    known.pushed_at_ms = row[3].as<std::int64_t>();
    known.error_withheld = row[4].as<bool>();
    known.outdated = row[5].as<bool>();
    result.push_back(std::move(known));
  }
  return result;
}

}  // namespace

std::vector<kafka::Record> apply(pqxx::work& work, const std::vector<kafka::Record>& batch,
                                 std::int64_t push_delay_ms) {
  auto news = read_news(batch);
  write_posts(work, news.posts);
  write_receipts(work, news.outcomes, push_delay_ms);
  positions::store(work, kafka::after(batch));
  return std::move(news.unreadable);
}

std::optional<ViewEntry> find(pqxx::work& work, const ReceiptId& receipt) {
  auto found = read(work.exec_params(std::string(kColumns) + "where r.id = $1::uuid", receipt.str()));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<ViewEntry> list(pqxx::work& work, const Filter& filter) {
  return read(work.exec_params(
      std::string(kColumns) +
          "where ($1 = '' or r.tenant = $1) and ($2 = '' or r.pool = $2) and ($3 = '' or r.state = $3) "
          "and r.accepted_at >= to_timestamp($4::bigint / 1000.0) order by r.accepted_at desc, r.id limit $5",
      filter.tenant.str(), filter.pool.str(), filter.state, filter.since_ms, filter.limit));
}

bool tell_error(pqxx::work& work, const ReceiptId& receipt, std::uint64_t revision) {
  return work.exec_params(
                 "update receipts set error_told_at = coalesce(error_told_at, now()) "
                 "where id = $1::uuid and revision = $2 and state = 'failed' and error_withheld_revision < revision "
                 "and logs = (select coalesce(sum(log), 0) from offsets) "
                 "and not exists (select 1 from posts p where p.receipt = receipts.id and not p.covered)",
                 receipt.str(), revision)
             .affected_rows() == 1;
}

v1::WithholdErrorResponse::Verdict withhold_error(pqxx::work& work, const ReceiptId& receipt, std::uint64_t revision) {
  const auto rows = work.exec_params(
      "select revision, state = 'failed', error_told_at is not null from receipts where id = $1::uuid for update",
      receipt.str());
  if (rows.empty()) return v1::WithholdErrorResponse::BEHIND;
  const auto known = rows[0][0].as<std::uint64_t>();
  if (known < revision) return v1::WithholdErrorResponse::BEHIND;
  if (known > revision || !rows[0][1].as<bool>()) return v1::WithholdErrorResponse::PASSED;
  if (rows[0][2].as<bool>()) return v1::WithholdErrorResponse::TOLD;
  work.exec_params("update receipts set error_withheld_revision = revision, push_due = null where id = $1::uuid",
                   receipt.str());
  return v1::WithholdErrorResponse::WITHHELD;
}

v1::LookUpResponse look_up(pqxx::transaction_base& session, const v1::LookUpRequest& request) {
  constexpr const char* kName = "look_up";
  session.conn().prepare(kName, "select outcome from receipts where id = any($1::uuid[])");
  TextArray list;
  for (const auto& id : request.receipt_ids()) list.add(id);
  v1::LookUpResponse response;
  for (const auto& row : session.exec_prepared(kName, list.str())) {
    v1::ReceiptOutcome outcome;
    if (!outcome.ParseFromString(from_bytea(row[0].as<std::string>()))) continue;
    auto& entry = *response.add_entries();
    entry.set_receipt_id(std::move(*outcome.mutable_receipt_id()));
    entry.set_state(outcome.state());
    entry.set_content_digest(std::move(*outcome.mutable_content_digest()));
    entry.set_digest_version(outcome.digest_version());
  }
  return response;
}

}  // namespace sql
}  // namespace kassaflow::status
