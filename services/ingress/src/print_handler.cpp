#include "print_handler.hpp"

#include <exception>

#include "kassaflow/bitrix24/answers.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/records/topics.hpp"

namespace kassaflow::ingress {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* kNotSent = "Чек не принят: очередь чеков недоступна. Напечатайте этот же чек ещё раз позже.";
constexpr const char* kTooMany =
    "Чек не принят: за короткое время пришло слишком много чеков. Это только сейчас: напечатайте этот же чек ещё раз "
    "через минуту.";
// It may be printed already, or be waiting.
constexpr const char* kTooOften =
    "Этот чек отправляли на печать слишком часто. Если он так и не напечатается, отправьте этот же чек ещё раз через "
    "несколько минут, не создавайте новый.";
constexpr const char* kPrinted =
    "Чек с этим номером (поле unique_id) уже напечатан с другим содержимым. Для изменений создайте возврат или новый "
    "чек.";

std::string owner_of(const v1::ReceiptAccepted& record) {
  v1::ReceiptOwner owner;
  owner.set_receipt_id(record.receipt_id());
  owner.set_post_id(record.post_id());
  owner.set_tenant(record.tenant());
  owner.set_installation(record.installation());
  owner.set_cashbox(record.cashbox());
  owner.set_unique_id(record.unique_id());
  return owner.SerializeAsString();
}

double seconds_since(Clock::time_point started) {
  return std::chrono::duration<double>(Clock::now() - started).count();
}

}  // namespace

asio::awaitable<std::string> PrintHandler::print(std::string secret, std::string_view body, std::string trace) {
  const Clock::time_point started = Clock::now();
  std::string answer;
  try {
    const auto taken = co_await take(std::move(secret), body, trace, started);
    answer = taken ? bitrix24::print_accepted(*taken) : refuse(taken.error(), trace);
  } catch (const std::exception& error) {
    // A bug, and nobody knows how far the post got.
    log::error("print.failed", {{"trace", trace}, {"error", error.what()}});
    answer = refuse({Reason::internal, {kUnknownResult}}, trace);
  }
  dependencies_.counters.print_took(seconds_since(started));
  co_return answer;
}

std::string PrintHandler::refuse(const Refusal& refusal, std::string_view trace) {
  note(refusal, trace);
  return bitrix24::print_refused(refusal.texts);
}

void PrintHandler::note(const Refusal& refusal, std::string_view trace) {
  dependencies_.counters.refused(refusal.reason);
  if (refusal.reason == Reason::limited) return;  // a line each would be what is to be bounded
  log::info("receipt.refused", {{"trace", trace},
                                {"tenant", refusal.tenant.str()},
                                {"receipt", refusal.receipt_id.str()},
                                {"result", name_of(refusal.reason)}});
}

// Only their kinds are logged: the texts may hold what the buyer typed.
void PrintHandler::note_warnings(const v1::ReceiptAccepted& record, std::string_view trace) {
  for (const v1::Warning& warning : record.receipt().warnings()) {
    dependencies_.counters.warned(warning.kind());
    log::info("receipt.warning", {{"trace", trace}, {"receipt", record.receipt_id()}, {"kind", warning.kind()}});
  }
}

asio::awaitable<tl::expected<std::string, Refusal>> PrintHandler::take(std::string secret, std::string_view body,
                                                                       std::string trace, Clock::time_point started) {
  const auto snapshot = dependencies_.snapshot();
  const auto installation = find_installation(*snapshot, secret, dependencies_.now_ms());
  if (!installation) co_return tl::unexpected(installation.error());
  const bool known = *installation != nullptr;
  if (!dependencies_.limits.post(known ? (*installation)->tenant : TenantId(),
                                 known ? (*installation)->id : InstallationId(), body.size())) {
    co_return tl::unexpected(Refusal{Reason::limited, {kTooMany}});
  }
  const auto accepted = accept(*snapshot, *installation, body, dependencies_.form_limits, dependencies_.now_ms());
  if (!accepted) co_return tl::unexpected(accepted.error());
  const v1::ReceiptAccepted& record = *accepted;
  const TenantId tenant(record.tenant());
  const ReceiptId receipt(record.receipt_id());
  const auto refusal = [&](Reason reason, const char* text) {
    return tl::unexpected(Refusal{reason, {text}, tenant, receipt});
  };

  if (!dependencies_.limits.receipt(tenant, receipt)) co_return refusal(Reason::limited, kTooOften);

  // The question is on its way while Kafka works: a record with other content than what was printed changes nothing in
  // the journal, which keeps it as a conflict (exactly-once.md 13).
  LookUp look_up = dependencies_.duplicates.ask(receipt);
  Message message{records::kReceiptsTopic,
                  PoolId(record.pool()),
                  record.SerializeAsString(),
                  trace,
                  {{records::kOwnerHeader, owner_of(record)}}};
  const Published published =
      co_await dependencies_.publisher.publish(std::move(message), started + dependencies_.deadline);
  if (published == Published::not_sent) dependencies_.limits.was_not_published(receipt);
  const auto printed = co_await look_up.answer();
  // Digests of different versions say nothing about each other, nor does what is another's receipt (I5); the journal
  // decides.
  const bool ours =
      printed && printed->tenant.str() == record.tenant() && printed->installation.str() == record.installation();
  if (ours && printed->digest_version == record.digest_version() && printed->digest != record.content_digest()) {
    co_return refusal(Reason::printed, kPrinted);
  }
  if (published == Published::unknown) co_return refusal(Reason::unconfirmed, kUnknownResult);
  if (published == Published::not_sent) co_return refusal(Reason::unconfirmed, kNotSent);

  dependencies_.counters.accepted(tenant);
  log::info("receipt.accepted", {{"trace", trace},
                                 {"tenant", record.tenant()},
                                 {"receipt", record.receipt_id()},
                                 {"post", record.post_id()},
                                 {"result", "accepted"}});
  note_warnings(record, trace);
  co_return record.receipt_id();
}

}  // namespace kassaflow::ingress
