#pragma once
// The journal's decisions over either store: one empty journal a test, one receipt `post`ed, `open`ed and `settle`d by
// hand. Whatever is tested with JournalTest must hold for both stores, so that the one in memory cannot lie.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <span>

#include "journal/decisions.hpp"
#include "journal/intake.hpp"
#include "journal/store.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

using journal::Transaction;
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

// A store, empty, and what only tests do to it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual journal::Store& store() = 0;
  // Every shard is this worker's.
  virtual void hold_shards(const WorkerId& worker, std::int64_t epoch) = 0;
  // As if so much time had passed since all that is stored.
  virtual void let_pass(std::chrono::milliseconds time) = 0;
  // Verdicts on the posts of a receipt, by post id.
  virtual std::string verdicts(const ReceiptId& receipt) = 0;
  virtual std::int64_t evidence() = 0;  // how much was told in all
  // "who: what; who: what"
  virtual std::string audited() = 0;
  // The records that were set aside, by offset: "3 refused, 5 foreign".
  virtual std::string kept() = 0;
  // Beside what no database holds: receipts with this number of the portal's, or this total.
  virtual void refuse(const std::string& unique_id, std::int64_t total_kopecks) = 0;

  // The server starts again, or a standby that has it all takes over.
  virtual void start_again() = 0;
  virtual void fail_over() = 0;
  virtual void have_standby() = 0;
  // As it is now, and as it was then; ids and sequences begin again from there.
  virtual void back_up() = 0;
  virtual void restore() = 0;
};
enum class StoreKind : std::uint8_t { postgres, memory };
std::unique_ptr<StoreUnderTest> open_store(StoreKind kind);

class JournalBench {
 protected:
  explicit JournalBench(StoreKind kind) : under_test_(open_store(kind)) { under_test_->hold_shards(kWorker, 1); }
  ~JournalBench() = default;

  template <class F>
  auto run(F body) {
    auto result = under_test_->store().run_blocking(body);
    if (!result) throw std::runtime_error(explained(result.error()));
    return std::move(*result);
  }
  void transact(const journal::Store::Body& body) {
    const auto done = under_test_->store().transact_blocking(body);
    if (!done) throw std::runtime_error(explained(done.error()));
  }

  ReceiptRow receipt(int n) {
    return run([&](Transaction& tx) { return tx.lock_receipts({receipt_id(n)}); }).at(receipt_id(n));
  }
  std::string state(int n) { return std::string(to_string(receipt(n).state)); }
  std::string error(int n) { return receipt(n).error; }
  AttemptRow attempt_row(std::int64_t id) {
    return run([&](Transaction& tx) { return tx.lock_attempts({id}, {}); }).at(id);
  }
  // What a decision of another time left there.
  template <class F>
  void change(int n, F how) {
    transact([&](Transaction& tx) {
      auto receipts = tx.lock_receipts({receipt_id(n)});
      auto& row = receipts.at(receipt_id(n));
      how(row);
      row.changed = true;
      tx.write_receipts(receipts);
    });
  }
  void change_attempt(std::int64_t id, receipts::AttemptOutcome outcome, Question question) {
    transact([&](Transaction& tx) { tx.write_attempts({{id, {.outcome = outcome, .question = question}}}); });
  }
  std::vector<Outcome> unpublished(std::int64_t passing_ms = 0) {
    return run([&](Transaction& tx) { return tx.unpublished({receipts::shard_of(kPool)}, passing_ms, 10, 10); });
  }
  // As readers of outcomes see it; `receipt` has changed since they were last told.
  Outcome shown(int n) {
    for (auto& outcome : unpublished()) {
      if (outcome.id == receipt_id(n)) return outcome;
    }
    throw std::runtime_error("readers have the newest revision");
  }

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
  // As the process does with a batch. What was set aside.
  std::vector<kafka::SetAside> take_any(const std::vector<kafka::Record>& batch) {
    std::vector<kafka::SetAside> aside;
    postgres::Portions portions{std::span(batch)};
    while (const auto* portion = portions.next()) {
      const auto stored = under_test_->store().run_blocking(
          [&](Transaction& tx) { return journal::take_in(tx, tx.trust(false).life, configuration_, *portion); });
      if (!portions.settle(stored)) throw std::runtime_error(explained(stored.error()));
      if (stored) std::ranges::copy(*stored, std::back_inserter(aside));
    }
    return aside;
  }
  void take(const std::vector<kafka::Record>& batch) {
    for (const auto& aside : take_any(batch)) ADD_FAILURE() << "set aside: " << aside.detail;
  }

  std::vector<Queued> queued() {
    return run([](Transaction& tx) { return tx.queue({kPool}, 10, {}); });
  }

  static NewAttempt attempt_for(const Queued& receipt, const std::string& identity = "bit:1") {
    NewAttempt attempt;
    attempt.receipt = receipt.id;
    attempt.revision = receipt.revision;
    attempt.generation = receipt.generation;
    attempt.number = receipt.attempts + 1;
    attempt.register_id = RegisterId("kkt-1");
    attempt.identity = RegisterIdentity(identity);
    attempt.tenant = TenantId("acme");
    attempt.pool = kPool;
    attempt.fence = {receipts::shard_of(kPool), 1};
    attempt.key = receipts::attempt_key(receipt.id.str(), attempt.number);
    attempt.request = "bytes";
    return attempt;
  }
  std::vector<std::int64_t> open(const std::vector<NewAttempt>& attempts) {
    return run([&](Transaction& tx) { return journal::open_attempts(tx, kWorker, attempts); });
  }
  std::int64_t open(const NewAttempt& attempt) { return open(std::vector{attempt}).front(); }
  int allow_resend(std::int64_t attempt, const WorkerId& worker = kWorker, std::int64_t epoch = 1) {
    return run([&](Transaction& tx) {
      return journal::allow_resend(tx, worker, attempt, {receipts::shard_of(kPool), epoch});
    });
  }
  void refuse(const Queued& receipt, const WorkerId& worker = kWorker, std::int64_t epoch = 1) {
    transact([&](Transaction& tx) {
      journal::refuse(tx, worker, receipt, receipts::Step::unprintable, {receipts::shard_of(kPool), epoch}, "no");
    });
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
  static Heard in_storage(Heard told, const std::string& fn) {
    told.finding.document->fn = fn;
    return told;
  }
  // A receipt's attempt whose end nobody could tell.
  std::int64_t open_and_lose(const NewAttempt& attempt) {
    const auto id = open(attempt);
    auto lost = heard(id, Fact::unknown, Cause::ambiguous);
    lost.provable = false;
    settle(lost);
    return id;
  }
  std::vector<Settled> settle(const std::vector<Heard>& told, const WorkerId& worker = kWorker) {
    return run([&](Transaction& tx) { return journal::settle(tx, worker, limits_, told); });
  }
  Settled settle(const Heard& one_told) { return settle(std::vector{one_told}).front(); }

  journal::News news(const std::vector<std::int64_t>& followed = {}) {
    return run([&](Transaction& tx) { return journal::news(tx, {receipts::shard_of(kPool)}, followed); });
  }
  RegisterMemory remember(const std::string& identity = "bit:1") {
    return run(
        [&](Transaction& tx) { return journal::remember(tx, RegisterId("kkt-1"), RegisterIdentity(identity), true); });
  }
  // A callback about the first attempt of a receipt.
  static Callback callback_for(int receipt) {
    return {TenantId("acme"),
            RegisterId("kkt-1"),
            RegisterIdentity("bit:1"),
            receipts::attempt_key(uuid(receipt), 1),
            "",
            "body"};
  }
  static kafka::Record callback_record(const Callback& callback) {
    v1::RegisterCallback told;
    told.set_tenant(callback.tenant.str());
    told.set_register_(callback.register_id.str());
    told.set_protocol("itkassa");
    told.set_pool(kPool.str());
    told.set_identity(callback.identity.str());
    told.set_attempt_key(callback.key);
    told.set_remote_id(callback.remote_id);
    told.set_body(callback.body);
    kafka::Record record;
    record.topic = records::kCallbacksTopic;
    record.value = told.SerializeAsString();
    return record;
  }
  void call_back(const Callback& callback) { take({callback_record(callback)}); }
  std::uint64_t documents() {
    return run([](Transaction& tx) { return tx.count_numbers({kFn, {}, TenantId("acme")}, 1, UINT32_MAX); });
  }

  std::unique_ptr<StoreUnderTest> under_test_;
  configuration::Snapshot configuration_;  // nobody's things are known unless a test says so
};

class JournalTest : public testing::TestWithParam<StoreKind>, protected JournalBench {
 protected:
  JournalTest() : JournalBench(GetParam()) {}
};

inline std::string store_name(StoreKind kind) { return kind == StoreKind::postgres ? "postgres" : "memory"; }
// For a fixture whose parameter is the store.
inline const auto kStores = testing::Values(StoreKind::postgres, StoreKind::memory);
inline const auto kStoreName = [](const testing::TestParamInfo<StoreKind>& info) { return store_name(info.param); };

}  // namespace kassaflow::fiscalizer
