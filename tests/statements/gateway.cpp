#include "gateway.hpp"

#include <cstdio>
#include <numeric>
#include <random>
#include <span>

#include "history.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"
#include "services/fiscalizer/src/journal/intake.hpp"
#include "services/fiscalizer/src/outcome_publisher.hpp"
#include "services/status/src/push_sql.hpp"

namespace kassaflow::statements {

using namespace fiscalizer;

namespace {

constexpr int kBytesOfARequest = 700;  // itkassa's task of three lines
constexpr int kBytesOfAnAnswer = 400;
constexpr std::uint64_t kFirstNumber = 10'000'000;  // above the history's
constexpr const char* kReplica = "status-1";

std::string uuid(const char* kind, std::uint64_t n) {
  std::seed_seq seed{static_cast<std::uint32_t>(kind[0]), static_cast<std::uint32_t>(n)};
  std::mt19937_64 random(seed);
  const auto one = random(), two = random();
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-8%03x-8%03x-%012llx", static_cast<unsigned>(one),
                static_cast<unsigned>(one >> 32) & 0xffff, static_cast<unsigned>(one >> 48) & 0xfff,
                static_cast<unsigned>(two >> 48) & 0xfff, static_cast<unsigned long long>(two & 0xffffffffffffULL));
  return text;
}

Heard heard(std::int64_t attempt, int pool, registers::Fact fact, std::uint64_t fd) {
  Heard told;
  told.attempt = attempt;
  told.fence = {receipts::shard_of(pool_name(pool)), kEpoch};
  told.provable = true;
  told.finding.fact = fact;
  told.finding.raw_answer = std::string(kBytesOfAnAnswer, 'r');
  if (fact == registers::Fact::not_printed) {
    told.finding.cause = registers::Cause::register_fault;
    told.finding.text = "Нет бумаги";
  } else if (fact == registers::Fact::unknown) {
    told.finding.cause = registers::Cause::ambiguous;
  } else {
    auto& document = told.finding.document.emplace();
    document.fn = storage_of(pool);
    document.fd = fd;
    document.fp = "3115223344";
    document.registration_number = "0000000001002292";
    document.shift = 12;
    document.receipt_number = 34;
    document.printed_at_s = 1795435820;
  }
  return told;
}

}  // namespace

ReceiptId receipt_id(int n) { return ReceiptId(uuid("receipt", static_cast<std::uint64_t>(n))); }
int pool_of(int n) { return n % kLanes; }
PoolId pool_name(int pool) { return PoolId("pool-" + std::to_string(pool)); }

kafka::Record post_of(int n, int post) {
  v1::ReceiptAccepted accepted;
  accepted.set_receipt_id(receipt_id(n).str());
  accepted.set_post_id(uuid("post", static_cast<std::uint64_t>(post)));
  accepted.set_tenant(tenant_of(pool_of(n)));
  accepted.set_installation(tenant_of(pool_of(n)) + "-main");
  accepted.set_cashbox("box");
  accepted.set_pool(pool_name(pool_of(n)).str());
  accepted.set_unique_id(std::to_string(n));
  accepted.set_date_create_s(1795435820 + post);
  accepted.set_accepted_at_ms(1795435820000);
  accepted.set_content_digest(std::string(32, 'd'));
  accepted.set_digest_version(1);
  auto& receipt = *accepted.mutable_receipt();
  receipt.set_sign(1);
  for (const char* name : {"Чай чёрный байховый", "Кофе в зёрнах, 1 кг", "Доставка"}) {
    auto& line = *receipt.add_lines();
    line.set_name(name);
    line.set_price_kopecks(12345);
    line.set_quantity_thousandths(1000);
    line.set_sum_kopecks(12345);
    line.set_vat(1);
    line.set_method(4);
    line.set_subject(1);
  }
  receipt.mutable_payments()->set_cashless_kopecks(37035);
  receipt.set_total_kopecks(37035);
  receipt.set_buyer_contact("buyer@example.ru");
  receipt.set_check_type("sell");
  kafka::Record record;
  record.topic = records::kReceiptsTopic;
  record.key = accepted.pool();
  record.value = accepted.SerializeAsString();
  return record;
}

kafka::Record callback_of(const NewAttempt& attempt) {
  v1::RegisterCallback told;
  told.set_tenant(attempt.tenant.str());
  told.set_register_(attempt.register_id.str());
  told.set_protocol("itkassa");
  told.set_pool(attempt.pool.str());
  told.set_identity(attempt.identity.str());
  told.set_attempt_key(attempt.key);
  told.set_body("body");
  kafka::Record record;
  record.topic = records::kCallbacksTopic;
  record.key = attempt.pool.str();
  record.value = told.SerializeAsString();
  return record;
}

NewAttempt attempt_on(int pool, const std::string& key) {
  NewAttempt attempt;
  attempt.kind = Kind::open_shift;
  attempt.register_id = RegisterId("kkt-" + std::to_string(pool));
  attempt.identity = RegisterIdentity(identity_of(pool));
  attempt.tenant = TenantId(tenant_of(pool));
  attempt.pool = pool_name(pool);
  attempt.fence = {receipts::shard_of(attempt.pool), kEpoch};
  attempt.key = key;
  attempt.request = std::string(kBytesOfARequest, 'q');
  attempt.fn_before = storage_of(pool);
  return attempt;
}

Gateway::Gateway(const std::string& uri)
    : journal_({.uri = uri, .application_name = "fiscalizer", .threads = 1, .search_path = "fiscalizer"}),
      view_({.uri = uri, .application_name = "status", .threads = 1, .search_path = "status"}),
      store_(journal_),
      last_numbers_(kLanes, kFirstNumber),
      shards_(1024) {
  std::iota(shards_.begin(), shards_.end(), 0);
  open_journal();
}

void Gateway::open_journal() {
  journal([](Transaction& tx) {
    tx.write_stage(Stage::open);
    return true;
  });
}

void Gateway::view(const std::function<void(pqxx::work&)>& body) {
  const auto done = view_.run_blocking(body);
  if (!done) throw std::runtime_error(explained(done.error()));
}

void Gateway::take_in(const std::vector<kafka::Record>& records) {
  journal([&](Transaction& tx) {
    return journal::take_in(tx, tx.trust(false).life, {}, {std::span(records), postgres::Handling::take_in});
  });
}

void Gateway::take_in_view(const std::vector<kafka::Record>& records) {
  view([&](pqxx::work& work) {
    (void)status::sql::apply(work, {}, {std::span(records), postgres::Handling::take_in}, 0);
  });
}

void Gateway::accept(int first) {
  std::vector<kafka::Record> records;
  for (int n = first; n < first + kLanes; ++n) {
    records.push_back(post_of(n, n));
    records.back().offset = offset_++;
  }
  take_in(records);
  take_in_view(records);
}

std::vector<std::int64_t> Gateway::open(int first) {
  std::set<ReceiptId> wanted;
  std::vector<PoolId> pools;
  for (int n = first; n < first + kLanes; ++n) {
    wanted.insert(receipt_id(n));
    pools.push_back(pool_name(pool_of(n)));
  }
  std::vector<NewAttempt> attempts(kLanes);
  for (const auto& queued : journal([&](Transaction& tx) { return tx.queue(pools, 32, {}); })) {
    if (!wanted.contains(queued.id)) continue;  // of the history
    const auto number = queued.attempts + 1;
    const int pool = std::stoi(queued.pool.str().substr(5));
    auto attempt = attempt_on(pool, receipts::attempt_key(queued.id.str(), number));
    attempt.kind = Kind::receipt;
    attempt.receipt = queued.id;
    attempt.revision = queued.revision;
    attempt.generation = queued.generation;
    attempt.number = number;
    attempt.fd_before = last_numbers_[static_cast<std::size_t>(pool)];
    attempts[static_cast<std::size_t>(pool)] = std::move(attempt);
  }
  return journal([&](Transaction& tx) { return journal::open_attempts(tx, kWorker, attempts); });
}

void Gateway::settle(const std::vector<std::int64_t>& attempts, registers::Fact fact) {
  std::vector<Heard> told;
  for (std::size_t pool = 0; pool < attempts.size(); ++pool) {
    if (fact == registers::Fact::printed) ++last_numbers_[pool];
    told.push_back(heard(attempts[pool], static_cast<int>(pool), fact, last_numbers_[pool]));
  }
  for (const auto& settled : journal([&](Transaction& tx) { return journal::settle(tx, kWorker, Limits{}, told); })) {
    if (!settled.decided || !settled.news) throw std::runtime_error("not settled: " + std::string(to_string(fact)));
  }
}

void Gateway::publish() {
  const auto outcomes = journal([&](Transaction& tx) { return tx.unpublished(shards_, 1000, 500, kAttemptsShown); });
  std::vector<std::pair<ReceiptId, std::int64_t>> told;
  std::vector<kafka::Record> records;
  for (const auto& outcome : outcomes) {
    told.emplace_back(outcome.id, outcome.revision);
    auto& record = records.emplace_back();
    record.topic = records::kOutcomesTopic;
    record.offset = offset_++;
    record.key = outcome.id.str();
    record.value = record_of(outcome).SerializeAsString();
  }
  journal([&](Transaction& tx) {
    tx.mark_published(told);
    return true;
  });
  take_in_view(records);
}

void Gateway::push() {
  std::vector<status::sql::Claim> claims;
  view([&](pqxx::work& work) { claims = status::sql::claim(work, kReplica, {}, kLanes); });
  for (const auto& claim : claims) {
    for (const auto& place : claim.places) {
      status::sql::Look seen;
      view([&](pqxx::work& work) { seen = status::sql::look(work, kReplica, claim.installation, place.receipt); });
      if (seen.due) view([&](pqxx::work& work) { status::sql::pushed(work, *seen.due); });
    }
    view([&](pqxx::work& work) { status::sql::release(work, kReplica, claim.installation, {}); });
  }
}

void Gateway::print_group(int first) {
  accept(first);
  publish();
  settle(open(first), registers::Fact::printed);
  publish();
  push();
}

}  // namespace kassaflow::statements
