#include "src/itkassa/render.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "kassaflow/registers/protocol.hpp"
#include "receipts.hpp"
#include "src/common/render_common.hpp"

namespace kassaflow::registers::itkassa {
namespace {

namespace json = boost::json;
using namespace tests;

json::object command(const fiscal::Receipt& receipt, const fiscal::Till& given = till()) {
  const auto body = render(receipt, given, kKey, kCreItem);
  EXPECT_TRUE(body) << body.error().message;
  return json::parse(*body).as_object()["commands"].as_array().at(0).as_object();
}

json::object line(const fiscal::Line& line, fiscal::Ffd ffd = fiscal::Ffd::v1_05) {
  fiscal::Receipt receipt = mugs();
  receipt.lines = {line};
  receipt.total = receipt.payments.cashless = line.sum;
  fiscal::Till given = till();
  given.ffd = ffd;
  return command(receipt, given)["lines"].as_array().at(0).as_object();
}

std::string refusal(const fiscal::Line& line, fiscal::Ffd ffd = fiscal::Ffd::v1_05) {
  fiscal::Receipt receipt = mugs();
  receipt.lines = {mug(), line};
  receipt.total = receipt.payments.cashless = mug().sum + line.sum;
  fiscal::Till given = till();
  given.ffd = ffd;
  const auto body = render(receipt, given, kKey, kCreItem);
  return body ? "rendered: " + *body : body.error().message;
}

// protocols/itkassa.md §4.2, the page's own sample.
TEST(ItkassaRender, WritesTheSampleOfTheManual) {
  EXPECT_EQ(
      *render(mugs(), till(), kKey, kCreItem),
      R"({"creItemId":"11111111-2222-3333-4444-555555555555","idempKey":"5f0c6c55-7a52-8c39-8c34-9f6f5f3e2a01","commands":[{)"
      R"("type":"sale","isPrintable":false,"sno":"sno_ysn_d","tagCashierName":"Иванова А.А.",)"
      R"("tagClientContact":"buyer@example.ru","tagSaleLocation":"https://shop.example.ru","lines":[{)"
      R"("title":"Кружка 0.3 л","price":"500.00","quantity":"2","total":"1000.00","tax":"vat_none","ppr":"goods",)"
      R"("psr":"full_settle"}],"amountElectronic":"1000.00"}]})");
}

TEST(ItkassaRender, RendersTheSameBytesAgain) {
  EXPECT_EQ(*render(mugs(), till(), kKey, kCreItem), *render(mugs(), till(), kKey, kCreItem));
}

TEST(ItkassaRender, NamesEverySign) {
  const std::pair<fiscal::SettlementType, const char*> rows[] = {{fiscal::SettlementType::income, "sale"},
                                                                 {fiscal::SettlementType::income_return, "returnSale"},
                                                                 {fiscal::SettlementType::expense, "buy"},
                                                                 {fiscal::SettlementType::expense_return, "returnBuy"}};
  for (const auto& [settlement_type, name] : rows) {
    fiscal::Receipt receipt = mugs();
    receipt.settlement_type = settlement_type;
    EXPECT_EQ(command(receipt)["type"], name);
  }
}

TEST(ItkassaRender, NamesEveryTaxation) {
  const std::pair<fiscal::Taxation, const char*> rows[] = {{fiscal::Taxation::osn, "sno_osn"},
                                                           {fiscal::Taxation::usn_income, "sno_ysn_d"},
                                                           {fiscal::Taxation::usn_income_outcome, "sno_ysn_dmr"},
                                                           {fiscal::Taxation::esn, "sno_esn"},
                                                           {fiscal::Taxation::patent, "sno_psn"}};
  for (const auto& [taxation, name] : rows) {
    fiscal::Till given = till();
    given.taxation = taxation;
    EXPECT_EQ(command(mugs(), given)["sno"], name);
  }
}

// protocols/ffd.md §10; 6 is the trap of protocols/itkassa.md §5.2.
TEST(ItkassaRender, NamesEveryMethod) {
  const char* const names[] = {"prepayment_100", "prepayment",      "advance",       "full_settle",
                               "credit",         "credit_transfer", "credit_payment"};
  for (std::uint8_t method = 1; method <= 7; ++method) {
    fiscal::Line given = mug();
    given.method = static_cast<fiscal::PaymentMethod>(method);
    EXPECT_EQ(line(given)["psr"], names[method - 1]) << int{method};
  }
}

TEST(ItkassaRender, NamesEveryVatOfTheManual) {
  const char* const names[] = {"vat_20", "vat_10", "vat_120", "vat_110", "vat_0", "vat_none"};
  for (std::uint8_t vat = 1; vat <= 6; ++vat) {
    fiscal::Line given = mug();
    given.vat = static_cast<fiscal::Vat>(vat);
    EXPECT_EQ(line(given)["tax"], names[vat - 1]) << int{vat};
  }
}

TEST(ItkassaRender, RefusesEveryRateTheManualDoesNotName) {
  const std::pair<std::uint8_t, const char*> rows[] = {{7, "5%"},     {8, "7%"},   {9, "5/105"},
                                                       {10, "7/107"}, {11, "22%"}, {12, "22/122"}};
  for (const auto& [vat, name] : rows) {
    fiscal::Line given = mug();
    given.name = "Чайник";
    given.vat = static_cast<fiscal::Vat>(vat);
    const std::string message = refusal(given);
    EXPECT_TRUE(message.starts_with("Строка 2 «Чайник»: ")) << message;
    EXPECT_NE(message.find(name), std::string::npos) << message;
    EXPECT_NE(message.find("ставка НДС"), std::string::npos) << message;
  }
}

struct SubjectRow {
  std::uint8_t subject;
  const char* in_1_05;  // nullptr: refused
  const char* in_1_2;
};

TEST(ItkassaRender, NamesEverySubjectOfTheManualAndRefusesTheRest) {
  const SubjectRow rows[] = {{1, "goods", "goods"},
                             {2, "excise_goods", "excise_goods"},
                             {3, "job", "job"},
                             {4, "service", "service"},
                             {5, "bet_in_game", "bet_in_game"},
                             {6, "winning_in_game", "winning_in_game"},
                             {7, "lottery_ticket", "lottery_ticket"},
                             {8, "lottery_winning", "lottery_winning"},
                             {9, "ipr", "ipr"},
                             {10, "payment", "payment"},
                             {11, "agent_commission", "agent_commission"},
                             {12, "composite", nullptr},
                             {13, "other", "other"},
                             {30, "excise_goods", "excise_goods"},
                             {31, "excise_goods", "excise_goods"},
                             {32, "goods", "goods"},
                             {33, "goods", "goods"}};
  for (const SubjectRow& row : rows) {
    for (const fiscal::Ffd ffd : {fiscal::Ffd::v1_05, fiscal::Ffd::v1_2}) {
      const char* const name = ffd == fiscal::Ffd::v1_05 ? row.in_1_05 : row.in_1_2;
      fiscal::Line given = mug();
      given.subject = static_cast<fiscal::PaymentSubject>(row.subject);
      if (row.subject == 31 || row.subject == 33) given.marking_code = "0104";
      if (name != nullptr) {
        EXPECT_EQ(line(given, ffd)["ppr"], name) << int{row.subject};
      } else {
        EXPECT_NE(refusal(given, ffd).find("предмет расчёта 12"), std::string::npos);
      }
    }
  }
  for (std::uint8_t subject = 14; subject <= 27; ++subject) {
    fiscal::Line given = mug();
    given.subject = static_cast<fiscal::PaymentSubject>(subject);
    EXPECT_NE(refusal(given).find("предмет расчёта " + std::to_string(subject)), std::string::npos);
  }
}

TEST(ItkassaRender, NamesEveryPaymentAndOmitsZeroes) {
  fiscal::Receipt receipt = mugs();
  receipt.payments = {fiscal::Kopecks(10001), fiscal::Kopecks(20002), fiscal::Kopecks(30003), fiscal::Kopecks(20000),
                      fiscal::Kopecks(19994)};
  const json::object all = command(receipt);
  EXPECT_EQ(all.at("amountCash"), "100.01");
  EXPECT_EQ(all.at("amountElectronic"), "200.02");
  EXPECT_EQ(all.at("amountPrepaid"), "300.03");
  EXPECT_EQ(all.at("amountCredit"), "200.00");
  EXPECT_EQ(all.at("amountIncoming"), "199.94");
  const json::object one = command(mugs());
  for (const char* absent : {"amountCash", "amountPrepaid", "amountCredit", "amountIncoming"})
    EXPECT_FALSE(one.contains(absent)) << absent;
}

TEST(ItkassaRender, PrintsOnPaperWhenThereIsNoContact) {
  fiscal::Receipt receipt = mugs();
  receipt.buyer_contact.clear();
  const json::object given = command(receipt);
  EXPECT_EQ(given.at("isPrintable"), true);
  EXPECT_FALSE(given.contains("tagClientContact"));
}

TEST(ItkassaRender, KeepsMoneyAndQuantityExact) {
  fiscal::Line given = mug();
  given.price = fiscal::Kopecks(89050);
  given.quantity = fiscal::Quantity(401);
  given.sum = fiscal::Kopecks(35709);
  const json::object rendered = line(given);
  EXPECT_EQ(rendered.at("price"), "890.50");
  EXPECT_EQ(rendered.at("quantity"), "0.401");
  EXPECT_EQ(rendered.at("total"), "357.09");
}

TEST(ItkassaRender, CutsTitlesAt128Characters) {
  fiscal::Line given = mug();
  given.name.clear();
  for (int i = 0; i < 130; ++i) given.name += "Ж";
  EXPECT_EQ(line(given)["title"].as_string().size(), 256u);
}

TEST(ItkassaRender, WritesTheSupplierOfAnAgentLine) {
  fiscal::Line given = mug();
  given.supplier = fiscal::Supplier{"ООО «Поставщик»", "7707083893", {"+74951234567", "+74957654321"}};
  const json::object rendered = line(given);
  EXPECT_EQ(rendered.at("tagAgentType"), 64);
  EXPECT_EQ(rendered.at("tagServiceProviderINN"), "7707083893");
  EXPECT_EQ(rendered.at("tagServiceProviderContact"), "+74951234567");
  EXPECT_EQ(rendered.at("tagServiceProviderTitle"), "ООО «Поставщик»");
  EXPECT_FALSE(line(mug()).contains("tagAgentType"));
}

TEST(ItkassaRender, SendsTheMarkingCodeAsScanned) {
  fiscal::Line given = mug();
  given.subject = fiscal::PaymentSubject::marked;
  given.marking_code =
      "010460043993125621JgXJ5.T-9m3xA\x1d"
      "93dGVz";
  EXPECT_EQ(line(given, fiscal::Ffd::v1_2)["tagTrueSign"], given.marking_code.c_str());
  fiscal::Receipt receipt = mugs();
  receipt.lines = {given};
  EXPECT_NE(render(receipt, till(), kKey, kCreItem)->find(R"(JgXJ5.T-9m3xA\u001d93dGVz)"), std::string::npos);
}

TEST(ItkassaRender, RefusesWhatTheApiHasNoFieldFor) {
  fiscal::Line only_product_code = mug();
  only_product_code.product_code = "DM\x04\x2f";
  EXPECT_NE(refusal(only_product_code).find("маркировки"), std::string::npos);
  only_product_code.subject = fiscal::PaymentSubject::marked;
  EXPECT_NE(refusal(only_product_code, fiscal::Ffd::v1_2).find("маркировки"), std::string::npos);
  fiscal::Line broken_code = mug();
  broken_code.marking_code = "\x96\x81";
  EXPECT_NE(refusal(broken_code).find("маркировки"), std::string::npos);
  fiscal::Line kilograms = mug();
  kilograms.measure = 11;
  EXPECT_NE(refusal(kilograms, fiscal::Ffd::v1_2).find("единица измерения"), std::string::npos);
  EXPECT_FALSE(line(kilograms, fiscal::Ffd::v1_05).contains("tags"));
}

// Goods that may be printed without their code, whose product code has no use in FFD 1.2.
TEST(ItkassaRender, PrintsGoodsAllowedWithoutACodeInTheNewFormat) {
  fiscal::Line given = mug();
  given.subject = fiscal::PaymentSubject::marked_without_code;
  given.product_code = "DM\x04\x2f";
  EXPECT_EQ(line(given, fiscal::Ffd::v1_2)["ppr"], "goods");
  EXPECT_FALSE(line(given, fiscal::Ffd::v1_2).contains("tagTrueSign"));
  EXPECT_NE(refusal(given, fiscal::Ffd::v1_05).find("маркировки"), std::string::npos);
}

TEST(ItkassaRender, RefusesSumsThatDoNotAgree) {
  fiscal::Receipt short_payment = mugs();
  short_payment.payments.cashless = fiscal::Kopecks(99999);
  EXPECT_EQ(render(short_payment, till(), kKey, kCreItem).error().code, kReceiptSums);
  fiscal::Receipt other_total = mugs();
  other_total.total = other_total.payments.cashless = fiscal::Kopecks(100001);
  EXPECT_EQ(render(other_total, till(), kKey, kCreItem).error().code, kReceiptSums);
  EXPECT_EQ(render(fiscal::Receipt{}, till(), kKey, kCreItem).error().code, kReceiptLines);
}

TEST(ItkassaRender, TakesTotalsAboveZeroOnly) {
  fiscal::Receipt gift = mugs();
  gift.lines[0].price = gift.lines[0].sum = gift.total = gift.payments.cashless = fiscal::Kopecks(0);
  EXPECT_EQ(render(gift, till(), kKey, kCreItem).error().code, kReceiptTotal);
  gift.lines.push_back(mug());  // a free line beside others is legal
  gift.total = gift.payments.cashless = mug().sum;
  EXPECT_TRUE(render(gift, till(), kKey, kCreItem));
  EXPECT_EQ(find_protocol("itkassa")->check_total(fiscal::Kopecks(0)).error().code, kReceiptTotal);
  EXPECT_TRUE(find_protocol("itkassa")->check_total(fiscal::Kopecks(1)));
  EXPECT_TRUE(find_protocol("bit")->check_total(fiscal::Kopecks(0)));
}

TEST(ItkassaRender, SpellsTheCashiersInnAsEachCommandDoes) {
  fiscal::Till given = till();
  given.cashier_inn = "123456789012";
  EXPECT_EQ(command(mugs(), given)["tagCashierINN"], "123456789012");
  EXPECT_EQ(
      render_shift(ShiftCommand::open, given, "k", "c"),
      R"({"creItemId":"c","idempKey":"k","commands":[{"type":"openSession","isPrintable":false,"tagCashierName":"Иванова А.А.","tagCashierINN":"123456789012"}]})");
  EXPECT_EQ(
      render_shift(ShiftCommand::close, given, "k", "c"),
      R"({"creItemId":"c","idempKey":"k","commands":[{"type":"closeSession","isPrintable":false,"tagCashierName":"Иванова А.А.","tagCashierInn":"123456789012"}]})");
}

}  // namespace
}  // namespace kassaflow::registers::itkassa
