#include "kassaflow/receipts/machine.hpp"

#include <algorithm>
#include <iterator>

#include "kassaflow/base/check.hpp"
#include "kassaflow/base/words.hpp"

namespace kassaflow::receipts {
namespace {

constexpr Words<Verb, 5> kVerbs{{
    {"resolve --printed", Verb::resolve_printed},
    {"resolve --not-printed", Verb::resolve_not_printed},
    {"fail", Verb::fail},
    {"hold", Verb::hold},
    {"retry", Verb::retry},
}};

constexpr Words<Effect, 12> kEffects{{
    {"refused", Effect::refused},
    {"done", Effect::document},
    {"stays done, alarm of a second document", Effect::second_document},
    {"answers the attempt, the receipt stays", Effect::answer},
    {"queued after the quiet time", Effect::denial},
    {"failed, the portal is told ERROR", Effect::failed},
    {"held", Effect::held},
    {"held once what is under way ends without a document", Effect::wish},
    {"the reason is replaced", Effect::reason},
    {"a wish to hold it is taken back", Effect::unwish},
    {"queued", Effect::queued},
    {"queued, the error is never told", Effect::queued_if_untold},
}};

constexpr Words<Needs, 5> kNeeds{{
    {"nothing", Needs::none},
    {"an unanswered attempt", Needs::unanswered},
    {"`--not-printed` where an attempt is unanswered", Needs::word},
    {"such a wish", Needs::wished},
    {"that the portal was never told ERROR", Needs::untold},
}};

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::queued:
      return "queued";
    case State::printing:
      return "printing";
    case State::uncertain:
      return "uncertain";
    case State::held:
      return "held";
    case State::done:
      return "done";
    case State::failed:
      return "failed";
  }
  never();
}

Phase phase_of(State state) {
  switch (state) {
    case State::queued:
    case State::held:
      return Phase::waiting;
    case State::printing:
    case State::uncertain:
      return Phase::under_way;
    case State::done:
    case State::failed:
      return Phase::ended;
  }
  never();
}

PortalWord portal_word(State state) {
  switch (state) {
    case State::done:
      return PortalWord::done;
    case State::failed:
      return PortalWord::error;
    case State::queued:
    case State::printing:
    case State::uncertain:
    case State::held:
      return PortalWord::wait;
  }
  never();
}

std::optional<State> state_from(std::string_view word) {
  const auto found = std::ranges::find(kStates, word, [](State state) { return to_string(state); });
  return found == std::end(kStates) ? std::nullopt : std::optional(*found);
}

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
  never();
}

std::string_view to_string(Verb verb) { return word_of(kVerbs, verb); }

Ruling ruling(Verb verb, State state) {
  const bool under_way = phase_of(state) == Phase::under_way;
  switch (verb) {
    case Verb::resolve_printed:
      return {state == State::done ? Effect::second_document : Effect::document, Needs::unanswered};
    case Verb::resolve_not_printed:
      return {under_way ? Effect::denial : Effect::answer, Needs::unanswered};
    case Verb::fail:
      if (phase_of(state) == Phase::ended) return {};
      return {Effect::failed, Needs::word};
    case Verb::hold:
      if (state == State::queued) return {Effect::held};
      if (state == State::held) return {Effect::reason};
      return under_way ? Ruling{Effect::wish} : Ruling{};
    case Verb::retry:
      if (state == State::held) return {Effect::queued};
      if (state == State::failed) return {Effect::queued_if_untold, Needs::untold};
      if (state == State::queued) return {Effect::unwish};
      return under_way ? Ruling{Effect::unwish, Needs::wished} : Ruling{};
  }
  never();
}

std::string describe(const Ruling& ruling) {
  const std::string effect(word_of(kEffects, ruling.effect));
  return ruling.needs == Needs::none ? effect : effect + "; needs " + std::string(word_of(kNeeds, ruling.needs));
}

namespace {

PostVerdict weigh(const Snapshot& receipt, const Posted& post) {
  if (receipt.state == State::failed) {
    // "Print again" makes a new date_create. Anything not newer is an old post under way, or a followed redirect.
    return post.newer ? PostVerdict::reopened : PostVerdict::late;
  }
  const bool untouched = phase_of(receipt.state) == Phase::waiting && !receipt.attempted;
  if (untouched && !receipt.readable) return PostVerdict::replaced;
  // The same receipt for another cashbox is a correction as long as nothing was tried.
  if (post.same_content && (post.same_cashbox || !untouched)) return PostVerdict::repeated;
  if (untouched) return post.newer ? PostVerdict::replaced : PostVerdict::superseded;
  return PostVerdict::conflict;
}

// What keeps a receipt from the queue although its attempt made no document.
State kept_back(State decided, const Snapshot& receipt) {
  if (receipt.unanswered && (decided == State::queued || decided == State::failed)) return State::uncertain;
  if (decided != State::queued) return decided;
  return receipt.hold_wanted || receipt.refused_enough ? State::held : State::queued;
}

Transition follow(const Snapshot& receipt, const Posted& post) {
  const auto verdict = weigh(receipt, post);
  const bool queues = verdict == PostVerdict::reopened ||
                      (verdict == PostVerdict::replaced && !receipt.readable && !receipt.hold_wanted);
  return {queues ? State::queued : receipt.state, Alarm::none, verdict};
}

Transition follow(const Snapshot& receipt, const Told& told) {
  const auto state = receipt.state;
  const bool under_way = phase_of(state) == Phase::under_way;
  switch (told.evidence) {
    case Evidence::printed:
      if (state == State::done) return {state, Alarm::second_document};
      return {State::done, under_way && told.in_question ? Alarm::none : Alarm::printed_after_denial};
    case Evidence::printed_as_another:
      return {state == State::done ? state : State::uncertain};
    case Evidence::doubted:
      return {under_way || state == State::done ? state : State::uncertain};
    case Evidence::not_printed_data:
    case Evidence::not_printed_legally:
    case Evidence::not_printed_other:
    case Evidence::proved_absent:
    case Evidence::lost:
      break;
  }
  if (!told.in_question || !under_way) return {state};
  switch (told.evidence) {
    case Evidence::not_printed_data:
      return {kept_back(State::failed, receipt)};
    case Evidence::not_printed_legally:
      return {State::held};
    case Evidence::not_printed_other:
    case Evidence::proved_absent:
      return {kept_back(State::queued, receipt)};
    case Evidence::lost:
      return {State::uncertain};
    case Evidence::printed:
    case Evidence::printed_as_another:
    case Evidence::doubted:
      break;
  }
  never();
}

Transition follow(const Snapshot& receipt, const Step& step) {
  switch (step) {
    case Step::opened:
      return {receipt.state == State::queued ? State::printing : receipt.state};
    case Step::unprintable:
      return {receipt.state == State::queued ? State::failed : receipt.state};
    case Step::unreadable:
    case Step::foreign:
      return {receipt.state == State::queued ? State::held : receipt.state};
    case Step::error_withheld:
      if (receipt.state != State::failed) return {receipt.state};
      return {receipt.unanswered ? State::uncertain : State::queued};
  }
  never();
}

Transition follow(const Snapshot& receipt, const Ordered& order) {
  const auto state = receipt.state;
  switch (ruling(order.verb, state).effect) {
    case Effect::document:
    case Effect::second_document:
      return follow(receipt, Told{Evidence::printed, order.in_question});
    case Effect::denial:
      if (receipt.unanswered && !order.in_question) return {state};  // the latest attempt is still under way
      return {kept_back(State::queued, receipt)};
    case Effect::failed:
      return {State::failed};
    case Effect::held:
      return {State::held};
    case Effect::queued:
      return {receipt.unanswered ? State::uncertain : State::queued};
    case Effect::refused:
    case Effect::answer:
    case Effect::wish:
    case Effect::reason:
    case Effect::unwish:
    case Effect::queued_if_untold:
      return {state};
  }
  never();
}

}  // namespace

Transition apply(const Snapshot& receipt, const Event& event) {
  return std::visit([&](const auto& one) { return follow(receipt, one); }, event);
}

}  // namespace kassaflow::receipts
