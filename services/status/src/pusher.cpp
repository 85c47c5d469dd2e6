#include "pusher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pqxx/pqxx>

#include "kassaflow/bitrix24/check_apply.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/pool_run.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/runtime/log.hpp"

namespace kassaflow::status {

namespace asio = boost::asio;
using bitrix24::Reaction;
using runtime::Level;
using runtime::log;
using namespace std::chrono_literals;

namespace {

constexpr auto kLook = 100ms;
constexpr int kPerPortal = 10;      // claimed at once of one portal
constexpr int kAtOnce = 200;        // claimed at once of all
constexpr int kClaim_s = 120;       // a claim of a dead replica runs out
constexpr auto kRequest = 30s;      // the cloud ends a request after 60 s
constexpr auto kPortalRest = 60s;   // after QUERY_LIMIT_EXCEEDED
constexpr auto kOperatorRest = 1h;  // a person must act at the portal: asked again seldom

asio::awaitable<void> pause(std::chrono::steady_clock::time_point until) {
  asio::steady_timer timer(co_await asio::this_coro::executor, until);
  co_await timer.async_wait(asio::use_awaitable);
}

std::vector<Pusher::Due> claim(pqxx::work& work, const std::vector<std::string>& busy) {
  postgres::TextArray list;
  for (const auto& installation : busy) list.add(installation);
  std::vector<Pusher::Due> result;
  for (const auto& row : work.exec_params(
           "with due as (select id from (select id, row_number() over (partition by installation order by push_due) as "
           "place from receipts "
           "where push_due <= now() and installation <> all($1::text[])) ranked where place <= $2 limit $3), "
           "mine as (select r.id from receipts r join due using (id) where r.push_due <= now() for update of r skip "
           "locked) "
           "update receipts r set push_due = now() + make_interval(secs => $4) from mine where r.id = mine.id "
           "returning r.id, r.installation, r.push_tries",
           list.str(), kPerPortal, kAtOnce, kClaim_s)) {
    Pusher::Due due;
    due.id = row[0].as<std::string>();
    due.installation = row[1].as<std::string>();
    due.tries = row[2].as<int>();
    result.push_back(std::move(due));
  }
  for (auto& due : result) {
    if (auto known = sql::find(work, due.id)) due.known = std::move(*known);
  }
  return result;
}

// The host of a renamed portal with the path of our own webhook: nothing else of the Location is trusted.
std::string origin_of(const std::string& location) {
  const auto scheme = location.find("://");
  if (scheme == std::string::npos) return {};
  return location.substr(0, location.find('/', scheme + 3));
}

}  // namespace

Pace::Clock::time_point Pace::take(Clock::time_point now) {
  const auto earliest = now - kInterval * kBurst;
  next_ = std::max(next_, earliest) + kInterval;
  return std::max(now, next_ - kInterval * kBurst);
}

std::chrono::milliseconds back_off(std::chrono::milliseconds min, std::chrono::milliseconds max, int tries,
                                   double jitter) {
  const auto full = std::min<std::int64_t>(max.count(), min.count() << std::min(tries, 20));
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(full) * (0.5 + jitter / 2)));
}

Pusher::Pusher(asio::any_io_executor executor, postgres::Pool& pool, const configuration::Watcher& watcher,
               const StatusSettings& settings, http::AddressPolicy addresses,
               std::function<asio::awaitable<bool>()> caught_up)
    : executor_(executor),
      pool_(pool),
      watcher_(watcher),
      settings_(settings),
      addresses_(addresses),
      caught_up_(std::move(caught_up)) {}

asio::awaitable<void> Pusher::run() {
  while (!stopping_) {
    std::vector<std::string> busy;
    for (const auto& [installation, portal] : portals_) {
      if (portal.busy) busy.push_back(installation);
    }
    auto due = co_await pool_.run([busy](pqxx::work& work) { return claim(work, busy); });
    if (due) {
      std::map<std::string, std::vector<Due>> by_portal;
      for (auto& one : *due) by_portal[one.installation].push_back(std::move(one));
      for (auto& [installation, list] : by_portal) {
        portals_[installation].busy = true;
        asio::co_spawn(executor_, push_all(installation, std::move(list)),
                       [this, installation](std::exception_ptr error) {
                         portals_[installation].busy = false;
                         if (error) std::rethrow_exception(error);
                       });
      }
    }
    co_await pause(std::chrono::steady_clock::now() + kLook);
  }
}

asio::awaitable<void> Pusher::push_all(std::string installation, std::vector<Due> due) {
  auto& portal = portals_[installation];
  for (const auto& one : due) {
    if (stopping_) co_return;  // the claim runs out
    co_await push(portal, one);
  }
}

asio::awaitable<void> Pusher::push(Portal& portal, const Due& due) {
  const auto snapshot = watcher_.current();
  const auto installation = snapshot->installations.find(due.installation);
  if (installation == snapshot->installations.end()) {
    co_return co_await later(due, kOperatorRest, "installation_unknown");
  }
  if (installation->second->portal_webhook.empty()) co_return co_await give_up(due, "no_webhook");

  const bool done = due.known.outcome.state() == v1::RECEIPT_STATE_DONE;
  if (!done) {
    // ERROR is the dangerous word: only when nothing newer can be known (exactly-once.md 14).
    if (answer_for(due.known, due.installation) != Answer::error_if_current || !co_await caught_up_()) {
      co_return co_await later(due, settings_.push_retry_min, "not_current");
    }
    const auto again = co_await pool_.run([id = due.id](pqxx::work& work) { return sql::find(work, id); });
    if (!again || answer_for(*again, due.installation) != Answer::error_if_current) {
      co_return co_await later(due, settings_.push_retry_min, "not_current");
    }
  }

  auto document = records::from_record(due.known.outcome.fiscal());
  if (document.printed_at_s == 0) document.printed_at_s = due.known.outcome.changed_at_ms() / 1000;
  std::string url = installation->second->portal_webhook.reveal();
  if (url.back() != '/') url += '/';
  if (!portal.moved_to.empty()) url = portal.moved_to + url.substr(url.find('/', url.find("://") + 3));
  http::Request request;
  request.url = url + std::string(bitrix24::kCheckApplyMethod);
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}, {"Connection", "close"}};
  request.body = done ? bitrix24::check_apply_done(due.id, document)
                      : bitrix24::check_apply_error(due.id, due.known.outcome.error());
  request.total_timeout = kRequest;

  co_await pause(portal.pace.take(std::chrono::steady_clock::now()));
  http::NoGuard guard;
  const auto response = co_await http::one_shot(request, addresses_, guard);
  const auto retry = back_off(settings_.push_retry_min, settings_.push_retry_max, due.tries,
                              std::uniform_real_distribution<>(0, 1)(random_));
  if (!response) co_return co_await later(due, retry, response.error().code);

  const auto verdict = bitrix24::classify_check_apply(done ? bitrix24::Told::done : bitrix24::Told::error,
                                                      {response->status, response->body, response->location});
  switch (verdict.reaction) {
    case Reaction::done:
      co_return co_await pushed(due, false);
    case Reaction::told_error:
      co_return co_await pushed(due, true);
    case Reaction::retry_not_found:
    case Reaction::retry_backoff:
      co_return co_await later(due, retry, verdict.reason);
    case Reaction::rate_limited:
      portal.pace.rest_until(std::chrono::steady_clock::now() + kPortalRest);
      co_return co_await later(due, std::max<std::chrono::milliseconds>(retry, kPortalRest), verdict.reason);
    case Reaction::pause_until: {
      const auto now_s =
          std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
      const auto rest = std::chrono::seconds(std::clamp<std::int64_t>(verdict.pause_until_s - now_s, 1, 3600));
      portal.pace.rest_until(std::chrono::steady_clock::now() + rest);
      co_return co_await later(due, rest, verdict.reason);
    }
    case Reaction::reauthorise:
    case Reaction::stop_alarm:
      log(Level::error, "alarm.portal_refuses", {{"installation", due.installation}, {"reason", verdict.reason}});
      co_return co_await later(due, std::min<std::chrono::milliseconds>(kOperatorRest, settings_.push_retry_max),
                               verdict.reason);
    case Reaction::moved: {
      const auto origin = origin_of(verdict.location);
      // A webhook's code must not follow to plain HTTP.
      const bool downgrade = url.starts_with("https://") && !origin.starts_with("https://");
      if (origin.empty() || downgrade || origin == portal.moved_to) co_return co_await later(due, retry, "moved_badly");
      portal.moved_to = origin;
      log(Level::warn, "portal.moved", {{"installation", due.installation}});
      co_return co_await later(due, 0ms, "moved");
    }
    case Reaction::give_up:
      co_return co_await give_up(due, verdict.reason);
  }
}

asio::awaitable<void> Pusher::pushed(const Due& due, bool error_told) {
  const auto stored =
      co_await pool_.run([id = due.id, revision = due.known.outcome.revision(), error_told](pqxx::work& work) {
        work.exec_params(
            "update receipts set pushed_at = now(), error_told_at = case when $3 then now() else error_told_at end, "
            "push_due = case when revision = $2 or state = (case when $3 then 'failed' else 'done' end) then null else "
            "push_due end where id = $1::uuid",
            id, revision, error_told);
        return true;
      });
  if (stored)
    log(Level::info, "push.done",
        {{"receipt", due.id}, {"installation", due.installation}, {"error_told", error_told}});
}

asio::awaitable<void> Pusher::later(const Due& due, std::chrono::milliseconds wait, std::string why) {
  log(Level::info, "push.later",
      {{"receipt", due.id}, {"installation", due.installation}, {"tries", due.tries + 1}, {"reason", why}});
  (void)co_await pool_.run([id = due.id, wait](pqxx::work& work) {
    work.exec_params(
        "update receipts set push_tries = push_tries + 1, push_due = now() + make_interval(secs => $2::bigint / "
        "1000.0) "
        "where id = $1::uuid and push_due is not null",
        id, wait.count());
    return true;
  });  // not stored: the claim runs out and it is pushed again, which the portal takes for the same
}

asio::awaitable<void> Pusher::give_up(const Due& due, std::string why) {
  log(Level::error, "push.given_up", {{"receipt", due.id}, {"installation", due.installation}, {"reason", why}});
  (void)co_await pool_.run([id = due.id](pqxx::work& work) {
    work.exec_params("update receipts set push_due = null where id = $1::uuid", id);
    return true;
  });
}

}  // namespace kassaflow::status
