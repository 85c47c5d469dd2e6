#include "json_text.hpp"

#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/hex.hpp"

namespace kassaflow::bitrix24 {

namespace {

void append_escaped(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte < 0x20 || byte == 0x7F) {
    out += "\\u00";
    append_hex(out, byte);
    return;
  }
  out += static_cast<char>(byte);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t limit) {
  out += '"';
  if (text.size() > limit) text = fiscal::cut(text, limit);
  const bool keep = ascii::is_ascii(text) || fiscal::is_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_escaped(out, byte < 0x80 || keep ? byte : '?');
  }
  out += '"';
}

void JsonObject::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value, std::size_t limit) {
  key(name);
  append_json_string(out_, value, limit);
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
