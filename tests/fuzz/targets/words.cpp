// Sentences glued of the corpora's pieces and of any bytes between them (libs/registers/corpus): no sentence that says,
// not negated, that a document exists is ever "not printed", and none about the future is a fault of the present.

#include <algorithm>
#include <boost/json.hpp>
#include <string>

#include "findings.hpp"
#include "laborious.hpp"
#include "registers/src/bit/answer.hpp"
#include "registers/src/itkassa/answer.hpp"
#include "registers/tests/corpus.hpp"

namespace kassaflow::fuzz {
namespace {

namespace json = boost::json;
using namespace registers;

constexpr const char* kRegister = "11111111-2222-3333-4444-555555555555";
constexpr const char* kKey = "5f0c6c55-7a52-4c39-8c34-9f6f5f3e2a01";

struct Pieces {
  std::vector<std::string> refusals;
  std::vector<std::string> documents = tests::claims("document");
  std::vector<std::string> futures = tests::claims("future");

  Pieces() {
    for (const char* name : {"bit", "itkassa"}) {
      for (auto& row : tests::corpus(name)) refusals.push_back(std::move(row.text));
    }
  }
};

struct Sentence {
  std::string text;
  std::int64_t code = 0;
  bool document = false;
  bool future = false;
};

// A byte chooses what comes next and the one after it which; a claim stands between full stops, so that no "не" of
// the bytes before denies it.
Sentence sentence_of(std::string_view input) {
  static const Pieces pieces;
  constexpr std::string_view kGlue[] = {" ", ". ", ", ", ": ", " - ", " (", ") ", "\n", " и ", "; "};
  Sentence sentence;
  const auto next = [&]() -> std::size_t {
    if (input.empty()) return 0;
    const auto byte = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    return byte;
  };
  const auto claim = [&](const std::vector<std::string>& from, bool& said) {
    sentence.text += ". " + from[next() % from.size()] + ". ";
    said = true;
  };
  sentence.code = static_cast<std::int64_t>(next() + next());
  while (!input.empty() && sentence.text.size() < 600) {
    switch (next() % 8) {
      case 0:
        claim(pieces.documents, sentence.document);
        break;
      case 1:
        claim(pieces.futures, sentence.future);
        break;
      case 2: {
        const std::size_t count = next() % 16;
        std::string bytes(input.substr(0, count));
        // Half a character would turn the whole sentence into another charset.
        if (!fiscal::is_utf8(bytes)) std::ranges::transform(bytes, bytes.begin(), [](char c) { return c & 0x7F; });
        sentence.text += bytes;
        input.remove_prefix(std::min(count, input.size()));
        break;
      }
      case 3: {  // a part of a refusal, cut at a word
        const std::string& whole = pieces.refusals[(next() * 256 + next()) % pieces.refusals.size()];
        sentence.text += whole.substr(0, whole.find(' ', next() % (whole.size() + 1)));
        break;
      }
      default:
        sentence.text += pieces.refusals[(next() * 256 + next()) % pieces.refusals.size()];
    }
    sentence.text += kGlue[next() % std::size(kGlue)];
  }
  return sentence;
}

void must_stay_open(const Sentence& sentence, Meaning meaning) {
  require(!sentence.document || !is_refusal(meaning), "a word for an existing document outranks every refusal");
  const bool past = meaning == Meaning::shift_expired || meaning == Meaning::register_fault;
  require(!sentence.future || !past, "a future is not a past");
}

void must_stay_open(const Sentence& sentence, const Finding& finding) {
  check(finding);
  require(!sentence.document || finding.fact != Fact::not_printed, "a document that exists is never \"not printed\"");
  const bool past = finding.cause == Cause::shift_expired || finding.cause == Cause::register_fault;
  require(!sentence.future || finding.fact != Fact::not_printed || !past, "a future is not a past");
}

void answered_by_bit(const Sentence& sentence) {
  bit::Requested requested;
  requested.name = "receipt-700123";
  requested.content = {true, 100'000, fiscal::SettlementType::income};
  requested.timezone = "Europe/Moscow";
  requested.now_s = 1'772'355'700;
  const json::array entry{json::object{{"name", requested.name}, {"error", sentence.text}}};
  const json::object packet{{"result", false}, {"error", sentence.text}};
  must_stay_open(sentence, bit::read_answer(200, json::serialize(entry), requested));
  must_stay_open(sentence, bit::read_answer(200, json::serialize(packet), requested));
}

void answered_by_itkassa(const Sentence& sentence) {
  AttemptRef attempt;
  attempt.key = kKey;
  attempt.body = R"({"commands":[{"type":"sale","amountElectronic":"1000.00"}]})";
  attempt.total_kopecks = 100'000;
  const itkassa::Requested requested = itkassa::requested_of(attempt, kRegister, "Europe/Moscow");
  for (const std::int64_t code :
       {std::int64_t{0}, std::int64_t{68}, std::int64_t{121}, std::int64_t{144}, sentence.code}) {
    const json::object result{
        {"result", "critical_error"}, {"creErrorId", std::to_string(code)}, {"creErrorText", sentence.text}};
    const json::object document{{"id", "d"}, {"type", "sale"}, {"idempKey", kKey}, {"resultItem", result}};
    const json::object answer{{"code", 0}, {"object", document}};
    must_stay_open(sentence, itkassa::read_posted(200, json::serialize(answer), requested));
  }
  const json::object refusal{{"code", 1}, {"message", sentence.text}};
  for (const int status : {200, 400, 401, 404, 422}) {
    const Finding found = itkassa::read_posted(status, json::serialize(refusal), requested);
    // A status of the key or the route speaks for itself, unless the body names a document in words that are known.
    const bool of_status = status == 401 || status == 404;
    must_stay_open(of_status ? Sentence{{}, 0, says_document(sentence.text), false} : sentence, found);
  }
}

void run(std::string_view input) {
  const Sentence sentence = sentence_of(input);
  for (const auto speaker :
       {Speaker::register_itself, Speaker::coded_register, Speaker::refused_packet, Speaker::refusing_service}) {
    must_stay_open(sentence, meaning_of(sentence.text, speaker));
  }
  answered_by_bit(sentence);
  answered_by_itkassa(sentence);
}

// The input itself, as one message.
void judge(std::string_view input) { (void)meaning_of(input, Speaker::refusing_service); }
void judge_success(std::string_view input) { (void)denies_success(input); }
void judge_question(std::string_view input) {
  (void)says_document(input);
  (void)says_future(input);
  (void)says_not_found(input);
}

constexpr std::size_t kLongest = 4096;  // bytes: more words than these are not read

constexpr Cost kCosts[] = {
    {"one_word_again_and_again", [](std::size_t bytes) { return repeated(bytes, "ошибка "); }, judge, kLongest},
    {"questions", [](std::size_t bytes) { return repeated(bytes, "не найден "); }, judge_question, kLongest},
    {"success", [](std::size_t bytes) { return repeated(bytes, "готово "); }, judge_success, kLongest},
    {"errors_in_a_success", [](std::size_t bytes) { return repeated(bytes, "ошибок ноль "); }, judge_success, kLongest},
    {"long_numbers", [](std::size_t bytes) { return repeated(bytes, "123456789 "); }, judge, kLongest},
    {"beginnings_of_phrases",
     [](std::size_t bytes) { return repeated(bytes, "смена ставка итог неверный формат токен ключ "); }, judge,
     kLongest},
    {"negations", [](std::size_t bytes) { return repeated(bytes, "не был не было "); }, judge, kLongest},
    {"one_long_word", [](std::size_t bytes) { return repeated(bytes, "пробитие"); }, judge},
    {"one_word_of_parts", [](std::size_t bytes) { return repeated(bytes, "фд1чек"); }, judge},
    {"two_alphabets", [](std::size_t bytes) { return repeated(bytes, "аo"); }, judge},
    {"guids", [](std::size_t bytes) { return repeated(bytes, "5f0c6c55-7a52-4c39-8c34-9f6f5f3e2a0"); }, judge},
    {"signs", [](std::size_t bytes) { return repeated(bytes, "«[№]»"); }, judge},
    {"one_long_address", [](std::size_t bytes) { return repeated(bytes, "@/:"); }, judge},
};

}  // namespace

constinit const Target words{"words", run, kCosts};

}  // namespace kassaflow::fuzz
