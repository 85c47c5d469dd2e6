#include "kassaflow/bitrix24/digest.hpp"

#include "kassaflow/base/sha256.hpp"
#include "kassaflow/bitrix24/decimal.hpp"

namespace kassaflow::bitrix24 {

namespace {

// Every value with its length before it, so that no two contents make the same bytes.
class Canonical {
 public:
  Canonical() { bytes_.reserve(2048); }

  void text(std::string_view value) {
    bytes_ += std::to_string(value.size());
    bytes_ += ':';
    bytes_ += value;
  }
  void number(std::string_view value) {
    const auto decimal = parse_decimal(value);
    text(decimal ? fiscal::canonical(*decimal) : value);
  }
  void list_of(std::size_t size) { text(std::to_string(size)); }

  [[nodiscard]] std::string digest() const {
    const Sha256 digest = sha256(bytes_);
    return {digest.begin(), digest.end()};
  }

 private:
  std::string bytes_;
};

std::size_t size_of(Form::Node list) {
  std::size_t size = 0;
  for ([[maybe_unused]] const Form::Node child : list) ++size;
  return size;
}

void add_supplier(Canonical& out, Form::Node supplier) {
  out.text(supplier["name"].value());
  out.text(supplier["inn"].value());
  const Form::Node phones = supplier["phones"];
  out.list_of(size_of(phones));
  for (const Form::Node phone : phones) out.text(phone.value());
}

void add_line(Canonical& out, Form::Node item) {
  out.text(item["name"].value());
  for (const char* key : {"price", "sum", "quantity", "vat"}) out.number(item[key].value());
  for (const char* key : {"payment_object", "payment_method", "measure_code", "marking_code", "nomenclature_code"})
    out.text(item[key].value());
  add_supplier(out, item["supplier_info"]);
}

}  // namespace

std::string content_digest(const Form& form) {
  const Form::Node root = form.root();
  Canonical out;
  out.text("kassaflow/content/" + std::to_string(kDigestVersion));
  out.text(root["type"].value());
  const Form::Node items = root["items"];
  out.list_of(size_of(items));
  for (const Form::Node item : items) add_line(out, item);
  const Form::Node payments = root["payments"];
  out.list_of(size_of(payments));
  for (const Form::Node payment : payments) {
    out.text(payment["type"].value());
    out.number(payment["sum"].value());
  }
  out.number(root["total_sum"].value());
  return out.digest();
}

}  // namespace kassaflow::bitrix24
