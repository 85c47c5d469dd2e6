#pragma once
// The life of a receipt as a pure function (state, event) -> decision. No I/O, clock or threads.
//
//   queued ──open──► printing ──printed──► done
//     ▲                 │ not_printed(data) ──► failed ──new post──► queued (generation + 1)
//     │◄─ not_printed ──┤
//     │                 └─ unknown ──► uncertain ──printed──► done
//     └───────────── proved not printed ──┘
//   held: certainly not printed, waits for a person: wanted so, refused again and again, the register is for
//         tests, or nobody can read its record
//
// done is terminal: nothing leaves it, a contradiction is an alarm.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kassaflow::receipts {

enum class State : std::uint8_t { queued, printing, uncertain, held, done, failed };
inline constexpr State kStates[] = {State::queued, State::printing, State::uncertain,
                                    State::held,   State::done,     State::failed};

// What states have in common. Most code asks for this, so that a new state need not be named there.
enum class Phase : std::uint8_t {
  waiting,    // no attempt is under way
  under_way,  // what its latest attempts came to decides about it
  ended,      // it stays so unless something new is posted or found
};
[[nodiscard]] Phase phase_of(State state);

// What the portal may be told of it. `error` is the dangerous one, and has conditions of its own (exactly-once.md 14).
enum class PortalWord : std::uint8_t { wait, done, error };
[[nodiscard]] PortalWord portal_word(State state);

[[nodiscard]] std::string_view to_string(State state);
[[nodiscard]] std::optional<State> state_from(std::string_view word);

// --- a post arrives (exactly-once.md 12, 13) ---

struct JournalEntry {  // what the journal has of the receipt
  State state = State::queued;
  bool attempted = false;          // any attempt in this generation
  bool same_content = false;       // digest (and its version) equal to the stored one
  std::int64_t date_create_s = 0;  // of the post whose content is stored
  bool readable = true;            // false: held, because nobody could read its record (exactly-once.md 18)
  bool same_cashbox = true;        // the post names the cashbox and pool that are stored
};

enum class PostVerdict : std::uint8_t {
  opened,      // first post: queued
  repeated,    // same content: nothing changes
  replaced,    // never attempted, newer, or the first that can be read: its content takes the place
  superseded,  // never attempted, older than what is stored: nothing changes
  conflict,    // attempted or done with other content: kept, counted, changes nothing
  reopened,    // certainly failed: queued again, next generation
  late,        // failed, but sent by the portal before the post that failed: re-opens nothing
};
[[nodiscard]] std::string_view to_string(PostVerdict verdict);

// `known` is empty for a receipt not in the journal. Post ids seen before never reach this function.
[[nodiscard]] PostVerdict on_post(const std::optional<JournalEntry>& known, std::int64_t date_create_s);

// --- an attempt learns something ---

enum class Evidence : std::uint8_t {
  printed,
  not_printed_data,     // cannot be printed as it is
  not_printed_other,    // register, link or shift: the receipt is fine
  not_printed_legally,  // only a document without legal force was made: the register is for tests
  lost,                 // bytes may have reached the register, no answer
  proved_absent,        // numbering proof or a person: certainly not printed
  doubted,              // was believed not printed, and now the register's numbering has a gap there
};

enum class Alarm : std::uint8_t {
  none,
  second_document,       // a done receipt has another document
  printed_after_denial,  // a document turned up for a receipt that was certain not to have one
};

struct Decision {
  State state = State::queued;
  Alarm alarm = Alarm::none;
};

// `in_question`: the receipt's state rests on this attempt: it is the latest, or one without an answer of an uncertain
// receipt. Other attempts can only bring news of a document, or the doubt that there is one.
[[nodiscard]] Decision on_evidence(State state, Evidence evidence, bool in_question);

// What keeps a receipt from the queue although its attempt made no document.
struct Blocks {
  bool unanswered = false;      // another attempt of it waits for an answer
  bool hold_wanted = false;     // a person wants it held
  bool refused_enough = false;  // its registers refuse it again and again
};
// The state in the place of a decided one: nothing is queued, or called failed, that may have been printed; nothing is
// queued that a person must look at first.
[[nodiscard]] State kept_back(State decided, const Blocks& blocks);

// --- a person decides (exactly-once.md 16) ---

enum class Verb : std::uint8_t { resolve_printed, resolve_not_printed, fail, hold, retry };
[[nodiscard]] std::string_view to_string(Verb verb);

enum class Effect : std::uint8_t {
  refused,
  document,          // done by the attempt's document
  second_document,   // stays done: an alarm
  answer,            // the attempt is answered, the receipt stays as it is
  denial,            // on_denial() says what becomes of the receipt
  failed,            // the portal is told ERROR
  held,              // nothing is started for it
  wish,              // held once what is under way has ended without a document
  reason,            // the reason is replaced
  unwish,            // the wish is taken back
  queued,            // kept_back() says whether it may be
  queued_if_untold,  // the same, after status has promised never to tell the error
};

enum class Needs : std::uint8_t {
  none,
  unanswered,  // an attempt without an answer, named when there are several
  word,        // a person's "not printed" on the attempt without an answer; none when all are answered
  wished,      // somebody wished it held
  untold,      // the portal was never told that it failed
};

struct Ruling {
  Effect effect = Effect::refused;
  Needs needs = Needs::none;
};
// What a verb does to a receipt in a state, and what it must be given for that.
[[nodiscard]] Ruling ruling(Verb verb, State state);
// The same for people, in one line: "failed: the portal is told ERROR; needs …".
[[nodiscard]] std::string describe(const Ruling& ruling);

// The state after a person's "not printed" on one attempt; `blocks.unanswered`: another one has still no answer.
[[nodiscard]] State on_denial(State state, bool current_attempt, const Blocks& blocks);

}  // namespace kassaflow::receipts
