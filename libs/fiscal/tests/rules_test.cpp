#include "kassaflow/fiscal/rules.hpp"

#include <limits>

#include "broken_rules.hpp"

namespace kassaflow::fiscal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Rules, EveryMethodHasAValidReceipt) {
  for (const auto& receipt : {
           sale(),
           of_method(PaymentMethod::full_prepayment, PaymentSubject::payment, Vat::vat_22_122),
           of_method(PaymentMethod::prepayment, PaymentSubject::payment, Vat::vat_10_110),
           of_method(PaymentMethod::prepayment, PaymentSubject::commodity, Vat::vat_0),
           of_method(PaymentMethod::advance),
           of_method(PaymentMethod::partial_payment, PaymentSubject::commodity, Vat::vat_20),
           of_method(PaymentMethod::credit, PaymentSubject::commodity, Vat::vat_5),
           of_method(PaymentMethod::credit_payment),
       }) {
    EXPECT_THAT(validate(receipt, Ffd::v1_05), IsEmpty());
    EXPECT_THAT(validate(receipt, Ffd::v1_2), IsEmpty());
  }
  EXPECT_THAT(validate(marked_sale(), Ffd::v1_2), IsEmpty());
}

TEST(Rules, NamesFitTheRegister) {
  check({
      {"no name", [](Receipt& r) { r.lines[0].name = ""; }, {of(0, Attribute::name)}},
      {"typographic quotes", [](Receipt& r) { r.lines[0].name = "«Чай»"; }, {of(0, Attribute::name)}},
      {"line break", [](Receipt& r) { r.lines[0].name = "Чай\n"; }, {of(0, Attribute::name)}},
      {"malformed", [](Receipt& r) { r.lines[0].name = "\xD0"; }, {of(0, Attribute::name)}},
      {"128 characters", [](Receipt& r) { r.lines[0].name = std::string(126, 'a') + "Ё№"; }, {}},
      {"129 characters", [](Receipt& r) { r.lines[0].name = std::string(129, 'a'); }, {of(0, Attribute::name)}},
  });
}

TEST(Rules, AmountsAreInRangeAndAgree) {
  const auto with = [](std::int64_t price, std::int64_t thousandths, std::int64_t sum) {
    return [=](Receipt& r) {
      r.lines[0].price = Kopecks(price);
      r.lines[0].quantity = Quantity(thousandths);
      r.lines[0].sum = r.total = r.payments.cashless = Kopecks(sum);
    };
  };
  check({
      {"free line", with(0, 1000, 0), {}},
      {"largest sum", with(4'294'967'295, 1000, 4'294'967'295), {}},
      {"largest quantity", with(42, 99'999'999, 4'200'000), {}},
      {"half a kopeck up", with(3333, 1500, 5000), {}},
      {"half a kopeck down", with(3333, 1500, 4999), {of(0, Attribute::sum)}},
      {"one kopeck off", with(22500, 2000, 45001), {of(0, Attribute::sum)}},
      {"no quantity", with(22500, 0, 0), {of(0, Attribute::quantity)}},
      {"negative quantity", with(22500, -1000, 22500), {of(0, Attribute::quantity)}},
      {"quantity too large", with(0, 100'000'000, 0), {of(0, Attribute::quantity)}},
      {"negative price", with(-1, 1000, 0), {of(0, Attribute::price)}},
      {"price too large", with(4'294'967'296, 1, 4'294'967), {of(0, Attribute::price)}},
      {"sum too large", with(4'294'967'296 / 2, 2000, 4'294'967'296), {of(0, Attribute::sum), of(Attribute::total)}},
      {"absurd",
       with(std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max(),
            std::numeric_limits<std::int64_t>::max()),
       {of(0, Attribute::price), of(0, Attribute::sum), of(0, Attribute::quantity), of(Attribute::total)}},
      {"negative sum", with(22500, 2000, -45000), {of(0, Attribute::sum), of(Attribute::total)}},
  });
}

TEST(Rules, AbsurdSumsDoNotOverflow) {
  Receipt receipt = sale();
  receipt.lines[0].sum = Kopecks(std::numeric_limits<std::int64_t>::max());
  receipt.lines[0].method = PaymentMethod::credit;
  receipt.lines.push_back(receipt.lines[0]);
  EXPECT_THAT(broken_attributes(receipt, Ffd::v1_2),
              ElementsAre(of(0, Attribute::sum), of(1, Attribute::sum), of(Attribute::total)));
}

TEST(Rules, LinesAndPaymentsMakeTheTotal) {
  const auto huge = Kopecks(std::numeric_limits<std::int64_t>::max());
  check({
      {"total above the lines",
       [](Receipt& r) { r.total += Kopecks(1); },
       {of(Attribute::total), of(Attribute::payments)}},
      {"paid less", [](Receipt& r) { r.payments.cashless += Kopecks(-1); }, {of(Attribute::payments)}},
      {"change", [](Receipt& r) { r.payments.cash += Kopecks(1); }, {of(Attribute::payments)}},
      {"every form of payment",
       [](Receipt& r) { r.payments = {Kopecks(5000), Kopecks(10000), Kopecks(10000), Kopecks(15000), Kopecks(5000)}; },
       {}},
      {"negative payment",
       [](Receipt& r) {
         r.payments.cash = Kopecks(-1);
         r.payments.cashless += Kopecks(1);
       },
       {of(Attribute::payments)}},
      {"absurd payments", [=](Receipt& r) { r.payments.cash = r.payments.credit = huge; }, {of(Attribute::payments)}},
  });
}

TEST(Rules, NumberOfLinesIsLimited) {
  Receipt receipt = sale();
  const Line line = receipt.lines[0];
  const auto resize = [&](std::int64_t count) {
    receipt.lines.assign(static_cast<std::size_t>(count), line);
    receipt.total = receipt.payments.cashless = Kopecks(45000 * count);
  };
  EXPECT_THAT(broken_attributes(Receipt{}, Ffd::v1_05), ElementsAre(of(Attribute::lines)));
  resize(100);
  EXPECT_THAT(validate(receipt, Ffd::v1_2), IsEmpty());
  EXPECT_THAT(validate(receipt, Ffd::v1_2, {.lines = 80}), testing::SizeIs(1));
  resize(101);
  EXPECT_THAT(broken_attributes(receipt, Ffd::v1_2), ElementsAre(of(Attribute::lines)));
  EXPECT_THAT(validate(receipt, Ffd::v1_2, {.lines = 101}), IsEmpty());
}

TEST(Rules, VatFollowsTheMethod) {
  const auto set = [](PaymentMethod method, Vat vat) {
    return [=](Receipt& r) {
      r.lines[0].method = method;
      r.lines[0].vat = vat;
      r.lines[0].subject = PaymentSubject::payment;
    };
  };
  check({
      {"plain in full prepayment", set(PaymentMethod::full_prepayment, Vat::vat_22), {of(0, Attribute::vat)}},
      {"plain in prepayment", set(PaymentMethod::prepayment, Vat::vat_5), {of(0, Attribute::vat)}},
      {"plain in advance", set(PaymentMethod::advance, Vat::vat_7), {of(0, Attribute::vat)}},
      {"calculated in advance", set(PaymentMethod::advance, Vat::vat_7_107), {}},
      {"zero in prepayment", set(PaymentMethod::prepayment, Vat::vat_0), {}},
      {"calculated in settlement", set(PaymentMethod::full_payment, Vat::vat_10_110), {of(0, Attribute::vat)}},
      {"calculated in partial settlement",
       set(PaymentMethod::partial_payment, Vat::vat_20_120),
       {of(0, Attribute::vat)}},
      {"any in payment of a credit", set(PaymentMethod::credit_payment, Vat::vat_20), {}},
      {"unknown rate", set(PaymentMethod::full_payment, static_cast<Vat>(13)), {of(0, Attribute::vat)}},
      {"unknown method", set(static_cast<PaymentMethod>(8), Vat::none), {of(0, Attribute::method)}},
  });
}

TEST(Rules, SupplierIsComplete) {
  const auto set = [](const Supplier& supplier) { return [=](Receipt& r) { r.lines[0].supplier = supplier; }; };
  check({
      {"complete", set({"ООО \"Агент и Ко\"", "7707083893", {"+79005550000", "+74951234567"}}), {}},
      {"sole trader without phone", set({"ИП Иванов", "500100732259", {}}), {}},
      {"the portal's replacement for an unknown INN", set({"ИП Иванов", "000000000000", {}}), {}},
      {"no INN", set({"ООО", "", {}}), {of(0, Attribute::supplier_inn)}},
      {"INN of 11 digits", set({"ООО", "77070838931", {}}), {of(0, Attribute::supplier_inn)}},
      {"neither name nor phone", set({"", "7707083893", {}}), {of(0, Attribute::supplier_name)}},
      {"phone only", set({"", "7707083893", {"+79005550000"}}), {}},
      {"unprintable name", set({"ООО «Агент»", "7707083893", {}}), {of(0, Attribute::supplier_name)}},
      {"name of 257 characters", set({std::string(257, 'a'), "7707083893", {}}), {of(0, Attribute::supplier_name)}},
      {"raw phone", set({"ООО", "7707083893", {"8 (495) 123-45-67"}}), {of(0, Attribute::supplier_phone)}},
  });
}

TEST(Rules, CreditIsPaidByCreditOnly) {
  const auto credit = [] { return of_method(PaymentMethod::credit, PaymentSubject::commodity); };
  const auto credit_payment = [] { return of_method(PaymentMethod::credit_payment); };
  const auto half = [](Receipt& r) {
    r.payments = {};
    r.payments.cashless = Kopecks(22500);
    r.payments.credit = Kopecks(22500);
  };
  check({
      {"goods on credit half paid", half, {of(Attribute::payments)}, Ffd::v1_05, credit},
      {"credit paid by half a credit", half, {of(Attribute::payments)}, Ffd::v1_05, credit_payment},
      {"credit paid by an advance",
       [](Receipt& r) { std::swap(r.payments.cashless, r.payments.advance); },
       {},
       Ffd::v1_05,
       credit_payment},
      {"linked credit of a sale", half, {}, Ffd::v1_05},
  });
}

TEST(Rules, ContactIsAnAddressOrAPhone) {
  const auto set = [](const std::string& contact) { return [=](Receipt& r) { r.buyer_contact = contact; }; };
  check({
      {"none", set(""), {}},
      {"phone", set("+79001234567"), {}},
      {"raw phone", set("8 900 123-45-67"), {of(Attribute::contact)}},
      {"too long", set(std::string(60, 'a') + "@b.ru"), {of(Attribute::contact)}},
      {"words", set("нет"), {of(Attribute::contact)}},
  });
}

TEST(Rules, SignIsKnown) {
  check({
      {"return", [](Receipt& r) { r.settlement_type = SettlementType::income_return; }, {}},
      {"unknown",
       [](Receipt& r) { r.settlement_type = static_cast<SettlementType>(0); },
       {of(Attribute::settlement_type)}},
  });
}

TEST(Rules, FieldNamesTheLine) {
  Receipt receipt = sale();
  receipt.lines.push_back(receipt.lines[0]);
  receipt.lines[1].name = "";
  receipt.total = receipt.payments.cashless = Kopecks(90000);
  EXPECT_THAT(validate(receipt, Ffd::v1_2), ElementsAre(Violation{Attribute::name, 1, "нет наименования."}));
}

}  // namespace
}  // namespace kassaflow::fiscal
