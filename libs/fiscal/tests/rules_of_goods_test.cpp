// What is sold: subjects, measures, marking codes.

#include "broken_rules.hpp"

namespace kassaflow::fiscal {
namespace {

TEST(Rules, NumberOfMarkingCodesIsLimited) {
  Receipt receipt = marked_sale();
  receipt.lines.assign(129, receipt.lines[0]);
  receipt.total = receipt.payments.cashless = Kopecks(22500 * 129);
  EXPECT_THAT(validate(receipt, Ffd::v1_2, {.lines = 200}), testing::SizeIs(1));
  receipt.lines.pop_back();
  receipt.total = receipt.payments.cashless = Kopecks(22500 * 128);
  EXPECT_THAT(validate(receipt, Ffd::v1_2, {.lines = 200}), testing::IsEmpty());
}

TEST(Rules, SubjectFitsFormatAndMethod) {
  const auto set = [](int subject, PaymentMethod method = PaymentMethod::full_payment) {
    return [=](Receipt& r) {
      r.lines[0].subject = static_cast<PaymentSubject>(subject);
      r.lines[0].method = method;
      r.lines[0].vat = Vat::none;
    };
  };
  check({
      {"composite in 1.05", set(12), {}, Ffd::v1_05},
      {"composite in 1.2", set(12), {of(0, Attribute::subject)}, Ffd::v1_2},
      {"bank agent in 1.05", set(27), {of(0, Attribute::subject)}, Ffd::v1_05},
      {"bank agent in 1.2", set(27), {}, Ffd::v1_2},
      {"marked in 1.05 without any code", set(33), {of(0, Attribute::marking_code)}, Ffd::v1_05},
      {"marked without code in 1.05", set(32), {}, Ffd::v1_05},
      {"marked without code in 1.2", set(32), {}, Ffd::v1_2},
      {"unknown", set(28), {of(0, Attribute::subject)}, Ffd::v1_2},
      {"advance for goods", set(1, PaymentMethod::advance), {of(0, Attribute::subject)}, Ffd::v1_2},
      {"payment of a credit for goods", set(1, PaymentMethod::credit_payment), {of(0, Attribute::subject)}, Ffd::v1_05},
  });
}

TEST(Rules, MeasureIsKnownAndMandatoryInTheNewFormat) {
  check({
      {"absent in 1.2", [](Receipt& r) { r.lines[0].measure.reset(); }, {of(0, Attribute::measure)}, Ffd::v1_2},
      {"absent in 1.05", [](Receipt& r) { r.lines[0].measure.reset(); }, {}, Ffd::v1_05},
      {"unknown", [](Receipt& r) { r.lines[0].measure = 13; }, {of(0, Attribute::measure)}, Ffd::v1_05},
      {"other", [](Receipt& r) { r.lines[0].measure = 255; }, {}, Ffd::v1_2},
  });
}

TEST(Rules, MarkedLinesAreSingleUnitsWithTheirCode) {
  const auto two_units = [](Receipt& r) {
    r.lines[0].quantity = Quantity(2000);
    r.lines[0].sum = r.total = r.payments.cashless = Kopecks(45000);
  };
  check({
      {"two units", two_units, {of(0, Attribute::quantity)}, Ffd::v1_2, marked_sale},
      {"code missing",
       [](Receipt& r) { r.lines[0].marking_code = ""; },
       {of(0, Attribute::marking_code)},
       Ffd::v1_2,
       marked_sale},
      {"code on plain goods",
       [](Receipt& r) { r.lines[0].subject = PaymentSubject::commodity; },
       {of(0, Attribute::marking_code)},
       Ffd::v1_2,
       marked_sale},
      {"control character",
       [](Receipt& r) { r.lines[0].marking_code += '\n'; },
       {of(0, Attribute::marking_code)},
       Ffd::v1_2,
       marked_sale},
      {"200 bytes", [](Receipt& r) { r.lines[0].marking_code = std::string(200, 'a'); }, {}, Ffd::v1_2, marked_sale},
      {"201 bytes",
       [](Receipt& r) { r.lines[0].marking_code = std::string(201, 'a'); },
       {of(0, Attribute::marking_code)},
       Ffd::v1_2,
       marked_sale},
      {"product code of 32 bytes",
       [](Receipt& r) { r.lines[0].product_code = std::string(32, '\x01'); },
       {},
       Ffd::v1_2,
       marked_sale},
      {"product code of 33 bytes",
       [](Receipt& r) { r.lines[0].product_code = std::string(33, 'a'); },
       {of(0, Attribute::product_code)},
       Ffd::v1_05,
       marked_sale},
      {"a product code that 1.2 does not send",
       [](Receipt& r) { r.lines[0].product_code = std::string(33, 'a'); },
       {},
       Ffd::v1_2,
       marked_sale},
      {"format of one register or another", [](Receipt&) {}, {}, Ffd::v1_05, marked_sale},
      {"product code only in 1.05", [](Receipt& r) { r.lines[0].marking_code = ""; }, {}, Ffd::v1_05, marked_sale},
      {"code on plain goods in 1.05",
       [](Receipt& r) { r.lines[0].subject = PaymentSubject::commodity; },
       {of(0, Attribute::marking_code)},
       Ffd::v1_05,
       marked_sale},
      {"product code of two units in 1.05",
       [](Receipt& r) { r.lines[0].product_code = "DM"; },
       {of(0, Attribute::quantity)},
       Ffd::v1_05},
  });
}

}  // namespace
}  // namespace kassaflow::fiscal
