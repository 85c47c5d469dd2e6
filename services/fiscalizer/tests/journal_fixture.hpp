#pragma once
// The journal's transactions against a real PostgreSQL: one empty journal a test, one receipt `post`ed, `open`ed and
// `settle`d by hand.

#include <algorithm>

#include "database_test.hpp"
#include "intake.hpp"
#include "journal_sql.hpp"
#include "kassaflow/positions/positions.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"
#include "migrations.hpp"

namespace kassaflow::fiscalizer {

using registers::Cause;
using registers::Fact;
using registers::Finding;

inline const WorkerId kWorker("worker-a");
inline const PoolId kPool("shop");
inline const std::string kFn = "7380440800000001";

inline std::string uuid(int n) {
  char text[37];
  std::snprintf(text, sizeof text, "11111111-2222-8333-8444-%012d", n);
  return text;
}

inline ReceiptId receipt_id(int n) { return ReceiptId(uuid(n)); }

struct JournalSchema {
  static constexpr const char* kSchema = fiscalizer::kSchema;
  static auto migrations() { return fiscalizer::migrations(); }
};

class JournalTest : public postgres_testing::DatabaseTest<JournalSchema> {
 protected:
  JournalTest() {
    exec(
        "truncate receipts, posts, attempts, evidence, documents, registers, offsets, callbacks, unreadable cascade; "
        "update shards set worker = 'worker-a', epoch = 1");
  }

  std::string state(int receipt) { return one("select state from receipts where id = '" + uuid(receipt) + "'"); }

  static kafka::Record post(int receipt, int post, std::int64_t date_create_s, std::string digest,
                            std::int64_t offset) {
    v1::ReceiptAccepted accepted;
    accepted.set_receipt_id(uuid(receipt));
    accepted.set_post_id(uuid(1000 + post));
    accepted.set_tenant("acme");
    accepted.set_installation("acme-main");
    accepted.set_pool(kPool.str());
    accepted.set_unique_id(std::to_string(receipt));
    accepted.set_date_create_s(date_create_s);
    accepted.set_accepted_at_ms(1795435820000);
    accepted.set_content_digest(digest);
    accepted.set_digest_version(1);
    accepted.mutable_receipt()->add_lines()->set_name("Чай");
    accepted.mutable_receipt()->set_total_kopecks(100);
    kafka::Record record;
    record.topic = records::kReceiptsTopic;
    record.offset = offset;
    record.value = accepted.SerializeAsString();
    return record;
  }
  void take(const std::vector<kafka::Record>& batch) {
    const auto unreadable = run([&](pqxx::work& work) { return take_in(work, batch); });
    ASSERT_TRUE(unreadable.empty());
  }

  std::vector<Queued> queued() {
    return run([](pqxx::work& work) { return sql::queue(work, {kPool}, 10); });
  }

  static NewAttempt attempt_for(const Queued& receipt, const std::string& identity = "bit:1") {
    NewAttempt attempt;
    attempt.receipt = receipt.id;
    attempt.revision = receipt.revision;
    attempt.generation = receipt.generation;
    attempt.number = receipt.attempts + 1;
    attempt.register_id = RegisterId("kkt-1");
    attempt.identity = RegisterIdentity(identity);
    attempt.pool = kPool;
    attempt.fence = {receipts::shard_of(kPool), 1};
    attempt.key = receipts::attempt_key(receipt.id.str(), attempt.number);
    attempt.request = "bytes";
    return attempt;
  }
  std::int64_t open(const NewAttempt& attempt) {
    return run([&](pqxx::work& work) { return sql::open_attempts(work, kWorker, {attempt}); }).front();
  }

  Limits limits_;

  static Heard heard(std::int64_t attempt, Fact fact, Cause cause = Cause::none, std::uint64_t fd = 0) {
    Heard result;
    result.attempt = attempt;
    result.fence = {receipts::shard_of(kPool), 1};
    result.provable = true;
    result.finding.fact = fact;
    result.finding.cause = cause;
    result.finding.raw_answer = "answer";
    if (fact == Fact::printed) {
      result.finding.document = fiscal::FiscalDocument{};
      result.finding.document->fn = kFn;
      result.finding.document->fd = fd;
      result.finding.document->fp = "3115223344";
    }
    return result;
  }
  Settled settle(const Heard& one_told) {
    return run([&](pqxx::work& work) { return sql::settle(work, kWorker, limits_, {one_told}); }).front();
  }

  Journal::News news(const std::vector<std::int64_t>& followed = {}) {
    return run([&](pqxx::work& work) { return sql::news(work, {receipts::shard_of(kPool)}, followed); });
  }
};

}  // namespace kassaflow::fiscalizer
