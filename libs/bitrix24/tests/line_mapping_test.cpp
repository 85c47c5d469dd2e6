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
  const std::string product_code("DM\0\x80", 4);
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
    if (c.codes == Codes::both) post.set("items[0][marking_code]", "0104\x1D");
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
      EXPECT_EQ(receipt->lines[0].marking_code, c.codes == Codes::both ? "0104\x1D" : "") << what;
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
  post.set("items[0][measure_code]", "").set("items[0][marking_code]", "0104");
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

TEST(LineMapping, LongAndUnprintableNamesAreMadePrintable) {
  std::string name = "Чай «Ассам» – 5 €";
  EXPECT_EQ(mapped(PostBuilder().set("items[0][name]", name).form()).lines.at(0).name, "Чай \"Ассам\" - 5 ?");
  name.clear();
  for (int i = 0; i < 300; ++i) name += "ж";
  EXPECT_EQ(mapped(PostBuilder().set("items[0][name]", name).form()).lines.at(0).name.size(), 256U);
}

}  // namespace
}  // namespace kassaflow::bitrix24
