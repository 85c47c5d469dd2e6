#include "kassaflow/bitrix24/mapping.hpp"

#include <algorithm>
#include <charconv>

#include "codes.hpp"
#include "complaint_list.hpp"
#include "kassaflow/bitrix24/decimal.hpp"
#include "kassaflow/fiscal/contact.hpp"
#include "kassaflow/fiscal/reconcile.hpp"
#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/fiscal/warnings.hpp"
#include "line_mapping.hpp"

namespace kassaflow::bitrix24 {

namespace {

using fiscal::Decimal;
using fiscal::Kopecks;
using fiscal::Receipt;

bool is_number(std::string_view text, std::size_t max_digits) {
  return !text.empty() && text.size() <= max_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Mapper {
 public:
  Mapper(const Form& form, const MappingSettings& settings) : root_(form.root()), settings_(settings) {}

  Result<Receipt, Complaints> run() {
    const CheckType* type = map_type();
    const auto total = map_total();
    if (type != nullptr) map_lines(*type);
    map_contact();
    if (complaints_.empty()) settle_amounts(*total);
    if (complaints_.empty()) map_payments(*total);
    if (complaints_.empty()) validate();
    if (!complaints_.empty()) return tl::unexpected(complaints_.take());
    return std::move(receipt_);
  }

 private:
  const CheckType* map_type() {
    const std::string_view sent = root_["type"].value();
    const CheckType* type = find_check_type(sent);
    if (type == nullptr) {
      complaints_.add_field("type", "чек вида " + quoted(sent) + " не поддерживается.");
      return nullptr;
    }
    receipt_.settlement_type = type->settlement_type;
    for (const std::string_view field : {"calculated_sign", "operation"}) {
      const std::string_view sign = root_[field].value();
      if (sign.empty() || find_settlement_type(sign) == type->settlement_type) continue;
      complaints_.add_field(field, "признак расчёта " + quoted(sign) + " противоречит виду чека " + quoted(sent) + ".");
    }
    if (!is_rouble(root_["currency"].value())) complaints_.add_field("currency", "чек печатается только в рублях.");
    return type;
  }

  std::optional<Kopecks> map_total() {
    const std::string_view sent = root_["total_sum"].value();
    const auto value = parse_decimal(sent);
    if (!value) {
      complaints_.add_field("total_sum",
                            sent.empty() ? "не указана сумма чека." : quoted(sent) + " не является числом.");
      return std::nullopt;
    }
    const auto total = fiscal::to_kopecks(*value);
    if (!total) {
      complaints_.add_field("total_sum", total.error().message);
      return std::nullopt;
    }
    return *total;
  }

  void map_lines(const CheckType& type) {
    std::size_t items = 0;
    for (const Form::Node item : root_["items"]) {
      auto draft = map_line(item, items++, type, settings_, complaints_);
      if (draft) drafts_.push_back(std::move(*draft));
    }
    if (items == 0) complaints_.add_field("items", "в чеке нет позиций.");
  }

  void map_contact() {
    const std::string_view email = fiscal::trim(root_["client_email"].value());
    const std::string_view phone = fiscal::trim(root_["client_phone"].value());
    receipt_.buyer_contact = fiscal::buyer_contact(email, phone);
    if (!receipt_.buyer_contact.empty() || (email.empty() && phone.empty())) return;
    receipt_.warnings.push_back({std::string(fiscal::kContactUnusable), 0,
                                 "Контакт покупателя " + quoted(email.empty() ? phone : email) +
                                     " не является адресом почты или номером телефона: чек напечатан без него."});
  }

  void settle_amounts(Kopecks total) {
    std::vector<fiscal::RawLine> amounts;
    amounts.reserve(drafts_.size());
    for (const LineDraft& draft : drafts_) amounts.push_back(draft.amounts);
    const auto settled = fiscal::reconcile(amounts, total);
    if (!settled) {
      complaints_.add_violation(settled.error());
      return;
    }
    receipt_.total = total;
    receipt_.lines.reserve(settled->size());
    for (const fiscal::ReconciledLine& amount : *settled) {
      LineDraft& draft = drafts_[amount.source];
      if (sources_.empty() || sources_.back() != amount.source) add_warnings(draft.warnings, sources_.size() + 1);
      sources_.push_back(amount.source);
      fiscal::Line line = draft.line;
      line.price = amount.price;
      line.quantity = amount.quantity;
      line.sum = amount.sum;
      receipt_.lines.push_back(std::move(line));
    }
  }

  void add_warnings(std::vector<fiscal::Warning>& warnings, std::size_t line) {
    for (fiscal::Warning& warning : warnings) {
      warning.line = line;
      receipt_.warnings.push_back(std::move(warning));
    }
  }

  Kopecks* paid_by(std::string_view type) {
    if (type == "cash") return &receipt_.payments.cash;
    if (type == "cashless") return &receipt_.payments.cashless;
    if (type == "advance") return &receipt_.payments.advance;
    if (type == "credit") return &receipt_.payments.credit;
    return nullptr;
  }

  void map_payments(Kopecks total) {
    std::vector<Decimal> sums;
    std::vector<Kopecks*> kinds;
    for (const Form::Node payment : root_["payments"]) {
      const std::size_t index = sums.size();
      const std::string_view type = payment["type"].value();
      const std::string_view sum = payment["sum"].value();
      Kopecks* const kind = paid_by(type);
      const auto value = parse_decimal(sum);
      if (kind == nullptr) complaints_.add_payment(index, "type", "неизвестный вид оплаты " + quoted(type) + ".");
      if (!value) complaints_.add_payment(index, "sum", quoted(sum) + " не является числом.");
      if (!is_rouble(payment["currency"].value())) {
        complaints_.add_payment(index, "currency", "чек печатается только в рублях.");
      }
      kinds.push_back(kind);
      sums.push_back(value.value_or(Decimal{}));
    }
    if (!complaints_.empty()) return;
    const auto settled = fiscal::reconcile_payments(sums, total);
    if (!settled) {
      complaints_.add_violation(settled.error());
      return;
    }
    for (std::size_t i = 0; i < kinds.size(); ++i) *kinds[i] += (*settled)[i];
  }

  void validate() {
    for (fiscal::Violation& violation : fiscal::validate(receipt_, settings_.ffd)) {
      if (violation.index) violation.index = sources_[*violation.index];
      complaints_.add_violation(violation);
    }
  }

  const Form::Node root_;
  const MappingSettings& settings_;
  ComplaintList complaints_;
  std::vector<LineDraft> drafts_;
  std::vector<std::size_t> sources_;  // of the receipt's lines: their items, some of which were split
  Receipt receipt_;
};

}  // namespace

std::string quoted(std::string_view sent) {
  constexpr std::size_t kShown = 40;
  return "«" + fiscal::receipt_text(sent, kShown) + "»";
}

Result<Post, Complaints> read_post(const Form& form) {
  const Form::Node root = form.root();
  ComplaintList complaints;
  Post post;
  post.type = root["type"].value();
  post.unique_id = root["unique_id"].value();
  post.number_kkm = root["number_kkm"].value();
  post.portal_uuid = fiscal::cut(root["uuid"].value(), 100);
  const std::string_view created = root["date_create"].value();
  // A canonical number: the receipt's identity is made of these bytes.
  const bool identified = is_number(post.unique_id, 20) && (post.unique_id == "0" || post.unique_id.front() != '0');
  if (!identified) complaints.add_field("unique_id", "не указан номер чека на портале.");
  if (is_number(created, 12)) {
    std::from_chars(created.data(), created.data() + created.size(), post.date_create_s);
  } else {
    complaints.add_field("date_create", "не указано время отправки чека.");
  }
  if (!complaints.empty()) return tl::unexpected(complaints.take());
  return post;
}

std::string_view cashbox_param(const Form& form, std::string_view path) {
  Form::Node place = form.root()["cashbox_params"];
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    place = place[path.substr(0, dot)];
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return place.value();
}

Result<Receipt, Complaints> map_receipt(const Form& form, const MappingSettings& settings) {
  return Mapper(form, settings).run();
}

}  // namespace kassaflow::bitrix24
