#include "outcome_publisher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <pqxx/pqxx>

#include "intake.hpp"
#include "journal_rows.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

using async::Event;
using postgres::from_bytea;
using postgres::IntArray;
using postgres::TextArray;

namespace asio = boost::asio;

namespace {

constexpr int kBatch = 500;
constexpr int kAttemptsShown = 50;        // the latest; a register that fails for weeks must not outgrow a record
constexpr std::chrono::seconds kLook{1};  // what a crashed worker left unpublished
constexpr std::chrono::milliseconds kPause{500};

struct Outcome {
  ReceiptId id;
  std::int64_t revision = 0;
  v1::ReceiptOutcome record;
};

std::vector<Outcome> unpublished(pqxx::work& work, const std::vector<int>& shards) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  std::vector<Outcome> outcomes;
  std::map<ReceiptId, std::size_t> index;
  TextArray ids;
  for (const auto& row : work.exec_params(
           "select r.id, r.revision, r.state, r.generation, r.tenant, r.installation, r.pool, r.unique_id, "
           "r.total_kopecks, r.fiscal, r.error, "
           "(extract(epoch from r.changed_at) * 1000)::bigint, r.sequence, r.digest, (extract(epoch from "
           "r.accepted_at) * 1000)::bigint, r.cashbox, "
           "r.conflicts, c.system_identifier || '/' || p.timeline_id, r.digest_version, "
           "coalesce((extract(epoch from r.finished_at) * 1000)::bigint, 0), r.hold_reason, r.content "
           "from receipts r, pg_control_system() c, pg_control_checkpoint() p "
           "where r.published_revision < r.revision and r.shard = any($1::int[]) order by r.sequence limit $2",
           list.str(), kBatch)) {
    Outcome outcome{ReceiptId(row[0].as<std::string>()), row[1].as<std::int64_t>(), {}};
    auto& record = outcome.record;
    record.set_receipt_id(outcome.id.str());
    record.set_revision(static_cast<std::uint64_t>(outcome.revision));
    record.set_state(records::to_record(receipts::state_from(row[2].as<std::string>()).value()));
    record.set_generation(row[3].as<std::uint32_t>());
    record.set_tenant(row[4].as<std::string>());
    record.set_installation(row[5].as<std::string>());
    record.set_pool(row[6].as<std::string>());
    record.set_unique_id(row[7].as<std::string>());
    record.set_total_kopecks(row[8].as<std::int64_t>());
    if (!row[9].is_null()) record.mutable_fiscal()->ParseFromString(from_bytea(row[9].as<std::string>()));
    record.set_error(row[10].as<std::string>());
    record.set_changed_at_ms(row[11].as<std::int64_t>());
    record.set_journal_sequence(row[12].as<std::uint64_t>());
    record.set_content_digest(from_bytea(row[13].as<std::string>()));
    record.set_accepted_at_ms(row[14].as<std::int64_t>());
    record.set_cashbox(row[15].as<std::string>());
    record.set_conflicts(row[16].as<std::uint32_t>());
    record.set_journal_id(row[17].as<std::string>());
    record.set_digest_version(row[18].as<std::uint32_t>());
    record.set_finished_at_ms(row[19].as<std::int64_t>());
    record.set_hold_reason(row[20].as<std::string>());
    v1::Receipt content;
    if (!row[21].is_null() && content.ParseFromString(from_bytea(row[21].as<std::string>()))) {
      *record.mutable_warnings() = std::move(*content.mutable_warnings());
    }
    ids.add(outcome.id.str());
    index.emplace(outcome.id, outcomes.size());
    outcomes.push_back(std::move(outcome));
  }
  if (outcomes.empty()) return outcomes;
  for (const auto& row :
       work.exec_params("select receipt, post_id from posts where receipt = any($1::uuid[])", ids.str())) {
    outcomes[index.at(ReceiptId(row[0].as<std::string>()))].record.add_covered_post_ids(row[1].as<std::string>());
  }
  for (const auto& row : work.exec_params(
           "select receipt, number, register, (extract(epoch from started_at) * 1000)::bigint, "
           "coalesce((extract(epoch from finished_at) * 1000)::bigint, 0), outcome, detail "
           "from (select *, row_number() over (partition by receipt order by number desc) as age from attempts "
           "where receipt = any($1::uuid[])) a where age <= $2 order by receipt, number",
           ids.str(), kAttemptsShown)) {
    auto* attempt = outcomes[index.at(ReceiptId(row[0].as<std::string>()))].record.add_attempts();
    attempt->set_number(row[1].as<std::uint32_t>());
    attempt->set_register_(row[2].as<std::string>());
    attempt->set_started_at_ms(row[3].as<std::int64_t>());
    attempt->set_finished_at_ms(row[4].as<std::int64_t>());
    attempt->set_outcome(records::to_record(sql::outcome_from(row[5])));
    attempt->set_detail(row[6].as<std::string>());
  }
  return outcomes;
}

}  // namespace

OutcomePublisher::OutcomePublisher(asio::any_io_executor executor, async::Clock& clock, postgres::Database& database,
                                   kafka::Producer& producer, const Leases& leases)
    : executor_(executor),
      clock_(clock),
      database_(database),
      producer_(producer),
      leases_(leases),
      wake_(executor, clock) {}

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
  auto outcomes =
      co_await database_.run([shards = leases_.held()](pqxx::work& work) { return unpublished(work, shards); });
  if (!outcomes || outcomes->empty()) co_return false;

  struct Batch {
    std::size_t waiting;
    std::vector<bool> sent;
    Event done;
  };
  auto batch =
      std::make_shared<Batch>(Batch{outcomes->size(), std::vector<bool>(outcomes->size()), Event(executor_, clock_)});
  for (std::size_t i = 0; i < outcomes->size(); ++i) {
    const auto& outcome = (*outcomes)[i];
    asio::co_spawn(executor_,
                   producer_.send(records::kOutcomesTopic, outcome.id.str(), outcome.record.SerializeAsString(),
                                  {{"content-type", "application/x-protobuf"}}),
                   [batch, i](const std::exception_ptr& bug, const Result<kafka::Position>& position) {
                     kRethrow(bug);
                     batch->sent[i] = position.has_value();
                     if (--batch->waiting == 0) batch->done.notify();
                   });
  }
  while (batch->waiting > 0) co_await batch->done.wait();

  TextArray ids;
  IntArray revisions;
  std::size_t sent = 0;
  for (std::size_t i = 0; i < outcomes->size(); ++i) {
    if (!batch->sent[i]) continue;
    ++sent;
    ids.add((*outcomes)[i].id.str());
    revisions.add((*outcomes)[i].revision);
  }
  const auto marked = co_await database_.run([ids, revisions](pqxx::work& work) {
    work.exec_params(
        "with told as (select r.id, p.revision from receipts r join unnest($1::uuid[], $2::bigint[]) as p(id, "
        "revision) "
        "using (id) where r.published_revision < p.revision order by r.id for update of r) "
        "update receipts r set published_revision = told.revision from told where r.id = told.id",
        ids.str(), revisions.str());
    return true;
  });
  if (sent < outcomes->size() || !marked) {
    log::warn("outcomes.not_published", {{"sent", sent}, {"of", outcomes->size()}});
    co_await wake_.wait_for(kPause);
  }
  co_return true;
}

}  // namespace kassaflow::fiscalizer
