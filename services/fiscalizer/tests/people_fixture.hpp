#pragma once
// Receipts in each state, with or without an attempt that nobody has answered.

#include <gmock/gmock.h>

#include "journal_fixture.hpp"
#include "people.hpp"

namespace kassaflow::fiscalizer {

using receipts::State;
using namespace std::chrono_literals;

inline constexpr people::Times kTimes{.quiet = 150s, .answer = 125s};

class PeopleTest : public JournalTest {
 protected:
  PeopleTest() { exec("truncate audit"); }

  // Receipt `n` in that state as its own attempts left it. `unanswered`: its attempt 1 has no answer, and was sent long
  // ago; of a done receipt another attempt made the document.
  void receipt_in(State state, bool unanswered, int n = 1) {
    take({post(n, n, 100, "digest", n)});
    if (unanswered) leave_unanswered(n, state == State::printing);
    exec("update receipts set state = '" + std::string(receipts::to_string(state)) + "', " +
         (state == State::done ? "fiscal = 'x', attempts = attempts + 1, " : "") + "revision = revision + 1 where " +
         "id = '" + uuid(n) + "'");
  }

  void leave_unanswered(int n, bool open_still) {
    const auto id = open(attempt_for(queued_of(n), "bit:" + std::to_string(n)));
    ASSERT_NE(id, 0);
    if (!open_still) {
      auto lost = heard(id, Fact::unknown);
      lost.provable = false;
      settle(lost);
    }
    exec(
        "update attempts set started_at = now() - interval '1 hour', sent_at = now() - interval '1 hour', finished_at "
        "= finished_at - interval '1 hour' where id = " +
        std::to_string(id));
  }

  Queued queued_of(int n) {
    for (const auto& receipt : queued()) {
      if (receipt.id == receipt_id(n)) return receipt;
    }
    return {};
  }

  static people::Order order(int n = 1, std::uint32_t attempt = 0) { return {receipt_id(n), "anna@desk", attempt}; }
  static v1::FiscalDocument typed(std::uint64_t fd = 42) {
    v1::FiscalDocument document;
    document.set_fn(kFn);
    document.set_fd(fd);
    document.set_fp("123456789");
    return document;
  }

  Result<people::Done> printed(int n = 1, std::uint32_t attempt = 0, std::uint64_t fd = 42) {
    return run([&](pqxx::work& work) { return people::resolve_printed(work, order(n, attempt), typed(fd)); });
  }
  Result<people::Done> not_printed(int n = 1, std::uint32_t attempt = 0) {
    return run([&](pqxx::work& work) { return people::resolve_not_printed(work, order(n, attempt), kTimes); });
  }
  Result<people::Done> fail(bool with_word, int n = 1, std::uint32_t attempt = 0) {
    return run([&](pqxx::work& work) {
      return people::fail_receipt(work, order(n, attempt), "заказ отменён", with_word, kTimes);
    });
  }
  Result<people::Done> hold(int n = 1, const std::string& reason = "спросить магазин") {
    return run([&](pqxx::work& work) { return people::hold(work, order(n), reason); });
  }
  Result<people::Done> retry(int n = 1) {
    return run([&](pqxx::work& work) { return people::retry(work, order(n)); });
  }

  std::string column(const std::string& name, int n = 1) {
    return one("select " + name + " from receipts where id = '" + uuid(n) + "'");
  }
  std::string attempt_column(const std::string& name, int n = 1, int number = 1) {
    return one("select " + name + " from attempts where receipt = '" + uuid(n) +
               "' and number = " + std::to_string(number));
  }
  std::string audited() {
    return one("select coalesce(string_agg(actor || ': ' || action, '; ' order by id), '') from audit");
  }
};

}  // namespace kassaflow::fiscalizer
