#include "kassaflow/receipts/machine.hpp"

#include "kassaflow/base/words.hpp"

namespace kassaflow::receipts {
namespace {

constexpr Words<State, 6> kStates{{
    {"queued", State::queued},
    {"printing", State::printing},
    {"uncertain", State::uncertain},
    {"held", State::held},
    {"done", State::done},
    {"failed", State::failed},
}};

}  // namespace

std::string_view to_string(State state) { return word_of(kStates, state); }

std::optional<State> state_from(std::string_view word) { return value_of(kStates, word); }

std::string_view to_string(PostVerdict verdict) {
  switch (verdict) {
    case PostVerdict::opened:
      return "opened";
    case PostVerdict::repeated:
      return "repeated";
    case PostVerdict::replaced:
      return "replaced";
    case PostVerdict::superseded:
      return "superseded";
    case PostVerdict::conflict:
      return "conflict";
    case PostVerdict::reopened:
      return "reopened";
    case PostVerdict::late:
      return "late";
  }
  __builtin_unreachable();
}

PostVerdict on_post(const std::optional<Known>& known, std::int64_t date_create_s) {
  if (!known) return PostVerdict::opened;
  if (known->state == State::failed) {
    // "Print again" makes a new date_create. Anything not newer is an old post under way, or a followed redirect.
    return date_create_s > known->date_create_s ? PostVerdict::reopened : PostVerdict::late;
  }
  if (!known->readable) return PostVerdict::replaced;
  const bool untouched = (known->state == State::queued || known->state == State::held) && !known->attempted;
  // The same receipt for another cashbox is a correction as long as nothing was tried.
  if (known->same_content && (known->same_cashbox || !untouched)) return PostVerdict::repeated;
  if (untouched) {
    return date_create_s > known->date_create_s ? PostVerdict::replaced : PostVerdict::superseded;
  }
  return PostVerdict::conflict;
}

Decision on_evidence(State state, Evidence evidence, bool in_question) {
  if (evidence == Evidence::printed) {
    switch (state) {
      case State::done:
        return {State::done, Alarm::second_document};
      case State::printing:
      case State::uncertain:
        return {State::done, in_question ? Alarm::none : Alarm::printed_after_denial};
      case State::queued:
      case State::held:
      case State::failed:
        return {State::done, Alarm::printed_after_denial};
    }
  }
  if (evidence == Evidence::doubted) {
    const bool believed = state == State::queued || state == State::held || state == State::failed;
    return {believed ? State::uncertain : state, Alarm::none};
  }
  if (!in_question || (state != State::printing && state != State::uncertain)) return {state, Alarm::none};
  switch (evidence) {
    case Evidence::not_printed_data:
      return {State::failed, Alarm::none};
    case Evidence::not_printed_legally:
      return {State::held, Alarm::none};
    case Evidence::not_printed_other:
    case Evidence::proved_absent:
      return {State::queued, Alarm::none};
    case Evidence::lost:
      return {State::uncertain, Alarm::none};
    case Evidence::printed:
    case Evidence::doubted:
      break;
  }
  __builtin_unreachable();
}

State kept_back(State decided, const Blocks& blocks) {
  if (blocks.unanswered && (decided == State::queued || decided == State::failed)) return State::uncertain;
  if (decided != State::queued) return decided;
  return blocks.hold_wanted || blocks.refused_enough ? State::held : State::queued;
}

bool may_resolve(State state) { return state == State::uncertain; }
bool may_retry(State state) { return state == State::held || state == State::failed; }

}  // namespace kassaflow::receipts
