// Inputs from real life (tests/fixtures/cases): what is printed of each, or why it is refused.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "posts.hpp"

namespace kassaflow::bitrix24 {
namespace {

std::string case_body(const std::string& name) {
  std::ifstream file(std::string(KASSAFLOW_CASES) + "/" + name + ".form", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct ExpectedLine {
  std::string name;
  std::int64_t price, thousandths;
};

struct RealCase {
  std::string name;
  std::string refused;  // what the text for the manager says; empty: it is printed
  std::int64_t total = 0;
  std::vector<ExpectedLine> lines = {};
  std::string code = {};      // [2000] of the first line
  std::string supplier = {};  // [1225] of the first line
  std::string contact = "buyer@example.ru";
};

// Whole lines stand where the kopecks fall; the first takes the cheaper price.
std::vector<ExpectedLine> fifty_one_lines() {
  std::vector<ExpectedLine> lines;
  for (int i = 1; i <= 51; ++i) lines.push_back({"Позиция " + std::to_string(i), i <= 34 ? 3333 : 3334, 3000});
  return lines;
}

const std::vector<RealCase> kCases = {
    {"51-lines-of-3-x-33.33", "", 510000, fifty_one_lines()},
    {"email-idn-domain", "", 10000, {{"Чай \"Ассам\" 100 г", 10000, 1000}}, "", "", "test@xn--80aswg.xn--p1ai"},
    {"html-entities", "", 10000, {{"MacBook Pro 15'' \"Retina\" & чехол", 10000, 1000}}},
    {"letters-with-marks", "", 10000, {{"L'Oreal Paris Creme 50 ml", 10000, 1000}}},
    {"marking-base64", "Позиция 1, поле items[0].marking_code: код маркировки закодирован в base64"},
    {"marking-brackets", "Позиция 1, поле items[0].marking_code: контрольная цифра GTIN 04620070230721 не сходится"},
    {"marking-brackets-ffd105", "Позиция 1, поле items[0].marking_code: контрольная цифра GTIN 04620070230721"},
    {"marking-escaped-u001d",
     "",
     499000,
     {{"Кроссовки", 499000, 1000}},
     "0104680046264732\x1D"
     "215l>VEUc\x1D"
     "93Is54"},
    {"marking-russian-layout", "Позиция 1, поле items[0].marking_code: в коде маркировки русские буквы"},
    {"marking-trailing-blank",
     "",
     499000,
     {{"Кроссовки", 499000, 1000}},
     "010460043993125621JgXJ5.T-9m3xA\x1D"
     "93dGVz"},
    {"name-cut-mid-character", "", 10000, {{"Чай зелёный китайский крупнолис", 10000, 1000}}},
    {"screws-10000-x-1.2345", "", 1234500, {{"Саморез 3,5х25", 123, 5500000}, {"Саморез 3,5х25", 124, 4500000}}},
    {"supplier-cut-mid-character", "", 10000, {{"Tea", 10000, 1000}}, "", "ООО \"Поста"},
    {"zero-total", "", 0, {{"Подарок", 0, 1000}}},  // refused by ingress where no register of the pool takes it
};

class InputsOfRealLife : public testing::TestWithParam<RealCase> {};

TEST_P(InputsOfRealLife, HaveTheRightValue) {
  const RealCase& expected = GetParam();
  const auto form = Form::parse(case_body(expected.name));
  ASSERT_TRUE(form.has_value()) << form.error().message;
  for (const fiscal::Ffd ffd : {fiscal::Ffd::v1_05, fiscal::Ffd::v1_2}) {
    if (!expected.refused.empty()) {
      const std::string said = refused(*form, settings(ffd));
      EXPECT_NE(said.find(expected.refused), std::string::npos) << said;
      continue;
    }
    const fiscal::Receipt receipt = mapped(*form, settings(ffd));
    EXPECT_EQ(receipt.total.value(), expected.total);
    EXPECT_EQ(receipt.buyer_contact, expected.contact);
    EXPECT_TRUE(receipt.warnings.empty());
    ASSERT_EQ(receipt.lines.size(), expected.lines.size());
    fiscal::Kopecks sum;
    for (std::size_t i = 0; i < receipt.lines.size(); ++i) {
      EXPECT_EQ(receipt.lines[i].name, expected.lines[i].name);
      EXPECT_EQ(receipt.lines[i].price.value(), expected.lines[i].price) << i;
      EXPECT_EQ(receipt.lines[i].quantity.thousandths(), expected.lines[i].thousandths) << i;
      sum += receipt.lines[i].sum;
    }
    EXPECT_EQ(sum, receipt.total);
    EXPECT_EQ(receipt.lines.at(0).marking_code, expected.code);
    EXPECT_EQ(receipt.lines[0].supplier.value_or(fiscal::Supplier{}).name, expected.supplier);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, InputsOfRealLife, testing::ValuesIn(kCases), [](const auto& param) {
  std::string name = param.param.name;
  std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
  return name;
});

TEST(Cases, AllHaveARow) {
  std::set<std::string> files, rows;
  for (const auto& entry : std::filesystem::directory_iterator(KASSAFLOW_CASES)) {
    files.insert(entry.path().stem().string());
  }
  for (const RealCase& row : kCases) rows.insert(row.name);
  EXPECT_EQ(files, rows);
}

}  // namespace
}  // namespace kassaflow::bitrix24
