#include "kassaflow/bitrix24/mapping.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "posts.hpp"
#include "src/codes.hpp"

namespace kassaflow::bitrix24 {
namespace {

using fiscal::PaymentMethod;
using fiscal::SettlementType;
using fiscal::Vat;

struct TypeCase {
  std::string type, sign, method;
  SettlementType fiscal_sign;
  PaymentMethod fiscal_method;
  std::string object, payment;
  Vat vat;
};

class MapsEveryCheckType : public testing::TestWithParam<TypeCase> {};

TEST_P(MapsEveryCheckType, WithItsSignMethodAndRate) {
  const TypeCase& c = GetParam();
  PostBuilder post;
  post.type(c.type, c.sign).set("items[0][payment_object]", c.object).set("payments[0][type]", c.payment);
  post.set("items[0][payment_method]", c.method);
  const fiscal::Receipt sent = mapped(post.form());
  const fiscal::Receipt left_out = mapped(post.drop("items[0][payment_method]").form());
  for (const fiscal::Receipt& receipt : {sent, left_out}) {
    EXPECT_EQ(receipt.settlement_type, c.fiscal_sign);
    ASSERT_EQ(receipt.lines.size(), 1U);
    EXPECT_EQ(receipt.lines[0].method, c.fiscal_method);
    EXPECT_EQ(receipt.lines[0].vat, c.vat);
  }
}

const std::vector<TypeCase> kTypes = {
    TypeCase{"sell", "income", "full_payment", SettlementType::income, PaymentMethod::full_payment, "commodity",
             "cashless", Vat::vat_10},
    TypeCase{"sellreturn", "consumption", "full_payment", SettlementType::income_return, PaymentMethod::full_payment,
             "commodity", "cashless", Vat::vat_10},
    TypeCase{"sellreturncash", "consumption", "full_payment", SettlementType::income_return,
             PaymentMethod::full_payment, "commodity", "cash", Vat::vat_10},
    TypeCase{"advancepayment", "income", "advance", SettlementType::income, PaymentMethod::advance, "payment",
             "cashless", Vat::vat_10_110},
    TypeCase{"advancereturn", "consumption", "advance", SettlementType::income_return, PaymentMethod::advance,
             "payment", "cashless", Vat::vat_10_110},
    TypeCase{"advancereturncash", "consumption", "advance", SettlementType::income_return, PaymentMethod::advance,
             "payment", "cash", Vat::vat_10_110},
    TypeCase{"prepayment", "income", "prepayment", SettlementType::income, PaymentMethod::prepayment, "payment",
             "cashless", Vat::vat_10_110},
    TypeCase{"prepaymentreturn", "consumption", "prepayment", SettlementType::income_return, PaymentMethod::prepayment,
             "payment", "cashless", Vat::vat_10_110},
    TypeCase{"prepaymentreturncash", "consumption", "prepayment", SettlementType::income_return,
             PaymentMethod::prepayment, "payment", "cash", Vat::vat_10_110},
    TypeCase{"fullprepayment", "income", "full_prepayment", SettlementType::income, PaymentMethod::full_prepayment,
             "payment", "cashless", Vat::vat_10_110},
    TypeCase{"fullprepaymentreturn", "consumption", "full_prepayment", SettlementType::income_return,
             PaymentMethod::full_prepayment, "payment", "cashless", Vat::vat_10_110},
    TypeCase{"fullprepaymentreturncash", "consumption", "full_prepayment", SettlementType::income_return,
             PaymentMethod::full_prepayment, "payment", "cash", Vat::vat_10_110},
    TypeCase{"credit", "income", "credit", SettlementType::income, PaymentMethod::credit, "commodity", "credit",
             Vat::vat_10},
    TypeCase{"creditreturn", "consumption", "credit", SettlementType::income_return, PaymentMethod::credit, "commodity",
             "credit", Vat::vat_10},
    TypeCase{"creditpayment", "income", "credit_payment", SettlementType::income, PaymentMethod::credit_payment,
             "payment", "cashless", Vat::vat_10},
    TypeCase{"creditpaymentreturn", "consumption", "credit_payment", SettlementType::income_return,
             PaymentMethod::credit_payment, "payment", "cashless", Vat::vat_10},
    TypeCase{"creditpaymentreturncash", "consumption", "credit_payment", SettlementType::income_return,
             PaymentMethod::credit_payment, "payment", "cash", Vat::vat_10}};

INSTANTIATE_TEST_SUITE_P(CheckTypes, MapsEveryCheckType, testing::ValuesIn(kTypes),
                         [](const auto& param) { return param.param.type; });

// A type's name, its sign [1054] and its payment method [1214].
std::string in_words(std::string_view name, SettlementType sign, PaymentMethod method) {
  return std::string(name) + " " + std::to_string(fiscal::code(sign)) + " " + std::to_string(fiscal::code(method));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::istringstream in(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// Rows as | `prepaymentreturn` / `prepaymentreturncash` | consumption | prepayment | 2 | … of the page's table.
std::set<std::string> types_of_the_page() {
  std::ifstream page(KASSAFLOW_BITRIX24_PAGE);
  std::set<std::string> types;
  std::string line;
  while (std::getline(page, line) && line != "### 5.3 Check types") {
  }
  while (std::getline(page, line) && !line.starts_with("### ")) {
    const std::vector<std::string> cells = split(line, '|');
    if (cells.size() < 5 || !cells[1].starts_with(" `")) continue;
    const std::vector<std::string> names = split(cells[1], '`');
    const auto sign = find_settlement_type(fiscal::trim(cells[2]));
    if (!sign) continue;  // never sent to us
    for (std::size_t i = 1; i < names.size(); i += 2) {
      types.insert(in_words(names[i], *sign, static_cast<PaymentMethod>(std::stoi(cells[4]))));
    }
  }
  return types;
}

TEST(CheckTypes, ArePageTableAndTestsTheSame) {
  std::set<std::string> in_table;
  for (const CheckType& type : check_types()) in_table.insert(in_words(type.name, type.settlement_type, type.method));
  std::set<std::string> tested;
  for (const TypeCase& c : kTypes) tested.insert(in_words(c.type, c.fiscal_sign, c.fiscal_method));
  EXPECT_EQ(types_of_the_page(), in_table) << "docs/protocols/bitrix24.md §5.3 and kCheckTypes";
  EXPECT_EQ(tested, in_table) << "TypeCase and kCheckTypes";
}

struct PaymentCase {
  const char* type;
  fiscal::Kopecks fiscal::Payments::* field;
};

TEST(Mapping, AddsUpPaymentsOfOneKind) {
  for (const PaymentCase& c : {PaymentCase{"cash", &fiscal::Payments::cash},
                               {"cashless", &fiscal::Payments::cashless},
                               {"advance", &fiscal::Payments::advance},
                               {"credit", &fiscal::Payments::credit}}) {
    PostBuilder post;
    post.set("payments[0][type]", c.type)
        .set("payments[0][sum]", "100.5")
        .set("payments[1][type]", c.type)
        .set("payments[1][sum]", "349.5");
    const auto receipt = mapped(post.form());
    EXPECT_EQ((receipt.payments.*c.field).value(), 45000) << c.type;
    EXPECT_EQ(receipt.payments.total().value(), 45000) << c.type;
  }
}

TEST(Mapping, MixedPaymentsMakeTheTotalToTheKopeck) {
  PostBuilder post;
  post.set("payments[0][sum]", "149.995").set("payments[1][type]", "advance").set("payments[1][sum]", "300.005");
  const auto receipt = mapped(post.form());
  EXPECT_EQ(receipt.payments.total().value(), 45000);
}

TEST(Mapping, ContactIsMailOrPhone) {
  struct Contact {
    const char *email, *phone, *contact;
  };
  for (const Contact& c : {Contact{"ivan@example.ru", "89001234567", "ivan@example.ru"},
                           {"", "8 (900) 123-45-67", "+79001234567"},
                           {"not a mail", "9001234567", "+79001234567"},
                           {"ivan@example.ru", "-", "ivan@example.ru"},
                           {"", "", ""}}) {
    EXPECT_EQ(mapped(PostBuilder().set("client_email", c.email).set("client_phone", c.phone).form()).buyer_contact,
              c.contact);
  }
}

// Not a reason to refuse a sale: printed without a contact, and the receipt says so.
TEST(Mapping, AContactNobodyCanBeReachedByIsNone) {
  struct Contact {
    const char *email, *phone, *shown;
  };
  for (const Contact& c : {Contact{"nobody", "", "«nobody»"},
                           {"почта@сайт.рф", "", "«почта@сайт.рф»"},
                           {"admin@localhost", "123", "«admin@localhost»"},
                           {"", "+7 (000) 000-00-00", "«+7 (000) 000-00-00»"}}) {
    const auto receipt = mapped(PostBuilder().set("client_email", c.email).set("client_phone", c.phone).form());
    EXPECT_EQ(receipt.buyer_contact, "");
    ASSERT_EQ(receipt.warnings.size(), 1U);
    EXPECT_EQ(receipt.warnings[0].kind, "contact_unusable");
    EXPECT_EQ(receipt.warnings[0].line, 0U);
    EXPECT_NE(receipt.warnings[0].text.find(c.shown), std::string::npos) << receipt.warnings[0].text;
  }
  EXPECT_TRUE(mapped(PostBuilder().set("client_email", "").form()).warnings.empty());
  EXPECT_TRUE(
      mapped(PostBuilder().set("client_email", "x").set("client_phone", "89001234567").form()).warnings.empty());
}

TEST(Mapping, UnknownKeysAreIgnoredAtEveryLevel) {
  PostBuilder post;
  const auto before = mapped(post.form());
  for (const char* key :
       {"future", "foo[20000]", "order[x]", "items[0][entity][a]", "items[0][additional_params][a][b]",
        "items[0][future][x]", "payments[0][future]", "payments[0][entity]", "cashbox_params[FUTURE][X]",
        "additional_params", "items[0][supplier_info][future]"}) {
    post.set(key, "1");
  }
  for (const char* key : {"strange", "items[0][strange]", "payments[0][strange][0]"})
    post.set(key, std::string("\xFF\0\x98", 3));
  EXPECT_EQ(mapped(post.form()), before);
}

struct AmountCase {
  const char *price, *quantity, *sum;
  std::size_t lines;
  std::int64_t total;
};

TEST(Mapping, AmountsAgreeToTheKopeck) {
  for (const AmountCase& c : {AmountCase{"225", "2", "450", 1, 45000},
                              {"33.33333333", "3", "99.99999999", 2, 10000},
                              {"1.0E-5", "1", "1.0E-5", 1, 0},
                              {"0.1", "0.30000000000000004", "0.03", 1, 3},
                              {"199.98999999999998", "1", "199.98999999999998", 1, 19999},
                              {"0", "1", "0", 1, 0},
                              {"890.5", "0.4", "356.2", 1, 35620}}) {
    const auto receipt = mapped(PostBuilder().amounts(c.price, c.quantity, c.sum).form());
    EXPECT_EQ(receipt.total.value(), c.total) << c.price;
    EXPECT_EQ(receipt.lines.size(), c.lines) << c.price;
    fiscal::Kopecks sum;
    for (const fiscal::Line& line : receipt.lines) sum += line.sum;
    EXPECT_EQ(sum, receipt.total) << c.price;
  }
}

struct RefusalCase {
  const char *name, *key, *value, *complaint;
};

class RefusesAndNamesThePlace : public testing::TestWithParam<RefusalCase> {};

TEST_P(RefusesAndNamesThePlace, InRussian) {
  PostBuilder post;
  if (GetParam().value == nullptr) {
    post.drop(GetParam().key);
  } else {
    post.set(GetParam().key, GetParam().value);
  }
  const std::string complaints = refused(post.form());
  EXPECT_NE(complaints.find(GetParam().complaint), std::string::npos) << complaints;
}

INSTANTIATE_TEST_SUITE_P(
    Mapping, RefusesAndNamesThePlace,
    testing::Values(
        RefusalCase{"UnknownType", "type", "correction_sell",
                    "Поле type: чек вида «correction_sell» не поддерживается."},
        RefusalCase{"NoType", "type", nullptr, "Поле type"},
        RefusalCase{"TypeInOtherCase", "type", "SELL", "Поле type"},
        RefusalCase{"SignContradictsType", "calculated_sign", "consumption",
                    "Поле calculated_sign: признак расчёта «consumption» противоречит виду чека «sell»"},
        RefusalCase{"OperationContradictsType", "operation", "consumption", "Поле operation"},
        RefusalCase{"UnknownSign", "calculated_sign", "x", "Поле calculated_sign"},
        RefusalCase{"ForeignCurrency", "currency", "USD", "Поле currency"},
        RefusalCase{"ForeignCurrencyOfLine", "items[0][currency]", "USD", "Позиция 1, поле items[0].currency"},
        RefusalCase{"ForeignCurrencyOfPayment", "payments[0][currency]", "USD", "Оплата 1, поле payments[0].currency"},
        RefusalCase{"NoName", "items[0][name]", nullptr, "Позиция 1, поле items[0].name"},
        RefusalCase{"BlankName", "items[0][name]", "  ", "Позиция 1, поле items[0].name"},
        RefusalCase{"PriceIsText", "items[0][price]", "дорого",
                    "Позиция 1, поле items[0].price: «дорого» не является числом."},
        RefusalCase{"NoPrice", "items[0][price]", nullptr, "Позиция 1, поле items[0].price: не указано."},
        RefusalCase{"NegativePrice", "items[0][price]", "-225",
                    "Позиция 1, поле items[0].price: цена -225 вне пределов"},
        RefusalCase{"ZeroQuantity", "items[0][quantity]", "0",
                    "Позиция 1, поле items[0].quantity: количество 0 вне пределов"},
        RefusalCase{"NegativeSum", "items[0][sum]", "-450", "Позиция 1, поле items[0].sum: сумма -450 вне пределов"},
        RefusalCase{"SumIsNotPriceTimesQuantity", "items[0][sum]", "300",
                    "Позиция 1, поле items[0].sum: сумма 300.00 не равна цене 225.00 × количество 2 = 450.00."},
        RefusalCase{"HugeAmount", "items[0][sum]", "1.0E+14",
                    "Позиция 1, поле items[0].sum: сумма 100000000000000 вне"},
        RefusalCase{"NoVat", "items[0][vat]", nullptr, "Позиция 1, поле items[0].vat: не указана ставка НДС."},
        RefusalCase{"UnknownVat", "items[0][vat]", "77",
                    "Позиция 1, поле items[0].vat: ставка НДС портала с кодом 77 не настроена"},
        RefusalCase{"VatIsText", "items[0][vat]", "2x", "Позиция 1, поле items[0].vat"},
        RefusalCase{"VatOverflows", "items[0][vat]", "99999999999", "Позиция 1, поле items[0].vat"},
        RefusalCase{"UnknownMethod", "items[0][payment_method]", "barter",
                    "Позиция 1, поле items[0].payment_method: неизвестный способ расчёта «barter»."},
        RefusalCase{"NoObject", "items[0][payment_object]", nullptr, "Позиция 1, поле items[0].payment_object"},
        RefusalCase{"SupplierWithoutName", "items[0][supplier_info][inn]", "7708709686",
                    "Позиция 1, поле items[0].supplier_info.name: нет ни наименования, ни телефона поставщика."},
        RefusalCase{"SupplierPhone", "items[0][supplier_info][phones][0]", "звонить вечером",
                    "Позиция 1, поле items[0].supplier_info.phones"},
        RefusalCase{"ScalarItem", "items[1]", "x", "Позиция 2, поле items[1]: нет данных о товаре."},
        RefusalCase{"SecondLineIsNamed", "items[1][price]", "x", "Позиция 2, поле items[1].price"},
        RefusalCase{"UnknownPayment", "payments[0][type]", "barter",
                    "Оплата 1, поле payments[0].type: неизвестный вид оплаты «barter»."},
        RefusalCase{"PaymentIsText", "payments[0][sum]", "x", "Оплата 1, поле payments[0].sum"},
        RefusalCase{"PaymentsDoNotMakeTheTotal", "payments[0][sum]", "449",
                    "Поле payments: сумма оплат 449.00 не равна итогу чека 450.00."},
        RefusalCase{"LinesDoNotMakeTheTotal", "total_sum", "451",
                    "Поле total_sum: сумма позиций 450.00 не равна итогу чека 451.00."},
        RefusalCase{"AKopeckIsMissing", "payments[0][sum]", "449.99",
                    "Поле payments: сумма оплат 449.99 не равна итогу чека 450.00"},
        RefusalCase{"NegativeTotal", "total_sum", "-450", "Поле total_sum: сумма -450 вне пределов"},
        RefusalCase{"NoTotal", "total_sum", nullptr, "Поле total_sum"},
        RefusalCase{"TotalIsText", "total_sum", "x", "Поле total_sum"},

        RefusalCase{"ScalarItems", "items", "x", "Поле items: в чеке нет позиций."},
        RefusalCase{"ScalarPayments", "payments", "x", "Поле payments: в чеке нет оплат."}),
    [](const auto& param) { return std::string(param.param.name); });

// A split line does not move the numbers of those after it.
TEST(Mapping, CountsItemsOfThePostNotLinesOfTheReceipt) {
  PostBuilder post;
  post.amounts("33.33333333", "3", "99.99999999").set("payments[0][sum]", "199.99999999").set("total_sum", "200");
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"name", "Кофе"},
                                                                                   {"price", "100"},
                                                                                   {"sum", "100"},
                                                                                   {"quantity", "1"},
                                                                                   {"vat", "2"},
                                                                                   {"payment_object", "commodity"},
                                                                                   {"supplier_info][inn", "123"}}) {
    post.set("items[1][" + key + "]", value);
  }
  EXPECT_NE(refused(post.form()).find("Позиция 2, поле items[1].supplier_info.name: нет ни"), std::string::npos);
}

TEST(Mapping, NamesEveryBrokenLine) {
  PostBuilder post;
  post.set("items[0][price]", "x").set("items[1][name]", "Кофе").set("items[1][vat]", "77");
  const auto receipt = map_receipt(post.form(), settings());
  ASSERT_FALSE(receipt.has_value());
  EXPECT_NE(joined(receipt.error()).find("Позиция 1, поле items[0].price"), std::string::npos);
  EXPECT_NE(joined(receipt.error()).find("Позиция 2, поле items[1].vat"), std::string::npos);
}

TEST(Mapping, TenThousandBrokenLinesMakeABoundedAnswer) {
  std::string body = "type=sell&total_sum=1";
  for (int i = 0; i < 10'000; ++i) body += "&items[" + std::to_string(i) + "][name]=";
  const auto receipt = map_receipt(*Form::parse(body), settings());
  ASSERT_FALSE(receipt.has_value());
  EXPECT_LE(receipt.error().size(), 100U);
}

TEST(Post, ReadsWhatIdentifiesIt) {
  const Form form = PostBuilder().form();
  const auto post = read_post(form);
  ASSERT_TRUE(post.has_value());
  EXPECT_EQ(post->type, "sell");
  EXPECT_EQ(post->unique_id, "85");
  EXPECT_EQ(post->number_kkm, "box-1");
  EXPECT_EQ(post->portal_uuid, "check|b24-demo.bitrix24.ru|85|1780300800");
  EXPECT_EQ(post->date_create_s, 1780300800);
}

TEST(Post, RefusesAnIdentityThatIsNoNumber) {
  for (const char* id : {"", "0085", "-1", "1.0", "85x", "123456789012345678901", " 85"}) {
    EXPECT_FALSE(read_post(PostBuilder().set("unique_id", id).form()).has_value()) << id;
  }
  EXPECT_FALSE(read_post(PostBuilder().drop("unique_id").form()).has_value());
  for (const char* time : {"", "yesterday", "-5", "1.5", "1234567890123"}) {
    EXPECT_FALSE(read_post(PostBuilder().set("date_create", time).form()).has_value()) << time;
  }
}

TEST(Post, FindsCashboxParametersByPath) {
  const Form form = PostBuilder().set("cashbox_params[A][B][0]", "x").form();
  EXPECT_EQ(cashbox_param(form, "GATEWAY.TOKEN"), "kx");
  EXPECT_EQ(cashbox_param(form, "A.B.0"), "x");
  EXPECT_EQ(cashbox_param(form, "A.B"), "");
  EXPECT_EQ(cashbox_param(form, "GATEWAY.OTHER"), "");
  EXPECT_EQ(cashbox_param(form, "NO.TOKEN"), "");
  EXPECT_EQ(cashbox_param(form, "GATEWAY.TOKEN.X"), "");
}

}  // namespace
}  // namespace kassaflow::bitrix24
