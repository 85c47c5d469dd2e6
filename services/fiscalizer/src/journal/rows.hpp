#pragma once
// What the journal keeps, in the domain's words. Stores (store.hpp) read and write these; the journal's decisions
// (intake, open, settle, numbering, people) are made of nothing else.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fence.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/receipts/attempt.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::fiscalizer {

enum class Kind : std::uint8_t { receipt, open_shift, close_shift };
inline constexpr Kind kKinds[] = {Kind::receipt, Kind::open_shift, Kind::close_shift};
[[nodiscard]] std::string_view to_string(Kind kind);

// A register's shift, as far as its documents have told.
enum class Shift : std::uint8_t { unknown, open, closed };
inline constexpr Shift kShifts[] = {Shift::unknown, Shift::open, Shift::closed};
[[nodiscard]] std::string_view to_string(Shift shift);

// Whether an attempt that was or is unknown still waits for an answer.
enum class Question : std::uint8_t {
  none,
  open,     // the register's numbering may settle it (exactly-once.md 6)
  asked,    // a person is asked, and the register where it can be
  settled,  // by a number or a person
};
inline constexpr Question kQuestions[] = {Question::open, Question::asked, Question::settled};
[[nodiscard]] std::string_view to_string(Question question);  // empty for none

// --- the store (exactly-once.md 17) ---

// One run of one server over one set of tables. What was committed in a life that is over may be missing in the next.
struct Life {
  std::string system;         // the cluster's identifier
  std::int64_t timeline = 0;  // grows when a standby takes over, or an archive is replayed
  std::string run;

  friend bool operator==(const Life&, const Life&) = default;
};

// How far the journal has come in the life it has now.
enum class Stage : std::uint8_t {
  unknown,        // nobody has compared it with what was published
  taking_back,    // it is behind, or may be: what was published goes back into it
  reading_posts,  // and then the posts it has lost
  open,           // attempts are opened and decisions made
};
inline constexpr Stage kStages[] = {Stage::unknown, Stage::taking_back, Stage::reading_posts, Stage::open};
[[nodiscard]] std::string_view to_string(Stage stage);

struct Trust {
  Life life;  // the one that is now
  Stage stage = Stage::unknown;
  std::optional<Life> before;  // with `unknown`: the one that a stage was written in last, and that stage
  Stage stage_before = Stage::unknown;
  bool was_synchronous = false;  // while it was open last, a commit waited for a synchronous standby
  std::int64_t head = 0;         // the highest sequence given out
};

// What becomes of a commit when the machine, or its disk, is lost.
struct Durability {
  bool fsync = true;
  bool full_page_writes = true;
  bool standbys_wanted = false;  // a commit waits for one (synchronous_standby_names)
  bool standby_in_sync = false;  // there is one now

  friend bool operator==(const Durability&, const Durability&) = default;
};

// --- receipts ---

// A receipt while a transaction holds it. Every change is written by Transaction::write_receipts, which gives it a new
// revision, sequence and change time.
struct ReceiptRow {
  receipts::State state = receipts::State::queued;
  receipts::State before = receipts::State::queued;  // as it was read
  std::int64_t revision = 0;
  std::uint32_t generation = 1;
  std::uint32_t attempts = 0;  // made in the receipt's whole life
  std::uint32_t generation_attempts = 0;
  std::uint32_t conflicts = 0;
  std::string error;
  std::string hold_reason;  // a person wants it held
  std::string retry_by;     // who wants the failed receipt queued again, once status has promised not to tell its error
  bool suspect = false;     // an attempt of it may have been made that the journal has lost (exactly-once.md 17)
  // Of every post of it; they do not change.
  TenantId tenant;
  InstallationId installation;
  // Of the post whose content is stored.
  CashboxId cashbox;
  PoolId pool;
  std::string digest;
  std::uint32_t digest_version = 0;
  std::int64_t date_create_s = 0;
  bool readable = true;  // false: held, no worker could read its only record (exactly-once.md 18)
  double age_s = 0;      // since its first post was accepted

  bool changed = false;
  // Written with a change:
  std::optional<std::string> content;  // kassaflow.v1.Receipt that takes the place of the stored one
  std::int64_t total_kopecks = 0;      // of that content
  std::string fiscal;                  // kassaflow.v1.FiscalDocument, empty: as it was
  std::int64_t rest_ms = 0;            // nothing is started for it before, from now; a longer rest stands
  // Taken back: readers have this revision, and it was finished then; 0: the next revision, and now.
  std::int64_t told_revision = 0;
  std::int64_t finished_at_ms = 0;

  // `others_unanswered`: an attempt of it beside the one in question waits for an answer.
  [[nodiscard]] receipts::Snapshot snapshot(bool others_unanswered = false) const {
    return {.state = state,
            .attempted = generation_attempts > 0 || suspect,
            .readable = readable,
            .unanswered = others_unanswered,
            .hold_wanted = !hold_reason.empty()};
  }
};
using Receipts = std::map<ReceiptId, ReceiptRow>;

// Of a receipt, without its lock.
struct KnownReceipt {
  TenantId tenant;
  InstallationId installation;
  std::int64_t revision = 0;
};

struct NewReceipt {
  ReceiptId id;
  std::string unique_id;
  std::int64_t accepted_at_ms = 0;
  ReceiptRow row;  // `content` empty: unreadable
};

struct NewPost {
  ReceiptId receipt;
  std::string id;
  std::string verdict;
  std::uint32_t generation = 0;
  std::string digest;
};

// A record that was not taken in, with its bytes.
struct KeptRecord {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t log = 0;
  std::int64_t offset = 0;
  ReceiptId receipt;  // empty: it does not say
  std::string key;
  std::string value;
  std::string why;     // a word of kafka/set_aside.hpp
  std::string detail;  // for operators
};

// Which kept record, and when: the newest is listed first.
struct KeptPlace {
  std::int64_t at_us = 0;  // Unix time
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t log = 0;
  std::int64_t offset = 0;
  auto operator<=>(const KeptPlace&) const = default;
};

// A kept record as people are shown it.
struct KeptShown {
  KeptPlace place;
  ReceiptId receipt;
  std::string key;
  std::int64_t bytes = 0;  // of its value
  std::string why;
  std::string detail;
};

// A queued receipt as the dispatcher sees it.
struct Queued {
  ReceiptId id;
  TenantId tenant;
  PoolId pool;
  std::int64_t revision = 0;
  std::uint32_t generation = 0;
  std::uint32_t attempts = 0;  // made so far, in the receipt's whole life
  bool suspect = false;        // and perhaps more, in a life of the journal that is lost
  std::string content;         // kassaflow.v1.Receipt
};

struct Finished {  // a receipt came to its end
  TenantId tenant;
  receipts::State state = receipts::State::done;  // or failed
  double seconds = 0;                             // since its first post was accepted
  bool test = false;                              // done, and its document has no legal force
};

// An attempt as readers of outcomes see it.
struct AttemptShown {
  std::uint32_t number = 0;
  RegisterId register_id;
  std::int64_t started_at_ms = 0;
  std::int64_t finished_at_ms = 0;  // 0: open
  receipts::AttemptOutcome outcome = receipts::AttemptOutcome::open;
  std::string detail;
};

// Of one receipt, the latest: a check may be posted again for weeks, and Kafka refuses a record of too many. An older
// one was named by an earlier outcome; a reader that missed that one says WAIT instead of ERROR.
inline constexpr int kPostsShown = 1000;

// A receipt as readers of outcomes are told of it.
struct Outcome {
  ReceiptId id;
  std::int64_t revision = 0;
  receipts::State state = receipts::State::queued;
  std::uint32_t generation = 0;
  TenantId tenant;
  InstallationId installation;
  PoolId pool;
  CashboxId cashbox;
  std::string unique_id;
  std::int64_t total_kopecks = 0;
  std::string fiscal;   // kassaflow.v1.FiscalDocument, empty: none
  std::string content;  // kassaflow.v1.Receipt, empty: unreadable
  std::string error;
  std::string hold_reason;
  std::uint32_t conflicts = 0;
  std::string digest;
  std::uint32_t digest_version = 0;
  std::int64_t accepted_at_ms = 0;
  std::int64_t changed_at_ms = 0;
  std::int64_t finished_at_ms = 0;  // 0: not finished
  std::uint64_t sequence = 0;
  std::string journal_id;  // the store's system and timeline, "7412…/1"
  std::int64_t head = 0;   // the highest sequence the journal had given out
  std::vector<std::string> post_ids;
  std::vector<AttemptShown> attempts;  // the latest, by number
};

// What waits in a pool.
struct Waiting {
  PoolId pool;
  std::int64_t queued = 0;
  double oldest_queued_s = 0;    // since it was accepted
  std::int64_t uncertain = 0;    // receipts that wait for proof or a person
  std::int64_t held = 0;         // of them, held for a person
  std::int64_t questions = 0;    // attempts without an answer
  double oldest_question_s = 0;  // since it was left without one
};
// What the same pool waits for besides.
void add(Waiting& pool, const Waiting& more);

// A wish to retry a failed receipt, still to be carried out or taken back.
struct Wish {
  ReceiptId receipt;
  std::int64_t revision = 0;  // whose error must never be told
  TenantId tenant;
  InstallationId installation;
};

// --- attempts ---

struct NewAttempt {
  Kind kind = Kind::receipt;
  ReceiptId receipt;  // empty for shift reports
  std::int64_t revision = 0;
  std::uint32_t generation = 0;
  std::uint32_t number = 0;
  RegisterId register_id;
  RegisterIdentity identity;
  TenantId tenant;  // whose register it is
  PoolId pool;
  Fence fence;
  std::string key;
  std::string request;
  std::string fn_before;
  std::uint64_t fd_before = 0;
  std::int64_t proves = 0;          // id of the uncertain attempt this one is the probe of, 0 = none
  std::uint64_t configuration = 0;  // the revision that told the register's document under which it is made
};

// An attempt with its bytes, as a lane follows it.
struct Attempt {
  std::int64_t id = 0;
  Kind kind = Kind::receipt;
  ReceiptId receipt;
  std::string key;
  std::string request;
  std::string remote_id;
  int sends = 1;
  std::string content;          // of the receipt
  std::int64_t age_s = 0;       // since it was opened
  std::uint64_t fd_before = 0;  // the last document known of the register when it was opened
};

// An attempt that was published and goes back into the journal, or one that may have been made.
struct KeptAttempt {
  NewAttempt attempt;                                                    // `fence`: its shard, under no epoch
  receipts::AttemptOutcome outcome = receipts::AttemptOutcome::unknown;  // not open; a person is asked about an unknown
  std::string detail;
  std::int64_t started_at_ms = 0;
};

// An attempt while a transaction holds it.
struct AttemptRow {
  ReceiptId receipt;  // empty: a shift report
  std::string key;
  std::uint32_t number = 0;
  Kind kind = Kind::receipt;
  RegisterIdentity identity;
  RegisterId register_id;
  TenantId tenant;  // whose the register was; empty: an older version made it
  receipts::AttemptOutcome outcome = receipts::AttemptOutcome::open;
  Question question = Question::none;
  int shard = 0;
  int sends = 1;
  std::int64_t proves = 0;
  std::string fn_before;
  std::uint64_t fd_before = 0;
  std::string words;                // what the register said of it, unless "printed"; empty: it never answered
  std::string cause;                // with words
  std::int64_t sent_at_ms = 0;      // when its bytes were last allowed to leave
  std::int64_t finished_at_ms = 0;  // when its end was written down, 0: it is open

  // Its receipt may have been printed by it, for all that is known.
  [[nodiscard]] bool unanswered() const {
    return outcome == receipts::AttemptOutcome::open ||
           (outcome == receipts::AttemptOutcome::unknown && question != Question::settled);
  }
  // Believed not printed, for the register's or a person's word, until a number contradicts it.
  [[nodiscard]] bool believed() const {
    return outcome == receipts::AttemptOutcome::not_printed &&
           (question == Question::settled || (question == Question::none && !words.empty()));
  }
};
using Attempts = std::map<std::int64_t, AttemptRow>;

struct AttemptChange {
  std::optional<receipts::AttemptOutcome> outcome{};  // nullopt: stays as it is
  Question question = Question::none;                 // with an outcome
  std::string detail{};
  std::string remote_id{};  // empty: as it was
  std::string words{};      // empty: they and the cause stay as they are
  std::string cause{};
};

// One thing learned about one attempt.
struct Heard {
  std::int64_t attempt = 0;
  std::string key;           // of the attempt: its id may be another's in a journal that was restored; empty: it is not
  ReceiptId receipt;         // of the attempt, with `key`
  Fence fence;               // under which the decision would be made
  std::int64_t stored = 0;   // id of evidence that is kept already, 0 = new
  int send = 1;              // which sending of the bytes it is about; of an older one only "printed" counts
  bool final = true;         // false: the attempt stays open and is asked about again
  bool provable = false;     // the register cannot be asked: its numbering settles what was lost (exactly-once.md 6)
  bool called_back = false;  // a callback told it, not the gateway's own conversation with the register
  registers::Finding finding;
};

// Evidence that an earlier owner of the shard appended after it had lost it.
struct Undecided {
  Heard heard;
  RegisterId register_id;
  Kind kind = Kind::receipt;
};

// What a cloud told by itself. It is evidence of the attempts it names, which the driver of that register reads.
struct Callback {
  TenantId tenant;         // whose register it is
  RegisterId register_id;  // as it was known when the callback came
  RegisterIdentity identity;
  std::string key;  // of the attempt; it or `remote_id` may be empty
  std::string remote_id;
  std::string body;
};

// An attempt that a callback names.
struct NamedAttempt {
  std::int64_t attempt = 0;
  TenantId tenant;  // of its receipt, empty: a shift report
};

// A callback as evidence of one attempt, still to be read.
struct CalledBack {
  std::int64_t evidence = 0;
  int shard = 0;
  int send = 1;               // the latest when the callback was taken in
  RegisterId register_id;     // as the callback named it
  RegisterIdentity identity;  // of the attempt
  Attempt attempt;
  std::string body;
};

// --- documents and registers ---

// A fiscal storage and the one register whose it is (exactly-once.md 11).
struct Storage {
  std::string fn;
  RegisterIdentity identity;
  TenantId tenant;  // whose the register was when it was bound
};
using Storages = std::map<std::string, Storage>;  // by FN

struct Claim {
  std::string fn;
  std::uint64_t fd = 0;
  std::int64_t attempt = 0;
  ReceiptId receipt;  // empty: a shift report
};

// Shift reports of one register since the last number seen of it.
struct Reports {
  std::uint64_t count = 0;
  bool opened = false;  // one of them opened the shift
};

struct RegisterRow {  // of a physical register
  std::string fn;
  std::uint64_t highest_fd = 0;
  Shift shift = Shift::unknown;
  std::int64_t shift_opened_at_s = 0;
  std::string disputed_fn;  // it named this storage, which is another register's; empty: none
};

// A new storage starts counting again; within one, the highest number seen stands.
struct RegisterChange {
  std::string fn;  // empty: as it was
  std::uint64_t fd = 0;
  std::optional<Shift> shift;  // nullopt: as it was
  bool opened_now = false;
  std::string disputed_fn;  // empty: as it was
};

// What is remembered of a physical register.
struct RegisterMemory : RegisterRow {
  std::uint64_t retired_at = 0;         // nothing is opened under a document of an earlier revision
  std::optional<Attempt> open;          // an attempt whose end nobody knows yet
  std::vector<std::int64_t> questions;  // uncertain attempts that numbering may still settle
  std::vector<Attempt> asked;           // uncertain attempts that it cannot, of a register that can be asked
};

}  // namespace kassaflow::fiscalizer
