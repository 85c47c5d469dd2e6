#pragma once
// Collects what is wrong with a post, with a limit, by the names of the portal's fields.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "kassaflow/bitrix24/mapping.hpp"
#include "kassaflow/fiscal/violation.hpp"

namespace kassaflow::bitrix24 {

// The portal's name of an attribute (bitrix24.md §5.1, §5.2); of a line's, within its item.
constexpr std::string_view field_of(fiscal::Attribute attribute) {
  using enum fiscal::Attribute;
  switch (attribute) {
    case settlement_type:
      return "calculated_sign";
    case lines:
      return "items";
    case name:
      return "name";
    case price:
      return "price";
    case quantity:
      return "quantity";
    case sum:
      return "sum";
    case vat:
      return "vat";
    case method:
      return "payment_method";
    case subject:
      return "payment_object";
    case measure:
      return "measure_code";
    case marking_code:
      return "marking_code";
    case product_code:
      return "nomenclature_code";
    case supplier_name:
      return "supplier_info.name";
    case supplier_inn:
      return "supplier_info.inn";
    case supplier_phone:
      return "supplier_info.phones";
    case payments:
      return "payments";
    case total:
      return "total_sum";
    case contact:
      return "client_email";
  }
  return {};
}

class ComplaintList {
 public:
  static constexpr std::size_t kLimit = 100;

  void add(std::string text) {
    if (complaints_.size() < kLimit) complaints_.push_back(std::move(text));
  }
  void add_field(std::string_view field, std::string_view text) {
    add("Поле " + std::string(field) + ": " + std::string(text));
  }
  // "Позиция 2, поле items[1].price: …". The manager counts from 1, the post from 0.
  void add_item(std::size_t index, std::string_view field, std::string_view text) {
    add("Позиция " + std::to_string(index + 1) + ", поле items[" + std::to_string(index) + "]" +
        (field.empty() ? "" : ".") + std::string(field) + ": " + std::string(text));
  }
  void add_payment(std::size_t index, std::string_view field, std::string_view text) {
    add("Оплата " + std::to_string(index + 1) + ", поле payments[" + std::to_string(index) + "]." + std::string(field) +
        ": " + std::string(text));
  }
  // Its index is that of the post's item or payment.
  void add_violation(const fiscal::Violation& violation) {
    const std::string_view field = field_of(violation.attribute);
    if (!violation.index) return add_field(field, violation.message);
    if (violation.attribute == fiscal::Attribute::payments) {
      return add_payment(*violation.index, "sum", violation.message);
    }
    add_item(*violation.index, field, violation.message);
  }
  [[nodiscard]] bool empty() const { return complaints_.empty(); }
  [[nodiscard]] Complaints take() { return std::move(complaints_); }

 private:
  Complaints complaints_;
};

// Something the portal sent, safe and short enough to be shown.
[[nodiscard]] std::string quoted(std::string_view sent);

}  // namespace kassaflow::bitrix24
