#include "kassaflow/documents/words.hpp"

#include <gtest/gtest.h>

#include "kassaflow/v1/fiscalizer.pb.h"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::documents {
namespace {

template <class Enum>
void expect_one_word_each(bool zero_has_one) {
  const auto& type = *google::protobuf::GetEnumDescriptor<Enum>();
  for (int i = 0; i < type.value_count(); ++i) {
    const auto value = static_cast<Enum>(type.value(i)->number());
    const auto word = word_of(value);
    if (value == 0 && !zero_has_one) {
      EXPECT_EQ(word, "unknown") << type.full_name();
    } else {
      EXPECT_EQ(value_of<Enum>(word), value) << type.value(i)->full_name();
    }
  }
}

TEST(Words, EveryValuePeopleReadOrWriteHasOneOfItsOwn) {
  expect_one_word_each<v1::Service>(false);
  expect_one_word_each<v1::Taxation>(false);
  expect_one_word_each<v1::Ffd>(false);
  expect_one_word_each<v1::Deduplication>(false);
  expect_one_word_each<v1::MarkedWithoutCode>(false);
  expect_one_word_each<v1::ReceiptState>(false);
  expect_one_word_each<v1::AttemptOutcome>(false);
  expect_one_word_each<v1::Shift>(true);
}

TEST(Words, AValueOfANewerProgramIsUnknownAndNeverGuessed) {
  EXPECT_EQ(word_of(static_cast<v1::Ffd>(99)), "unknown");
  EXPECT_EQ(value_of<v1::Ffd>("1.20"), std::nullopt);
  EXPECT_EQ(value_of<v1::Ffd>(""), std::nullopt);
  EXPECT_EQ(value_of<v1::Ffd>("unknown"), std::nullopt);
  EXPECT_EQ(value_of<v1::ReceiptState>("gone"), std::nullopt);
}

TEST(Words, AreListedForErrorTexts) {
  EXPECT_EQ(words_of<v1::Taxation>(), "osn, usn_income, usn_income_outcome, esn or patent");
  EXPECT_EQ(words_of<v1::Ffd>(), "\"1.05\" or \"1.2\"") << "YAML would read a number";
}

}  // namespace
}  // namespace kassaflow::documents
