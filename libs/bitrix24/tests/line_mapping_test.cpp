// One item of a post into one line.

#include <gtest/gtest.h>

#include "kassaflow/bitrix24/mapping.hpp"
#include "posts.hpp"

namespace kassaflow::bitrix24 {
namespace {

using fiscal::Ffd;
using fiscal::Vat;

struct ObjectCase {
  const char* name;
  int subject;                         // whatever the register's format, 0 = refused
  std::optional<Ffd> refused_in = {};  // the one format that cannot say it
};

TEST(LineMapping, MapsEveryPaymentObject) {  // protocols/ffd.md §10
  for (const ObjectCase& c : {
           ObjectCase{"commodity", 1},
           {"excise", 2},
           {"job", 3},
           {"service", 4},
           {"gambling_bet", 5},
           {"gambling_prize", 6},
           {"lottery", 7},
           {"lottery_prize", 8},
           {"intellectual_activity", 9},
           {"payment", 10},
           {"agent_commission", 11},
           {"composite", 12, Ffd::v1_2},
           {"another", 13},
           {"property_right", 14},
           {"non-operating_gain", 15},
           {"sales_tax", 17},
           {"resort_fee", 18},
           {"deposit", 19},
           {"expense", 20},
           {"pension_insurance_ip", 21},
           {"pension_insurance", 22},
           {"medical_insurance_ip", 23},
           {"medical_insurance", 24},
           {"social_insurance", 25},
           {"casino_payment", 26},
           {"commodity_marking_no_marking_excise", 30},
           {"commodity_marking_no_marking", 32},
           {"insurance_premium", 0},
           {"Commodity", 0},
           {"", 0},
       }) {
    for (const Ffd ffd : {Ffd::v1_05, Ffd::v1_2}) {
      const bool printed = c.subject != 0 && c.refused_in != ffd;
      const auto receipt = map_receipt(PostBuilder().set("items[0][payment_object]", c.name).form(), settings(ffd));
      ASSERT_EQ(receipt.has_value(), printed) << c.name << (receipt ? "" : joined(receipt.error()));
      if (receipt) {
        EXPECT_EQ(static_cast<int>(receipt->lines.at(0).subject), c.subject) << c.name;
      } else {
        EXPECT_NE(joined(receipt.error()).find("Позиция 1, поле items[0].payment_object"), std::string::npos) << c.name;
      }
    }
  }
}

enum class Codes { none, product, both };

struct MarkedCase {
  const char* object;
  Codes codes;
  MarkedWithoutCode policy;
  int subject;                  // 0 = refused
  bool refused_in_1_2 = false;  // which takes only the scanned code for one
};

TEST(LineMapping, MarkedGoodsFollowCodeAndPolicy) {  // protocols/bitrix24.md §5.6
  constexpr auto refuse = MarkedWithoutCode::refuse;
  constexpr auto allow = MarkedWithoutCode::allow;
  const std::string code =
      "010460043993125621JgXJ5.T-9m3xA\x1D"
      "93dGVz";
  const std::string product_code = "DM\x04/\x1F\x96\x81xJgXJ5.T-9m3xA";
  for (const MarkedCase& c : {
           MarkedCase{"commodity_marking", Codes::both, refuse, 33},
           {"commodity_marking", Codes::both, allow, 33},
           {"commodity_marking", Codes::product, refuse, 33, true},
           {"commodity_marking", Codes::product, allow, 32},
           {"commodity_marking", Codes::none, refuse, 0},
           {"commodity_marking", Codes::none, allow, 32},
           {"commodity_marking_excise", Codes::both, refuse, 31},
           {"commodity_marking_excise", Codes::product, refuse, 31, true},
           {"commodity_marking_excise", Codes::product, allow, 30},
           {"commodity_marking_excise", Codes::none, refuse, 0},
           {"commodity_marking_excise", Codes::none, allow, 30},
       }) {
    PostBuilder post;
    post.amounts("450", "1", "450").set("items[0][payment_object]", c.object);
    if (c.codes == Codes::both) post.set("items[0][marking_code]", code);
    if (c.codes != Codes::none) post.set("items[0][nomenclature_code]", product_code);
    for (const Ffd ffd : {Ffd::v1_05, Ffd::v1_2}) {
      const std::string what = c.object + std::string(ffd == Ffd::v1_2 ? " 1.2 codes " : " 1.05 codes ") +
                               std::to_string(static_cast<int>(c.codes));
      const auto receipt = map_receipt(post.form(), settings(ffd, c.policy));
      const bool printed = c.subject != 0 && !(c.refused_in_1_2 && ffd == Ffd::v1_2);
      ASSERT_EQ(receipt.has_value(), printed) << what << (receipt ? "" : joined(receipt.error()));
      if (!receipt) {
        EXPECT_NE(joined(receipt.error()).find("Позиция 1, поле items[0].marking_code"), std::string::npos) << what;
        continue;
      }
      EXPECT_EQ(static_cast<int>(receipt->lines.at(0).subject), c.subject) << what;
      EXPECT_EQ(receipt->lines[0].marking_code, c.codes == Codes::both ? code : "") << what;
      EXPECT_EQ(receipt->lines[0].product_code, c.codes == Codes::none ? "" : product_code) << what;
    }
  }
}

// A pool's format may change between the post and the printing.
TEST(LineMapping, TellsTheSameWhateverThePoolPrintsNow) {
  for (const char* name : {"sell-marked-two-units", "sell-two-goods-discount-delivery", "sell-marked-without-code",
                           "fullprepayment", "creditpayment", "prepayment-scaled-lines", "sell-agent-supplier"}) {
    const Form form = *Form::parse(fixture(name));
    EXPECT_EQ(mapped(form, settings(Ffd::v1_05, MarkedWithoutCode::allow)),
              mapped(form, settings(Ffd::v1_2, MarkedWithoutCode::allow)))
        << name;
  }
}

TEST(LineMapping, CodesOfUnmarkedLinesDoNotTravel) {
  const auto receipt = mapped(PostBuilder().set("items[0][marking_code]", "0104").form(), settings(Ffd::v1_2));
  EXPECT_EQ(receipt.lines.at(0).marking_code, "");
}

struct MeasureCase {
  const char* okei;  // nullptr: not sent
  const char* object;
  int measure;
};

TEST(LineMapping, NamesTheUnitWhateverTheFormat) {
  for (const MeasureCase& c : {MeasureCase{"796", "commodity", 0},
                               {"166", "commodity", 11},
                               {"006", "commodity", 22},
                               {"999", "commodity", 255},
                               {"166", "payment", 11},
                               {"", "commodity", 255},
                               {nullptr, "commodity", 255},
                               {"", "service", 0},
                               {nullptr, "service", 0},
                               {nullptr, "payment", 0}}) {
    PostBuilder post;
    post.set("items[0][payment_object]", c.object).drop("items[0][measure_code]");
    if (c.okei != nullptr) post.set("items[0][measure_code]", c.okei);
    for (const Ffd ffd : {Ffd::v1_05, Ffd::v1_2})
      EXPECT_EQ(mapped(post.form(), settings(ffd)).lines.at(0).measure, c.measure) << c.object;
  }
}

TEST(LineMapping, ACodedUnitIsAPiece) {
  PostBuilder post;
  post.amounts("450", "1", "450").set("items[0][payment_object]", "commodity_marking");
  post.set("items[0][measure_code]", "").set("items[0][marking_code]", "04600439931256");
  EXPECT_EQ(mapped(post.form()).lines.at(0).measure, 0);
}

struct RateCase {
  Vat plain, calculated;
};

TEST(LineMapping, PrepaymentsCarryCalculatedRates) {
  for (const RateCase& c : {RateCase{Vat::none, Vat::none},
                            {Vat::vat_0, Vat::vat_0},
                            {Vat::vat_5, Vat::vat_5_105},
                            {Vat::vat_7, Vat::vat_7_107},
                            {Vat::vat_10, Vat::vat_10_110},
                            {Vat::vat_20, Vat::vat_20_120},
                            {Vat::vat_22, Vat::vat_22_122}}) {
    const std::map<std::int32_t, Vat> vat = {{2, c.plain}};
    const MappingSettings how{.vat = vat};
    EXPECT_EQ(mapped(PostBuilder().form(), how).lines.at(0).vat, c.plain);
    for (const char* method : {"full_prepayment", "prepayment"}) {
      EXPECT_EQ(mapped(PostBuilder().set("items[0][payment_method]", method).form(), how).lines.at(0).vat,
                c.calculated);
    }
  }
}

TEST(LineMapping, SupplierMakesAnAgentLine) {
  const auto receipt = mapped(PostBuilder()
                                  .set("items[0][supplier_info][name]", "ООО «Агент»")
                                  .set("items[0][supplier_info][phones][0]", "8 (495) 123-45-67")
                                  .form());
  ASSERT_TRUE(receipt.lines.at(0).supplier.has_value());
  EXPECT_EQ(*receipt.lines[0].supplier, (fiscal::Supplier{"ООО \"Агент\"", "000000000000", {"+74951234567"}}));
  EXPECT_FALSE(mapped(PostBuilder().set("items[0][supplier_info][inn]", "").form()).lines.at(0).supplier.has_value());
}

std::vector<std::string> kinds(const fiscal::Receipt& receipt) {
  std::vector<std::string> out;
  for (const fiscal::Warning& warning : receipt.warnings) {
    EXPECT_TRUE(warning.text.ends_with('.')) << warning.text;
    out.push_back(warning.kind + "@" + std::to_string(warning.line));
  }
  return out;
}

struct SupplierCase {
  const char *inn, *phone, *printed;
  std::vector<std::string> kinds;
};

TEST(LineMapping, WarnsOfADoubtfulSupplier) {
  for (const SupplierCase& c : {
           SupplierCase{"7708709686", "+74951234567", "7708709686", {}},
           {"", "+74951234567", "000000000000", {}},
           {"7708709686", "", "7708709686", {"supplier_without_phone@1"}},
           {"7708709687", "+74951234567", "7708709687", {"supplier_inn_wrong@1"}},
           {"500100732258", "+74951234567", "500100732258", {"supplier_inn_wrong@1"}},
           {"123", "+74951234567", "000000000000", {"supplier_inn_wrong@1"}},
           {"ИНН 7708709686", "", "000000000000", {"supplier_inn_wrong@1", "supplier_without_phone@1"}},
       }) {
    PostBuilder post;
    post.set("items[0][supplier_info][name]", "ООО").set("items[0][supplier_info][inn]", c.inn);
    post.set("items[0][supplier_info][phones][0]", c.phone);
    const auto receipt = mapped(post.form());
    EXPECT_EQ(receipt.lines.at(0).supplier->inn, c.printed);
    EXPECT_EQ(kinds(receipt), c.kinds) << c.inn;
  }
}

struct VatSumCase {
  const char *type, *vat, *vat_sum;
  bool warned;
};

TEST(LineMapping, WarnsOfATaxOfAnotherRateAndPrintsTheMaps) {  // 450.00 of two pieces
  for (const VatSumCase& c : {
           VatSumCase{"sell", "2", "40.90909091", false},
           {"sell", "2", "40.92", false},
           {"sell", "2", "0", false},             // not computed
           {"sell", "2", "20.45454545", false},   // of one piece of the position
           {"sell", "2", "122.72727273", false},  // of a position of six
           {"sell", "2", "75", true},
           {"sell", "3", "75", true},
           {"sell", "0", "75", true},
           {"sell", "3", "81.14754098", false},
           {"sellreturn", "3", "75", true},
           {"sellreturn", "3", "81.15", false},
           {"fullprepayment", "2", "40.91", false},
           {"fullprepayment", "2", "75", true},
           {"sell", "2", "x", false},
           {"sell", "2", "-75", false},
       }) {
    PostBuilder post;
    post.type(c.type, std::string_view(c.type) == "sellreturn" ? "consumption" : "income");
    if (std::string_view(c.type) == "fullprepayment") post.drop("items[0][payment_method]");
    const auto without = mapped(post.set("items[0][vat]", c.vat).form());
    auto receipt = mapped(post.set("items[0][vat_sum]", c.vat_sum).form());
    EXPECT_EQ(kinds(receipt), c.warned ? std::vector<std::string>{"vat_sum_mismatch@1"} : std::vector<std::string>{})
        << c.type << " " << c.vat << " " << c.vat_sum;
    receipt.warnings.clear();
    EXPECT_EQ(receipt, without);
  }
}

// A line of the receipt, not of the post: a split one before it counts twice.
TEST(LineMapping, WarningsNameTheLineOfTheReceipt) {
  PostBuilder post;
  post.amounts("33.33333333", "3", "99.99999999").set("payments[0][sum]", "550").set("total_sum", "550");
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"name", "Кофе"},
                                                                                   {"price", "450"},
                                                                                   {"sum", "450"},
                                                                                   {"quantity", "1"},
                                                                                   {"vat", "2"},
                                                                                   {"vat_sum", "75"},
                                                                                   {"payment_object", "commodity"}}) {
    post.set("items[1][" + key + "]", value);
  }
  EXPECT_EQ(kinds(mapped(post.form())), std::vector<std::string>{"vat_sum_mismatch@3"});
}

struct CodeCase {
  const char *posted, *expected;
};

TEST(LineMapping, PrintsTheCodeAsScannedOrSaysWhyNot) {
  PostBuilder post;
  post.amounts("450", "1", "450").set("items[0][payment_object]", "commodity_marking");
  for (const CodeCase& c : {CodeCase{"]d2(01)04600439931256(21)JgXJ5.T-9m3xA(93)dGVz\r\n",
                                     "010460043993125621JgXJ5.T-9m3xA\x1D"
                                     "93dGVz"},
                            {"010460043993125621JgXJ5.T-9m3xA", "010460043993125621JgXJ5.T-9m3xA"}}) {
    for (const Ffd ffd : {Ffd::v1_05, Ffd::v1_2}) {
      const auto receipt = mapped(post.set("items[0][marking_code]", c.posted).form(), settings(ffd));
      EXPECT_EQ(receipt.lines.at(0).marking_code, c.expected);
    }
  }
  for (const auto policy : {MarkedWithoutCode::refuse, MarkedWithoutCode::allow}) {
    EXPECT_NE(refused(post.set("items[0][marking_code]", "0104 21").form(), settings(Ffd::v1_2, policy))
                  .find("Позиция 1, поле items[0].marking_code: внутри кода маркировки есть пробел."),
              std::string::npos);
  }
  post.set("items[0][marking_code]", "010460043993125621JgXJ5.T-9m3xA");
  post.set("items[0][nomenclature_code]", "DM\x04/\x1F\x96\x81yJgXJ5.T-9m3xA");
  EXPECT_NE(refused(post.form()).find("Позиция 1, поле items[0].marking_code: код товара противоречит"),
            std::string::npos);
  post.drop("items[0][marking_code]");
  for (const auto policy : {MarkedWithoutCode::refuse, MarkedWithoutCode::allow}) {
    EXPECT_NE(refused(post.form(), settings(Ffd::v1_05, policy))
                  .find("Позиция 1, поле items[0].nomenclature_code: контрольная цифра"),
              std::string::npos);
  }
}

TEST(LineMapping, LongAndUnprintableNamesAreMadePrintable) {
  std::string name = "Чай «Ассам» – 5 €";
  EXPECT_EQ(mapped(PostBuilder().set("items[0][name]", name).form()).lines.at(0).name, "Чай \"Ассам\" - 5 ?");
  name.clear();
  for (int i = 0; i < 300; ++i) name += "ж";
  EXPECT_EQ(mapped(PostBuilder().set("items[0][name]", name).form()).lines.at(0).name.size(), 256U);
}

}  // namespace
}  // namespace kassaflow::bitrix24
