#include "bit/render.hpp"

#include <algorithm>

#include "common/json_writer.hpp"
#include "common/render_common.hpp"
#include "common/text.hpp"
#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/fiscal/measure.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::registers::bit {
namespace {

constexpr int kMarkingCodeTypeAny = 256;  // [2100] in the vendor's sample: the register finds the type
constexpr int kNoWindow = 4;              // showMode: a window waiting for a click would block the answer (§8.1)

bool is_return(fiscal::SettlementType settlement_type) {
  return settlement_type == fiscal::SettlementType::income_return ||
         settlement_type == fiscal::SettlementType::expense_return;
}

// What this till cannot say of the line; empty when it can say all.
std::string obstacle(const fiscal::Line& line, fiscal::Ffd ffd) {
  if (!fiscal::allowed(fiscal::payment_subject_for(line.subject, ffd), ffd)) {
    return "предмет расчёта " + std::to_string(fiscal::code(line.subject)) + " не допускается ФФД кассы";
  }
  if (ffd == fiscal::Ffd::v1_2 && line.marking_code.empty() && fiscal::is_coded(line.subject)) {
    return "нет кода маркировки: по ФФД 1.2 касса проверяет его целиком";
  }
  if (ffd == fiscal::Ffd::v1_05 && line.product_code.empty() && !line.marking_code.empty()) {
    return "нет кода товара: по ФФД 1.05 касса принимает только его";
  }
  return {};
}

void write_marking(JsonWriter& json, const fiscal::Line& line, fiscal::SettlementType settlement_type,
                   fiscal::Ffd ffd) {
  if (ffd == fiscal::Ffd::v1_05) {
    if (!line.product_code.empty()) json.key("nomenclatureCode_1162").text(base64(line.product_code));
    return;
  }
  if (line.marking_code.empty()) return;
  json.key("imcType_2100").number(kMarkingCodeTypeAny);
  json.key("mrkcode_2000").text(base64(line.marking_code));
  json.key("imcModeProcessing_2102").number(0);
  json.key("itemEstimatedStatus_2003").number(is_return(settlement_type) ? 3 : 1);
}

void write_agent(JsonWriter& json, const fiscal::Supplier& supplier) {
  json.key("agent").begin_object();
  json.key("agentCode_1222").number(kOtherAgent);
  if (!supplier.phones.empty()) json.key("supplierPhone_1171").text(supplier.phones.front());
  if (!supplier.inn.empty()) json.key("supplierINN_1226").text(supplier.inn);
  if (!supplier.name.empty()) json.key("supplierName_1225").text(supplier.name);
  json.end_object();
}

void write_line(JsonWriter& json, const fiscal::Line& line, fiscal::SettlementType settlement_type, fiscal::Ffd ffd) {
  json.begin_object();
  json.key("productName_1030").text(fiscal::cut(line.name, kTitleCharacters));
  json.key("price_1079").number(fiscal::to_rubles(line.price));
  json.key("qty_1023").number(fiscal::to_decimal(line.quantity));
  json.key("amount_1043").number(fiscal::to_rubles(line.sum));
  if (ffd == fiscal::Ffd::v1_2) json.key("unit_2108").number(line.measure.value_or(fiscal::kMeasurePiece));
  json.key("paymentFormCode_1214").number(fiscal::code(line.method));
  json.key("productTypeCode_1212").number(fiscal::code(fiscal::payment_subject_for(line.subject, ffd)));
  json.key("tax_1199").number(fiscal::code(line.vat));
  write_marking(json, line, settlement_type, ffd);
  if (line.supplier) write_agent(json, *line.supplier);
  json.end_object();
}

void write_payments(JsonWriter& json, const fiscal::Payments& payments) {
  json.key("payments").begin_object();
  json.key("cash_1031").number(fiscal::to_rubles(payments.cash));
  json.key("ecash_1081").number(fiscal::to_rubles(payments.cashless));
  json.key("prepayment_1215").number(fiscal::to_rubles(payments.advance));
  json.key("credit_1216").number(fiscal::to_rubles(payments.credit));
  json.key("barter_1217").number(fiscal::to_rubles(payments.counter_provision));
  json.end_object();
}

void write_cashier(JsonWriter& json, const fiscal::Till& till) {
  json.key("cashierName_1021").text(till.cashier_name);
  json.key("cashierInn_1203").text(till.cashier_inn);
}

// One fiscal command a packet (§8.2).
void begin_packet(JsonWriter& json, const std::string& name, std::string_view type) {
  json.begin_array().begin_object();
  json.key("name").text(name);
  json.key("type").text(type);
  json.key("showMode").number(kNoWindow);
  json.key("data").begin_object();
}

std::string end_packet(JsonWriter&& json) {
  json.end_object().end_object().end_array();
  return std::move(json).take();
}

}  // namespace

bool is_order_id(std::string_view key) {
  const auto plain = [](char c) { return ascii::is_letter_or_digit(c) || c == '-' || c == '_'; };
  return !key.empty() && key.size() <= 64 && std::ranges::all_of(key, plain);
}

Result<std::string> render(const fiscal::Receipt& receipt, const fiscal::Till& till, const std::string& key,
                           std::optional<std::uint8_t> timezone_code) {
  if (!is_order_id(key)) return fail(kBadOrderId, "Номер заказа для кассы содержит недопустимые символы");
  if (const auto sums = check_sums(receipt); !sums) return tl::unexpected(sums.error());
  for (std::size_t i = 0; i < receipt.lines.size(); ++i) {
    const std::string why = obstacle(receipt.lines[i], till.ffd);
    if (!why.empty()) return fail(kBadLine, line_name(receipt, i) + why);
  }

  JsonWriter json;
  begin_packet(json, std::string(kReceiptName) + key, "kktReceiptFiscalization");
  json.key("1059").begin_array();
  for (const fiscal::Line& line : receipt.lines) write_line(json, line, receipt.settlement_type, till.ffd);
  json.end_array();
  write_cashier(json, till);
  write_payments(json, receipt.payments);
  json.key("taxationType_1055").number(fiscal::code(till.taxation));
  json.key("receiptType_1054").number(fiscal::code(receipt.settlement_type));
  if (!receipt.buyer_contact.empty()) json.key("sendToEmail_1008").text(receipt.buyer_contact);
  // An electronic receipt without the buyer's contact is worthless (ffd.md §9), so such a one goes on paper.
  json.key("electronically").flag(!receipt.buyer_contact.empty());
  if (timezone_code) json.key("timeZone_1011").number(*timezone_code);
  return end_packet(std::move(json));
}

std::string render_shift(ShiftCommand command, const fiscal::Till& till, const std::string& key) {
  JsonWriter json;
  begin_packet(json, std::string(kShiftName) + key, command == ShiftCommand::open ? "kktOpenShift" : "kktCloseShift");
  write_cashier(json, till);
  return end_packet(std::move(json));
}

}  // namespace kassaflow::registers::bit
