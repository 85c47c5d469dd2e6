#include "kassaflow/bitrix24/answers.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "kassaflow/bitrix24/check_apply.hpp"

namespace kassaflow::bitrix24 {
namespace {

fiscal::FiscalDocument whole_document() {
  fiscal::FiscalDocument document;
  document.fn = "9999078900001234";
  document.fd = 12345;
  document.fp = "2345678901";
  document.registration_number = "0001234567012345";
  document.shift = 12;
  document.receipt_number = 10;
  document.printed_at_s = 1780300865;
  return document;
}

TEST(Answers, AcceptedNamesTheReceipt) {
  EXPECT_EQ(print_accepted("7d0c2f0e-6b1a-4c55-9a53-0f6c2a8f1b11"),
            R"({"UUID":"7d0c2f0e-6b1a-4c55-9a53-0f6c2a8f1b11"})");
}

TEST(Answers, RefusalIsAlwaysANonEmptyArrayOfTexts) {
  EXPECT_EQ(print_refused("Касса «box-1» не найдена."), R"({"ERRORS":["Касса «box-1» не найдена."]})");
  EXPECT_EQ(print_refused(std::vector<std::string>{"a", "b"}), R"({"ERRORS":["a","b"]})");
  for (const auto& errors : {std::vector<std::string>{}, std::vector<std::string>{""}}) {
    const auto answer = boost::json::parse(print_refused(errors)).as_object();
    ASSERT_EQ(answer.at("ERRORS").as_array().size(), 1U);
    EXPECT_FALSE(answer.at("ERRORS").as_array()[0].as_string().empty());
    EXPECT_FALSE(answer.contains("UUID"));
  }
}

TEST(Answers, WhoeverReadsARefusalOfAnUnknownRequestFindsItsKey) {
  EXPECT_EQ(refused_either("Неверный адрес."), R"({"STATUS":"WAIT","ERRORS":["Неверный адрес."]})");
}

// The portal decodes the JSON and shows what is in it.
TEST(Answers, TextsAreWhatAFormOfThePortalShows) {
  struct Case {
    std::string_view text;
    std::string_view shown;
  };
  for (const auto& [text, shown] :
       {Case{"Нет \"бумаги\" в C:\\kkt", "Нет \"бумаги\" в C:\\kkt"},
        Case{"нет бумаги\nЧек напечатан", R"(нет бумаги\nЧек напечатан)"},
        Case{"\x1B[2K\x7F\xFF\xD0", R"(\u001b[2K\u007f\xff\xd0)"}, Case{"\u202Eнатачепан", R"(\u202eнатачепан)"}}) {
    EXPECT_EQ(boost::json::parse(print_refused(text)).at("ERRORS").as_array()[0].as_string(), shown);
    EXPECT_EQ(boost::json::parse(refused_either(text)).at("ERRORS").as_array()[0].as_string(), shown);
    EXPECT_EQ(boost::json::parse(check_error("u", text)).at("ERROR").as_string(), shown);
    EXPECT_EQ(boost::json::parse(check_apply_error("u", text)).at("ERROR").as_string(), shown);
  }
}

TEST(Answers, LongListsAndTextsAreCut) {
  const auto many = boost::json::parse(print_refused(std::vector<std::string>(25, "x"))).at("ERRORS").as_array();
  ASSERT_EQ(many.size(), kErrorsLimit + 1);
  EXPECT_EQ(many.back().as_string(), "…и ещё ошибок: 5");
  std::string text = "a";
  while (text.size() < 5000) text += "ж";
  const auto cut = boost::json::parse(print_refused(text)).at("ERRORS").as_array();
  EXPECT_EQ(cut[0].as_string().size(), 2 * kErrorTextLimit - 1);  // letters of two bytes after the first
}

TEST(Answers, WaitIsWait) { EXPECT_EQ(check_wait(), R"({"STATUS":"WAIT"})"); }

TEST(Answers, DoneCarriesTheRegistersAttributes) {
  EXPECT_EQ(
      check_done("u", whole_document()),
      R"({"STATUS":"DONE","UUID":"u","REG_NUMBER_KKT":"0001234567012345","FISCAL_DOC_ATTR":"2345678901",)"
      R"("FISCAL_DOC_NUMBER":"12345","FISCAL_RECEIPT_NUMBER":"10","FN_NUMBER":"9999078900001234","SHIFT_NUMBER":"12",)"
      R"("PRINT_END_TIME":1780300865})");
}

TEST(Answers, Rule19_DoneLeavesOutWhatTheRegisterDidNotTell) {
  EXPECT_EQ(check_done("u", {}), R"({"STATUS":"DONE","UUID":"u"})");
  fiscal::FiscalDocument some;
  some.fd = 7;
  EXPECT_EQ(check_done("u", some), R"({"STATUS":"DONE","UUID":"u","FISCAL_DOC_NUMBER":"7"})");
}

TEST(Answers, ErrorCarriesItsText) {
  EXPECT_EQ(check_error("u", "ФН исчерпан"), R"({"STATUS":"ERROR","UUID":"u","ERROR":"ФН исчерпан"})");
}

}  // namespace
}  // namespace kassaflow::bitrix24
