#include "json_text.hpp"

#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/visible.hpp"

namespace kassaflow::bitrix24 {

void append_shown(std::string& out, std::string_view text, std::size_t limit) {
  append_json(out, fiscal::cut(visible(fiscal::cut(text, limit)), limit));
}

void JsonObject::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  key(name);
  append_json(out_, value);
  return *this;
}

JsonObject& JsonObject::shown(std::string_view name, std::string_view value, std::size_t limit) {
  key(name);
  append_shown(out_, value, limit);
  return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
  key(name);
  out_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::attributes(const fiscal::FiscalDocument& document) {
  if (!document.registration_number.empty()) text("REG_NUMBER_KKT", document.registration_number);
  if (!document.fp.empty()) text("FISCAL_DOC_ATTR", document.fp);
  if (document.fd != 0) text("FISCAL_DOC_NUMBER", std::to_string(document.fd));
  if (document.receipt_number) text("FISCAL_RECEIPT_NUMBER", std::to_string(*document.receipt_number));
  if (!document.fn.empty()) text("FN_NUMBER", document.fn);
  if (document.shift) text("SHIFT_NUMBER", std::to_string(*document.shift));
  // A number and nothing else: any other value is a fatal PHP error on the portal (§7).
  if (document.printed_at_s > 0) number("PRINT_END_TIME", document.printed_at_s);
  return *this;
}

std::string JsonObject::take() {
  out_ += '}';
  return std::move(out_);
}

}  // namespace kassaflow::bitrix24
