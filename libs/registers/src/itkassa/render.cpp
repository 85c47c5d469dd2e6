#include "itkassa/render.hpp"

#include "common/json_writer.hpp"
#include "common/render_common.hpp"
#include "kassaflow/base/check.hpp"
#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/fiscal/measure.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/fiscal/vat.hpp"
#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registers::itkassa {
namespace {

using fiscal::Kopecks;

std::string_view command_type(fiscal::SettlementType settlement_type) {
  switch (settlement_type) {
    case fiscal::SettlementType::income:
      return "sale";
    case fiscal::SettlementType::income_return:
      return "returnSale";
    case fiscal::SettlementType::expense:
      return "buy";
    case fiscal::SettlementType::expense_return:
      return "returnBuy";
  }
  return {};
}

std::string_view sno(fiscal::Taxation taxation) {
  switch (taxation) {
    case fiscal::Taxation::osn:
      return "sno_osn";
    case fiscal::Taxation::usn_income:
      return "sno_ysn_d";
    case fiscal::Taxation::usn_income_outcome:
      return "sno_ysn_dmr";
    case fiscal::Taxation::esn:
      return "sno_esn";
    case fiscal::Taxation::patent:
      return "sno_psn";
  }
  return {};
}

// Empty: the manual has no name for the rate. Another rate is never put in its place (§5.3).
std::string_view tax(fiscal::Vat vat) {
  switch (vat) {
    case fiscal::Vat::vat_20:
      return "vat_20";
    case fiscal::Vat::vat_10:
      return "vat_10";
    case fiscal::Vat::vat_20_120:
      return "vat_120";
    case fiscal::Vat::vat_10_110:
      return "vat_110";
    case fiscal::Vat::vat_0:
      return "vat_0";
    case fiscal::Vat::none:
      return "vat_none";
    case fiscal::Vat::vat_5:
    case fiscal::Vat::vat_7:
    case fiscal::Vat::vat_5_105:
    case fiscal::Vat::vat_7_107:
    case fiscal::Vat::vat_22:
    case fiscal::Vat::vat_22_122:
      return {};
  }
  never();
}

// FFD 6 is credit_transfer here; itkassa's "credit" is FFD 5 (§5.2, TRAP).
std::string_view psr(fiscal::PaymentMethod method) {
  switch (method) {
    case fiscal::PaymentMethod::full_prepayment:
      return "prepayment_100";
    case fiscal::PaymentMethod::prepayment:
      return "prepayment";
    case fiscal::PaymentMethod::advance:
      return "advance";
    case fiscal::PaymentMethod::full_payment:
      return "full_settle";
    case fiscal::PaymentMethod::partial_payment:
      return "credit";
    case fiscal::PaymentMethod::credit:
      return "credit_transfer";
    case fiscal::PaymentMethod::credit_payment:
      return "credit_payment";
  }
  return {};
}

// Empty: no name is published (§5.1). Marked goods go as their unmarked kind, with tagTrueSign.
std::string_view ppr(fiscal::PaymentSubject subject, fiscal::Ffd ffd) {
  switch (fiscal::code(subject)) {
    case 1:
    case 32:
    case 33:
      return "goods";
    case 2:
    case 30:
    case 31:
      return "excise_goods";
    case 3:
      return "job";
    case 4:
      return "service";
    case 5:
      return "bet_in_game";
    case 6:
      return "winning_in_game";
    case 7:
      return "lottery_ticket";
    case 8:
      return "lottery_winning";
    case 9:
      return "ipr";
    case 10:
      return "payment";
    case 11:
      return "agent_commission";
    case 12:
      return ffd == fiscal::Ffd::v1_05 ? "composite" : std::string_view();
    case 13:
      return "other";
    default:
      return {};
  }
}

// What this protocol cannot say of the line; empty when it can say all.
std::string obstacle(const fiscal::Line& line, fiscal::Ffd ffd) {
  if (tax(line.vat).empty()) {
    return "ставка НДС «" + std::string(fiscal::russian_name(line.vat)) + "» не описана в протоколе itkassa";
  }
  if (ppr(line.subject, ffd).empty()) {
    return "предмет расчёта " + std::to_string(fiscal::code(line.subject)) + " не описан в протоколе itkassa";
  }
  // The API has no field for the measure; a register would print 0.4 kg as 0.4 pieces (§14).
  if (ffd == fiscal::Ffd::v1_2 && line.measure.value_or(fiscal::kMeasurePiece) != fiscal::kMeasurePiece) {
    return "единица измерения " + std::to_string(*line.measure) +
           " по ФФД 1.2 не передаётся протоколом itkassa, возможны только штуки";
  }
  const bool coded = ffd == fiscal::Ffd::v1_05 ? !line.product_code.empty() : fiscal::is_coded(line.subject);
  if (coded && line.marking_code.empty()) {
    return "нет кода маркировки: itkassa принимает его только таким, как прочитал сканер";
  }
  if (!fiscal::is_utf8(line.marking_code)) {
    return "код маркировки содержит недопустимые символы";
  }
  return {};
}

void text_unless_empty(JsonWriter& json, std::string_view key, std::string_view value) {
  if (!value.empty()) json.key(key).text(value);
}

void amount_unless_zero(JsonWriter& json, std::string_view key, Kopecks amount) {
  if (amount != Kopecks(0)) json.key(key).text(fiscal::to_rubles(amount));
}

void write_line(JsonWriter& json, const fiscal::Line& line, fiscal::Ffd ffd) {
  json.begin_object();
  json.key("title").text(fiscal::cut(line.name, kTitleCharacters));
  json.key("price").text(fiscal::to_rubles(line.price));
  json.key("quantity").text(fiscal::to_decimal(line.quantity));
  json.key("total").text(fiscal::to_rubles(line.sum));
  json.key("tax").text(tax(line.vat));
  json.key("ppr").text(ppr(line.subject, ffd));
  json.key("psr").text(psr(line.method));
  if (line.supplier) {
    json.key("tagAgentType").number(kOtherAgent);
    text_unless_empty(json, "tagServiceProviderINN", line.supplier->inn);
    if (!line.supplier->phones.empty()) {  // the field takes one number
      text_unless_empty(json, "tagServiceProviderContact", line.supplier->phones.front());
    }
    text_unless_empty(json, "tagServiceProviderTitle", line.supplier->name);
  }
  text_unless_empty(json, "tagTrueSign", line.marking_code);
  json.end_object();
}

void begin_document(JsonWriter& json, const std::string& key, const std::string& cre_item_id) {
  json.begin_object();
  json.key("creItemId").text(cre_item_id);
  json.key("idempKey").text(key);
  json.key("commands").begin_array().begin_object();  // one fiscal document a request (§3)
}

std::string end_document(JsonWriter&& json) {
  json.end_object().end_array().end_object();
  return std::move(json).take();
}

}  // namespace

Result<void> check_total(Kopecks total) {
  if (total > Kopecks(0)) return {};
  return fail(kReceiptTotal,
              "итог чека " + fiscal::to_rubles(total) + ": кассы itkassa печатают только чеки с итогом больше нуля");
}

Result<std::string> render(const fiscal::Receipt& receipt, const fiscal::Till& till, const std::string& key,
                           const std::string& cre_item_id) {
  if (const auto sums = check_sums(receipt); !sums) return tl::unexpected(sums.error());
  if (const auto total = check_total(receipt.total); !total) return tl::unexpected(total.error());
  for (std::size_t i = 0; i < receipt.lines.size(); ++i) {
    const std::string why = obstacle(receipt.lines[i], till.ffd);
    if (!why.empty()) return fail(kBadLine, line_name(receipt, i) + why);
  }

  JsonWriter json;
  begin_document(json, key, cre_item_id);
  json.key("type").text(command_type(receipt.settlement_type));
  json.key("isPrintable").flag(receipt.buyer_contact.empty());  // without paper the buyer's contact is mandatory (§9 4)
  json.key("sno").text(sno(till.taxation));
  text_unless_empty(json, "tagCashierName", till.cashier_name);
  text_unless_empty(json, "tagCashierINN", till.cashier_inn);
  text_unless_empty(json, "tagClientContact", receipt.buyer_contact);
  text_unless_empty(json, "tagSaleLocation", till.payment_address);
  json.key("lines").begin_array();
  for (const fiscal::Line& line : receipt.lines) write_line(json, line, till.ffd);
  json.end_array();
  amount_unless_zero(json, "amountCash", receipt.payments.cash);
  amount_unless_zero(json, "amountElectronic", receipt.payments.cashless);
  amount_unless_zero(json, "amountPrepaid", receipt.payments.advance);
  amount_unless_zero(json, "amountCredit", receipt.payments.credit);
  amount_unless_zero(json, "amountIncoming", receipt.payments.counter_provision);
  return end_document(std::move(json));
}

std::string render_shift(ShiftCommand command, const fiscal::Till& till, const std::string& key,
                         const std::string& cre_item_id) {
  const bool opening = command == ShiftCommand::open;
  JsonWriter json;
  begin_document(json, key, cre_item_id);
  json.key("type").text(opening ? "openSession" : "closeSession");
  json.key("isPrintable").flag(false);
  text_unless_empty(json, "tagCashierName", till.cashier_name);
  // The letter case differs between the two commands (§4.1, §14).
  text_unless_empty(json, opening ? "tagCashierINN" : "tagCashierInn", till.cashier_inn);
  return end_document(std::move(json));
}

}  // namespace kassaflow::registers::itkassa
