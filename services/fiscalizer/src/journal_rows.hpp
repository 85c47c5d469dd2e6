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
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/machine.hpp"

namespace kassaflow::fiscalizer::sql {

[[nodiscard]] std::string text(const pqxx::field& field);   // empty for null
[[nodiscard]] std::string bytes(const pqxx::field& field);  // of a bytea, empty for null

// The shards this worker holds, and under which epoch. The shared lock keeps a take-over out until we have committed.
[[nodiscard]] std::map<int, std::int64_t> held_epochs(pqxx::work& work, const std::string& worker,
                                                      const std::set<int>& shards);
[[nodiscard]] bool holds(const std::map<int, std::int64_t>& held, const Fence& fence);

struct ReceiptRow {
  receipts::State state = receipts::State::queued;
  receipts::State before = receipts::State::queued;
  std::int64_t revision = 0;
  std::uint32_t attempts = 0;
  std::uint32_t generation = 0;
  std::string hold_reason;  // a person wants it held
  std::string tenant;
  double age_s = 0;  // since its first post was accepted
  std::string error;
  std::string fiscal;  // set by a decision
  bool changed = false;
};
[[nodiscard]] std::map<std::string, ReceiptRow> lock_receipts(pqxx::work& work, const postgres::TextArray& ids);
// Writes the changed ones; each gets a new revision.
void write_receipts(pqxx::work& work, const std::map<std::string, ReceiptRow>& rows);

struct AttemptRow {
  std::string receipt;  // empty: a shift report
  std::uint32_t number = 0;
  std::string kind;
  std::string identity;
  std::string register_id;
  std::string outcome;   // empty: open
  std::string question;  // empty: none
  int shard = 0;
  int sends = 1;
  std::int64_t proves = 0;
  std::string fn_before;
  std::uint64_t fd_before = 0;
  std::string words;  // what the register said of it, unless "printed"; empty: it never answered
  std::string cause;  // with words

  // Its receipt may have been printed by it, for all that is known.
  [[nodiscard]] bool unanswered() const { return outcome.empty() || question == "open" || question == "asked"; }
  // Believed not printed for the register's words alone: no number and no person has confirmed it.
  [[nodiscard]] bool believed() const { return outcome == "not_printed" && question.empty() && !words.empty(); }
};

struct AttemptChange {
  std::string outcome;   // empty: stays as it is
  std::string question;  // with an outcome; empty: none
  std::string detail;
  std::string remote_id;
  std::string words;  // empty: they and the cause stay as they are
  std::string_view cause;
};

struct RegisterChange {
  std::string fn;
  std::uint64_t fd = 0;
  std::string shift;  // empty: as it was
  bool opened_now = false;
};

// Everything a group of findings touches: the rows are locked when it begins and written when it ends.
struct Rows {
  std::map<std::string, ReceiptRow> receipts;
  std::map<std::int64_t, AttemptRow> attempts;
  std::map<std::int64_t, AttemptChange> attempt_changes;
  std::map<std::string, RegisterChange> register_changes;
  std::set<std::int64_t> owners;  // attempts that have the document they were told
};

// Locks the attempts and what they may touch: the receipts of all of them; the attempts whose question they may settle;
// those before them that were believed not printed although no number has said so; every attempt without an answer of
// the same receipts.
[[nodiscard]] Rows lock_rows(pqxx::work& work, const postgres::IntArray& attempts);
void write_attempts(pqxx::work& work, const std::map<std::int64_t, AttemptChange>& changes);
void write_registers(pqxx::work& work, const std::map<std::string, RegisterChange>& changes);

// Another attempt of the same receipt waits for an answer.
[[nodiscard]] bool others_unanswered(const Rows& rows, std::int64_t id, const AttemptRow& attempt);

// One line of the log at which a person must look (deploy/RUNBOOK.md).
void alarm(std::string_view event, const AttemptRow& attempt, const std::string& detail);

}  // namespace kassaflow::fiscalizer::sql
