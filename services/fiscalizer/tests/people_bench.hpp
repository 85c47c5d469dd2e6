#pragma once
// Receipts in each state, with or without an attempt that nobody has answered.

#include <gmock/gmock.h>

#include "journal/people.hpp"
#include "journal_bench.hpp"

namespace kassaflow::fiscalizer {

using receipts::AttemptOutcome;
using receipts::State;
using namespace std::chrono_literals;

inline constexpr people::Times kTimes{.quiet = 150s, .answer = 125s};

class PeopleBench : protected JournalBench {
 protected:
  using JournalBench::JournalBench;

  // Receipt `n` in that state as its own attempts left it. `unanswered`: its attempt 1 has no answer, and was sent long
  // ago; of a done receipt another attempt made the document.
  void receipt_in(State state, bool unanswered, int n = 1) {
    take({post(n, n, 100, "digest", n)});
    if (unanswered) leave_unanswered(n, state == State::printing);
    change(n, [&](ReceiptRow& row) {
      row.state = state;
      if (state != State::done) return;
      row.fiscal = "x";
      ++row.attempts;
    });
    if (state == State::done) has_printed(n);
  }

  void has_printed(int n) {
    KeptAttempt kept;
    kept.attempt.receipt = receipt_id(n);
    kept.attempt.number = receipt(n).attempts;
    kept.attempt.register_id = RegisterId("kkt-1");
    kept.attempt.identity = RegisterIdentity("bit:1");
    kept.attempt.fence.shard = receipts::shard_of(kPool);
    kept.outcome = AttemptOutcome::printed;
    transact([&](Transaction& tx) { tx.keep_attempts({kept}); });
  }
  void leave_unanswered(int n, bool open_still) {
    attempt_ = open(attempt_for(queued_of(n)));
    ASSERT_NE(attempt_, 0);
    if (!open_still) {
      auto lost = heard(attempt_, Fact::unknown);
      lost.provable = false;
      settle(lost);
    }
    under_test_->let_pass(1h);
  }
  // The queued receipt is sent, and nobody answers: given up just now.
  void give_up(int n = 1) {
    attempt_ = open(attempt_for(queued_of(n)));
    auto lost = heard(attempt_, Fact::unknown);
    lost.provable = false;
    settle(lost);
  }
  std::int64_t attempt_ = 0;  // the latest that was left unanswered

  Queued queued_of(int n) {
    for (const auto& receipt : queued()) {
      if (receipt.id == receipt_id(n)) return receipt;
    }
    return {};
  }

  static people::Order order(int n = 1, std::uint32_t attempt = 0) {
    return {receipt_id(n), {"anna@desk", {}, {}}, attempt};
  }
  static v1::FiscalDocument typed(std::uint64_t fd = 42) {
    v1::FiscalDocument document;
    document.set_fn(kFn);
    document.set_fd(fd);
    document.set_fp("123456789");
    return document;
  }

  Result<people::Done> printed(int n = 1, std::uint32_t attempt = 0, std::uint64_t fd = 42) {
    return decide([&](Transaction& tx) { return people::resolve_printed(tx, order(n, attempt), typed(fd)); });
  }
  Result<people::Done> not_printed(int n = 1, std::uint32_t attempt = 0) {
    return decide([&](Transaction& tx) { return people::resolve_not_printed(tx, order(n, attempt), kTimes); });
  }
  Result<people::Done> fail(bool with_word, int n = 1, std::uint32_t attempt = 0) {
    return decide([&](Transaction& tx) {
      return people::fail_receipt(tx, order(n, attempt), "заказ отменён", with_word, kTimes);
    });
  }
  Result<people::Done> hold(int n = 1, const std::string& reason = "спросить магазин") {
    return decide([&](Transaction& tx) { return people::hold(tx, order(n), reason); });
  }
  Result<people::Done> retry(int n = 1) {
    return decide([&](Transaction& tx) { return people::retry(tx, order(n)); });
  }
  // What is refused leaves nothing behind, as in operations.cpp.
  template <class F>
  Result<people::Done> decide(F body) {
    Result<people::Done> decided;
    static_cast<void>(under_test_->store().transact_blocking([&](Transaction& tx) {
      decided = body(tx);
      if (!decided) throw std::runtime_error(decided.error().message);
    }));
    return decided;
  }

  // What people and readers see of it.
  std::string seen(int n = 1) {
    const auto row = receipt(n);
    return std::string(to_string(row.state)) + " " + std::to_string(row.revision) + " " + row.error + " " +
           row.hold_reason + " " + row.retry_by;
  }
};

class PeopleTest : public testing::TestWithParam<StoreKind>, protected PeopleBench {
 protected:
  PeopleTest() : PeopleBench(GetParam()) {}
};

}  // namespace kassaflow::fiscalizer
