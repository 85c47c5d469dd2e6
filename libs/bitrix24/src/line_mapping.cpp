#include "line_mapping.hpp"

#include <charconv>
#include <cstdlib>

#include "kassaflow/bitrix24/decimal.hpp"
#include "kassaflow/fiscal/contact.hpp"
#include "kassaflow/fiscal/inn.hpp"
#include "kassaflow/fiscal/marking.hpp"
#include "kassaflow/fiscal/measure.hpp"
#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/fiscal/vat.hpp"
#include "kassaflow/fiscal/warnings.hpp"

namespace kassaflow::bitrix24 {

namespace {

using fiscal::Kopecks;
using fiscal::PaymentMethod;
using fiscal::PaymentSubject;
using fiscal::Vat;

constexpr std::string_view kUnknownInn = "000000000000";  // of a supplier whose INN the portal does not know (§5.2)

class LineMapper {
 public:
  LineMapper(Form::Node item, std::size_t index, const CheckType& type, const MappingSettings& settings,
             ComplaintList& complaints)
      : item_(item), index_(index), type_(type), settings_(settings), complaints_(complaints) {}

  std::optional<LineDraft> run() {
    if (!item_.is_list()) {
      complaints_.add_item(index_, "", "нет данных о товаре.");
      return std::nullopt;
    }
    map_name();
    draft_.amounts = {amount("price"), amount("quantity"), amount("sum")};
    map_currency();
    map_method();
    map_vat();
    compare_vat_sum();
    map_subject();
    map_measure();
    map_supplier();
    if (failed_) return std::nullopt;
    return std::move(draft_);
  }

 private:
  void complain(std::string_view field, std::string_view text) {
    failed_ = true;
    complaints_.add_item(index_, field, text);
  }

  void warn(std::string_view kind, std::string text) {
    draft_.warnings.push_back({std::string(kind), 0, std::move(text)});
  }

  void map_name() {
    draft_.line.name = fiscal::receipt_text(item_["name"].value(), fiscal::kMaxName);
    if (draft_.line.name.empty()) complain("name", "не указано наименование.");
  }

  fiscal::Decimal amount(std::string_view field) {
    const std::string_view sent = item_[field].value();
    if (sent.empty()) {
      complain(field, "не указано.");
      return {};
    }
    const auto value = parse_decimal(sent);
    if (!value) complain(field, quoted(sent) + " не является числом.");
    return value.value_or(fiscal::Decimal{});
  }

  void map_currency() {
    if (!is_rouble(item_["currency"].value())) complain("currency", "чек печатается только в рублях.");
  }

  void map_method() {
    const std::string_view sent = item_["payment_method"].value();
    const auto method = sent.empty() ? std::optional(type_.method) : find_payment_method(sent);
    if (!method) complain("payment_method", "неизвестный способ расчёта " + quoted(sent) + ".");
    draft_.line.method = method.value_or(type_.method);
  }

  void map_vat() {
    const std::string_view sent = item_["vat"].value();
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(sent.data(), sent.data() + sent.size(), id);
    if (sent.empty() || error != std::errc() || end != sent.data() + sent.size()) {
      complain("vat", sent.empty() ? "не указана ставка НДС." : "неверный код ставки НДС " + quoted(sent) + ".");
      return;
    }
    const auto known = settings_.vat.find(id);
    if (known == settings_.vat.end()) {
      complain("vat", "ставка НДС портала с кодом " + std::to_string(id) + " не настроена в шлюзе.");
      return;
    }
    // ffd.md §4.7: money taken before the goods are handed over carries the calculated rate.
    const PaymentMethod method = draft_.line.method;
    const bool before_goods = method == PaymentMethod::full_prepayment || method == PaymentMethod::prepayment ||
                              method == PaymentMethod::advance;
    draft_.line.vat = before_goods ? fiscal::calculated(known->second) : known->second;
  }

  // The map's rate is printed whatever the portal computed. Its sum is that of the whole position of the basket, so it
  // may fit no rate at all (§5.2), and 0 where the portal computed none: only one that fits another rate says
  // something.
  void compare_vat_sum() {
    const auto sent = parse_decimal(item_["vat_sum"].value());
    if (failed_ || !sent || sent->mantissa <= 0) return;
    const auto sum = fiscal::to_kopecks(draft_.amounts.sum);
    const auto vat_sum = fiscal::to_kopecks(*sent);
    if (!sum || !vat_sum || fits(*vat_sum, *sum, draft_.line.vat)) return;
    for (const auto rate : {Vat::vat_22, Vat::vat_20, Vat::vat_10, Vat::vat_7, Vat::vat_5}) {
      if (!fits(*vat_sum, *sum, rate)) continue;
      return warn(fiscal::kVatSumMismatch,
                  "Сумма НДС портала " + fiscal::to_rubles(*vat_sum) + " соответствует ставке «" +
                      std::string(fiscal::russian_name(rate)) + "», а напечатана ставка «" +
                      std::string(fiscal::russian_name(draft_.line.vat)) + "» по настройке шлюза.");
    }
  }

  // The portal rounds the tax of one unit or that of all.
  [[nodiscard]] bool fits(Kopecks vat_sum, Kopecks sum, Vat rate) const {
    const auto units = static_cast<std::int64_t>(fiscal::round_half_up(draft_.amounts.quantity, 0));
    const std::int64_t difference = vat_sum.value() - fiscal::vat_amount(sum, rate).value();
    return std::abs(difference) <= 1 + units / 2;
  }

  void map_subject() {
    const std::string_view sent = item_["payment_object"].value();
    const auto code = find_payment_subject(sent);
    if (!code) {
      complain("payment_object",
               sent.empty() ? "не указан предмет расчёта." : "неизвестный предмет расчёта " + quoted(sent) + ".");
      return;
    }
    auto subject = static_cast<PaymentSubject>(*code);
    if (subject == PaymentSubject::marked || subject == PaymentSubject::marked_excise) subject = map_codes(subject);
    draft_.line.subject = subject;
  }

  // Codes travel only with goods that are handed over as marked; the subject without one has a number of its own
  // (§5.6). In FFD 1.2 only the scanned code is one. A line with nothing but the product code says which it is: as
  // "without code" it may be printed in either format, as marked only in 1.05.
  PaymentSubject map_codes(PaymentSubject marked) {
    const std::string_view code = item_["marking_code"].value();
    const std::string_view product = item_["nomenclature_code"].value();
    if (!code.empty()) {
      map_scanned(code, product);
      return marked;
    }
    if (const auto holds = fiscal::check_product_code(product); !holds) {
      complain("nomenclature_code", holds.error().message);
    }
    draft_.line.product_code = std::string(product);
    if (settings_.marked_without_code == MarkedWithoutCode::allow) {
      return marked == PaymentSubject::marked ? PaymentSubject::marked_without_code
                                              : PaymentSubject::marked_excise_without_code;
    }
    if (product.empty()) {
      complain("marking_code",
               "маркированный товар без кода маркировки. Укажите код в отгрузке и напечатайте чек ещё раз.");
    }
    return marked;
  }

  void map_scanned(std::string_view code, std::string_view product) {
    auto scanned = fiscal::marking_code(code);
    if (!scanned) return complain("marking_code", scanned.error().message);
    auto agreeing = fiscal::product_code_of(*scanned, code, product);
    if (!agreeing) return complain("marking_code", agreeing.error().message);
    draft_.line.marking_code = *std::move(scanned);
    draft_.line.product_code = *std::move(agreeing);
  }

  // PushedEnd for every line: FFD 1.2 demands it, and the format of a pool may change before its receipts are printed.
  // Deliveries, payments and single coded units have no unit of their own: one piece of them.
  void map_measure() {
    const bool thing = draft_.line.subject != PaymentSubject::service && draft_.line.subject != PaymentSubject::payment;
    const bool coded = !draft_.line.marking_code.empty() || !draft_.line.product_code.empty();
    draft_.line.measure = fiscal::measure_from_okei(item_["measure_code"].value())
                              .value_or(thing && !coded ? fiscal::kMeasureOther : fiscal::kMeasurePiece);
  }

  void map_supplier() {
    const Form::Node sent = item_["supplier_info"];
    if (!sent.is_list()) return;
    fiscal::Supplier supplier;
    supplier.name = fiscal::receipt_text(sent["name"].value(), fiscal::kMaxSupplierName);
    supplier.inn = std::string(fiscal::trim(sent["inn"].value()));
    map_phones(sent["phones"], supplier);
    if (supplier == fiscal::Supplier{}) return;
    map_inn(supplier);
    if (supplier.phones.empty() && !failed_) {
      warn(fiscal::kSupplierNoPhone, "У поставщика не указан телефон: в чеке агента он обязателен.");
    }
    draft_.line.supplier = std::move(supplier);
  }

  // A number of another length has no place in [1226]; one with wrong control digits is printed as the merchant gave
  // it.
  void map_inn(fiscal::Supplier& supplier) {
    if (supplier.inn.empty() || supplier.inn == kUnknownInn) {
      supplier.inn = kUnknownInn;
    } else if (!fiscal::is_inn(supplier.inn)) {
      warn(fiscal::kSupplierInn,
           "ИНН поставщика " + quoted(supplier.inn) + " должен состоять из 10 или 12 цифр: напечатан как неизвестный.");
      supplier.inn = kUnknownInn;
    } else if (!fiscal::inn_checksum_holds(supplier.inn)) {
      warn(fiscal::kSupplierInn,
           "Контрольные цифры ИНН поставщика " + supplier.inn + " не сходятся: напечатан, как указан.");
    }
  }

  void map_phones(Form::Node phones, fiscal::Supplier& supplier) {
    for (const Form::Node phone : phones) {
      if (fiscal::trim(phone.value()).empty()) continue;
      auto number = fiscal::normalise_phone(phone.value());
      if (!number || supplier.phones.size() == fiscal::kMaxSupplierPhones) {
        complain("supplier_info.phones", number ? "слишком много телефонов поставщика."
                                                : quoted(phone.value()) + " не является номером телефона.");
        return;
      }
      supplier.phones.push_back(std::move(*number));
    }
  }

  const Form::Node item_;
  const std::size_t index_;
  const CheckType& type_;
  const MappingSettings& settings_;
  ComplaintList& complaints_;
  LineDraft draft_;
  bool failed_ = false;
};

}  // namespace

std::optional<LineDraft> map_line(Form::Node item, std::size_t index, const CheckType& type,
                                  const MappingSettings& settings, ComplaintList& complaints) {
  return LineMapper(item, index, type, settings, complaints).run();
}

}  // namespace kassaflow::bitrix24
