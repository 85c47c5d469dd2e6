#include "check_handler.hpp"

#include <chrono>

#include "kassaflow/bitrix24/answers.hpp"
#include "kassaflow/bitrix24/form.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/id.hpp"

namespace kassaflow::status {

namespace asio = boost::asio;

namespace {
constexpr std::size_t kBodyLimit = 64 * 1024;  // `uuid=` and nothing else
}  // namespace

std::string_view secret_of(std::string_view target) {
  constexpr std::string_view kPrefix = "/b24/";
  constexpr std::string_view kSuffix = "/check";
  target = target.substr(0, target.find('?'));
  if (!target.starts_with(kPrefix) || !target.ends_with(kSuffix) || target.size() <= kPrefix.size() + kSuffix.size())
    return {};
  const auto secret = target.substr(kPrefix.size(), target.size() - kPrefix.size() - kSuffix.size());
  return secret.find('/') == std::string_view::npos ? secret : std::string_view();
}

CheckHandler::CheckHandler(Snapshots snapshot, CheckDependencies view, Counters& counters)
    : snapshot_(std::move(snapshot)), view_(std::move(view)), counters_(counters) {}

asio::awaitable<http::Reply> CheckHandler::operator()(const http::Inbound& inbound) const {
  const auto started = std::chrono::steady_clock::now();
  http::Reply reply;
  reply.body = co_await answer(inbound);
  counters_.check_took(std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  co_return reply;
}

// A view that could not be asked is like one that knows nothing: WAIT.
asio::awaitable<std::optional<ViewEntry>> CheckHandler::find(ReceiptId receipt) const {
  auto found = co_await view_.find(receipt);
  if (!found) counters_.fell_back();
  co_return found ? std::move(found->entry) : std::nullopt;
}

asio::awaitable<std::string> CheckHandler::answer(const http::Inbound& inbound) const {
  const auto wait = bitrix24::check_wait();
  const auto snapshot = snapshot_();
  const auto* installation = snapshot->installation_of(secret_of(inbound.target), view_.now_ms());
  if (inbound.method != "POST" || inbound.body.size() > kBodyLimit) co_return wait;
  const auto form = bitrix24::Form::parse(inbound.body);
  if (!form) co_return wait;
  const std::string uuid(form->root()["uuid"].value());
  if (!receipts::is_uuid(uuid)) co_return wait;
  const ReceiptId receipt(uuid);

  // For strangers, too: who asks with a secret of nobody's learns that neither from the answer nor from its time.
  auto known = co_await find(receipt);
  if (installation == nullptr) co_return wait;
  switch (answer_for(known, *installation)) {
    case Answer::wait:
      co_return wait;
    case Answer::done:
      co_return bitrix24::check_done(uuid, document_of(known->outcome));
    case Answer::error_if_current:
      break;
  }
  if (!co_await view_.caught_up()) co_return wait;
  known = co_await find(receipt);
  if (answer_for(known, *installation) != Answer::error_if_current) co_return wait;
  if (!co_await view_.tell_error(receipt, known->outcome.revision())) co_return wait;
  log::info("check.error_told", {{"receipt", uuid}});
  co_return bitrix24::check_error(uuid, known->outcome.error());
}

}  // namespace kassaflow::status
