#include "push_sql.hpp"

#include <algorithm>

#include "kassaflow/postgres/arrays.hpp"
#include "portal.hpp"

namespace kassaflow::status::sql {

using postgres::from_bytea;
using postgres::TextArray;
using std::chrono::milliseconds;

namespace {

constexpr int kPerPortal = 10;                                // pushed in one go
constexpr milliseconds kPatience{2000};                       // places further away are taken by a later claim
constexpr std::int64_t kNeverAsked_ms = -24LL * 3600 * 1000;  // older than any burst

TextArray list_of(const std::vector<InstallationId>& installations) {
  TextArray list;
  for (const auto& installation : installations) list.add(installation.str());
  return list;
}

// Takes places in the portal's pace for what may leave soon.
void take_places(pqxx::work& work, Claim& claim, std::int64_t last_place_ms) {
  const auto now = Pace::Clock::now();
  Pace pace(now + milliseconds(last_place_ms));
  for (const auto& row : work.exec_params(
           "select id from receipts where installation = $1 and push_due <= now() order by push_due limit $2",
           claim.installation.str(), kPerPortal)) {
    Pace with_this = pace;
    const auto after = std::chrono::ceil<milliseconds>(with_this.take(now) - now);
    if (after > kPatience) break;
    pace = with_this;
    claim.places.push_back({ReceiptId(row[0].as<std::string>()), after});
  }
  work.exec_params(
      "update portals set next_place = now() + make_interval(secs => $2::bigint / 1000.0) where installation = $1",
      claim.installation.str(), std::chrono::ceil<milliseconds>(pace.place() - now).count());
}

}  // namespace

std::vector<Claim> claim(pqxx::work& work, const std::string& owner, const std::vector<InstallationId>& running,
                         std::int64_t limit) {
  std::vector<Claim> claims;
  std::vector<std::int64_t> last_places;
  for (const auto& row :
       work.exec_params("with mine as (select installation from portals where due_at <= now() and free_at <= now() and "
                        "installation <> all($1::text[]) order by due_at limit $5 for update skip locked) "
                        "update portals p set claimed_by = $2, free_at = now() + make_interval(secs => $3) from mine "
                        "where p.installation = mine.installation "
                        "returning p.installation, p.webhook_digest, p.moved_to, p.failures, "
                        "coalesce((extract(epoch from p.next_place - now()) * 1000)::bigint, $4)",
                        list_of(running).str(), owner, kClaim.count(), kNeverAsked_ms, limit)) {
    Claim mine;
    mine.installation = InstallationId(row[0].as<std::string>());
    mine.webhook_digest = from_bytea(row[1].as<std::string>());
    mine.moved_to = row[2].as<std::string>();
    mine.failures = row[3].as<int>();
    claims.push_back(std::move(mine));
    last_places.push_back(row[4].as<std::int64_t>());
  }
  for (std::size_t i = 0; i < claims.size(); ++i) take_places(work, claims[i], last_places[i]);
  return claims;
}

void renew(pqxx::work& work, const std::string& owner, const std::vector<InstallationId>& running) {
  work.exec_params(
      "update portals set free_at = now() + make_interval(secs => $3) where installation in (select installation from "
      "portals where installation = any($1::text[]) and claimed_by = $2 order by installation for update)",
      list_of(running).str(), owner, kClaim.count());
}

Look look(pqxx::work& work, const std::string& owner, const InstallationId& installation, const ReceiptId& receipt) {
  Look seen;
  seen.is_ours =
      !work.exec_params("select 1 from portals where installation = $1 and claimed_by = $2 and free_at > now()",
                        installation.str(), owner)
           .empty();
  if (!seen.is_ours) return seen;
  const auto rows = work.exec_params(
      "select push_tries from receipts where id = $1::uuid and installation = $2 and push_due <= now()", receipt.str(),
      installation.str());
  auto known = rows.empty() ? std::nullopt : find(work, receipt);
  if (known) seen.due = Due{receipt, rows[0][0].as<int>(), std::move(*known)};
  return seen;
}

std::optional<ViewEntry> tell_due_error(pqxx::work& work, const std::string& owner,
                                        const configuration::Installation& portal, const ReceiptId& receipt) {
  auto now = look(work, owner, portal.id, receipt);
  if (!now.due || answer_for(now.due->known, portal) != Answer::error_if_current ||
      !tell_error(work, receipt, now.due->known.outcome.revision()))
    return std::nullopt;
  return std::move(now.due->known);
}

Backlog backlog(pqxx::work& work) {
  const auto row = work.exec1(
      "select count(*), coalesce(extract(epoch from now() - min(push_due)), 0) from receipts where push_due is not "
      "null");
  return {row[0].as<std::int64_t>(), std::max(0.0, row[1].as<double>())};
}

// The row is locked before what is due is looked up: what becomes due later is told after that (now_due), and not lost.
void release(pqxx::work& work, const std::string& owner, const InstallationId& installation, const Release& how) {
  if (work.exec_params("select 1 from portals where installation = $1 and claimed_by = $2 for update",
                       installation.str(), owner)
          .empty())
    return;
  TextArray digest;
  digest.add_bytes(how.webhook_digest);
  work.exec_params(
      "update portals set claimed_by = '', free_at = now() + make_interval(secs => $2::bigint / 1000.0), "
      "due_at = (select greatest(min(push_due), now() + make_interval(secs => $2::bigint / 1000.0)) from receipts "
      "where installation = $1 and push_due is not null having count(*) > 0), "
      "failures = $3, webhook_digest = ($4::bytea[])[1], moved_to = $5 where installation = $1",
      installation.str(), how.rest.count(), how.failures, digest.str(), how.moved_to);
}

namespace {
// Of rows (installation, due).
std::string now_due_at(const std::string& due) {
  return "insert into portals as p (installation, due_at) select installation, due from (" + due +
         ") d order by installation on conflict (installation) do update set due_at = greatest(excluded.due_at, "
         "p.free_at) where p.due_at is null or p.due_at > greatest(excluded.due_at, p.free_at)";
}
}  // namespace

void now_due(pqxx::work& work, const std::string& receipts) {
  static const std::string kNowDue = now_due_at(
      "select installation, min(push_due) as due from receipts where id = any($1::uuid[]) and push_due is not null "
      "group by installation");
  work.exec_params(kNowDue, receipts);
}

// Skips from installation to installation along the index, so that a portal's long backlog costs nothing here.
void find_due(pqxx::work& work) {
  static const std::string kFindDue = now_due_at(
      "with recursive waiting as ("
      "(select installation from receipts where push_due is not null order by installation limit 1) "
      "union all select (select r.installation from receipts r where r.push_due is not null and r.installation > "
      "w.installation order by r.installation limit 1) from waiting w where w.installation is not null) "
      "select w.installation, oldest.due from waiting w cross join lateral (select min(r.push_due) as due from "
      "receipts r where r.installation = w.installation and r.push_due is not null) oldest "
      "where oldest.due is not null");
  work.exec(kFindDue);
}

void pushed(pqxx::work& work, const Due& due) {
  work.exec_params(
      "update receipts set pushed_at = now(), push_due = null where id = $1::uuid and state = $2 and generation = $3",
      due.receipt.str(), std::string(state_word(due.known.outcome.state())), due.known.outcome.generation());
}

void put_off(pqxx::work& work, const Due& due, milliseconds wait) {
  work.exec_params(
      "update receipts set push_tries = push_tries + 1, push_due = now() + make_interval(secs => $4::bigint / 1000.0) "
      "where id = $1::uuid and state = $2 and generation = $3 and push_due is not null",
      due.receipt.str(), std::string(state_word(due.known.outcome.state())), due.known.outcome.generation(),
      wait.count());
}

void give_up(pqxx::work& work, const Due& due) {
  work.exec_params("update receipts set push_due = null where id = $1::uuid and state = $2 and generation = $3",
                   due.receipt.str(), std::string(state_word(due.known.outcome.state())),
                   due.known.outcome.generation());
}

}  // namespace kassaflow::status::sql
