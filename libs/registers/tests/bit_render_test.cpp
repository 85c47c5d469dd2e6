#include "src/bit/render.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "receipts.hpp"
#include "src/common/render_common.hpp"

namespace kassaflow::registers::bit {
namespace {

namespace json = boost::json;
using namespace tests;

json::object data(const fiscal::Receipt& receipt, const fiscal::Till& given = till()) {
  const auto body = render(receipt, given, "700123", 2);
  EXPECT_TRUE(body) << body.error().message;
  return json::parse(*body).as_array().at(0).as_object()["data"].as_object();
}

fiscal::Receipt one(const fiscal::Line& line, fiscal::SettlementType settlement_type = fiscal::SettlementType::income) {
  fiscal::Receipt receipt = mugs();
  receipt.settlement_type = settlement_type;
  receipt.lines = {line};
  receipt.total = receipt.payments.cashless = line.sum;
  return receipt;
}

fiscal::Till till_1_2() {
  fiscal::Till given = till();
  given.ffd = fiscal::Ffd::v1_2;
  return given;
}

json::object line(const fiscal::Line& given, const fiscal::Till& with = till()) {
  return data(one(given), with)["1059"].as_array().at(0).as_object();
}

// protocols/bit-driver.md §6.4
TEST(BitRender, WritesOneCommandWithMoneyOfTwoDecimals) {
  EXPECT_EQ(
      *render(mugs(), till_1_2(), "700123", 2),
      R"([{"name":"receipt-700123","type":"kktReceiptFiscalization","showMode":4,"data":{"1059":[{)"
      R"("productName_1030":"Кружка 0.3 л","price_1079":500.00,"qty_1023":2,"amount_1043":1000.00,"unit_2108":0,)"
      R"("paymentFormCode_1214":4,"productTypeCode_1212":1,"tax_1199":6}],"cashierName_1021":"Иванова А.А.","cashierInn_1203":"",)"
      R"("payments":{"cash_1031":0.00,"ecash_1081":1000.00,"prepayment_1215":0.00,"credit_1216":0.00,"barter_1217":0.00},)"
      R"("taxationType_1055":2,"receiptType_1054":1,"sendToEmail_1008":"buyer@example.ru","electronically":true,"timeZone_1011":2}}])");
}

TEST(BitRender, WritesTheLawsCodes) {
  for (std::uint8_t method = 1; method <= 7; ++method) {
    fiscal::Line given = mug();
    given.method = static_cast<fiscal::PaymentMethod>(method);
    EXPECT_EQ(line(given)["paymentFormCode_1214"], int{method});
  }
  for (std::uint8_t vat = 1; vat <= 12; ++vat) {
    fiscal::Line given = mug();
    given.vat = static_cast<fiscal::Vat>(vat);
    EXPECT_EQ(line(given)["tax_1199"], int{vat});
  }
  for (const int settlement_type : {1, 2, 3, 4}) {
    EXPECT_EQ(data(one(mug(), static_cast<fiscal::SettlementType>(settlement_type)))["receiptType_1054"],
              settlement_type);
  }
  for (const int taxation : {1, 2, 4, 16, 32}) {
    fiscal::Till given = till();
    given.taxation = static_cast<fiscal::Taxation>(taxation);
    EXPECT_EQ(data(mugs(), given)["taxationType_1055"], taxation);
  }
}

// protocols/ffd.md §3.4, §10: one receipt, whatever the format of the register that prints it.
TEST(BitRender, WritesEverySubjectAsItsFormatKnowsIt) {
  for (int subject = 1; subject <= 33; ++subject) {
    if (subject == 28 || subject == 29) continue;
    const int in_1_05 = subject < 27 ? subject : subject == 27 ? 0 : subject <= 31 ? 2 : 1;  // 0: refused
    const int in_1_2 = subject == 12 ? 0 : subject;
    fiscal::Line given = mug();
    given.subject = static_cast<fiscal::PaymentSubject>(subject);
    if (subject == 31 || subject == 33) given.marking_code = given.product_code = "0104";
    for (const auto& [expected, with] : {std::pair(in_1_05, till()), std::pair(in_1_2, till_1_2())}) {
      if (expected != 0) {
        EXPECT_EQ(line(given, with)["productTypeCode_1212"], expected) << subject;
      } else {
        const auto refused = render(one(given), with, "1", 2);
        ASSERT_FALSE(refused) << subject;
        EXPECT_NE(refused.error().message.find("предмет расчёта"), std::string::npos);
      }
    }
  }
}

TEST(BitRender, WritesEveryPaymentExactly) {
  fiscal::Receipt receipt = mugs();
  receipt.payments = {fiscal::Kopecks(10001), fiscal::Kopecks(20002), fiscal::Kopecks(30003), fiscal::Kopecks(20000),
                      fiscal::Kopecks(19994)};
  EXPECT_NE(
      render(receipt, till(), "1", 2)
          ->find(
              R"("payments":{"cash_1031":100.01,"ecash_1081":200.02,"prepayment_1215":300.03,"credit_1216":200.00,"barter_1217":199.94})"),
      std::string::npos);
}

TEST(BitRender, WritesFractionsOfAUnitExactly) {
  fiscal::Line given = mug();
  given.price = fiscal::Kopecks(123);
  given.quantity = fiscal::Quantity(2345);
  given.sum = fiscal::Kopecks(288);
  EXPECT_NE(render(one(given), till(), "1", 2)->find(R"("price_1079":1.23,"qty_1023":2.345,"amount_1043":2.88)"),
            std::string::npos);
}

TEST(BitRender, SendsTheMeasureInFormat12Only) {
  fiscal::Line given = mug();
  given.measure = 11;
  EXPECT_EQ(line(given, till_1_2())["unit_2108"], 11);
  EXPECT_EQ(line(mug(), till_1_2())["unit_2108"], 0);
  EXPECT_FALSE(line(given).contains("unit_2108"));
}

TEST(BitRender, SendsMarkingAsTheFormatWantsIt) {
  fiscal::Line given = mug();
  given.subject = fiscal::PaymentSubject::marked;
  given.marking_code =
      "0104600439931256215\x1d"
      "93dGVz";
  given.product_code = std::string("DM\x04\x2f\x00", 5);
  const json::object in_1_2 = line(given, till_1_2());
  EXPECT_EQ(in_1_2.at("mrkcode_2000"), "MDEwNDYwMDQzOTkzMTI1NjIxNR05M2RHVno=");
  EXPECT_EQ(in_1_2.at("imcType_2100"), 256);
  EXPECT_EQ(in_1_2.at("imcModeProcessing_2102"), 0);
  EXPECT_EQ(in_1_2.at("itemEstimatedStatus_2003"), 1);
  EXPECT_FALSE(in_1_2.contains("nomenclatureCode_1162"));
  const json::object returned =
      data(one(given, fiscal::SettlementType::income_return), till_1_2())["1059"].as_array().at(0).as_object();
  EXPECT_EQ(returned.at("itemEstimatedStatus_2003"), 3);
  const json::object in_1_05 = line(given);
  EXPECT_EQ(in_1_05.at("nomenclatureCode_1162"), "RE0ELwA=");
  EXPECT_FALSE(in_1_05.contains("mrkcode_2000"));
}

// A line that may be printed without a code says so by its subject.
TEST(BitRender, LeavesOutTheProductCodeWhereTheFormatHasNone) {
  fiscal::Line given = mug();
  given.subject = fiscal::PaymentSubject::marked_without_code;
  given.product_code = "DM";
  EXPECT_EQ(line(given)["nomenclatureCode_1162"], "RE0=");
  EXPECT_EQ(line(given)["productTypeCode_1212"], 1);
  EXPECT_FALSE(line(given, till_1_2()).contains("nomenclatureCode_1162"));
  EXPECT_EQ(line(given, till_1_2())["productTypeCode_1212"], 32);
}

TEST(BitRender, RefusesACodeTheFormatCannotUse) {
  fiscal::Line product_only = mug();
  product_only.subject = fiscal::PaymentSubject::marked;
  product_only.product_code = "DM";
  EXPECT_TRUE(render(one(product_only), till(), "1", 2));
  EXPECT_NE(render(one(product_only), till_1_2(), "1", 2).error().message.find("кода маркировки"), std::string::npos);
  fiscal::Line scanned_only = mug();
  scanned_only.marking_code = "0104";
  EXPECT_NE(render(one(scanned_only), till(), "1", 2).error().message.find("кода товара"), std::string::npos);
}

TEST(BitRender, WritesTheAgentGroupOfASupplier) {
  fiscal::Line given = mug();
  given.supplier = fiscal::Supplier{"ООО «Поставщик»", "7707083893", {"+74951234567"}};
  EXPECT_EQ(
      json::serialize(line(given)["agent"]),
      R"({"agentCode_1222":64,"supplierPhone_1171":"+74951234567","supplierINN_1226":"7707083893","supplierName_1225":"ООО «Поставщик»"})");
  EXPECT_FALSE(line(mug()).contains("agent"));
}

TEST(BitRender, PrintsOnPaperWhenThereIsNoContact) {
  fiscal::Receipt receipt = mugs();
  receipt.buyer_contact.clear();
  EXPECT_EQ(data(receipt)["electronically"], false);
  EXPECT_FALSE(data(receipt).contains("sendToEmail_1008"));
}

TEST(BitRender, LeavesOutAnUnknownTimeZone) {
  EXPECT_EQ(render(mugs(), till(), "1", std::nullopt)->find("timeZone_1011"), std::string::npos);
}

TEST(BitRender, AcceptsOnlyKeysThatFitAHeader) {
  for (const char* good : {"700123", "a-Z_9", "5f0c6c55-7a52-8c39-8c34-9f6f5f3e2a01"})
    EXPECT_TRUE(render(mugs(), till(), good, 2)) << good;
  for (const char* bad : {"", "a b", "1\r\nX: y", "ключ", "a.b"})
    EXPECT_EQ(render(mugs(), till(), bad, 2).error().code, kBadOrderId) << bad;
  EXPECT_FALSE(render(mugs(), till(), std::string(65, '1'), 2));
}

TEST(BitRender, RefusesSumsThatDoNotAgree) {
  fiscal::Receipt receipt = mugs();
  receipt.payments.cash = fiscal::Kopecks(1);
  EXPECT_EQ(render(receipt, till(), "1", 2).error().code, kReceiptSums);
}

TEST(BitRender, WritesShiftCommands) {
  EXPECT_EQ(
      render_shift(ShiftCommand::open, till(), "9"),
      R"([{"name":"shift-9","type":"kktOpenShift","showMode":4,"data":{"cashierName_1021":"Иванова А.А.","cashierInn_1203":""}}])");
  EXPECT_EQ(
      render_shift(ShiftCommand::close, till(), "9"),
      R"([{"name":"shift-9","type":"kktCloseShift","showMode":4,"data":{"cashierName_1021":"Иванова А.А.","cashierInn_1203":""}}])");
}

}  // namespace
}  // namespace kassaflow::registers::bit
