// No statement grows with history: every statement of fiscalizer and status, as it stands in their sources, is run by
// their own code beside a long history and explained by the server. None reads a table that grows from end to end,
// and none touches more pages than what it was asked for explains.
//
//   ./dev test functional -R statements_test -V            the table: statement, plan, pages, time
//   KASSAFLOW_HISTORY=1000000 ./dev test ...                beside a million receipts

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "gateway.hpp"
#include "history.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/topics.hpp"
#include "plans.hpp"
#include "services/fiscalizer/src/journal/postgres_lease_store.hpp"
#include "services/fiscalizer/src/migrations.hpp"
#include "services/status/src/migrations.hpp"
#include "services/status/src/push_sql.hpp"
#include "sources.hpp"

namespace kassaflow::statements {
namespace {

namespace asio = boost::asio;
using namespace fiscalizer;
using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr int kPage = 500;

// Those it may read whole, with the reason.
const std::map<std::string, std::string> kMayScan = {
    {"with marked as (update receipts set suspect", "once after a journal was lost: every receipt that is not done"},
};

class Tour {
 public:
  Tour(postgres_testing::TemporaryPostgres& server, std::int64_t history)
      : session_(server.uri(), "fiscalizer"), gateway_(server.uri()), history_(history) {
    session_.exec("update shards set worker = '" + kWorker.str() + "', epoch = " + std::to_string(kEpoch));
    shards_.resize(1024);
    for (int i = 0; i < 1024; ++i) shards_[static_cast<std::size_t>(i)] = i;
    since_ms_ = std::stoll(session_.one("select (extract(epoch from now() - interval '1 day') * 1000)::bigint"));
    // Here and there in the history.
    for (int i = 0; i < kPage; ++i) {
      const auto n = 1 + i * (history_ - 2000) / kPage;
      some_.insert(ReceiptId(history_id(session_, n)));
    }
  }

  void run() {
    receipts_that_print();
    receipts_that_do_not();
    leases();
    journal_by_itself();
    people();
    view();
    pushes();
    last();
  }

 private:
  // --- fiscalizer ---

  void receipts_that_print() {
    for (int group = 0; group < 3; ++group) gateway_.print_group(group * kLanes);
    std::vector<kafka::Record> again;  // posted again, after they were printed
    for (int n = 0; n < kLanes; ++n) {
      again.push_back(post_of(n, 1'000'000 + n));
      again.back().offset = 1'000'000 + n;
    }
    gateway_.take_in(again);
    gateway_.take_in_view(again);
    gateway_.publish();
  }

  void receipts_that_do_not() {
    const int first = 10 * kLanes;
    gateway_.accept(first);
    gateway_.settle(gateway_.open(first), registers::Fact::not_printed);
    const auto lost = gateway_.open(first);
    const auto attempt = lost.front();
    journal([&](Transaction& tx) {
      tx.open_attempt_of(RegisterIdentity(identity_of(0)));
      tx.open_attempt(RegisterIdentity(identity_of(0)), receipts::attempt_key(receipt_id(first).str(), 2), kEpoch);
      tx.refusals(receipt_id(first), 1);
      tx.denied_after(receipt_id(first), 1, "no paper");
      tx.printed_attempts(receipt_id(first));
      tx.printed_is_undecided(attempt);
    });
    gateway_.settle(lost, registers::Fact::unknown);
    journal([&](Transaction& tx) { tx.count_sending(attempt); });
    gateway_.settle(lost, registers::Fact::printed);
    gateway_.publish();
    gateway_.push();
  }

  void leases() {
    asio::io_context io;
    journal::PostgresLeaseStore store(gateway_.journal_database());
    auto wait = [&](auto call) {
      auto future = asio::co_spawn(io, std::move(call), asio::use_future);
      io.restart();
      io.run();
      return future.get();
    };
    const WorkerRow other{WorkerId("other"), 1, false};
    ASSERT_TRUE(wait(store.look({kWorker, 1, false})));
    const auto look = wait(store.look(other));
    ASSERT_TRUE(look);
    const auto changed = wait(store.change(kWorker, {{look->shards.front()}, {other}, {1, 2, 3}}));
    ASSERT_TRUE(changed) << explained(changed.error());
    ASSERT_TRUE(wait(store.look(other)));
    ASSERT_TRUE(wait(store.sign_off(other.id, {5})));
  }

  // What no group of receipts needs, of receipts and attempts in the middle of the history.
  void journal_by_itself() {
    const auto some_attempts = attempts_of_history(kPage);
    const PoolId pool = pool_name(7);
    const Storage storage{storage_of(7), RegisterIdentity(identity_of(7)), TenantId(tenant_of(7))};
    journal([&](Transaction& tx) {
      tx.now_ms();
      tx.trust(true);
      tx.durability();
      tx.positions();
      tx.known_receipts(some_);
      tx.touched_by(some_attempts);
      tx.lock_attempts(some_attempts, some_);
      tx.answered({some_attempts.begin(), some_attempts.end()});
      tx.undecided(shards_, kPage);
      tx.called_back(shards_, kPage);
      tx.pass_over(*some_attempts.begin());
      tx.questions_of(storage.identity);
      tx.asked_of(storage.identity, 10);
      tx.register_of(storage.identity);
      tx.document(storage.fn, 7);
      tx.known_numbers(storage, 2007, 2020, 10);
      tx.count_numbers(storage, 2007, 2020);
      tx.reports_since(storage.identity, storage.fn, 7, history_);
      tx.retired_at(RegisterId("kkt-7"));
      tx.lock_unsettled(RegisterId("kkt-7"));
      tx.lock_unsettled(RegisterId("kkt-0"));
      tx.queue_lengths({pool, pool_name(0)});
      tx.queued_pools();
      tx.kept_behind(std::nullopt, kPage);
      tx.kept_behind(tx.kept_behind(std::nullopt, kPage).back().place, kPage);
      tx.forget_kept(std::chrono::milliseconds(90 * 24h).count(), kPage);
      tx.waiting(shards_);
      tx.outcomes(*some_.begin(), kPage, 50);
      tx.unpublished(shards_, 1000, kPage, 50);
      tx.wishes(100);
      tx.wish_of(*some_.begin());
      tx.kept_of(*some_.begin());
      tx.audit_after(history_ / 40, 100);
      tx.attempt_with_key("no such key");
      tx.keep_record({"kassaflow.receipts", 0, 0, 1, *some_.begin(), "key", "value", "refused", "why"});
    });
    auto attempt = attempt_on(9, "shift-report");
    journal([&](Transaction& tx) {
      tx.held_epochs(kWorker, {attempt.fence.shard});
      tx.insert_attempts({attempt});
    });
    journal([&](Transaction& tx) { tx.retire(RegisterId("kkt-9"), 5); });
    std::vector<kafka::Record> callbacks;
    std::vector<Callback> named;
    for (int i = 0; i < 100; ++i) {
      auto other = attempt_on(i, receipts::attempt_key(receipt_id(i).str(), 1));
      callbacks.push_back(callback_of(other));
      callbacks.back().offset = i;
      named.push_back({other.tenant, other.register_id, other.identity, "", "remote-" + std::to_string(i * 2), "body"});
    }
    gateway_.take_in(callbacks);
    journal([&](Transaction& tx) { tx.named_by(named); });
    journal([&](Transaction& tx) { tx.erase_contents(tx.ended_before(0, kPage)); });
  }

  void people() {
    journal([&](Transaction& tx) {
      tx.wish_retry(*some_.begin(), "anna");
      tx.audit({"anna", "desk", ""}, "receipt/1", "held");
      tx.move_storage({storage_of(8), RegisterIdentity(identity_of(9)), TenantId(tenant_of(9))});
      tx.unbook(storage_of(8), 8);
    });
  }

  // What a journal that is taken back needs, and what changes every receipt.
  void last() {
    std::vector<KeptAttempt> kept;
    for (const auto& id : some_) {
      KeptAttempt attempt{attempt_on(11, "kept-" + id.str()), receipts::AttemptOutcome::unknown, "lost", 1000};
      attempt.attempt.receipt = id;
      attempt.attempt.number = 7;
      kept.push_back(std::move(attempt));
    }
    journal([&](Transaction& tx) {
      tx.keep_attempts(kept);
      tx.suspect_all();
    });
  }

  // --- status ---

  void view() {
    std::vector<kafka::Record> broken;
    for (const auto& id : some_) {
      auto& record = broken.emplace_back();
      record.topic = records::kOutcomesTopic;
      record.partition = 1;
      record.offset = static_cast<std::int64_t>(broken.size());
      record.key = id.str();
      record.value = "no record";
    }
    gateway_.take_in_view(broken);
    gateway_.view([&](pqxx::work& work) {
      const auto& id = *some_.begin();
      (void)status::sql::find(work, id);
      (void)status::sql::tell_error(work, id, 4);
      (void)status::sql::withhold_error(work, id, {TenantId("tenant-1"), InstallationId("tenant-1-main")}, 4);
      const ReceiptId failed(history_id(session_, 100));
      EXPECT_EQ(status::sql::withhold_error(work, failed, {TenantId("tenant-0"), InstallationId("tenant-0-main")}, 4),
                v1::WithholdErrorResponse::WITHHELD);
      (void)status::sql::list_set_aside(work, {});
      (void)status::sql::forget_set_aside(work, 90 * 24h);
      v1::LookUpRequest request;
      for (const auto& one : some_) request.add_receipt_ids(one.str());
      for (int i = 0; i < 10; ++i) (void)status::sql::look_up(work, request);  // planned once for all, in the end
      for (const std::string state : {"", "done", "failed", "held", "queued"}) {
        for (const std::string tenant : {"", "tenant-0", "nobody"}) {
          (void)status::sql::list(work, {TenantId(tenant), {}, state, 0, 100});
        }
        (void)status::sql::list(work, {TenantId("tenant-0"), PoolId("pool-0"), state, 0, 100});
        // Where too few are found, all of the pool or in that state are looked at, whichever are fewer: a person's
        // question, which `since` bounds.
        (void)status::sql::list(work, {{}, PoolId("pool-7"), state, since_ms_, 100});
      }
    });
  }

  void pushes() {
    constexpr const char* kReplica = "status-2";
    gateway_.view([&](pqxx::work& work) {
      const auto claims = status::sql::claim(work, kReplica, {}, 50);
      ASSERT_FALSE(claims.empty());
      const auto& claim = claims.front();
      ASSERT_FALSE(claim.places.empty());
      const auto& receipt = claim.places.front().receipt;
      status::sql::renew(work, kReplica, {claim.installation});
      configuration::Installation portal;
      portal.id = claim.installation;
      (void)status::sql::tell_due_error(work, kReplica, portal, receipt);
      status::sql::Due due{receipt, 0, {}};
      due.known.outcome.set_state(v1::RECEIPT_STATE_DONE);
      due.known.outcome.set_generation(1);
      status::sql::put_off(work, due, std::chrono::milliseconds(1));
      status::sql::give_up(work, due);
      (void)status::sql::backlog(work);
      status::sql::find_due(work);
      status::sql::release(work, kReplica, claim.installation, {});
    });
  }

  void journal(const std::function<void(Transaction&)>& body) {
    gateway_.journal([&](Transaction& tx) {
      body(tx);
      return true;
    });
  }
  std::set<std::int64_t> attempts_of_history(int count) const {
    std::set<std::int64_t> ids;
    for (int i = 0; i < count; ++i) ids.insert(1 + i * (history_ - 2000) / count);
    return ids;
  }

  postgres_testing::Session session_;
  Gateway gateway_;
  std::int64_t history_;
  std::vector<int> shards_;
  std::set<ReceiptId> some_;
  std::int64_t since_ms_ = 0;  // a day before
};

class StatementsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    postgres_testing::TemporaryPostgres server;
    postgres::migrate(server.uri(), fiscalizer::schema());
    postgres::migrate(server.uri(), status::schema());
    ServerLog log(server);
    const auto history = history_size();
    write_history(server.uri(), history);
    postgres_testing::Session session(server.uri(), "public");
    growing_ = growing_tables(session);
    log.begin();
    Tour(server, history).run();
    seen_ = summarize(log.take());
    print(history);
  }

  static void print(std::int64_t history) {
    std::printf("%zu statements beside a history of %lld receipts; pages and rows of the dearest run\n\n", seen_.size(),
                static_cast<long long>(history));
    std::printf("%-10s %5s %6s %7s %9s  %-60s %s\n", "service", "runs", "rows", "pages", "max. ms", "statement",
                "ways");
    for (const auto& [statement, summary] : seen_) {
      std::string ways;
      for (const auto& way : std::set(summary.dearest.ways.begin(), summary.dearest.ways.end()))
        ways += (ways.empty() ? "" : ", ") + way;
      std::printf("%-10s %5lld %6lld %7lld %9.2f  %-60s %s\n", summary.service.c_str(),
                  static_cast<long long>(summary.runs), static_cast<long long>(summary.dearest.items),
                  static_cast<long long>(summary.dearest.buffers), summary.longest_ms, statement.substr(0, 60).c_str(),
                  ways.c_str());
    }
  }

  static bool may_scan(const std::string& statement) {
    return std::ranges::any_of(kMayScan, [&](const auto& one) { return statement.starts_with(one.first); });
  }

  static inline std::map<std::string, Summary> seen_;
  static inline std::set<std::string> growing_;
};

TEST_F(StatementsTest, NoneReadsAGrowingTableFromEndToEnd) {
  EXPECT_THAT(growing_, testing::IsSupersetOf({"fiscalizer.receipts", "fiscalizer.attempts", "status.receipts"}));
  for (const auto& [statement, summary] : seen_) {
    if (may_scan(statement)) continue;
    for (const auto& table : summary.scanned) EXPECT_FALSE(growing_.contains(table)) << table << ": " << statement;
  }
}

TEST_F(StatementsTest, NoneTouchesMorePagesThanItsBudget) {
  for (const auto& [statement, summary] : seen_) {
    if (may_scan(statement)) continue;
    const auto& run = summary.dearest;
    EXPECT_LE(run.buffers, budget_for(run.items)) << run.items << " items, " << run.ms << " ms: " << statement;
    EXPECT_LE(run.items, 1100) << "no page, group or batch is so large: " << statement;
  }
}

TEST_F(StatementsTest, EachOneOfTheSourcesWasSeen) {
  const auto pieces = pieces_in_sources();
  EXPECT_GT(pieces.size(), 80U);
  std::vector<std::string> unseen;
  for (const auto& piece : pieces) {
    const bool seen =
        std::ranges::any_of(seen_, [&](const auto& one) { return one.first.find(piece) != std::string::npos; });
    if (!seen) unseen.push_back(piece);
  }
  EXPECT_THAT(unseen, IsEmpty());
}

}  // namespace
}  // namespace kassaflow::statements
