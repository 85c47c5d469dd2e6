#pragma once
// Rows of the journal while a transaction holds them.

#include <cstdint>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <string_view>

#include "fence.hpp"
#include "journal.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/attempt.hpp"
#include "kassaflow/receipts/machine.hpp"

namespace kassaflow::fiscalizer::sql {

[[nodiscard]] std::string text(const pqxx::field& field);   // empty for null
[[nodiscard]] std::string bytes(const pqxx::field& field);  // of a bytea, empty for null

// The shards this worker holds, and under which epoch. The shared lock keeps a take-over out until we have committed.
[[nodiscard]] std::map<int, std::int64_t> held_epochs(pqxx::work& work, const WorkerId& worker,
                                                      const std::set<int>& shards);
[[nodiscard]] bool holds(const std::map<int, std::int64_t>& held, const Fence& fence);

struct ReceiptRow {
  receipts::State state = receipts::State::queued;
  receipts::State before = receipts::State::queued;
  std::int64_t revision = 0;
  std::uint32_t attempts = 0;
  std::uint32_t generation = 0;
  std::string hold_reason;  // a person wants it held
  TenantId tenant;
  double age_s = 0;  // since its first post was accepted
  std::string error;
  std::string fiscal;  // set by a decision
  bool changed = false;
};
[[nodiscard]] std::map<ReceiptId, ReceiptRow> lock_receipts(pqxx::work& work, const postgres::TextArray& ids);
// Writes the changed ones; each gets a new revision.
void write_receipts(pqxx::work& work, const std::map<ReceiptId, ReceiptRow>& rows);

// Whether an attempt that was or is unknown still waits for an answer.
enum class Question : std::uint8_t {
  none,
  open,     // the register's numbering may settle it (exactly-once.md 6)
  asked,    // a person is asked, and the register where it can be
  settled,  // by a number or a person
};
[[nodiscard]] std::string_view to_string(Question question);  // empty for none

// For SQL: "'done', 'failed'".
[[nodiscard]] std::string states_in(receipts::Phase phase);

// Of a column's text. Throw for what the schema does not allow.
[[nodiscard]] Kind kind_from(const pqxx::field& field);
[[nodiscard]] Shift shift_from(const pqxx::field& field);
[[nodiscard]] receipts::AttemptOutcome outcome_from(const pqxx::field& field);  // null: open
[[nodiscard]] Question question_from(const pqxx::field& field);                 // null: none

struct AttemptRow {
  ReceiptId receipt;  // empty: a shift report
  std::uint32_t number = 0;
  Kind kind = Kind::receipt;
  RegisterIdentity identity;
  RegisterId register_id;
  receipts::AttemptOutcome outcome = receipts::AttemptOutcome::open;
  Question question = Question::none;
  int shard = 0;
  int sends = 1;
  std::int64_t proves = 0;
  std::string fn_before;
  std::uint64_t fd_before = 0;
  std::string words;  // what the register said of it, unless "printed"; empty: it never answered
  std::string cause;  // with words

  // Its receipt may have been printed by it, for all that is known.
  [[nodiscard]] bool unanswered() const {
    return outcome == receipts::AttemptOutcome::open || question == Question::open || question == Question::asked;
  }
  // Believed not printed for the register's words alone: no number and no person has confirmed it.
  [[nodiscard]] bool believed() const {
    return outcome == receipts::AttemptOutcome::not_printed && question == Question::none && !words.empty();
  }
};

struct AttemptChange {
  std::optional<receipts::AttemptOutcome> outcome;  // nullopt: stays as it is
  Question question = Question::none;               // with an outcome
  std::string detail;
  std::string remote_id;
  std::string words;  // empty: they and the cause stay as they are
  std::string_view cause;
};

struct RegisterChange {
  std::string fn;
  std::uint64_t fd = 0;
  std::optional<Shift> shift;  // nullopt: as it was
  bool opened_now = false;
};

// Everything a group of findings touches: the rows are locked when it begins and written when it ends.
struct Rows {
  std::map<ReceiptId, ReceiptRow> receipts;
  std::map<std::int64_t, AttemptRow> attempts;
  std::map<std::int64_t, AttemptChange> attempt_changes;
  std::map<RegisterIdentity, RegisterChange> register_changes;
  std::set<std::int64_t> owners;  // attempts that have the document they were told
};

// Locks the attempts and what they may touch: the receipts of all of them; the attempts whose question they may settle;
// those before them that were believed not printed although no number has said so; every attempt without an answer of
// the same receipts.
[[nodiscard]] Rows lock_rows(pqxx::work& work, const postgres::IntArray& attempts);
void write_attempts(pqxx::work& work, const std::map<std::int64_t, AttemptChange>& changes);
void write_registers(pqxx::work& work, const std::map<RegisterIdentity, RegisterChange>& changes);

// Another attempt of the same receipt waits for an answer.
[[nodiscard]] bool others_unanswered(const Rows& rows, std::int64_t id, const AttemptRow& attempt);

// One line of the log at which a person must look (deploy/RUNBOOK.md).
void alarm(std::string_view event, const AttemptRow& attempt, const std::string& detail);

}  // namespace kassaflow::fiscalizer::sql
