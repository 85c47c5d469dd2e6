#include "src/common/wording.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "common/text.hpp"
#include "corpus.hpp"
#include "test_seed.hpp"

namespace kassaflow::registers {
namespace {

using namespace tests;

class WordCorpus : public testing::TestWithParam<const char*> {
 protected:
  static Meaning heard(std::string_view text, std::string_view context) {
    return std::string_view(GetParam()) == "bit" ? heard_from_bit(text, context) : heard_from_itkassa(text, context);
  }
};

TEST_P(WordCorpus, EverySentenceHasItsClass) {
  const auto rows = corpus(GetParam());
  ASSERT_GE(rows.size(), 80U);
  std::set<std::string> classes;
  for (const CorpusRow& row : rows) {
    EXPECT_EQ(word_of(heard(row.text, row.context)), row.meaning)
        << GetParam() << ".tsv:" << row.line << ": " << row.context << " " << row.text;
    classes.insert(row.meaning);
  }
  EXPECT_EQ(classes.size(), 6U) << "every class has its sentences";
}

// Whatever stands in what is not read: nobody knows.
TEST_P(WordCorpus, MoreWordsThanAreReadAreNoRefusal) {
  std::set<std::string> classes;
  for (const CorpusRow& row : corpus(GetParam())) {
    if (row.text.empty() || !classes.insert(row.meaning).second) continue;  // one of each
    std::string text;
    for (std::size_t i = 0; i <= WordSequence::kLimit; ++i) text += row.text + ". ";
    EXPECT_FALSE(is_refusal(heard(text, row.context))) << row.line << ": " << row.text;
    EXPECT_TRUE(says_document(text));
    EXPECT_TRUE(denies_success(text));
    EXPECT_FALSE(says_not_found(text));
  }
}

TEST(Words, AreCountedToTheLimitAndNotBeyond) {
  std::string text;
  for (std::size_t i = 0; i < WordSequence::kLimit; ++i) text += "чек ";
  EXPECT_EQ(WordSequence(text).size(), WordSequence::kLimit);
  EXPECT_TRUE(WordSequence(text).whole());
  for (const char* more : {"чек", "фд1чек"}) {
    EXPECT_EQ(WordSequence(text + more).size(), WordSequence::kLimit);
    EXPECT_FALSE(WordSequence(text + more).whole());
  }
}

// Each of the claims (corpus/claims.tsv), in every sentence it is added to, leaves the outcome open.
TEST_P(WordCorpus, AWordForAnExistingDocumentOutranksEveryRefusal) {
  std::size_t turn = 0;  // each refusal meets every claim, in one of four ways
  for (const CorpusRow& row : corpus(GetParam())) {
    for (const std::string& claim : claims("document")) {
      const std::string ways[] = {row.text + ". " + claim, claim + ", " + row.text, row.text + " (" + claim + ")",
                                  "«" + claim + "» " + row.text};
      const std::string& text = ways[turn++ % std::size(ways)];
      EXPECT_FALSE(is_refusal(heard(text, row.context))) << row.line << ": " << text;
    }
    ++turn;
  }
}

TEST_P(WordCorpus, AFutureIsNeverAPast) {
  for (const CorpusRow& row : corpus(GetParam())) {
    for (const std::string& future : claims("future")) {
      for (const std::string& text : {row.text + " " + future, future + " " + row.text}) {
        EXPECT_TRUE(says_future(text)) << text;
        EXPECT_FALSE(is_refusal(heard(text, row.context))) << row.line << ": " << text;
      }
    }
  }
}

// Any pieces of known sentences, cut at any word, in any order: KASSAFLOW_TEST_SEED repeats a run.
TEST_P(WordCorpus, GluedSentencesNeverHideADocument) {
  const auto seed = test_seed(1);
  SCOPED_TRACE(seed_note(seed));
  std::mt19937 random(seed);
  const auto rows = corpus(GetParam());
  const auto documents = claims("document");
  constexpr std::string_view kGlue[] = {" ",  ". ", ", ", ": ",  " - ",  " (", ") ",
                                        " «", "» ", "\n", " и ", " но ", "; "};
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  for (int round = 0; round < 5'000 && !HasFailure(); ++round) {
    const std::string& context = rows[below(rows.size())].context;
    std::string text;
    const std::size_t pieces = 1 + below(3);
    const std::size_t claim_at = below(pieces + 1);
    for (std::size_t piece = 0; piece <= pieces; ++piece) {
      const auto glue = [&] { text += kGlue[below(std::size(kGlue))]; };
      if (piece == claim_at) {
        glue();
        text += documents[below(documents.size())];
      }
      glue();
      const std::string& whole = rows[below(rows.size())].text;
      const std::size_t cut = below(3) == 0 ? whole.find(' ', below(whole.size() + 1)) : std::string::npos;
      if (piece < pieces) text += whole.substr(0, cut);
    }
    EXPECT_FALSE(is_refusal(heard(text, context))) << context << ": " << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, WordCorpus, testing::Values("bit", "itkassa"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Wording, ADeniedWordIsIgnoredOnlyWhereItIsDenied) {
  for (const char* text :
       {"Чек не пробит: смена закрыта", "Чек не был оформлен. Смена закрыта", "Receipt not registered: смена закрыта"})
    EXPECT_EQ(meaning_of(text, Speaker::register_itself), Meaning::shift_closed) << text;
  for (const char* text :
       {"Не, оформлен. Смена закрыта", "Чек ещё не пробит: смена закрыта", "Чек не напечатан: смена закрыта",
        "Чек не закрыт: смена закрыта", "Чек пробит, не оформлен: смена закрыта"})
    EXPECT_FALSE(is_refusal(meaning_of(text, Speaker::register_itself))) << text;
}

TEST(Wording, NoPhraseHidesAWordThatHasGrownToIt) {
  for (const char* text : {"Смена превысила 24 часапробит", "Неверная суммаоформлен чека",
                           "Ошибка регистрациизарегистрирован: смена закрыта"})
    EXPECT_FALSE(is_refusal(meaning_of(text, Speaker::register_itself))) << text;
}

TEST(Wording, ASuccessThatDeniesIsNone) {
  for (const char* text : {"Ошибка: чек не пробит", "Чек не зарегистрирован", "Не удалось оформить чек", "Нет бумаги",
                           "Смена превысила 24 часа", "Отказ", "Операция невозможна", "error 12", "Повторный заказ"})
    EXPECT_TRUE(denies_success(text)) << text;
  for (const char* text : {"", "ok", "true", "Чек напечатан", "Команда выполнена успешно", "Ошибок нет",
                           "[ Sale ] Ошибок нет", "Без ошибок", "no errors", "Чек пробит, копия отправлена на email"})
    EXPECT_FALSE(denies_success(text)) << text;
}

TEST(Wording, OnlyAPlainNegativeIsAbsence) {
  for (const char* text : {"Документ не найден", "Not found", "Чек не найден", "document not found"})
    EXPECT_TRUE(says_not_found(text)) << text;
  for (const char* text : {"", "Документ не найден в очереди, уже напечатан", "Сервис не найден", "Ключ не найден",
                           "Документ не найден: нет связи", "Файл документа не найден на принтере"})
    EXPECT_FALSE(says_not_found(text)) << text;
}

// A text may be long and hostile; its reading stays short.
TEST(Wording, ReadsAnyLength) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "неверная сумма чека не ";
  EXPECT_FALSE(is_refusal(meaning_of(text, Speaker::register_itself)));
}

}  // namespace
}  // namespace kassaflow::registers
