#include "pusher.hpp"

#include <boost/asio/co_spawn.hpp>

#include "counters.hpp"
#include "kassaflow/async/back_off.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/records/convert.hpp"

namespace kassaflow::status {

namespace asio = boost::asio;
using receipts::PortalWord;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

constexpr auto kLook = 100ms;
constexpr auto kFindDue = 60s;
constexpr auto kRenew = 5s;
static_assert(kRenew * 2 < sql::kClaim);
constexpr std::int64_t kAtOnce = 50;     // portals claimed by one look
constexpr std::int64_t kUnderWay = 500;  // portals: each holds a socket; dead ones rest, so they do not fill it
constexpr auto kRequest = 30s;           // the cloud ends a request after 60 s

}  // namespace

struct Pusher::Portal {
  InstallationId installation;
  sql::Release release;  // what is kept of it
  std::optional<PortalAddress> address;

  PortalAddress& address_for(const Secret& webhook) {
    PortalAddress fresh(webhook, release.webhook_digest, release.moved_to);
    if (!address || address->digest() != fresh.digest()) address.emplace(std::move(fresh));
    return *address;
  }
};

Pusher::Pusher(Dependencies dependencies, const StatusSettings& settings)
    : dependencies_(std::move(dependencies)), settings_(settings) {}

asio::awaitable<void> Pusher::run() {
  auto renewed = dependencies_.clock.now();
  auto found = dependencies_.clock.now();
  while (!stopping_) {
    if (const auto now = dependencies_.clock.now(); now - found >= kFindDue) {
      found = now;
      (void)co_await dependencies_.database.run([](pqxx::work& work) {
        sql::find_due(work);
        return true;
      });  // else the next time
    }
    co_await look();
    if (const auto now = dependencies_.clock.now(); !running_.empty() && now - renewed >= kRenew) {
      renewed = now;
      (void)co_await dependencies_.database.run(
          [replica = dependencies_.replica, running = running()](pqxx::work& work) {
            sql::renew(work, replica, running);
            return true;
          });  // not renewed: the claims lapse, and nothing more is pushed under them
    }
    co_await async::pause_for(dependencies_.clock, kLook);
  }
}

asio::awaitable<void> Pusher::look() {
  const auto limit = std::min(kAtOnce, kUnderWay - static_cast<std::int64_t>(running_.size()));
  // Without a configuration nobody's webhook is known.
  if (limit <= 0 || dependencies_.snapshot()->revision == 0) co_return;
  auto claims =
      co_await dependencies_.database.run([replica = dependencies_.replica, running = running(), limit](
                                              pqxx::work& work) { return sql::claim(work, replica, running, limit); });
  if (!claims) co_return;
  for (auto& claim : *claims) {
    const auto installation = claim.installation;
    running_.insert(installation);
    asio::co_spawn(dependencies_.executor, push_all(std::move(claim)),
                   [this, installation](const std::exception_ptr& bug) {
                     running_.erase(installation);
                     kRethrow(bug);
                   });
  }
}

asio::awaitable<void> Pusher::push_all(sql::Claim claim) {
  Portal portal{claim.installation, {0ms, claim.failures, claim.webhook_digest, claim.moved_to}, {}};
  try {
    co_await push_places(portal, claim.places);
  } catch (const std::exception& error) {  // a bug; the other portals go on
    log::error("push.broken", {{"installation", portal.installation.str()}, {"error", error.what()}});
    portal.release.rest = settings_.push_retry_max;
  }
  (void)co_await dependencies_.database.run([replica = dependencies_.replica, &portal](pqxx::work& work) {
    sql::release(work, replica, portal.installation, portal.release);
    return true;
  });  // not released: the claim lapses
}

asio::awaitable<void> Pusher::push_places(Portal& portal, const std::vector<sql::Claim::Place>& places) {
  const auto claimed = dependencies_.clock.now();
  for (const auto& place : places) {
    co_await async::pause_until(dependencies_.clock, claimed + place.after);
    for (auto next = Next::repeat; next != Next::go_on;) {
      if (stopping_) co_return;
      next = co_await push(portal, place.receipt);
      if (next == Next::leave) co_return;
      if (next == Next::repeat) co_await async::pause_for(dependencies_.clock, Pace::kInterval);
    }
  }
}

asio::awaitable<Pusher::Next> Pusher::push(Portal& portal, const ReceiptId& receipt) {
  const auto snapshot = dependencies_.snapshot();
  const auto installation = snapshot->installations.find(portal.installation);
  if (installation == snapshot->installations.end()) {
    // Deleted, or not yet in this snapshot: that cannot be told apart, so it is looked at again, seldom.
    log::warn("push.installation_unknown", {{"installation", portal.installation.str()}});
    portal.release.rest = settings_.push_retry_max;
    co_return Next::leave;
  }
  auto looked = co_await dependencies_.database.run(
      [replica = dependencies_.replica, installation = portal.installation, receipt](pqxx::work& work) {
        return sql::look(work, replica, installation, receipt);
      });
  if (!looked || !looked->is_ours) co_return Next::leave;
  if (!looked->due) co_return Next::go_on;
  auto due = std::move(*looked->due);
  const auto& portal_of = *installation->second;
  if (!is_of(due.known.outcome, portal_of)) {  // taken in before it was known here whose the installation is (I5)
    log::error("alarm.foreign_receipt", {{"receipt", due.receipt.str()}, {"installation", portal.installation.str()}});
    co_await give_up(due, "foreign");
    co_return Next::go_on;
  }
  const auto& webhook = portal_of.portal_webhook;
  if (webhook.empty()) {
    co_await give_up(due, "no_webhook");
    co_return Next::go_on;
  }
  if (portal_word(due.known.outcome.state()) != PortalWord::done && !co_await become_current(portal_of, due)) {
    co_await put_off(due, settings_.retry_min(), "not_current");
    co_return Next::go_on;
  }
  co_return co_await send(portal, portal.address_for(webhook), due);
}

// ERROR is the dangerous word: it leaves only when nothing newer can be known, and is remembered as told before it does
// (exactly-once.md 14, 16).
asio::awaitable<bool> Pusher::become_current(const configuration::Installation& portal, sql::Due& due) {
  if (answer_for(due.known, portal) != Answer::error_if_current || !co_await dependencies_.caught_up()) co_return false;
  auto told = co_await dependencies_.database.run(
      [replica = dependencies_.replica, &portal, receipt = due.receipt](pqxx::work& work) {
        return sql::tell_due_error(work, replica, portal, receipt);
      });
  if (!told || !*told) co_return false;
  due.known = std::move(**told);
  co_return true;
}

asio::awaitable<Pusher::Next> Pusher::send(Portal& portal, PortalAddress& address, const sql::Due& due) {
  const auto& outcome = due.known.outcome;
  const auto told =
      portal_word(outcome.state()) == PortalWord::done ? bitrix24::PushedEnd::done : bitrix24::PushedEnd::error;
  http::Request request;
  request.url = address.url();
  request.tenant = TenantId(outcome.tenant());
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}, {"Connection", "close"}};
  request.body = told == bitrix24::PushedEnd::done ? bitrix24::check_apply_done(due.receipt.str(), document_of(outcome))
                                                   : bitrix24::check_apply_error(due.receipt.str(), outcome.error());
  request.total_timeout = kRequest;
  http::NoGuard guard;
  const auto response = co_await dependencies_.transport.send(request, guard);

  auto& kept = portal.release;
  bitrix24::Verdict verdict;
  if (response) verdict = bitrix24::classify_check_apply(told, {response->status, response->body, response->location});
  dependencies_.answered(response ? bitrix24::name_of(verdict.reaction) : kUnreachable);
  if (verdict.reaction == bitrix24::Reaction::moved) {
    if (address.follow(verdict.location)) {
      log::warn("portal.moved", {{"installation", portal.installation.str()}});
      co_return Next::repeat;
    }
    verdict.reason = "moved_badly";
  } else {
    address.answered(verdict.from_portal);
  }
  kept.webhook_digest = address.digest();
  kept.moved_to = address.confirmed();
  if (!response) {  // a portal that is away or hangs rests as a whole, the longer the more often
    kept.rest = async::back_off(settings_.retry_min(), settings_.push_retry_max, kept.failures++, async::jitter());
    log::info("push.no_answer", {{"receipt", due.receipt.str()},
                                 {"installation", portal.installation.str()},
                                 {"reason", response.error().code.name()}});
    co_return Next::leave;
  }
  kept.failures = 0;
  co_return co_await conclude(portal, due, verdict);
}

asio::awaitable<Pusher::Next> Pusher::conclude(Portal& portal, const sql::Due& due, const bitrix24::Verdict& verdict) {
  const auto now = dependencies_.clock.unix_ms();
  const auto decision = decide(verdict, {.tries = due.tries,
                                         .age = milliseconds(now - records::finished_at_ms(due.known.outcome)),
                                         .min = settings_.retry_min(),
                                         .max = settings_.push_retry_max,
                                         .now_s = now / 1000,
                                         .jitter = async::jitter()});
  switch (decision.receipt) {
    case Decision::Receipt::told:
      (void)co_await dependencies_.database.run([due](pqxx::work& work) {
        sql::pushed(work, due);
        return true;
      });  // not stored: it is pushed again, which the portal takes for the same
      log::info("push.done", {{"receipt", due.receipt.str()},
                              {"installation", portal.installation.str()},
                              {"error_told", portal_word(due.known.outcome.state()) == PortalWord::error},
                              {"answer", verdict.reason}});
      dependencies_.ended(due.known, now);
      break;
    case Decision::Receipt::later:
      co_await put_off(due, decision.wait, verdict.reason);
      break;
    case Decision::Receipt::given_up:
      co_await give_up(due, verdict.reason);
      break;
  }
  if (decision.alarm) {
    log::error(
        "alarm.portal_refuses",
        {{"installation", portal.installation.str()}, {"reason", verdict.reason}, {"rest_ms", decision.rest.count()}});
  }
  portal.release.rest = decision.rest;
  co_return decision.rest > 0ms ? Next::leave : Next::go_on;
}

asio::awaitable<void> Pusher::put_off(const sql::Due& due, milliseconds wait, std::string why) {
  log::info("push.later", {{"receipt", due.receipt.str()},
                           {"installation", due.known.installation.str()},
                           {"tries", due.tries + 1},
                           {"reason", why}});
  (void)co_await dependencies_.database.run([due, wait](pqxx::work& work) {
    sql::put_off(work, due, wait);
    return true;
  });  // not stored: it is still due
}

asio::awaitable<void> Pusher::give_up(const sql::Due& due, std::string why) {
  log::error("push.given_up",
             {{"receipt", due.receipt.str()}, {"installation", due.known.installation.str()}, {"reason", why}});
  (void)co_await dependencies_.database.run([due](pqxx::work& work) {
    sql::give_up(work, due);
    return true;
  });  // not stored: it is still due
  dependencies_.ended(due.known, 0);
}

asio::awaitable<void> Pusher::stop(milliseconds deadline) {
  stopping_ = true;
  const auto until = dependencies_.clock.now() + deadline;
  while (!running_.empty() && dependencies_.clock.now() < until) {
    co_await async::pause_for(dependencies_.clock, 20ms);
  }
}

}  // namespace kassaflow::status
