#include "memory_store.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <stdexcept>
#include <utility>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/kafka/set_aside.hpp"
#include "kassaflow/receipts/id.hpp"

namespace kassaflow::fiscalizer::journal {

using receipts::AttemptOutcome;
using receipts::Phase;
using receipts::State;

namespace {

struct StoredReceipt {
  ReceiptRow row;  // its `content`, `fiscal` and `rest_ms` are empty
  std::string unique_id;
  std::string content;
  std::string fiscal;
  std::int64_t total_kopecks = 0;
  std::int64_t accepted_at_ms = 0;
  std::int64_t changed_at_ms = 0;
  std::int64_t finished_at_ms = 0;
  std::int64_t not_before_ms = 0;
  std::int64_t position = 0;
  std::int64_t sequence = 0;
  std::int64_t published_revision = 0;
};

struct StoredAttempt {
  AttemptRow row;
  std::uint32_t generation = 0;
  std::int64_t epoch = 0;
  std::string request;
  std::string remote_id;
  std::string detail;
  std::int64_t started_at_ms = 0;
};

struct StoredEvidence {
  Heard heard;  // with its attempt's shard; its epoch was only that of whoever heard it
  bool decided = false;
  std::optional<RegisterId> callback_register{};  // of a callback, whose bytes are the raw answer
};

struct StoredRecord {
  KeptRecord record;
  std::int64_t place = 0;  // in the order in which they were kept
  std::int64_t at_us = 0;
};

// A value that a database does not hold, and with it the transaction: postgres::kData.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void require(bool holds, const char* refused) {
  if (!holds) throw Refused(refused);
}
// As PostgreSQL's types are.
void is_text(std::string_view value) {
  require(fiscal::is_utf8(value) && value.find('\0') == std::string_view::npos, "invalid byte sequence for a text");
}
// A page's third. PostgreSQL compresses before it refuses, so this one refuses more.
void is_indexed(std::string_view value) {
  constexpr std::size_t kLongest = 2600;
  is_text(value);
  require(value.size() <= kLongest, "index row size exceeds the maximum");
}
void is_uuid(std::string_view value) { require(receipts::is_uuid(value), "invalid input syntax for type uuid"); }
void is_int(std::int64_t value) {
  require(value == static_cast<std::int32_t>(value), "value out of range for type integer");
}
void is_bigint(std::uint64_t value) {
  require(std::in_range<std::int64_t>(value), "value out of range for type bigint");
}
void is_time_ms(std::int64_t value) {
  constexpr std::int64_t kEarliest = -210'866'803'200'000;  // 4714-11-24 BC
  constexpr std::int64_t kLatest = 9'224'318'015'999'999;   // 294276-12-31
  require(kEarliest <= value && value <= kLatest, "timestamp out of range");
}

void has_columns(const ReceiptRow& row) {
  is_text(row.error);
  is_text(row.hold_reason);
  is_text(row.retry_by);
  is_text(row.cashbox.str());
  is_indexed(row.pool.str());
  is_int(row.generation);
  is_int(row.attempts);
  is_int(row.generation_attempts);
  is_int(row.conflicts);
  is_int(row.digest_version);
}

audit::Head end_of(const std::vector<audit::Row>& log) {
  return log.empty() ? audit::Head() : audit::Head{log.back().number, log.back().hash};
}

}  // namespace

struct Memory::Tables {
  Tables() {
    for (int shard = 0; shard < receipts::kShards; ++shard) holders.shards.push_back({shard, {}, 0});
  }

  Holders holders;
  std::map<ReceiptId, StoredReceipt> receipts;
  std::map<std::int64_t, StoredAttempt> attempts;
  std::map<std::pair<ReceiptId, std::string>, NewPost> posts;
  std::map<std::tuple<std::string, std::int32_t, std::int64_t, std::int64_t>, StoredRecord> kept_records;
  kafka::ReadPositions positions;
  std::map<std::int64_t, StoredEvidence> evidence;
  Storages storages;
  std::map<std::pair<std::string, std::uint64_t>, Claim> documents;
  std::map<RegisterIdentity, RegisterRow> registers;
  std::map<RegisterId, std::uint64_t> retired_registers;
  std::vector<audit::Row> audit;
  std::int64_t sequence = 0;
  Life life{"memory", 1, "1"};
  std::optional<Life> trusted = life;  // the one that a stage was written in last
  Stage stage = Stage::open;
  bool was_synchronous = false;
  Durability durability;
  std::function<bool(const std::string& unique_id, std::int64_t total_kopecks)> refuses = [](const auto&, auto) {
    return false;
  };

  // What follows from the rows.
  std::map<PoolId, std::map<std::int64_t, ReceiptId>> queues;  // by position
  std::map<std::int64_t, ReceiptId> unpublished;               // by sequence
  std::set<ReceiptId> wished;                                  // somebody wants them retried
  std::map<ReceiptId, std::set<std::int64_t>> attempts_of;
  std::map<RegisterIdentity, std::set<std::int64_t>> attempts_on;
  std::set<std::int64_t> undecided;

  std::int64_t next() { return ++sequence; }

  void forget(const ReceiptId& id) {
    const auto found = receipts.find(id);
    if (found == receipts.end()) return;
    if (auto queue = queues.find(found->second.row.pool); queue != queues.end()) {
      queue->second.erase(found->second.position);
      if (queue->second.empty()) queues.erase(queue);
    }
    unpublished.erase(found->second.sequence);
    if (!found->second.row.retry_by.empty()) wished.erase(id);
    receipts.erase(found);
  }
  void put(const ReceiptId& id, StoredReceipt receipt) {
    forget(id);
    if (receipt.row.state == State::queued) queues[receipt.row.pool][receipt.position] = id;
    if (receipt.published_revision < receipt.row.revision) unpublished[receipt.sequence] = id;
    if (!receipt.row.retry_by.empty()) wished.insert(id);
    receipts.emplace(id, std::move(receipt));
  }
};

struct Memory::Backup {
  Tables tables;
};

namespace {

using Tables = Memory::Tables;

// Does what a transaction asks for at once, and can undo it.
class MemoryTransaction final : public Transaction {
 public:
  MemoryTransaction(Tables& tables, std::int64_t now_ms) : tables_(tables), now_ms_(now_ms) {}

  void roll_back() {
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) (*step)();
    undo_.clear();
  }

  [[nodiscard]] const std::vector<ReceiptId>& opened() const { return opened_; }

  std::int64_t now_ms() override { return now_ms_; }

  // --- the store itself ---

  Trust trust(bool) override {
    Trust trust{tables_.life, Stage::unknown, std::nullopt, Stage::unknown, tables_.was_synchronous, tables_.sequence};
    if (tables_.trusted == tables_.life) {
      trust.stage = tables_.stage;
    } else if (tables_.trusted) {
      trust.before = tables_.trusted;
      trust.stage_before = tables_.stage;
    }
    return trust;
  }

  void write_stage(Stage stage) override {
    undo_.emplace_back([this, trusted = tables_.trusted, old = tables_.stage, was = tables_.was_synchronous] {
      tables_.trusted = trusted;
      tables_.stage = old;
      tables_.was_synchronous = was;
    });
    tables_.trusted = tables_.life;
    tables_.stage = stage;
    if (stage == Stage::open) tables_.was_synchronous = tables_.durability.standby_in_sync;
  }

  Durability durability() override { return tables_.durability; }

  // --- shards ---

  std::map<int, std::int64_t> held_epochs(const WorkerId& worker, const std::set<int>& shards) override {
    std::map<int, std::int64_t> held;
    if (trust(false).stage != Stage::open) return held;
    for (const int shard : shards) {
      const auto& row = tables_.holders.shards.at(static_cast<std::size_t>(shard));
      if (row.worker == worker) held.emplace(shard, row.epoch);
    }
    return held;
  }

  // --- receipts ---

  Receipts lock_receipts(const std::set<ReceiptId>& ids) override {
    Receipts found;
    for (const auto& id : ids) {
      const auto stored = tables_.receipts.find(id);
      if (stored == tables_.receipts.end()) continue;
      auto row = stored->second.row;
      row.before = row.state;
      row.readable = !stored->second.content.empty();
      row.age_s = static_cast<double>(now_ms_ - stored->second.accepted_at_ms) / 1000;
      found.emplace(id, std::move(row));
    }
    return found;
  }

  void insert_receipts(const std::vector<NewReceipt>& receipts) override {
    for (const auto& [id, unique_id, accepted_at_ms, row] : receipts) {
      is_uuid(id.str());
      is_text(row.tenant.str());
      is_text(row.installation.str());
      is_text(unique_id);
      is_time_ms(accepted_at_ms);
      has_columns(row);
      require(!tables_.refuses(unique_id, row.total_kopecks), "violates check constraint");
      if (tables_.receipts.contains(id)) throw std::runtime_error("intake: a receipt appeared meanwhile");
      StoredReceipt stored;
      stored.row = row;
      stored.unique_id = unique_id;
      take(stored, row);
      stored.row.revision = 1;
      stored.total_kopecks = row.total_kopecks;
      stored.accepted_at_ms = accepted_at_ms;
      stored.changed_at_ms = now_ms_;
      stored.position = tables_.next();
      stored.sequence = tables_.next();
      put(id, std::move(stored));
    }
  }

  void write_receipts(const Receipts& receipts) override {
    for (const auto& [id, row] : receipts) {
      const auto found = tables_.receipts.find(id);
      if (!row.changed || found == tables_.receipts.end()) continue;
      has_columns(row);
      is_time_ms(row.finished_at_ms);
      require(!row.content || !tables_.refuses(found->second.unique_id, row.total_kopecks),
              "violates check constraint");
      auto stored = found->second;
      const auto before = stored.row.state;
      const auto revision = stored.row.revision;
      stored.row = row;
      take(stored, row);
      stored.row.revision = row.told_revision > 0 ? row.told_revision : revision + 1;
      stored.published_revision = std::max(stored.published_revision, row.told_revision);
      if (receipts::phase_of(row.state) != Phase::ended) {
        stored.finished_at_ms = 0;
      } else if (row.finished_at_ms > 0) {
        stored.finished_at_ms = row.finished_at_ms;
      } else if (row.state != before) {
        stored.finished_at_ms = now_ms_;
      }
      if (row.rest_ms > 0) stored.not_before_ms = std::max(stored.not_before_ms, now_ms_ + row.rest_ms);
      stored.changed_at_ms = now_ms_;
      stored.sequence = tables_.next();
      put(id, std::move(stored));
    }
  }

  std::int64_t suspect_all() override {
    std::vector<ReceiptId> marked;
    for (const auto& [id, stored] : tables_.receipts) {
      if (stored.row.state != State::done) marked.push_back(id);
    }
    std::int64_t told = 0;
    for (const auto& id : marked) {
      auto stored = tables_.receipts.at(id);
      stored.row.suspect = true;
      stored.sequence = tables_.next();
      if (stored.row.state != State::failed) {
        ++stored.row.revision;
        ++told;
      }
      put(id, std::move(stored));
    }
    return told;
  }

  std::map<ReceiptId, KnownReceipt> known_receipts(const std::set<ReceiptId>& ids) override {
    std::map<ReceiptId, KnownReceipt> known;
    for (const auto& id : ids) {
      const auto found = tables_.receipts.find(id);
      if (found == tables_.receipts.end()) continue;
      const auto& row = found->second.row;
      known.emplace(id, KnownReceipt{row.tenant, row.installation, row.revision});
    }
    return known;
  }

  std::set<ReceiptId> ended_before(std::int64_t age_ms, int limit) override {
    std::multimap<std::int64_t, ReceiptId> ended;
    for (const auto& [id, stored] : tables_.receipts) {
      const bool over = stored.row.state == State::done || stored.row.state == State::failed;
      if (over && !stored.content.empty() && stored.changed_at_ms < now_ms_ - age_ms && !is_in_question(id))
        ended.emplace(stored.changed_at_ms, id);
    }
    std::set<ReceiptId> oldest;
    for (const auto& [changed, id] : ended) {
      if (static_cast<int>(oldest.size()) == limit) break;
      oldest.insert(id);
    }
    return oldest;
  }

  [[nodiscard]] bool is_in_question(const ReceiptId& receipt) const {
    const auto undecided = [this](std::int64_t attempt) {
      return std::ranges::any_of(tables_.undecided,
                                 [&](auto told) { return tables_.evidence.at(told).heard.attempt == attempt; });
    };
    return std::ranges::any_of(
        of(receipt), [&](auto attempt) { return tables_.attempts.at(attempt).row.unanswered() || undecided(attempt); });
  }

  void erase_contents(const std::set<ReceiptId>& receipts) override {
    for (const auto& id : receipts) {
      auto stored = tables_.receipts.at(id);
      stored.content.clear();
      put(id, std::move(stored));
      for (const auto attempt : of(id)) change(tables_.attempts, attempt).request.clear();
    }
    for (const auto& [id, stored] : std::map(tables_.evidence)) {
      if (receipts.contains(tables_.attempts.at(stored.heard.attempt).row.receipt)) forget(tables_.evidence, id);
    }
    for (const auto& [where, stored] : std::map(tables_.kept_records)) {
      if (receipts.contains(stored.record.receipt)) change(tables_.kept_records, where).record.value.clear();
    }
  }

  void wish_retry(const ReceiptId& receipt, const std::string& actor) override {
    is_text(actor);
    auto stored = tables_.receipts.at(receipt);
    stored.row.retry_by = actor;
    put(receipt, std::move(stored));
  }

  std::vector<Wish> wishes(int limit) override {
    std::vector<Wish> found;
    for (const auto& id : tables_.wished) {
      if (static_cast<int>(found.size()) == limit) break;
      const auto& row = tables_.receipts.at(id).row;
      if (row.state == State::failed) found.push_back({id, row.revision, row.tenant, row.installation});
    }
    return found;
  }

  std::optional<Wish> wish_of(const ReceiptId& receipt) override {
    const auto stored = tables_.receipts.find(receipt);
    if (stored == tables_.receipts.end()) return std::nullopt;
    const auto& row = stored->second.row;
    if (row.state != State::failed || row.retry_by.empty()) return std::nullopt;
    return Wish{receipt, row.revision, row.tenant, row.installation};
  }

  void audit(const audit::Who& who, const std::string& subject, const std::string& action) override {
    for (const auto* text : {&who.name, &who.came_from, &who.reason, &subject, &action}) is_text(*text);
    auto& log = tables_.audit;
    const audit::Head head = end_of(log);
    audit::Row row{head.number + 1, 1000 * now_ms(), who, action, subject, {}};
    row.hash = audit::hash_of(head.hash, row);
    log.push_back(std::move(row));
    undo_.emplace_back([this] { tables_.audit.pop_back(); });
  }

  audit::Part audit_after(std::int64_t number, int limit) override {
    audit::Part part{{}, end_of(tables_.audit)};
    for (const auto& row : tables_.audit) {
      if (row.number > number && part.rows.size() < static_cast<std::size_t>(limit)) part.rows.push_back(row);
    }
    return part;
  }

  // --- posts ---

  std::set<std::string> post_ids(const std::set<ReceiptId>& receipts) override {
    std::set<std::string> known;
    for (const auto& id : receipts) {
      for (auto post = tables_.posts.lower_bound({id, ""}); post != tables_.posts.end() && post->first.first == id;
           ++post) {
        known.insert(post->first.second);
      }
    }
    return known;
  }

  void insert_posts(const std::vector<NewPost>& posts) override {
    for (const auto& post : posts) {
      is_uuid(post.id);
      is_text(post.verdict);
      is_int(post.generation);
      require(tables_.receipts.contains(post.receipt), "violates foreign key constraint");
      insert(tables_.posts, {post.receipt, post.id}, post);
    }
  }

  void keep_record(const KeptRecord& record) override {
    if (!record.receipt.empty()) is_uuid(record.receipt.str());
    is_text(record.why);
    is_text(record.detail);
    insert(tables_.kept_records, {record.topic, record.partition, record.log, record.offset},
           {record, tables_.next(), 1000 * now_ms()});
  }

  std::vector<KeptShown> kept_behind(const std::optional<KeptPlace>& place, int limit) override {
    std::map<KeptPlace, KeptShown, std::greater<>> newest_first;
    for (const auto& [where, stored] : tables_.kept_records) {
      const auto& record = stored.record;
      const KeptPlace at{stored.at_us, record.topic, record.partition, record.log, record.offset};
      newest_first.emplace(at, KeptShown{at, record.receipt, record.key.substr(0, kafka::kKeyShown),
                                         static_cast<std::int64_t>(record.value.size()), record.why, record.detail});
    }
    std::vector<KeptShown> shown;
    for (auto next = place ? newest_first.upper_bound(*place) : newest_first.begin();
         next != newest_first.end() && static_cast<int>(shown.size()) < limit; ++next) {
      shown.push_back(next->second);
    }
    return shown;
  }

  int forget_kept(std::int64_t age_ms, int limit) override {
    int forgotten = 0;
    for (const auto& [where, stored] : std::map(tables_.kept_records)) {
      const bool of_no_use = stored.record.receipt.empty() || stored.record.value.empty();
      if (forgotten == limit || !of_no_use || stored.at_us >= 1000 * (now_ms() - age_ms)) continue;
      tables_.kept_records.erase(where);
      undo_.emplace_back([this, where, stored] { tables_.kept_records.emplace(where, stored); });
      ++forgotten;
    }
    return forgotten;
  }

  std::vector<std::string> kept_of(const ReceiptId& receipt) override {
    std::map<std::int64_t, std::string> found;
    for (const auto& [where, stored] : tables_.kept_records) {
      if (stored.record.receipt == receipt) found.emplace(-stored.place, stored.record.value);
    }
    std::vector<std::string> values;
    for (auto& [place, value] : found) values.push_back(std::move(value));
    return values;
  }

  void store_positions(const kafka::ReadPositions& positions) override {
    for (const auto& [where, position] : positions) kafka::advance(change(tables_.positions, where), position);
  }

  kafka::ReadPositions positions() override { return tables_.positions; }

  // --- attempts ---

  std::map<std::pair<std::string, RegisterIdentity>, std::int64_t> insert_attempts(
      const std::vector<NewAttempt>& attempts) override {
    std::map<std::pair<std::string, RegisterIdentity>, std::int64_t> stored;
    for (const auto& attempt : attempts) {
      if (!may_be_stored(attempt)) continue;
      const auto id = tables_.next();
      StoredAttempt row;
      row.row.receipt = attempt.receipt;
      row.row.number = attempt.number;
      row.row.kind = attempt.kind;
      row.row.identity = attempt.identity;
      row.row.register_id = attempt.register_id;
      row.row.tenant = attempt.tenant;
      row.row.shard = attempt.fence.shard;
      row.row.proves = attempt.proves;
      row.row.fn_before = attempt.fn_before;
      row.row.fd_before = attempt.fd_before;
      row.row.sent_at_ms = now_ms_;
      row.generation = attempt.generation;
      row.epoch = attempt.fence.epoch;
      row.row.key = attempt.key;
      row.request = attempt.request;
      row.started_at_ms = now_ms_;
      add_attempt(id, std::move(row));
      if (attempt.number == 1) opened_.push_back(attempt.receipt);
      stored.emplace(std::pair(attempt.key, attempt.identity), id);
    }
    return stored;
  }

  std::map<std::int64_t, ReceiptId> touched_by(const std::set<std::int64_t>& attempts) override {
    constexpr std::size_t kBelieved = 100;
    std::map<std::int64_t, ReceiptId> touched;
    const auto touch = [&](std::int64_t id) {
      if (const auto found = tables_.attempts.find(id); found != tables_.attempts.end()) {
        touched.emplace(id, found->second.row.receipt);
      }
    };
    for (const auto id : attempts) {
      touch(id);
      const auto found = tables_.attempts.find(id);
      if (found == tables_.attempts.end()) continue;
      const auto& row = found->second.row;
      if (row.proves != 0) touch(row.proves);
      if (row.fn_before.empty()) continue;
      std::size_t believed = 0;
      const auto& others = tables_.attempts_on.at(row.identity);
      for (auto other = std::make_reverse_iterator(others.lower_bound(id)); other != others.rend(); ++other) {
        const auto& before = tables_.attempts.at(*other).row;
        if (before.fn_before != row.fn_before || before.fd_before != row.fd_before || before.receipt.empty() ||
            !before.believed()) {
          continue;
        }
        if (believed++ == kBelieved) break;
        touch(*other);
      }
    }
    return touched;
  }

  std::map<std::pair<ReceiptId, std::uint32_t>, std::int64_t> keep_attempts(
      const std::vector<KeptAttempt>& attempts) override {
    std::map<std::pair<ReceiptId, std::uint32_t>, std::int64_t> ids;
    for (const auto& [attempt, outcome, detail, started_at_ms] : attempts) {
      is_int(attempt.number);
      is_int(attempt.generation);
      is_text(attempt.register_id.str());
      is_indexed(attempt.key);
      is_text(detail);
      is_time_ms(started_at_ms);
      const auto& known = of(attempt.receipt);
      const auto kept =
          std::ranges::find(known, attempt.number, [&](auto id) { return tables_.attempts.at(id).row.number; });
      if (kept != known.end()) {
        ids.emplace(std::pair(attempt.receipt, attempt.number), *kept);
        const auto before = tables_.attempts.at(*kept).row.outcome;
        const bool unanswered = before == AttemptOutcome::open || before == AttemptOutcome::unknown;
        if (!unanswered || outcome == AttemptOutcome::unknown) continue;
        auto& stored = change(tables_.attempts, *kept);
        stored.row.outcome = outcome;
        stored.row.question = Question::none;
        stored.row.finished_at_ms = now_ms_;
        stored.detail = detail;
        continue;
      }
      StoredAttempt row;
      row.row.receipt = attempt.receipt;
      row.row.number = attempt.number;
      row.row.identity = attempt.identity;
      row.row.register_id = attempt.register_id;
      row.row.tenant = attempt.tenant;
      row.row.shard = attempt.fence.shard;
      row.row.key = attempt.key;
      row.row.outcome = outcome;
      row.row.question = outcome == AttemptOutcome::unknown ? Question::asked : Question::none;
      row.row.sent_at_ms = row.started_at_ms = started_at_ms;
      row.row.finished_at_ms = now_ms_;
      row.generation = attempt.generation;
      row.request = attempt.request;
      row.detail = detail;
      const auto id = tables_.next();
      ids.emplace(std::pair(attempt.receipt, attempt.number), id);
      add_attempt(id, std::move(row));
    }
    return ids;
  }

  std::int64_t attempt_with_key(const std::string& key) override {
    const auto found = std::ranges::find_if(tables_.attempts, [&](const auto& entry) {
      return entry.second.row.key == key && !entry.second.row.receipt.empty();
    });
    return found == tables_.attempts.end() ? 0 : found->first;
  }

  Attempts lock_attempts(const std::set<std::int64_t>& ids, const std::set<ReceiptId>& receipts) override {
    Attempts rows;
    for (const auto id : ids) {
      if (const auto found = tables_.attempts.find(id); found != tables_.attempts.end()) {
        rows.emplace(id, found->second.row);
      }
    }
    for (const auto& receipt : receipts) {
      for (const auto id : of(receipt)) {
        const auto& row = tables_.attempts.at(id).row;
        if (row.unanswered()) rows.emplace(id, row);
      }
    }
    return rows;
  }

  void write_attempts(const std::map<std::int64_t, AttemptChange>& changes) override {
    for (const auto& [id, one] : changes) {
      is_text(one.detail);
      is_text(one.words);
      is_indexed(one.remote_id);
      auto& stored = change(tables_.attempts, id);
      if (one.outcome) {
        stored.row.outcome = *one.outcome;
        stored.row.question = one.question;
        if (stored.row.finished_at_ms == 0) stored.row.finished_at_ms = now_ms_;
      }
      stored.detail = one.detail;
      if (!one.remote_id.empty()) stored.remote_id = one.remote_id;
      if (one.words.empty()) continue;
      stored.row.words = one.words;
      stored.row.cause = one.cause;
    }
  }

  int count_sending(std::int64_t attempt) override {
    auto& stored = change(tables_.attempts, attempt);
    stored.row.sent_at_ms = now_ms_;
    return ++stored.row.sends;
  }

  std::int64_t open_attempt(const RegisterIdentity& identity, const std::string& key, std::int64_t epoch) override {
    for (const auto id : on(identity)) {
      const auto& stored = tables_.attempts.at(id);
      if (stored.row.key == key && stored.epoch == epoch && stored.row.outcome == AttemptOutcome::open) return id;
    }
    return 0;
  }

  int refusals(const ReceiptId& receipt, std::uint32_t generation) override {
    return static_cast<int>(std::ranges::count_if(of(receipt), [&](auto id) {
      const auto& stored = tables_.attempts.at(id);
      return stored.generation == generation && stored.row.outcome == AttemptOutcome::not_printed &&
             !stored.row.words.empty();
    }));
  }

  bool denied_after(const ReceiptId& receipt, std::uint32_t generation, const std::string& words) override {
    return std::ranges::any_of(of(receipt), [&](auto id) {
      const auto& stored = tables_.attempts.at(id);
      return stored.generation == generation && stored.row.outcome == AttemptOutcome::not_printed &&
             stored.row.question == Question::settled && stored.row.words == words;
    });
  }

  int printed_attempts(const ReceiptId& receipt) override {
    return static_cast<int>(std::ranges::count_if(
        of(receipt), [&](auto id) { return tables_.attempts.at(id).row.outcome == AttemptOutcome::printed; }));
  }

  void retire(const RegisterId& register_id, std::uint64_t revision) override {
    auto& stored = change(tables_.retired_registers, register_id);
    stored = std::max(stored, revision);
  }

  std::uint64_t retired_at(const RegisterId& register_id) override {
    const auto found = tables_.retired_registers.find(register_id);
    return found == tables_.retired_registers.end() ? 0 : found->second;
  }

  Attempts lock_unsettled(const RegisterId& register_id) override {
    Attempts rows;
    for (const auto& [id, stored] : tables_.attempts) {
      const auto& row = stored.row;
      const bool unsettled = row.receipt.empty() ? row.outcome == AttemptOutcome::open : row.unanswered();
      if (row.register_id == register_id && unsettled) rows.emplace(id, row);
    }
    return rows;
  }

  // --- evidence ---

  void append_evidence(const std::vector<Heard>& batch, const std::vector<bool>& decided) override {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto& heard = batch[i];
      is_text(heard.finding.code);
      is_text(heard.finding.text);
      is_text(heard.finding.remote_id);
      if (heard.stored == 0) {
        keep({heard, decided[i]});
      } else if (decided[i]) {
        auto& stored = change(tables_.evidence, heard.stored);
        stored.decided = true;
        stored.heard.finding = heard.finding;
        remove(tables_.undecided, heard.stored);
      }
    }
  }

  std::vector<Undecided> undecided(const std::vector<int>& shards, int limit) override {
    std::vector<Undecided> result;
    for (const auto id : tables_.undecided) {
      if (static_cast<int>(result.size()) == limit) break;
      const auto& [heard, decided, callback_register] = tables_.evidence.at(id);
      if (callback_register || std::ranges::find(shards, heard.fence.shard) == shards.end()) continue;
      const auto& attempt = tables_.attempts.at(heard.attempt).row;
      result.push_back({heard, attempt.register_id, attempt.kind});
    }
    return result;
  }

  bool printed_is_undecided(std::int64_t attempt) override {
    return std::ranges::any_of(tables_.undecided, [&](auto id) {
      const auto& [heard, decided, callback_register] = tables_.evidence.at(id);
      return heard.attempt == attempt && (callback_register || heard.finding.fact == registers::Fact::printed);
    });
  }

  std::vector<std::vector<NamedAttempt>> named_by(const std::vector<Callback>& callbacks) override {
    std::vector<std::vector<NamedAttempt>> named;
    for (const auto& callback : callbacks) {
      is_text(callback.identity.str());
      is_text(callback.key);
      is_text(callback.remote_id);
      auto& attempts = named.emplace_back();
      for (const auto id : on(callback.identity)) {
        const auto& attempt = tables_.attempts.at(id);
        const bool by_key = !callback.key.empty() && attempt.row.key == callback.key;
        const bool by_remote_id = !callback.remote_id.empty() && attempt.remote_id == callback.remote_id;
        if (!by_key && !by_remote_id) continue;
        const auto receipt = tables_.receipts.find(attempt.row.receipt);
        attempts.push_back({id, receipt == tables_.receipts.end() ? TenantId() : receipt->second.row.tenant});
      }
    }
    return named;
  }

  void append_callbacks(const std::vector<std::pair<std::int64_t, Callback>>& callbacks) override {
    for (const auto& [id, callback] : callbacks) {
      is_text(callback.register_id.str());
      Heard heard;
      heard.attempt = id;
      heard.send = tables_.attempts.at(id).row.sends;
      heard.finding.raw_answer = callback.body;
      keep({heard, false, callback.register_id});
    }
  }

  std::vector<CalledBack> called_back(const std::vector<int>& shards, int limit) override {
    std::vector<CalledBack> result;
    for (const auto id : tables_.undecided) {
      if (static_cast<int>(result.size()) == limit) break;
      const auto& [heard, decided, callback_register] = tables_.evidence.at(id);
      if (!callback_register || std::ranges::find(shards, heard.fence.shard) == shards.end()) continue;
      result.push_back({id, heard.fence.shard, heard.send, *callback_register,
                        tables_.attempts.at(heard.attempt).row.identity, with_bytes(heard.attempt),
                        heard.finding.raw_answer});
    }
    return result;
  }

  void pass_over(std::int64_t evidence) override {
    change(tables_.evidence, evidence).decided = true;
    remove(tables_.undecided, evidence);
  }

  // --- documents and registers ---

  Storages storages(const std::set<std::string>& fns) override {
    Storages found;
    for (const auto& fn : fns) {
      is_text(fn);
      if (const auto row = tables_.storages.find(fn); row != tables_.storages.end()) found.insert(*row);
    }
    return found;
  }

  void bind_storages(const std::vector<Storage>& storages) override {
    for (const auto& storage : storages) {
      is_indexed(storage.fn);
      insert(tables_.storages, storage.fn, storage);
    }
  }

  void move_storage(const Storage& storage) override {
    is_indexed(storage.fn);
    change(tables_.storages, storage.fn) = storage;
    for (const auto& [identity, row] : tables_.registers) {
      if (row.disputed_fn == storage.fn) change(tables_.registers, identity).disputed_fn.clear();
    }
  }

  std::set<std::int64_t> claim_documents(const std::vector<Claim>& claims) override {
    std::set<std::int64_t> owners;
    for (const auto& claim : claims) {
      is_indexed(claim.fn);
      is_bigint(claim.fd);
      insert(tables_.documents, {claim.fn, claim.fd}, claim);
      if (tables_.documents.at({claim.fn, claim.fd}).attempt == claim.attempt) owners.insert(claim.attempt);
    }
    return owners;
  }

  std::optional<Claim> document(const std::string& fn, std::uint64_t fd) override {
    const auto found = tables_.documents.find({fn, fd});
    return found == tables_.documents.end() ? std::nullopt : std::optional(found->second);
  }

  void unbook(const std::string& fn, std::uint64_t fd) override {
    const auto found = tables_.documents.find({fn, fd});
    if (found == tables_.documents.end()) return;
    undo_.emplace_back([this, row = *found] { tables_.documents.insert(row); });
    tables_.documents.erase(found);
  }

  std::vector<std::uint64_t> known_numbers(const Storage& storage, std::uint64_t first, std::uint64_t last,
                                           int limit) override {
    std::vector<std::uint64_t> numbers;
    for (auto row = tables_.documents.lower_bound({storage.fn, first});
         row != tables_.documents.end() && row->first.first == storage.fn && row->first.second <= last &&
         static_cast<int>(numbers.size()) < limit;
         ++row) {
      const auto& attempt = tables_.attempts.at(row->second.attempt).row;
      const auto receipt = tables_.receipts.find(row->second.receipt);
      const auto& tenant = receipt == tables_.receipts.end() ? attempt.tenant : receipt->second.row.tenant;
      if (attempt.identity == storage.identity || tenant == storage.tenant) numbers.push_back(row->first.second);
    }
    return numbers;
  }

  std::uint64_t count_numbers(const Storage& storage, std::uint64_t first, std::uint64_t last) override {
    return known_numbers(storage, first, last, INT_MAX).size();
  }

  Reports reports_since(const RegisterIdentity& identity, const std::string& fn, std::uint64_t fd,
                        std::int64_t before) override {
    Reports reports;
    for (const auto id : on(identity)) {
      const auto& stored = tables_.attempts.at(id);
      const auto& row = stored.row;
      if (id >= before || row.fn_before != fn || row.fd_before != fd || row.kind == Kind::receipt ||
          row.outcome != AttemptOutcome::printed || stored.detail.starts_with("already")) {
        continue;
      }
      ++reports.count;
      reports.opened = reports.opened || row.kind == Kind::open_shift;
    }
    return reports;
  }

  void write_registers(const std::map<RegisterIdentity, RegisterChange>& changes) override {
    for (const auto& [identity, one] : changes) {
      auto& stored = change(tables_.registers, identity);
      if (!one.fn.empty()) stored.highest_fd = stored.fn == one.fn ? std::max(stored.highest_fd, one.fd) : one.fd;
      if (!one.fn.empty()) stored.fn = one.fn;
      if (one.shift && *one.shift != Shift::unknown) stored.shift = *one.shift;
      if (!one.disputed_fn.empty()) stored.disputed_fn = one.disputed_fn;
      if (one.opened_now) stored.shift_opened_at_s = now_ms_ / 1000;
      if (one.shift == Shift::closed) stored.shift_opened_at_s = 0;
    }
  }

  // --- reading ---

  RegisterRow register_of(const RegisterIdentity& identity) override {
    const auto found = tables_.registers.find(identity);
    return found == tables_.registers.end() ? RegisterRow{} : found->second;
  }

  std::optional<Attempt> open_attempt_of(const RegisterIdentity& identity) override {
    for (const auto id : on(identity)) {
      if (tables_.attempts.at(id).row.outcome == AttemptOutcome::open) return with_bytes(id);
    }
    return std::nullopt;
  }

  std::vector<std::int64_t> questions_of(const RegisterIdentity& identity) override {
    std::vector<std::int64_t> questions;
    for (const auto id : on(identity)) {
      if (tables_.attempts.at(id).row.question == Question::open) questions.push_back(id);
    }
    return questions;
  }

  std::vector<Attempt> asked_of(const RegisterIdentity& identity, int limit) override {
    std::vector<Attempt> asked;
    const auto& ids = on(identity);
    for (auto id = ids.rbegin(); id != ids.rend() && static_cast<int>(asked.size()) < limit; ++id) {
      if (tables_.attempts.at(*id).row.question == Question::asked) asked.push_back(with_bytes(*id));
    }
    return asked;
  }

  std::vector<std::int64_t> answered(const std::vector<std::int64_t>& attempts) override {
    std::vector<std::int64_t> result;
    for (const auto id : attempts) {
      const auto found = tables_.attempts.find(id);
      if (found == tables_.attempts.end()) continue;
      const auto& row = found->second.row;
      if (row.outcome != AttemptOutcome::open && (row.receipt.empty() || !row.unanswered())) result.push_back(id);
    }
    return result;
  }

  std::vector<Queued> queue(const std::vector<PoolId>& pools, int per_pool,
                            const std::vector<PoolId>& without_suspects) override {
    std::vector<Queued> result;
    for (const auto& pool : std::set(pools.begin(), pools.end())) {
      const auto queue = tables_.queues.find(pool);
      if (queue == tables_.queues.end()) continue;
      const bool no_suspects = std::ranges::find(without_suspects, pool) != without_suspects.end();
      int taken = 0;
      for (const auto& [position, id] : queue->second) {
        const auto& stored = tables_.receipts.at(id);
        if (stored.not_before_ms > now_ms_ || (no_suspects && stored.row.suspect)) continue;
        if (taken++ == per_pool) break;
        result.push_back({id, stored.row.tenant, pool, stored.row.revision, stored.row.generation, stored.row.attempts,
                          stored.row.suspect, stored.content});
      }
    }
    return result;
  }

  std::vector<PoolId> queued_pools() override {
    std::vector<PoolId> pools;
    for (const auto& [pool, queue] : tables_.queues) {
      if (!queue.empty()) pools.push_back(pool);
    }
    return pools;
  }

  std::map<PoolId, std::int64_t> queue_lengths(const std::vector<PoolId>& pools) override {
    std::map<PoolId, std::int64_t> lengths;
    for (const auto& pool : pools) {
      const auto queue = tables_.queues.find(pool);
      if (queue != tables_.queues.end()) lengths[pool] = static_cast<std::int64_t>(queue->second.size());
    }
    return lengths;
  }

  std::vector<Waiting> waiting(const std::vector<int>& shards) override {
    std::map<PoolId, Waiting> pools;
    for (const auto& [id, stored] : tables_.receipts) {
      const auto& row = stored.row;
      if (std::ranges::find(shards, receipts::shard_of(row.pool)) == shards.end()) continue;
      Waiting seen{.pool = row.pool};
      for (const auto id_of_attempt : of(id)) {
        const auto& attempt = tables_.attempts.at(id_of_attempt);
        if (attempt.row.question != Question::open && attempt.row.question != Question::asked) continue;
        const auto since_ms = attempt.row.finished_at_ms != 0 ? attempt.row.finished_at_ms : attempt.started_at_ms;
        ++seen.questions;
        seen.oldest_question_s = std::max(seen.oldest_question_s, static_cast<double>(now_ms_ - since_ms) / 1000);
      }
      if (row.state == State::queued) {
        seen.queued = 1;
        seen.oldest_queued_s = static_cast<double>(now_ms_ - stored.accepted_at_ms) / 1000;
      } else if (row.state == State::uncertain || row.state == State::held) {
        seen.uncertain = 1;
        seen.held = row.state == State::held ? 1 : 0;
      } else if (receipts::phase_of(row.state) == Phase::ended) {
        seen.uncertain = seen.questions > 0 ? 1 : 0;
      }
      if (seen.queued + seen.uncertain + seen.questions == 0) continue;
      fiscalizer::add(pools.try_emplace(row.pool, Waiting{.pool = row.pool}).first->second, seen);
    }
    std::vector<Waiting> result;
    for (auto& [id, pool] : pools) result.push_back(pool);
    return result;
  }

  // --- outcomes ---

  std::vector<Outcome> unpublished(const std::vector<int>& shards, std::int64_t passing_ms, int limit,
                                   int attempts_shown) override {
    std::vector<Outcome> outcomes;
    for (const auto& [sequence, id] : tables_.unpublished) {
      if (static_cast<int>(outcomes.size()) == limit) break;
      const auto& receipt = tables_.receipts.at(id);
      const bool passing = receipt.row.state == State::queued || receipt.row.state == State::printing;
      if (passing && receipt.changed_at_ms > now_ms_ - passing_ms) continue;
      const int shard = receipts::shard_of(receipt.row.pool);
      if (std::ranges::find(shards, shard) != shards.end()) outcomes.push_back(outcome(id, attempts_shown));
    }
    return outcomes;
  }

  std::vector<Outcome> outcomes(const ReceiptId& after, int limit, int attempts_shown) override {
    std::vector<Outcome> outcomes;
    for (auto row = tables_.receipts.upper_bound(after);
         row != tables_.receipts.end() && static_cast<int>(outcomes.size()) < limit; ++row) {
      outcomes.push_back(outcome(row->first, attempts_shown));
    }
    return outcomes;
  }

  void mark_published(const std::vector<std::pair<ReceiptId, std::int64_t>>& revisions) override {
    for (const auto& [id, revision] : revisions) {
      const auto found = tables_.receipts.find(id);
      if (found == tables_.receipts.end() || found->second.published_revision >= revision) continue;
      auto stored = found->second;
      stored.published_revision = revision;
      put(id, std::move(stored));
    }
  }

 private:
  // A receipt's row as it was before it is put again.
  void put(const ReceiptId& id, StoredReceipt receipt) {
    const auto found = tables_.receipts.find(id);
    undo_.emplace_back([this, id, old = found == tables_.receipts.end() ? std::nullopt : std::optional(found->second)] {
      old ? tables_.put(id, *old) : tables_.forget(id);
    });
    tables_.put(id, std::move(receipt));
  }
  static void take(StoredReceipt& stored, const ReceiptRow& row) {
    if (row.content) {
      stored.content = *row.content;
      stored.total_kopecks = row.total_kopecks;
    }
    if (!row.fiscal.empty()) stored.fiscal = row.fiscal;
    stored.row.content.reset();
    stored.row.fiscal.clear();
    stored.row.rest_ms = stored.row.told_revision = stored.row.finished_at_ms = 0;
    stored.row.changed = false;
  }

  void keep(StoredEvidence evidence) {
    const auto id = tables_.next();
    evidence.heard.stored = id;
    evidence.heard.fence = {tables_.attempts.at(evidence.heard.attempt).row.shard, 0};
    if (!evidence.decided) add(tables_.undecided, id);
    change(tables_.evidence, id) = std::move(evidence);
  }

  // A row to be changed, new when there is none.
  template <class Table>
  typename Table::mapped_type& change(Table& table, const typename Table::key_type& key) {
    const auto found = table.find(key);
    undo_.emplace_back([&table, key, old = found == table.end() ? std::nullopt : std::optional(found->second)] {
      if (old) {
        table[key] = *old;
      } else {
        table.erase(key);
      }
    });
    return table[key];
  }
  template <class Table>
  void forget(Table& table, const typename Table::key_type& key) {
    undo_.emplace_back([&table, key, old = table.at(key)] { table[key] = old; });
    table.erase(key);
  }
  // A new row; one that is there stays.
  template <class Table>
  void insert(Table& table, const typename Table::key_type& key, const typename Table::mapped_type& row) {
    if (table.emplace(key, row).second) undo_.emplace_back([&table, key] { table.erase(key); });
  }
  void add(std::set<std::int64_t>& set, std::int64_t id) {
    if (set.insert(id).second) undo_.emplace_back([&set, id] { set.erase(id); });
  }
  void remove(std::set<std::int64_t>& set, std::int64_t id) {
    if (set.erase(id) > 0) undo_.emplace_back([&set, id] { set.insert(id); });
  }

  [[nodiscard]] const std::set<std::int64_t>& of(const ReceiptId& receipt) const {
    static const std::set<std::int64_t> kNone;
    const auto found = tables_.attempts_of.find(receipt);
    return found == tables_.attempts_of.end() ? kNone : found->second;
  }
  [[nodiscard]] const std::set<std::int64_t>& on(const RegisterIdentity& identity) const {
    static const std::set<std::int64_t> kNone;
    const auto found = tables_.attempts_on.find(identity);
    return found == tables_.attempts_on.end() ? kNone : found->second;
  }

  [[nodiscard]] bool may_be_stored(const NewAttempt& attempt) const {
    const auto open = [&](auto id) { return tables_.attempts.at(id).row.outcome == AttemptOutcome::open; };
    if (std::ranges::any_of(on(attempt.identity), open)) return false;
    const auto retired = tables_.retired_registers.find(attempt.register_id);
    if (retired != tables_.retired_registers.end() && retired->second > attempt.configuration) return false;
    if (attempt.receipt.empty()) return true;
    return std::ranges::none_of(of(attempt.receipt), [&](auto id) {
      const auto& row = tables_.attempts.at(id).row;
      return row.unanswered() || row.number == attempt.number;
    });
  }

  void add_attempt(std::int64_t id, StoredAttempt row) {
    const auto identity = row.row.identity;
    const auto receipt = row.row.receipt;
    tables_.attempts.emplace(id, std::move(row));
    tables_.attempts_on[identity].insert(id);
    if (!receipt.empty()) tables_.attempts_of[receipt].insert(id);
    undo_.emplace_back([this, id, identity, receipt] {
      tables_.attempts.erase(id);
      tables_.attempts_on[identity].erase(id);
      if (!receipt.empty()) tables_.attempts_of[receipt].erase(id);
    });
  }

  [[nodiscard]] Outcome outcome(const ReceiptId& id, int attempts_shown) {
    const auto& stored = tables_.receipts.at(id);
    const auto& row = stored.row;
    Outcome outcome;
    outcome.id = id;
    outcome.revision = row.revision;
    outcome.state = row.state;
    outcome.generation = row.generation;
    outcome.tenant = row.tenant;
    outcome.installation = row.installation;
    outcome.pool = row.pool;
    outcome.cashbox = row.cashbox;
    outcome.unique_id = stored.unique_id;
    outcome.total_kopecks = stored.total_kopecks;
    outcome.fiscal = stored.fiscal;
    outcome.content = stored.content;
    outcome.error = row.error;
    outcome.hold_reason = row.hold_reason;
    outcome.conflicts = row.conflicts;
    outcome.digest = row.digest;
    outcome.digest_version = row.digest_version;
    outcome.accepted_at_ms = stored.accepted_at_ms;
    outcome.changed_at_ms = stored.changed_at_ms;
    outcome.finished_at_ms = stored.finished_at_ms;
    outcome.sequence = static_cast<std::uint64_t>(stored.sequence);
    outcome.journal_id = tables_.life.system + "/" + std::to_string(tables_.life.timeline);
    outcome.head = tables_.sequence;
    const auto posts = post_ids({id});  // ids of version 7: in the order of their times
    for (auto post = posts.rbegin(); post != posts.rend() && std::cmp_less(outcome.post_ids.size(), kPostsShown);
         ++post) {
      outcome.post_ids.push_back(*post);
    }
    for (const auto attempt : of(id)) {
      const auto& one = tables_.attempts.at(attempt);
      outcome.attempts.push_back({one.row.number, one.row.register_id, one.started_at_ms, one.row.finished_at_ms,
                                  one.row.outcome, one.detail});
    }
    std::ranges::sort(outcome.attempts, {}, &AttemptShown::number);
    const auto shown = std::min(outcome.attempts.size(), static_cast<std::size_t>(attempts_shown));
    outcome.attempts.erase(outcome.attempts.begin(), outcome.attempts.end() - static_cast<std::ptrdiff_t>(shown));
    return outcome;
  }

  [[nodiscard]] Attempt with_bytes(std::int64_t id) const {
    const auto& stored = tables_.attempts.at(id);
    const auto receipt = tables_.receipts.find(stored.row.receipt);
    return {id,
            stored.row.kind,
            stored.row.receipt,
            stored.row.key,
            stored.request,
            stored.remote_id,
            stored.row.sends,
            receipt == tables_.receipts.end() ? std::string() : receipt->second.content,
            (now_ms_ - stored.started_at_ms) / 1000,
            stored.row.fd_before};
  }

  Tables& tables_;
  std::int64_t now_ms_;
  std::vector<ReceiptId> opened_;
  std::vector<std::function<void()>> undo_;
};

}  // namespace

Memory::Memory(async::Clock& clock) : clock_(clock), tables_(std::make_unique<Tables>()) {}
Memory::~Memory() = default;

std::shared_ptr<const Memory::Backup> Memory::backup() const { return std::make_shared<Backup>(*tables_); }

void Memory::restore(const Backup& backup) {
  const auto life = tables_->life;
  *tables_ = backup.tables;
  tables_->life = life;
  start_again();
}

void Memory::start_again() { tables_->life.run = std::to_string(std::stoll(tables_->life.run) + 1); }

void Memory::fail_over() {
  ++tables_->life.timeline;
  start_again();
}

void Memory::have_standby(bool in_sync) {
  tables_->durability.standbys_wanted = tables_->durability.standby_in_sync = in_sync;
}

Holders& Memory::holders() { return tables_->holders; }

void Memory::transact(const Store::Body& body) {
  MemoryTransaction tx(*tables_, clock_.unix_ms());
  try {
    body(tx);
  } catch (...) {
    tx.roll_back();
    throw;
  }
}

void Memory::hold_shards(const WorkerId& worker, std::int64_t epoch) {
  for (auto& row : tables_->holders.shards) row = {row.shard, worker, epoch};
}

void Memory::tell_opened(const std::vector<ReceiptId>& receipts) {
  for (const auto& id : receipts) {
    const auto found = tables_->receipts.find(id);
    if (found == tables_->receipts.end() || found->second.row.suspect) continue;
    std::vector<ReceiptId> queued;
    const auto queue = tables_->queues.find(found->second.row.pool);
    if (queue == tables_->queues.end()) continue;
    for (const auto& [position, other] : queue->second) {
      const auto& stored = tables_->receipts.at(other);
      const bool fresh = stored.row.attempts == 0 && !stored.row.suspect;
      if (fresh && stored.not_before_ms <= clock_.unix_ms()) queued.push_back(other);
    }
    on_opened(id, queued);
  }
}

std::vector<std::string> Memory::verdicts(const ReceiptId& receipt) const {
  std::vector<std::string> found;
  for (const auto& [key, post] : tables_->posts) {
    if (key.first == receipt) found.push_back(post.verdict);
  }
  return found;
}

std::int64_t Memory::evidence() const { return static_cast<std::int64_t>(tables_->evidence.size()); }

std::vector<std::string> Memory::audited() const {
  std::vector<std::string> audited;
  for (const auto& row : tables_->audit) audited.push_back(row.who.name + ": " + row.action);
  return audited;
}

std::vector<KeptRecord> Memory::set_aside() const {
  std::vector<KeptRecord> records;
  for (const auto& [where, stored] : tables_->kept_records) records.push_back(stored.record);
  return records;
}

void Memory::refuse_receipts(std::function<bool(const std::string& unique_id, std::int64_t total_kopecks)> which) {
  tables_->refuses = std::move(which);
}

MemoryStore::MemoryStore(async::Clock& clock, Memory& memory, std::function<Fate()> fates)
    : clock_(clock), memory_(memory), fates_(std::move(fates)) {}

Result<std::monostate> MemoryStore::carry_out(Fate::End end, const Body& body) {
  if (end == Fate::End::unavailable) return fail(postgres::kUnavailable, "the store is away");
  MemoryTransaction tx(*memory_.tables_, memory_.clock_.unix_ms());
  try {
    body(tx);
  } catch (const Refused& error) {
    tx.roll_back();
    return fail(postgres::kData, error.what());
  } catch (const std::exception& error) {
    tx.roll_back();
    return fail(postgres::kRefused, error.what());
  }
  if (end == Fate::End::doubt_lost) {
    tx.roll_back();
  } else {
    memory_.tell_opened(tx.opened());
  }
  if (end == Fate::End::committed) return std::monostate{};
  return fail(postgres::kInDoubt, "the answer to COMMIT was lost");
}

boost::asio::awaitable<Result<std::monostate>> MemoryStore::transact(Body body) {
  const auto fate = fates_();
  if (fate.before > async::Clock::duration{}) co_await async::pause_for(clock_, fate.before);
  auto done = carry_out(fate.end, body);
  if (fate.after > async::Clock::duration{}) co_await async::pause_for(clock_, fate.after);
  co_return done;
}

Result<std::monostate> MemoryStore::transact_blocking(const Body& body) { return carry_out(fates_().end, body); }

}  // namespace kassaflow::fiscalizer::journal
