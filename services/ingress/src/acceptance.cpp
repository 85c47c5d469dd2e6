#include "acceptance.hpp"

#include <algorithm>

#include "kassaflow/bitrix24/digest.hpp"
#include "kassaflow/bitrix24/mapping.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::ingress {

using configuration::Cashbox;
using configuration::Installation;
using configuration::Pool;
using configuration::Snapshot;

namespace {

tl::unexpected<Refusal> refuse(Reason reason, std::vector<std::string> texts,
                               const Installation* installation = nullptr) {
  return tl::unexpected(Refusal{reason, std::move(texts), installation == nullptr ? TenantId() : installation->tenant});
}

// Secret, number or parameters are wrong: which of them, the log says, not the answer.
tl::unexpected<Refusal> not_connected(Reason reason, std::string_view number, const Installation* installation) {
  constexpr std::size_t kShown = 64;
  const std::string which =
      number.empty() ? "без номера" : "с номером «" + std::string(fiscal::cut(number, kShown)) + "»";
  return refuse(reason,
                {"Касса " + which +
                 " не подключена к шлюзу. Проверьте в её настройках адрес печати чеков, номер кассы (поле number_kkm) "
                 "и параметры (поле cashbox_params)."},
                installation);
}

// A cashbox without a number is the only one of its portal. Every parameter is compared, whatever the others say.
Accepting<const Cashbox*> find_cashbox(const Installation& installation, std::string_view number,
                                       const bitrix24::Form& form) {
  const auto& cashboxes = installation.cashboxes_by_number;
  const auto known = number.empty() && cashboxes.size() == 1 ? cashboxes.begin() : cashboxes.find(number);
  if (known == cashboxes.end()) return not_connected(Reason::cashbox, number, &installation);
  bool matches = true;
  for (const auto& [path, value] : known->second.required_params) {
    if (!value.matches(bitrix24::cashbox_param(form, path))) matches = false;
  }
  if (!matches) return not_connected(Reason::credentials, number, &installation);
  return &known->second;
}

bitrix24::MappingSettings mapping_settings(const Installation& installation, const Pool& pool) {
  const bool refuse_marked = installation.marked_without_code == configuration::MarkedWithoutCode::refuse;
  return {
      .vat = installation.vat,
      .marked_without_code = refuse_marked ? bitrix24::MarkedWithoutCode::refuse : bitrix24::MarkedWithoutCode::allow,
      .ffd = pool.till.ffd};
}

// Refused when not one register of the pool takes such a total: it would come back from each of them. A pool that has
// none yet, or one that this version does not know, says nothing. Whatever else a register cannot express is found when
// it renders the receipt.
Accepting<void> check_registers(const Snapshot& snapshot, const Installation& installation, const Pool& pool,
                                const fiscal::Receipt& receipt) {
  const auto registers = snapshot.registers_by_pool.find(pool.id);
  if (registers == snapshot.registers_by_pool.end()) return {};
  const auto in_pool = [&pool](const auto& entry) { return entry.second == pool.id; };
  if (std::ranges::any_of(snapshot.unknown_registers, in_pool)) return {};
  std::string why;
  for (const auto& kkt : registers->second) {
    if (kkt->retired) continue;
    const auto taken = kkt->settings.protocol->check_total(receipt.total);
    if (taken) return {};
    why = taken.error().message;
  }
  if (why.empty()) return {};
  return refuse(Reason::content, {"Поле total_sum: " + why + "."}, &installation);
}

v1::ReceiptAccepted make_record(const Installation& installation, const Cashbox& cashbox, const bitrix24::Post& post,
                                const bitrix24::Form& form, const fiscal::Receipt& receipt, std::int64_t now_ms) {
  v1::ReceiptAccepted record;
  record.set_receipt_id(installation.id_key.value().receipt_id(post.unique_id).str());
  record.set_post_id(receipts::new_post_id(now_ms));
  record.set_tenant(installation.tenant.str());
  record.set_installation(installation.id.str());
  record.set_cashbox(cashbox.id.str());
  record.set_pool(cashbox.pool.str());
  record.set_unique_id(std::string(post.unique_id));
  record.set_date_create_s(post.date_create_s);
  record.set_accepted_at_ms(now_ms);
  record.set_content_digest(bitrix24::content_digest(form));
  record.set_digest_version(bitrix24::kDigestVersion);
  *record.mutable_receipt() = records::to_record(receipt);
  record.mutable_receipt()->set_check_type(std::string(post.type));
  record.set_portal_uuid(std::string(post.portal_uuid));
  return record;
}

}  // namespace

Accepting<const Installation*> find_installation(const Snapshot& snapshot, std::string_view secret,
                                                 std::int64_t now_ms) {
  if (snapshot.revision == 0) {
    return refuse(Reason::configuration, {"Шлюз запускается. Напечатайте этот же чек ещё раз через минуту."});
  }
  return snapshot.installation_of(secret, now_ms);
}

Accepting<v1::ReceiptAccepted> accept(const Snapshot& snapshot, const Installation* installation, std::string_view body,
                                      const bitrix24::FormLimits& limits, std::int64_t now_ms) {
  const auto form = bitrix24::Form::parse(body, limits);
  if (!form) return refuse(Reason::form, {form.error().message}, installation);
  const auto post = bitrix24::read_post(*form);
  if (!post) return refuse(Reason::content, post.error(), installation);

  if (installation == nullptr) return not_connected(Reason::installation, post->number_kkm, nullptr);
  const Installation& portal = *installation;
  const auto cashbox = find_cashbox(portal, post->number_kkm, *form);
  if (!cashbox) return tl::unexpected(cashbox.error());
  const auto pool = snapshot.pools.find((*cashbox)->pool);
  if (pool == snapshot.pools.end())
    return refuse(Reason::configuration, {"Касса в шлюзе настроена не до конца."}, &portal);

  const auto receipt = bitrix24::map_receipt(*form, mapping_settings(portal, *pool->second));
  if (!receipt) return refuse(Reason::content, receipt.error(), &portal);
  if (auto taken = check_registers(snapshot, portal, *pool->second, *receipt); !taken) {
    return tl::unexpected(taken.error());
  }
  auto record = make_record(portal, **cashbox, *post, *form, *receipt, now_ms);
  if (const auto fits = records::check(record); !fits) {
    return refuse(Reason::content, {"Чек не помещается в запись шлюза: " + fits.error().message + "."}, &portal);
  }
  return record;
}

}  // namespace kassaflow::ingress
