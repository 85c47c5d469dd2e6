#include "routes.hpp"

#include <algorithm>

#include "kassaflow/bitrix24/answers.hpp"
#include "trace.hpp"

namespace kassaflow::ingress {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kPortal = "/b24/";
constexpr std::string_view kItkassa = "/callbacks/itkassa/";

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

// CHECK_URL belongs to another service. Should it be misrouted here, WAIT is the one answer that does no harm: ERRORS
// without a STATUS would mark the check as printed (bitrix24.md §7).
bool is_check(std::string_view target) { return target.starts_with(kPortal) && split(target, kPortal).rest == "check"; }

}  // namespace

asio::awaitable<http::Reply> Routes::handle(const http::Inbound& inbound) {
  const std::string_view target = inbound.target;
  const std::string trace = trace_id(inbound.header("traceparent"));
  if (target.starts_with(kItkassa)) {
    const Route route = split(target, kItkassa);
    if (inbound.method != "POST" || !route.rest.empty()) co_return of_status(404);
    Callback callback{std::string(route.first), inbound.header("X-Api-Key"), inbound.header("X-Organization-Id"),
                      inbound.body};
    co_return of_status(co_await callback_.take(std::move(callback), trace));
  }
  if (!target.starts_with(kPortal)) co_return of_status(404);
  if (is_check(target)) co_return to_portal(bitrix24::check_wait());
  const Route route = split(target, kPortal);
  if (inbound.method == "POST" && route.rest == "print") {
    co_return to_portal(co_await print_.print(std::string(route.first), inbound.body, trace));
  }
  co_return to_portal(
      print_.refuse({Reason::request, {"Неверный адрес кассы: проверьте адрес печати чеков в настройках."}}, trace));
}

http::Reply Routes::bad_request(std::string_view target, std::string_view) {
  if (is_check(target)) return to_portal(bitrix24::check_wait());
  if (target.empty() || target.starts_with(kPortal)) {
    return to_portal(print_.refuse(
        {Reason::request, {"Запрос на печать чека не прочитан: он повреждён или слишком велик."}}, trace_id({})));
  }
  return of_status(400);
}

}  // namespace kassaflow::ingress
