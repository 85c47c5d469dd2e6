#include "itkassa_documents.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <span>

namespace kassaflow::simulation {
namespace {

namespace json = boost::json;
using Refused = tl::unexpected<std::string>;

constexpr std::array kTypes{"sale", "returnSale", "buy", "returnBuy"};  // §4, in the order of [1054]
constexpr std::array kSno{"sno_osn", "sno_ysn_d", "sno_ysn_dmr", "sno_envd", "sno_esn", "sno_psn"};
constexpr std::array kTax{"vat_20", "vat_10", "vat_120", "vat_110", "vat_0", "vat_none"};
constexpr std::array kPsr{"prepayment_100", "prepayment",      "advance",       "full_settle",
                          "credit",         "credit_transfer", "credit_payment"};
constexpr std::array kPpr{"goods",          "excise_goods",    "job", "service", "bet_in_game",      "winning_in_game",
                          "lottery_ticket", "lottery_winning", "ipr", "payment", "agent_commission", "composite",
                          "other"};
constexpr std::array kAmounts{"amountCash", "amountElectronic", "amountPrepaid", "amountCredit", "amountIncoming"};

const json::value* member(const json::value& holder, std::string_view name) {
  return holder.is_object() ? holder.get_object().if_contains({name.data(), name.size()}) : nullptr;
}

std::string_view text_of(const json::value* value) {
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

// "1234.5", "0,755", also a JSON number: half-up to `decimals` (§3.1). nullopt for anything else and below 0.
std::optional<std::int64_t> scaled(const json::value* value, int decimals) {
  if (value != nullptr && value->is_number()) {
    const double number = value->to_number<double>() * std::pow(10, decimals);
    return number < 0 ? std::nullopt : std::optional<std::int64_t>(std::llround(number));
  }
  const std::string_view text = text_of(value);
  const std::size_t point = std::min(text.find_first_of(".,"), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (whole.empty() || whole.size() > 12 || !std::ranges::all_of(whole, is_digit)) return std::nullopt;
  if (!std::ranges::all_of(fraction, is_digit)) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : whole) number = number * 10 + (digit - '0');
  for (std::size_t i = 0; i < static_cast<std::size_t>(decimals); ++i) {
    number = number * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  const auto next = static_cast<std::size_t>(decimals);
  return number + (next < fraction.size() && fraction[next] >= '5' ? 1 : 0);
}

// Empty when the field holds one of the words.
std::string one_of(const json::value& holder, const char* name, std::span<const char* const> words) {
  const std::string_view text = text_of(member(holder, name));
  if (std::ranges::any_of(words, [&](const char* word) { return text == word; })) return {};
  return "Недопустимое значение поля " + std::string(name) + ": " + std::string(text);
}

tl::expected<Item, std::string> read_line(const json::value& line) {
  const std::string_view title = text_of(member(line, "title"));
  if (title.empty()) return Refused("Недопустимое поле title");
  for (std::string wrong : {one_of(line, "tax", kTax), one_of(line, "ppr", kPpr), one_of(line, "psr", kPsr)}) {
    if (!wrong.empty()) return Refused(std::move(wrong));
  }
  const auto price = scaled(member(line, "price"), 2);
  const auto thousandths = scaled(member(line, "quantity"), 3);
  const auto total = scaled(member(line, "total"), 2);
  if (!price) return Refused("Недопустимое поле price");
  if (!thousandths || *thousandths == 0) return Refused("Недопустимое поле quantity");
  if (!total) return Refused("Недопустимое поле total");
  if (std::abs((*price * *thousandths + 500) / 1000 - *total) > 1) {
    return Refused("Недопустимое поле total: не соответствует price и quantity");
  }
  return Item{std::string(title), *total};
}

}  // namespace

int settlement_type_of(std::string_view command_type) {
  const auto* const found = std::ranges::find(kTypes, command_type);
  return found == kTypes.end() ? 0 : static_cast<int>(found - kTypes.begin()) + 1;
}

tl::expected<Receipt, std::string> read_receipt(const json::value& command) {
  Receipt receipt;
  receipt.settlement_type = settlement_type_of(text_of(member(command, "type")));
  if (std::string wrong = one_of(command, "sno", kSno); !wrong.empty()) return Refused(std::move(wrong));
  const json::value* printable = member(command, "isPrintable");
  const bool on_paper = printable == nullptr || !printable->is_bool() || printable->get_bool();
  if (!on_paper && text_of(member(command, "tagClientContact")).empty()) {
    return Refused("Не указано обязательное поле tagClientContact");
  }
  const json::value* lines = member(command, "lines");
  if (lines == nullptr || !lines->is_array() || lines->get_array().empty()) {
    return Refused("Не указано обязательное поле lines");
  }
  for (const json::value& line : lines->get_array()) {
    tl::expected<Item, std::string> item = read_line(line);
    if (!item) return Refused(std::move(item.error()));
    receipt.total_kopecks += item->total_kopecks;
    receipt.items.push_back(std::move(*item));
  }
  std::int64_t paid = 0;
  for (const char* name : kAmounts) {
    const json::value* amount = member(command, name);
    if (amount == nullptr) continue;
    const auto kopecks = scaled(amount, 2);
    if (!kopecks) return Refused("Недопустимое поле " + std::string(name));
    paid += *kopecks;
  }
  if (receipt.total_kopecks <= 0) return Refused("Недопустимая сумма чека: должна быть больше нуля");
  const std::int64_t cash = scaled(member(command, "amountCash"), 2).value_or(0);
  if (paid < receipt.total_kopecks || paid - receipt.total_kopecks > cash) {
    return Refused("Недопустимая сумма оплат: не соответствует сумме позиций");
  }
  return receipt;
}

}  // namespace kassaflow::simulation
