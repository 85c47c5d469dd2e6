#include "kassaflow/http/shared_answers.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

namespace kassaflow::http {

namespace {
constexpr std::size_t kFew = 64;

std::string name_of(const Request& request) {
  std::string name = request.tenant.str() + '\n' + request.method + '\n' + request.url + '\n';
  for (const auto& [key, value] : request.headers) name += key + ':' + value + '\n';
  return name + request.body;
}
}  // namespace

boost::asio::awaitable<Result<Response, Failure>> SharedAnswers::send(const Request& request, WriteGuard& guard) {
  if (request.shared_for.count() == 0) co_return co_await transport_.send(request, guard);
  const auto now = clock_.now();
  auto& known = asked_[name_of(request)];
  const auto asked = known;
  if (asked && asked->answer && now - asked->at <= request.shared_for) co_return *asked->answer;
  if (asked && !asked->answer) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto mine = asked->waiting.emplace_back(std::make_shared<async::Event>(executor, clock_));
    co_await mine->wait();
    co_return *asked->answer;
  }
  const auto fresh = known = std::make_shared<Asked>();
  fresh->at = now;
  forget_old(now - request.shared_for);
  fresh->answer = co_await transport_.send(request, guard);
  for (const auto& one : fresh->waiting) one->notify();
  co_return *fresh->answer;
}

void SharedAnswers::forget_old(async::Clock::time_point before) {
  if (asked_.size() < 2 * looked_through_at_ + kFew) return;
  std::erase_if(asked_, [&](const auto& entry) { return entry.second->answer && entry.second->at < before; });
  looked_through_at_ = asked_.size();
}

}  // namespace kassaflow::http
