#include "src/common/finding.hpp"

#include <gtest/gtest.h>

namespace kassaflow::registers {
namespace {

// What is left of an answer that says this in every place.
Finding left_of(const std::string& said, const std::string& credential) {
  Finding found;
  found.text = found.code = found.remote_id = said;
  return fit_to_leave(std::move(found), Secret(credential), said);
}

TEST(Masking, TakesTheCredentialAwayWhereverItStands) {
  struct Case {
    std::string credential;
    std::string said;
    std::string left;
  };
  for (const auto& [credential, said, left] :
       {Case{"token", "wrong token token-token", "wrong *** ***-***"}, Case{"a", "aaa", "*********"},
        Case{"aa", "aaa", "***a"}, Case{"*", "2*2", "2***2"}, Case{"token", "tok", "tok"}, Case{"token", "", ""},
        Case{"", "anything", "anything"}}) {
    const Finding found = left_of(said, credential);
    for (const std::string* text : {&found.text, &found.code, &found.remote_id, &found.raw_answer}) {
      EXPECT_EQ(*text, left) << credential << " in " << said;
    }
  }
}

TEST(Masking, KnowsItAsJsonEscapesIt) {
  struct Case {
    std::string credential;
    std::string json;
    std::string left;
  };
  for (const auto& [credential, json, left] :
       {Case{"a/b", R"({"token":"a\/b"})", R"({"token":"***"})"}, Case{"ab", R"("\u0061\u0062")", R"("***")"},
        Case{"ab", R"("x\u0061b\u0061")", R"("x***\u0061")"}, Case{R"(a"\)", R"("a\"\\")", R"("***")"},
        Case{"ключ", R"("\u043a\u043B\u044e\u0447")", R"("***")"}, Case{R"(a\nb)", R"(a\nb)", "***"},
        Case{"a\nb", R"("a\nb")", R"("***")"}, Case{"ab", R"("\u006)", R"("\u006)"}, Case{"ab", R"(\q\)", R"(\q\)"},
        Case{"", R"("\u0061")", R"("\u0061")"}}) {
    EXPECT_EQ(left_of(json, credential).raw_answer, left) << credential << " in " << json;
  }
}

// A text is cleaned before it is looked through: what is taken out must not make a credential of its halves.
TEST(Masking, LooksAtWhatIsKept) {
  const std::string halves("to\0ken \xE2\xF2", 10);
  EXPECT_EQ(left_of(halves, "token").text, "*** вт");
}

// Stars are shorter than a credential: what follows many of them moves towards the beginning.
TEST(Masking, NoPieceOfACredentialIsLeftAtTheLimit) {
  const std::string credential(128, 'x');
  std::string said;
  while (said.size() < 3 * kRawAnswerLimit) said += credential + "-";
  const Finding found = left_of(said, credential);
  EXPECT_EQ(found.raw_answer.find('x'), std::string::npos);
  EXPECT_LE(found.raw_answer.size(), kRawAnswerLimit);
}

}  // namespace
}  // namespace kassaflow::registers
