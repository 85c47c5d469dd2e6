#include "kassaflow/fiscal/rules.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/fiscal/contact.hpp"
#include "kassaflow/fiscal/inn.hpp"
#include "kassaflow/fiscal/measure.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/fiscal/vat.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr Quantity kOne{1000};
constexpr char kGroupSeparator = 0x1D;

bool in_range(Kopecks amount) { return amount >= Kopecks(0) && amount <= kMaxAmount; }

bool has_control_character(std::string_view bytes) {
  return std::ranges::any_of(
      bytes, [](char c) { return c != kGroupSeparator && (static_cast<unsigned char>(c) < ' ' || c == 0x7F); });
}

bool is_prepayment(PaymentMethod method) {
  return method == PaymentMethod::full_prepayment || method == PaymentMethod::prepayment ||
         method == PaymentMethod::advance;
}

// Collects what is wrong with one line.
class LineCheck {
 public:
  LineCheck(const Line& line, std::size_t index, Ffd ffd, std::vector<Violation>& out)
      : line_(line), index_(index), ffd_(ffd), out_(out) {}

  void run() {
    name();
    amounts();
    vat();
    subject();
    measure();
    marking();
    if (line_.supplier) supplier(*line_.supplier);
  }

 private:
  void broken(Attribute attribute, std::string message) { out_.push_back({attribute, index_, std::move(message)}); }

  void name() {
    if (line_.name.empty()) return broken(Attribute::name, "нет наименования.");
    if (!is_printable(line_.name))
      return broken(Attribute::name, "в наименовании есть символы, которых нет в кодировке кассы.");
    if (characters(line_.name) > kMaxName) broken(Attribute::name, "наименование длиннее 128 символов.");
  }

  // ffd.md §4.2, §4.5
  void amounts() {
    const bool price = in_range(line_.price);
    const bool sum = in_range(line_.sum);
    const bool quantity = line_.quantity > Quantity(0) && line_.quantity <= kMaxQuantity;
    if (!price) broken(Attribute::price, "цена вне пределов 0..42949672.95.");
    if (!sum) broken(Attribute::sum, "сумма вне пределов 0..42949672.95.");
    if (!quantity) broken(Attribute::quantity, "количество вне пределов 0.001..99999.999.");
    if (price && sum && quantity && cost(line_.price, line_.quantity) != line_.sum) {
      broken(Attribute::sum, "сумма " + to_rubles(line_.sum) + " не равна цене " + to_rubles(line_.price) + " × " +
                                 to_decimal(line_.quantity) + ".");
    }
  }

  // ffd.md §4.7; a payment of a credit is usually without VAT, but no rate is forbidden there.
  void vat() {
    if (!vat_from_code(code(line_.vat))) return broken(Attribute::vat, "неизвестная ставка НДС.");
    if (!payment_method_from_code(code(line_.method))) return broken(Attribute::method, "неизвестный способ расчёта.");
    const std::string rate(russian_name(line_.vat));
    if (is_prepayment(line_.method) && calculated(line_.vat) != line_.vat) {
      broken(Attribute::vat, "ставка " + rate + " не годится для предоплаты, нужна расчётная.");
    } else if (!is_prepayment(line_.method) && line_.method != PaymentMethod::credit_payment &&
               is_calculated(line_.vat)) {
      broken(Attribute::vat, "расчётная ставка " + rate + " годится только для предоплаты.");
    }
  }

  // ffd.md §3.4, §4.6, §10
  void subject() {
    if (!allowed(payment_subject_for(line_.subject, ffd_), ffd_))
      return broken(Attribute::subject, "этого предмета расчёта нет в формате чека кассы.");
    const bool money_only = line_.method == PaymentMethod::advance || line_.method == PaymentMethod::credit_payment;
    if (money_only && line_.subject != PaymentSubject::payment) {
      broken(Attribute::subject, "для аванса и оплаты кредита предмет расчёта должен быть «платёж».");
    }
  }

  void measure() {
    if (line_.measure ? !is_measure(*line_.measure) : ffd_ == Ffd::v1_2) {
      broken(Attribute::measure,
             line_.measure ? "неизвестная мера количества." : "в чеке ФФД 1.2 нужна мера количества.");
    }
  }

  // ffd.md §3.7
  void marking() {
    const bool coded = !line_.marking_code.empty() || !line_.product_code.empty();
    if (coded && line_.quantity != kOne)
      broken(Attribute::quantity, "количество товара с кодом маркировки должно быть 1.");
    if (ffd_ == Ffd::v1_05 && line_.product_code.size() > kMaxProductCode)
      broken(Attribute::product_code, "код товара длиннее 32 байт.");
    if (line_.marking_code.size() > kMaxMarkingCode) {
      broken(Attribute::marking_code, "код маркировки длиннее 200 байт.");
    } else if (has_control_character(line_.marking_code)) {
      broken(Attribute::marking_code, "в коде маркировки недопустимые символы.");
    } else if (!is_coded(line_.subject)) {
      if (!line_.marking_code.empty())
        broken(Attribute::marking_code, "код маркировки передан для немаркированного товара.");
    } else if (ffd_ == Ffd::v1_2 ? line_.marking_code.empty() : !coded) {
      broken(Attribute::marking_code, "у маркированного товара нет кода маркировки.");
    }
  }

  // ffd.md §3.6
  void supplier(const Supplier& supplier) {
    if (!is_inn(supplier.inn)) broken(Attribute::supplier_inn, "ИНН поставщика должен состоять из 10 или 12 цифр.");
    if (supplier.name.empty() && supplier.phones.empty()) {
      broken(Attribute::supplier_name, "нет ни наименования, ни телефона поставщика.");
    } else if (!is_printable(supplier.name) || characters(supplier.name) > kMaxSupplierName) {
      broken(Attribute::supplier_name,
             "наименование поставщика длиннее 256 символов или содержит символы, которых нет в кодировке кассы.");
    }
    const auto fits = [](const std::string& phone) { return is_phone(phone) && phone.size() <= kMaxPhone; };
    if (!std::ranges::all_of(supplier.phones, fits)) {
      broken(Attribute::supplier_phone, "телефон поставщика должен быть вида +79991234567.");
    }
  }

  const Line& line_;
  std::size_t index_;
  Ffd ffd_;
  std::vector<Violation>& out_;
};

// Also safe for absurd sums: it stops adding at the first line out of range.
bool lines_make_total(const Receipt& receipt) {
  Kopecks sum;
  for (const auto& line : receipt.lines) {
    if (!in_range(line.sum)) return false;
    sum += line.sum;
  }
  return sum == receipt.total;
}

// ffd.md §4.3, §4.4; cash above the total would be change, which the portal never sends.
void check_totals(const Receipt& receipt, std::vector<Violation>& out) {
  if (!in_range(receipt.total))
    return out.push_back({Attribute::total, std::nullopt, "итог чека вне пределов 0..42949672.95."});
  if (!lines_make_total(receipt)) {
    out.push_back(
        {Attribute::total, std::nullopt, "сумма позиций не равна итогу чека " + to_rubles(receipt.total) + "."});
  }
  const auto& paid = receipt.payments;
  for (const Kopecks part : {paid.cash, paid.cashless, paid.advance, paid.credit, paid.counter_provision}) {
    if (!in_range(part))
      return out.push_back({Attribute::payments, std::nullopt, "сумма оплаты вне пределов 0..42949672.95."});
  }
  if (paid.total() != receipt.total) {
    out.push_back(
        {Attribute::payments, std::nullopt,
         "сумма оплат " + to_rubles(paid.total()) + " не равна итогу чека " + to_rubles(receipt.total) + "."});
  }
}

// ffd.md §4.6: what is handed over on credit is paid by credit [1216] in full, and a credit is not paid by another one.
void check_credit(const Receipt& receipt, std::vector<Violation>& out) {
  Kopecks on_credit, paying_credit;
  for (const auto& line : receipt.lines) {
    if (!in_range(line.sum)) return;
    if (line.method == PaymentMethod::credit) on_credit += line.sum;
    if (line.method == PaymentMethod::credit_payment) paying_credit += line.sum;
  }
  if (receipt.payments.credit < on_credit) {
    out.push_back({Attribute::payments, std::nullopt,
                   "товар, переданный в кредит, должен быть оплачен видом «кредит» полностью."});
  }
  if (paying_credit > Kopecks(0) && in_range(receipt.payments.credit) &&
      receipt.payments.credit + paying_credit > receipt.total) {
    out.push_back({Attribute::payments, std::nullopt, "оплата кредита не может быть оплачена видом «кредит»."});
  }
}

void check_contact(const std::string& contact, std::vector<Violation>& out) {
  if (contact.empty() || is_email(contact) || is_phone(contact)) return;
  out.push_back({Attribute::contact, std::nullopt,
                 "контакт покупателя должен быть адресом почты до 64 символов или телефоном вида +79991234567."});
}

}  // namespace

std::vector<Violation> validate(const Receipt& receipt, Ffd ffd, const Limits& limits) {
  std::vector<Violation> out;
  if (receipt.lines.empty()) out.push_back({Attribute::lines, std::nullopt, "в чеке нет ни одной позиции."});
  if (receipt.lines.size() > limits.lines) {
    out.push_back({Attribute::lines, std::nullopt, "в чеке больше " + std::to_string(limits.lines) + " позиций."});
    return out;
  }
  if (!settlement_type_from_code(code(receipt.settlement_type)))
    out.push_back({Attribute::settlement_type, std::nullopt, "неизвестный признак расчёта."});
  for (std::size_t i = 0; i < receipt.lines.size(); ++i) LineCheck(receipt.lines[i], i, ffd, out).run();
  const auto codes = std::ranges::count_if(receipt.lines, [](const Line& line) { return !line.marking_code.empty(); });
  if (std::cmp_greater(codes, kMaxMarkingCodes))
    out.push_back({Attribute::lines, std::nullopt, "в чеке больше 128 кодов маркировки."});
  check_totals(receipt, out);
  check_credit(receipt, out);
  check_contact(receipt.buyer_contact, out);
  return out;
}

}  // namespace kassaflow::fiscal
