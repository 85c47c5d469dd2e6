#pragma once
// A Transaction over SQL. Rows are read by the names of their columns.

#include <pqxx/pqxx>

#include "transaction.hpp"

namespace kassaflow::fiscalizer::journal {

class PostgresTransaction final : public Transaction {
 public:
  explicit PostgresTransaction(pqxx::work& work) : work_(work) {}

  std::int64_t now_ms() override;

  Trust trust(bool lock) override;
  void write_stage(Stage stage) override;
  Durability durability() override;

  std::map<int, std::int64_t> held_epochs(const WorkerId& worker, const std::set<int>& shards) override;

  Receipts lock_receipts(const std::set<ReceiptId>& ids) override;
  void insert_receipts(const std::vector<NewReceipt>& receipts) override;
  void write_receipts(const Receipts& receipts) override;
  std::int64_t suspect_all() override;
  std::map<ReceiptId, KnownReceipt> known_receipts(const std::set<ReceiptId>& ids) override;
  std::set<ReceiptId> ended_before(std::int64_t age_ms, int limit) override;
  void erase_contents(const std::set<ReceiptId>& receipts) override;
  void wish_retry(const ReceiptId& receipt, const std::string& actor) override;
  std::vector<Wish> wishes(int limit) override;
  std::optional<Wish> wish_of(const ReceiptId& receipt) override;
  void audit(const audit::Who& who, const std::string& subject, const std::string& action) override;
  audit::Part audit_after(std::int64_t number, int limit) override;

  std::set<std::string> post_ids(const std::set<ReceiptId>& receipts) override;
  void insert_posts(const std::vector<NewPost>& posts) override;
  void keep_record(const KeptRecord& record) override;
  std::vector<std::string> kept_of(const ReceiptId& receipt) override;
  std::vector<KeptShown> kept_behind(const std::optional<KeptPlace>& place, int limit) override;
  int forget_kept(std::int64_t age_ms, int limit) override;
  void store_positions(const kafka::ReadPositions& positions) override;
  kafka::ReadPositions positions() override;

  std::map<std::pair<std::string, RegisterIdentity>, std::int64_t> insert_attempts(
      const std::vector<NewAttempt>& attempts) override;
  std::map<std::int64_t, ReceiptId> touched_by(const std::set<std::int64_t>& attempts) override;
  std::map<std::pair<ReceiptId, std::uint32_t>, std::int64_t> keep_attempts(
      const std::vector<KeptAttempt>& attempts) override;
  std::int64_t attempt_with_key(const std::string& key) override;
  Attempts lock_attempts(const std::set<std::int64_t>& ids, const std::set<ReceiptId>& receipts) override;
  void write_attempts(const std::map<std::int64_t, AttemptChange>& changes) override;
  int count_sending(std::int64_t attempt) override;
  std::int64_t open_attempt(const RegisterIdentity& identity, const std::string& key, std::int64_t epoch) override;
  int refusals(const ReceiptId& receipt, std::uint32_t generation) override;
  bool denied_after(const ReceiptId& receipt, std::uint32_t generation, const std::string& words) override;
  int printed_attempts(const ReceiptId& receipt) override;
  void retire(const RegisterId& register_id, std::uint64_t revision) override;
  std::uint64_t retired_at(const RegisterId& register_id) override;
  Attempts lock_unsettled(const RegisterId& register_id) override;

  void append_evidence(const std::vector<Heard>& batch, const std::vector<bool>& decided) override;
  std::vector<Undecided> undecided(const std::vector<int>& shards, int limit) override;
  bool printed_is_undecided(std::int64_t attempt) override;
  std::vector<std::vector<NamedAttempt>> named_by(const std::vector<Callback>& callbacks) override;
  void append_callbacks(const std::vector<std::pair<std::int64_t, Callback>>& callbacks) override;
  std::vector<CalledBack> called_back(const std::vector<int>& shards, int limit) override;
  void pass_over(std::int64_t evidence) override;

  Storages storages(const std::set<std::string>& fns) override;
  void bind_storages(const std::vector<Storage>& storages) override;
  void move_storage(const Storage& storage) override;
  std::set<std::int64_t> claim_documents(const std::vector<Claim>& claims) override;
  std::optional<Claim> document(const std::string& fn, std::uint64_t fd) override;
  void unbook(const std::string& fn, std::uint64_t fd) override;
  std::vector<std::uint64_t> known_numbers(const Storage& storage, std::uint64_t first, std::uint64_t last,
                                           int limit) override;
  std::uint64_t count_numbers(const Storage& storage, std::uint64_t first, std::uint64_t last) override;
  Reports reports_since(const RegisterIdentity& identity, const std::string& fn, std::uint64_t fd,
                        std::int64_t before) override;
  void write_registers(const std::map<RegisterIdentity, RegisterChange>& changes) override;

  RegisterRow register_of(const RegisterIdentity& identity) override;
  std::optional<Attempt> open_attempt_of(const RegisterIdentity& identity) override;
  std::vector<std::int64_t> questions_of(const RegisterIdentity& identity) override;
  std::vector<Attempt> asked_of(const RegisterIdentity& identity, int limit) override;
  std::vector<std::int64_t> answered(const std::vector<std::int64_t>& attempts) override;
  std::vector<Queued> queue(const std::vector<PoolId>& pools, int per_pool,
                            const std::vector<PoolId>& without_suspects) override;
  std::vector<PoolId> queued_pools() override;
  std::map<PoolId, std::int64_t> queue_lengths(const std::vector<PoolId>& pools) override;
  std::vector<Waiting> waiting(const std::vector<int>& shards) override;

  std::vector<Outcome> unpublished(const std::vector<int>& shards, std::int64_t passing_ms, int limit,
                                   int attempts_shown) override;
  std::vector<Outcome> outcomes(const ReceiptId& after, int limit, int attempts_shown) override;
  void mark_published(const std::vector<std::pair<ReceiptId, std::int64_t>>& revisions) override;

 private:
  pqxx::work& work_;
};

// For SQL: "'done', 'failed'".
[[nodiscard]] std::string states_in(receipts::Phase phase);
// Attempts on receipts that may have printed, for all that is known; AttemptRow::unanswered() says the same.
inline constexpr const char* kUnanswered =
    "(outcome is null or (outcome = 'unknown' and question is distinct from 'settled'))";

[[nodiscard]] std::string text(const pqxx::field& field);   // empty for null
[[nodiscard]] std::string bytes(const pqxx::field& field);  // of a bytea, empty for null
// Of a column's text. Throw for what the schema does not allow.
[[nodiscard]] Kind kind_from(const pqxx::field& field);
[[nodiscard]] Stage stage_from(const pqxx::field& field);
[[nodiscard]] Shift shift_from(const pqxx::field& field);
[[nodiscard]] Question question_from(const pqxx::field& field);                 // null: none
[[nodiscard]] receipts::AttemptOutcome outcome_from(const pqxx::field& field);  // null: open

}  // namespace kassaflow::fiscalizer::journal
