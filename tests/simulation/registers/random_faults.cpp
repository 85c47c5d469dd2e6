#include "random_faults.hpp"

#include <algorithm>
#include <array>

#include "registers/tests/corpus.hpp"

namespace kassaflow::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::array kServerTrouble{400, 429, 500, 502, 503, 504};
constexpr std::array kKeyOrRoute{401, 403, 404};

}  // namespace

RandomFaults::RandomFaults(std::uint32_t seed, std::uint32_t per_thousand)
    : random_(seed), per_thousand_(per_thousand) {
  static const auto of_drivers = registers::tests::corpus("bit");
  static const auto of_cloud = registers::tests::corpus("itkassa");
  const auto words = [](const registers::tests::CorpusRow& row) {
    return Words{row.text, row.context, row.meaning != "ambiguous"};
  };
  for (const auto& row : of_drivers) (row.context == "packet" ? of_packets_ : of_command_).push_back(words(row));
  for (const auto& row : of_cloud) (row.context == "api" ? of_service_ : of_register_).push_back(words(row));
}

// A sentence of the corpus, or one that a claim is added to, or nonsense: only the first can prove anything.
RandomFaults::Words RandomFaults::one_of(const std::vector<Words>& from) {
  static const auto documents = registers::tests::claims("document");
  static const auto futures = registers::tests::claims("future");
  constexpr std::array kNonsense{"", " ", "ok", "0", "Ктулху", "null", "???", "Ошибка"};
  Words words = from[below(static_cast<std::uint32_t>(from.size()))];
  if (below(3) != 0) return words;
  words.proves = false;
  if (below(4) == 0) {
    words.text = kNonsense.at(below(kNonsense.size()));
  } else {
    const auto& claims = either() ? documents : futures;
    words.text += ". " + claims[below(static_cast<std::uint32_t>(claims.size()))];
  }
  return words;
}

Clock::duration RandomFaults::up_to(Clock::duration longest) {
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
  return std::chrono::milliseconds(below(static_cast<std::uint32_t>(limit) + 1));
}

Trouble RandomFaults::trouble(const http::Request& request, Clock::duration late) {
  Trouble trouble;
  if (!happens(per_thousand_)) return trouble;
  trouble.arrives = either();
  trouble.on_the_way = either() ? Clock::duration::zero() : up_to(request.total_timeout + late);
  switch (below(10)) {
    case 0:
      trouble.connection = Trouble::Connection::unresolved;
      break;
    case 1:
      trouble.connection = either() ? Trouble::Connection::refused : Trouble::Connection::untrusted;
      trouble.connecting = up_to(2 * request.connect_timeout);
      break;
    case 2:
      trouble.connecting = up_to(2 * request.connect_timeout);
      trouble.arrives = true;
      break;
    case 3:
      trouble.write = Trouble::Write::nothing;
      break;
    case 4:
      trouble.write = Trouble::Write::part;
      break;
    case 5:
      trouble.writing = up_to(2 * request.total_timeout);
      break;
    case 6:
      trouble.answer = Trouble::Answer::closed;
      break;
    case 7:
      trouble.answer = Trouble::Answer::cut;
      trouble.cut_after = below(1500);
      break;
    case 8:
      trouble.answer = either() ? Trouble::Answer::garbled : Trouble::Answer::silence;
      break;
    default:
      trouble.answer_on_the_way = up_to(2 * request.total_timeout);
  }
  // Whose write fails gives up at once, and whose connection took its time gives up sooner after the bytes.
  const bool gives_up_early = trouble.write != Trouble::Write::whole || trouble.writing > Clock::duration::zero() ||
                              trouble.connecting > Clock::duration::zero();
  if (gives_up_early) trouble.on_the_way = std::min(trouble.on_the_way, late);
  return trouble;
}

BitFault RandomFaults::of_packet() {
  using Say = BitFault::Say;
  BitFault fault;
  fault.shape = static_cast<BitFault::Shape>(below(8));
  if (!happens(per_thousand_)) return fault;
  if (either()) fault.before_signing = up_to(200s);
  if (either()) fault.before_answer = up_to(200s);
  fault.say = static_cast<Say>(below(12));
  fault.executed = fault.say == Say::truth || either();
  const Words words = one_of(fault.say == Say::packet_refused ? of_packets_ : of_command_);
  fault.text = words.text;
  if (fault.say == Say::success_and_error) fault.text = "Ошибка " + fault.text;  // a blank one is none (§7.1)
  const bool told_alone = fault.say == Say::error || fault.say == Say::packet_refused ||
                          (fault.say == Say::error_with_document && !fault.executed);
  if (told_alone && words.proves) fault.executed = false;
  if (fault.say == Say::page || below(4) == 0) fault.status = kServerTrouble.at(below(kServerTrouble.size()));
  return fault;
}

RequestFault RandomFaults::of_request(ItkassaCloud::Operation operation) {
  using Say = RequestFault::Say;
  RequestFault fault;
  fault.repeat = static_cast<RequestFault::Repeat>(below(3));
  if (!happens(per_thousand_)) return fault;
  if (below(4) == 0) fault.before_answer = up_to(60s);
  fault.say = static_cast<Say>(below(6));
  fault.accepted = fault.say == Say::truth || either();
  if (fault.say == Say::words) {
    const Words words = one_of(of_service_);
    fault.text = words.text;
    fault.status = std::array{200, 400, 409, 422, 429, 500, 503}.at(below(7));
    const bool decides = fault.status < 429;  // the others are no answer of the service (itkassa.md §1)
    if (words.proves && decides) fault.accepted = false;
    const bool question = operation != ItkassaCloud::Operation::post;
    if (question && either()) fault.text = "Документ не найден";
  }
  if (fault.say == Say::page) {
    const bool of_key_or_route = below(3) == 0;
    fault.status =
        of_key_or_route ? kKeyOrRoute.at(below(kKeyOrRoute.size())) : kServerTrouble.at(below(kServerTrouble.size()));
    if (of_key_or_route) fault.accepted = false;  // itkassa.md §1
  }
  fault.twice = operation == ItkassaCloud::Operation::post && fault.accepted && below(8) == 0;
  return fault;
}

TaskFault RandomFaults::of_task() {
  using Say = TaskFault::Say;
  TaskFault fault;
  if (!happens(per_thousand_)) return fault;
  if (either()) fault.in_queue = up_to(20min);
  fault.say = either() ? static_cast<Say>(below(7)) : Say::failure;
  fault.executed = fault.say == Say::truth || either();
  const Words words = one_of(of_register_);
  fault.code = words.context.empty() ? "0" : words.context;
  fault.text = words.text;
  if (fault.say == Say::success_with_error && fault.code == "0") fault.code = "44";
  const bool told_alone = fault.say == Say::failure || (fault.say == Say::part_of_document && !fault.executed);
  if (told_alone && words.proves) fault.executed = false;
  fault.stuck = below(20) == 0;
  fault.forgotten = below(10) == 0;
  fault.withheld = fault.say == Say::part_of_document ? 0 : static_cast<int>(below(4));
  fault.old_state = static_cast<int>(below(4));
  fault.callbacks = callbacks(fault.executed);
  return fault;
}

std::vector<CallbackFault> RandomFaults::callbacks(bool executed) {
  std::vector<CallbackFault> all(below(4));
  for (CallbackFault& one : all) one = callback(executed);
  return all;
}

CallbackFault RandomFaults::callback(bool executed) {
  using Say = CallbackFault::Say;
  CallbackFault fault;
  if (either()) fault.after = up_to(10min);
  fault.wrong_secret = below(5) == 0;
  if (either()) return fault;
  fault.say = static_cast<Say>(below(5));
  if (fault.say == Say::forged_success) fault.wrong_secret = true;
  const Words words = one_of(of_register_);
  fault.code = words.context.empty() ? "0" : words.context;
  fault.text = words.text;
  if (fault.say == Say::failure && words.proves && executed) fault.wrong_secret = true;
  return fault;
}

}  // namespace kassaflow::simulation
