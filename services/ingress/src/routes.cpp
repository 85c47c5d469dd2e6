#include "routes.hpp"

#include <algorithm>
#include <limits>

#include "kassaflow/bitrix24/answers.hpp"
#include "kassaflow/records/limits.hpp"
#include "trace.hpp"

namespace kassaflow::ingress {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kPortal = "/b24/";
constexpr std::string_view kCallbacks = "/callbacks/";

// /prefix/{first}/{rest}
struct Route {
  std::string_view first;
  std::string_view rest;
};

Route split(std::string_view target, std::string_view prefix) {
  std::string_view path = target.substr(0, target.find('?'));
  path.remove_prefix(std::min(prefix.size(), path.size()));
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

http::Reply of_status(int status) {
  http::Reply reply;
  reply.status = status;
  reply.body = status == 200 ? R"({"result":"ok"})" : R"({"result":"refused"})";
  return reply;
}

http::Reply to_portal(std::string body) {
  http::Reply reply;
  reply.body = std::move(body);
  return reply;
}

bool is_portals(std::string_view target, std::string_view verb) {
  return target.starts_with(kPortal) && split(target, kPortal).rest == verb;
}

// A CHECK_URL that was set to PRINT_URL's address: its body is this one pair (bitrix24.md §7).
bool is_question(std::string_view body) {
  return body.starts_with("uuid=") && body.find('&') == std::string_view::npos;
}

}  // namespace

asio::awaitable<http::Reply> Routes::handle(const http::Inbound& inbound) {
  const std::string_view target = inbound.target;
  const std::string trace = trace_id(inbound.header("traceparent"));
  if (target.starts_with(kCallbacks)) {
    const Route route = split(target, kCallbacks);
    const Route token = split(route.rest, {});
    const registers::Protocol* protocol = registers::find_protocol(route.first);
    const bool calls_back = protocol != nullptr && protocol->callbacks() != nullptr;
    if (!calls_back || inbound.method != "POST" || token.first.empty() || !token.rest.empty()) co_return of_status(404);
    Callback callback{protocol, std::string(token.first), inbound.header, inbound.body};
    const auto answer = co_await callback_.take(std::move(callback), trace);
    http::Reply reply = of_status(answer.status);
    reply.retry_after = answer.retry_after;
    co_return reply;
  }
  if (!target.starts_with(kPortal)) co_return of_status(404);
  if (is_portals(target, "check")) co_return to_portal(bitrix24::check_wait());
  if (inbound.method == "POST" && is_portals(target, "print") && !is_question(inbound.body)) {
    const Route route = split(target, kPortal);
    co_return to_portal(co_await print_.print(std::string(route.first), inbound.body, trace));
  }
  co_return misrouted("Неверный адрес кассы: проверьте адреса печати и проверки чеков в её настройках.", trace);
}

std::size_t Routes::body_limit_of(std::string_view target) {
  return target.starts_with(kCallbacks) ? records::kCallbackLimit : std::numeric_limits<std::size_t>::max();
}

http::Reply Routes::bad_request(std::string_view target, std::string_view reason) {
  constexpr const char* kUnread = "Запрос не прочитан: он повреждён или слишком велик. Чек не напечатан.";
  if (is_portals(target, "check")) return to_portal(bitrix24::check_wait());
  if (is_portals(target, "print")) {
    const bool thrown = reason == http::kHandlerThrew;  // out of the handler, which may have got as far as Kafka
    const Refusal refusal = thrown ? Refusal{Reason::internal, {kUnknownResult}} : Refusal{Reason::request, {kUnread}};
    return to_portal(print_.refuse(refusal, trace_id({})));
  }
  if (target.empty() || target.starts_with(kPortal)) return misrouted(kUnread, trace_id({}));
  return of_status(reason == http::kRequestTooLarge ? 413 : 400);
}

http::Reply Routes::misrouted(const char* text, std::string_view trace) {
  print_.note({Reason::request, {text}}, trace);
  return to_portal(bitrix24::refused_either(text));
}

}  // namespace kassaflow::ingress
