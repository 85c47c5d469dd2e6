#pragma once
// The life of a receipt as one pure function, apply(): what the journal knows of it, an event -> the state afterwards.
// It is total; docs/architecture/transitions.md shows it whole. No I/O, clock or threads.
//
//   queued ──open──► printing ──printed──► done
//     ▲                 │ not_printed(data) ──► failed ──new post──► queued (generation + 1)
//     │◄─ not_printed ──┤
//     │                 └─ unknown ──► uncertain ──printed──► done
//     └───────────── proved not printed ──┘
//   held: certainly not printed, waits for a person: wanted so, refused again and again, the register is for
//         tests, nobody can read its record, or its pool is another tenant's
//
// done is terminal: nothing leaves it, a contradiction is an alarm.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

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

// What decides about a receipt, as the journal knows it when an event comes.
struct Snapshot {
  State state = State::queued;
  bool attempted = false;       // in this generation
  bool readable = true;         // false: held, because nobody could read its record (exactly-once.md 18)
  bool unanswered = false;      // an attempt of it beside the event's waits for an answer
  bool hold_wanted = false;     // a person wants it held
  bool refused_enough = false;  // its registers refuse it again and again
};

// --- a post arrives (exactly-once.md 12, 13); posts seen before are no event ---

struct Posted {
  bool newer = false;         // its date_create is above that of the post whose content is stored
  bool same_content = false;  // digest (and its version) equal to the stored one
  bool same_cashbox = true;   // it names the cashbox and pool that are stored
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

// --- an attempt learns something ---

enum class Evidence : std::uint8_t {
  printed,
  printed_as_another,   // the document it is told is another attempt's (exactly-once.md 11)
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

struct Told {
  Evidence evidence = Evidence::lost;
  // The receipt's state rests on this attempt: it is the latest, or one without an answer of an uncertain receipt.
  // Other attempts can only bring news of a document, or the doubt that there is one.
  bool in_question = true;
};

// --- the gateway goes a step ---

enum class Step : std::uint8_t {
  opened,          // an attempt is in the journal
  unprintable,     // no register of its pool can express it
  unreadable,      // this program cannot read it
  foreign,         // the pool it is queued for is another tenant's
  error_withheld,  // status has promised never to tell why it failed: the retry that a person wished
};

// --- a person decides (exactly-once.md 16) ---

enum class Verb : std::uint8_t { resolve_printed, resolve_not_printed, fail, hold, retry };
[[nodiscard]] std::string_view to_string(Verb verb);

enum class Effect : std::uint8_t {
  refused,
  document,          // done by the attempt's document
  second_document,   // stays done: an alarm
  answer,            // the attempt is answered, the receipt stays as it is
  denial,            // queued, unless something keeps it back
  failed,            // the portal is told ERROR
  held,              // nothing is started for it
  wish,              // held once what is under way has ended without a document
  reason,            // the reason is replaced
  unwish,            // the wish is taken back
  queued,            // unless an attempt of it may have been printed
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

struct Ordered {
  Verb verb = Verb::hold;
  bool in_question = true;  // as in Told, of the attempt that a person answers for
};

// --- what follows ---

using Event = std::variant<Posted, Told, Step, Ordered>;

struct Transition {
  State state = State::queued;
  Alarm alarm = Alarm::none;
  PostVerdict verdict = PostVerdict::opened;  // of a post
};
// Nothing is queued, or called failed, that may have been printed; nothing is queued that a person must look at first.
// A receipt that the journal does not know is opened by its first post.
[[nodiscard]] Transition apply(const Snapshot& receipt, const Event& event);

}  // namespace kassaflow::receipts
