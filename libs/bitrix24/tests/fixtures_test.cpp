// Requests of the portal's own client.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "kassaflow/bitrix24/digest.hpp"
#include "posts.hpp"

namespace kassaflow::bitrix24 {
namespace {

using fiscal::Kopecks;
using fiscal::PaymentMethod;
using fiscal::PaymentSubject;
using fiscal::SettlementType;
using fiscal::Vat;

struct ExpectedLine {
  std::int64_t price, thousandths, sum;
  PaymentMethod method;
  PaymentSubject subject;
  Vat vat;
};
struct ExpectedReceipt {
  std::string name;
  SettlementType settlement_type;
  std::int64_t total;
  Kopecks fiscal::Payments::* paid;
  std::vector<ExpectedLine> lines;
};

const std::vector<ExpectedReceipt> kExpected = {
    {"sell-cash",
     SettlementType::income,
     45000,
     &fiscal::Payments::cash,
     {{22500, 2000, 45000, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10}}},
    {"sell-empty-settings-no-number",
     SettlementType::income,
     45000,
     &fiscal::Payments::cashless,
     {{22500, 2000, 45000, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10}}},
    {"sell-agent-supplier",
     SettlementType::income,
     45000,
     &fiscal::Payments::cashless,
     {{22500, 2000, 45000, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10}}},
    {"sell-two-goods-discount-delivery",
     SettlementType::income,
     110620,
     &fiscal::Payments::cashless,
     {{22500, 2000, 45000, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10},
      {89050, 400, 35620, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10},
      {30000, 1000, 30000, PaymentMethod::full_payment, PaymentSubject::service, Vat::none}}},
    {"sell-from-deal-odd-kopecks",
     SettlementType::income,
     160030,
     &fiscal::Payments::cashless,
     {{3333, 2000, 6666, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10},
      {3334, 1000, 3334, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10},
      {10000, 3, 30, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::none},
      {150000, 1000, 150000, PaymentMethod::full_payment, PaymentSubject::service, Vat::none}}},
    {"sell-marked-two-units",
     SettlementType::income,
     998000,
     &fiscal::Payments::cashless,
     {{499000, 1000, 499000, PaymentMethod::full_payment, PaymentSubject::marked, Vat::vat_10},
      {499000, 1000, 499000, PaymentMethod::full_payment, PaymentSubject::marked, Vat::vat_10}}},
    {"sellreturn",
     SettlementType::income_return,
     45000,
     &fiscal::Payments::cashless,
     {{22500, 2000, 45000, PaymentMethod::full_payment, PaymentSubject::commodity, Vat::vat_10}}},
    {"advancepayment",
     SettlementType::income,
     45000,
     &fiscal::Payments::cashless,
     {{45000, 1000, 45000, PaymentMethod::advance, PaymentSubject::payment, Vat::none}}},
    {"advancereturn",
     SettlementType::income_return,
     45000,
     &fiscal::Payments::cashless,
     {{45000, 1000, 45000, PaymentMethod::advance, PaymentSubject::payment, Vat::none}}},
    {"fullprepayment",
     SettlementType::income,
     45000,
     &fiscal::Payments::cashless,
     {{22500, 2000, 45000, PaymentMethod::full_prepayment, PaymentSubject::payment, Vat::vat_10_110}}},
    {"fullprepaymentreturn",
     SettlementType::income_return,
     45000,
     &fiscal::Payments::cashless,
     {{22500, 2000, 45000, PaymentMethod::full_prepayment, PaymentSubject::payment, Vat::vat_10_110}}},
    {"credit",
     SettlementType::income,
     45000,
     &fiscal::Payments::credit,
     {{22500, 2000, 45000, PaymentMethod::credit, PaymentSubject::commodity, Vat::vat_10}}},
    {"creditreturn",
     SettlementType::income_return,
     45000,
     &fiscal::Payments::credit,
     {{22500, 2000, 45000, PaymentMethod::credit, PaymentSubject::commodity, Vat::vat_10}}},
    {"creditpayment",
     SettlementType::income,
     45000,
     &fiscal::Payments::cashless,
     {{45000, 1000, 45000, PaymentMethod::credit_payment, PaymentSubject::payment, Vat::none}}},
    {"creditpaymentreturn-without-payment-method",
     SettlementType::income_return,
     45000,
     &fiscal::Payments::cashless,
     {{45000, 1000, 45000, PaymentMethod::credit_payment, PaymentSubject::payment, Vat::none}}},
};

class MapsThePortalsOwnRequest : public testing::TestWithParam<ExpectedReceipt> {};

TEST_P(MapsThePortalsOwnRequest, Whole) {
  const ExpectedReceipt& expected = GetParam();
  const auto form = Form::parse(fixture(expected.name));
  ASSERT_TRUE(form.has_value());
  const fiscal::Receipt receipt = mapped(*form);
  EXPECT_EQ(receipt.settlement_type, expected.settlement_type);
  EXPECT_EQ(receipt.total.value(), expected.total);
  EXPECT_EQ(receipt.payments.total().value(), expected.total);
  EXPECT_EQ((receipt.payments.*expected.paid).value(), expected.total);
  EXPECT_EQ(receipt.buyer_contact, "buyer@example.ru");
  ASSERT_EQ(receipt.lines.size(), expected.lines.size());
  for (std::size_t i = 0; i < receipt.lines.size(); ++i) {
    const fiscal::Line& line = receipt.lines[i];
    const ExpectedLine& want = expected.lines[i];
    EXPECT_EQ(line.price.value(), want.price) << i;
    EXPECT_EQ(line.quantity.thousandths(), want.thousandths) << i;
    EXPECT_EQ(line.sum.value(), want.sum) << i;
    EXPECT_EQ(line.method, want.method) << i;
    EXPECT_EQ(line.subject, want.subject) << i;
    EXPECT_EQ(line.vat, want.vat) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, MapsThePortalsOwnRequest, testing::ValuesIn(kExpected), [](const auto& param) {
  std::string name = param.param.name;
  std::erase(name, '-');
  return name;
});

fiscal::Receipt mapped_fixture(const std::string& name, const MappingSettings& how = settings()) {
  return mapped(*Form::parse(fixture(name)), how);
}

TEST(Fixtures, ScaledPrepaymentsMakeTheTotalToTheKopeck) {
  for (const char* name : {"prepayment-scaled-lines", "prepaymentreturn-scaled-lines"}) {
    const fiscal::Receipt receipt = mapped_fixture(name);
    ASSERT_EQ(receipt.lines.size(), 3U);
    Kopecks sum;
    for (const fiscal::Line& line : receipt.lines) {
      EXPECT_EQ(line.vat, Vat::vat_10_110);
      EXPECT_EQ(line.method, PaymentMethod::prepayment);
      EXPECT_EQ(fiscal::cost(line.price, line.quantity), line.sum);
      EXPECT_NEAR(static_cast<double>(line.sum.value()), 33333.67, 2);
      sum += line.sum;
    }
    EXPECT_EQ(sum.value(), 100001);
    EXPECT_EQ(receipt.total.value(), 100001);
  }
}

TEST(Fixtures, AgentLineNamesItsSupplier) {
  const fiscal::Receipt receipt = mapped_fixture("sell-agent-supplier");
  ASSERT_TRUE(receipt.lines.at(0).supplier.has_value());
  EXPECT_EQ(receipt.lines[0].supplier->name, "ООО \"Агент & Ко\"");
  EXPECT_EQ(receipt.lines[0].supplier->inn, "7707083893");
  EXPECT_EQ(receipt.lines[0].supplier->phones, (std::vector<std::string>{"+79005550000", "+74951234567"}));
}

TEST(Fixtures, MarkedUnitsKeepTheirBytes) {
  const fiscal::Receipt receipt = mapped_fixture("sell-marked-two-units", settings(fiscal::Ffd::v1_2));
  EXPECT_EQ(receipt.lines.at(0).subject, PaymentSubject::marked);
  EXPECT_EQ(receipt.lines[0].marking_code,
            "010460043993125621JgXJ5.T-9m3xA\x1D"
            "93dGVz");
  EXPECT_EQ(receipt.lines.at(1).marking_code,
            "010460043993125621hQ7!kR2(Zp&1b\x1D"
            "93AbCd");
  EXPECT_EQ(mapped_fixture("sell-marked-two-units").lines.at(0).product_code, "DM\x04/\x1F\x96\x81xJgXJ5.T-9m3xA");
}

TEST(Fixtures, MarkedGoodsWithoutCodeFollowThePolicy) {
  const Form form = *Form::parse(fixture("sell-marked-without-code"));
  EXPECT_NE(refused(form).find("Позиция 1, поле items[0].marking_code"), std::string::npos);
  EXPECT_NE(refused(form, settings(fiscal::Ffd::v1_2)).find("Позиция 1, поле items[0].marking_code"),
            std::string::npos);
  EXPECT_EQ(mapped(form, settings(fiscal::Ffd::v1_2, MarkedWithoutCode::allow)).lines.at(0).subject,
            PaymentSubject::marked_without_code);
  EXPECT_EQ(mapped(form, settings(fiscal::Ffd::v1_05, MarkedWithoutCode::allow)).lines.at(0).subject,
            PaymentSubject::marked_without_code);
}

TEST(Fixtures, DigestsDifferAsTheirContentDoes) {
  std::set<std::string> names, digests;
  for (const auto& entry : std::filesystem::directory_iterator(KASSAFLOW_FIXTURES)) {
    const std::string name = entry.path().stem().string();
    names.insert(name);
    digests.insert(content_digest(*Form::parse(fixture(name))));
  }
  EXPECT_GE(names.size(), 18U);
  EXPECT_EQ(digests.size(), names.size());
}

}  // namespace
}  // namespace kassaflow::bitrix24
