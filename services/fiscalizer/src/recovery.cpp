#include "recovery.hpp"

#include <algorithm>

#include "kassaflow/base/report.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/postgres/portions.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

using journal::Transaction;
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kLook{1};
constexpr int kKeeperShard = 0;  // whoever holds it takes back

// Without those that cannot be read: each is handed to `left_out`.
std::vector<v1::ReceiptOutcome> parsed(
    const std::vector<std::string>& values,
    const std::function<void(const v1::ReceiptOutcome&, const Error&)>& left_out = [](const auto&, const auto&) {}) {
  std::vector<v1::ReceiptOutcome> outcomes;
  for (const auto& value : values) {
    v1::ReceiptOutcome outcome;
    if (const auto read = records::read(value, outcome)) {
      outcomes.push_back(std::move(outcome));
    } else {
      left_out(outcome, read.error());
    }
  }
  return outcomes;
}

std::vector<journal::Told> told(const std::vector<std::string>& values) {
  std::vector<journal::Told> result;
  for (const auto& outcome : parsed(values)) {
    result.push_back({ReceiptId(outcome.receipt_id()), static_cast<std::int64_t>(outcome.revision()),
                      static_cast<std::int64_t>(outcome.journal_head()), TenantId(outcome.tenant()),
                      InstallationId(outcome.installation())});
  }
  return result;
}

void tell(const Durability& now) {
  if (!now.fsync || !now.full_page_writes) {
    log::error("alarm.journal_not_durable", {{"fsync", now.fsync}, {"full_page_writes", now.full_page_writes}});
  }
  if (now.standby_in_sync) {
    log::info("journal.standby_in_sync");
  } else if (now.standbys_wanted) {
    log::error("alarm.no_standby_in_sync", {{"detail", "synchronous_standby_names is set: commits wait"}});
  } else {
    log::warn("journal.no_standby", {{"detail", "what is committed is lost with the disk of one machine"}});
  }
}

// False: one of the logs was another than the one that was read, or is now: its end is to be asked again.
bool of_the_logs_that_are_read(const std::vector<kafka::LogEnd>& ends, const kafka::ReadPositions& read) {
  return std::ranges::all_of(ends, [&](const auto& end) {
    const auto found = read.find({end.topic, end.partition});
    return end.continuity == kafka::Continuity::same && end.log == (found == read.end() ? 0 : found->second.log);
  });
}

}  // namespace

Recovery::Recovery(Dependencies dependencies)
    : dependencies_(std::move(dependencies)), wake_(dependencies_.executor, dependencies_.clock) {
  dependencies_.leases.let_start(false);
}

void Recovery::stop() {
  stopping_ = true;
  wake_.notify();
}

asio::awaitable<void> Recovery::run() {
  while (!stopping_) {
    const auto before = stage_;
    co_await look();
    if (stage_ == Stage::unknown || !compared_) {
      co_await compare();
    } else if (stage_ == Stage::taking_back && is_mine()) {
      co_await take_back();
    } else if (stage_ == Stage::reading_posts && is_mine()) {
      co_await await_posts();
    }
    if (stage_ == before || stage_ == Stage::open) co_await wake_.wait_for(kLook);
  }
}

bool Recovery::is_mine() const {
  const auto held = dependencies_.leases.held();
  return std::ranges::find(held, kKeeperShard) != held.end();
}

asio::awaitable<void> Recovery::look() {
  struct Seen {
    Trust trust;
    Durability durability;
  };
  const auto seen = co_await dependencies_.store.run([](Transaction& tx) {
    Seen now{tx.trust(false), tx.durability()};
    const bool news = now.trust.was_synchronous != now.durability.standby_in_sync;
    if (now.trust.stage == Stage::open && news) tx.write_stage(Stage::open);
    return now;
  });
  if (seen) see(seen->trust.stage, seen->durability);
}

void Recovery::see(Stage stage, const Durability& durability) {
  if (!durability_told_ || durability != durability_) tell(durability);
  durability_told_ = true;
  durability_ = durability;
  if (stage == stage_) return;
  log::info("journal.stage", {{"stage", to_string(stage)}});
  if (stage == Stage::taking_back) behind_since_ = dependencies_.clock.now();
  if (stage != Stage::reading_posts) ends_.clear();
  stage_ = stage;
  dependencies_.leases.let_start(stage == Stage::open);
  if (stage == Stage::open) dependencies_.opened();
}

asio::awaitable<void> Recovery::compare() {
  const auto latest = co_await dependencies_.published.latest();
  if (!latest) {
    log::warn("journal.not_compared", {{"detail", "Kafka does not answer"}});
    co_return;
  }
  const auto stage = co_await dependencies_.store.run(
      [latest = told(*latest)](Transaction& tx) { return journal::judge(tx, latest); });
  if (!stage) {
    report(log::Level::warn, "journal.not_compared", stage.error());
    co_return;
  }
  compared_ = true;
  see(*stage, durability_);
}

asio::awaitable<void> Recovery::take_back() {
  const auto begins = behind_since_ + dependencies_.late_bytes;
  if (dependencies_.clock.now() < begins) co_return co_await wake_.wait_until(begins);
  taken_back_ = 0;
  const auto take = [this](std::vector<std::string> values) { return take_back(std::move(values)); };
  if (!co_await dependencies_.published.read(take)) co_return;
  const auto done = co_await dependencies_.store.transact([](Transaction& tx) { journal::read_posts(tx); });
  if (!done) co_return report(log::Level::warn, "journal.take_back_failed", done.error());
  see(Stage::reading_posts, durability_);
}

asio::awaitable<bool> Recovery::take_back(std::vector<std::string> values) {
  const auto outcomes = std::make_shared<const std::vector<v1::ReceiptOutcome>>(
      parsed(values, [](const auto& outcome, const auto& error) { journal::report_left_out(outcome, error.message); }));
  postgres::Portions portions{std::span(*outcomes)};
  while (const auto* next = portions.next()) {
    const auto portion = *next;
    Result<std::size_t> behind = 0;
    if (portion.handling != postgres::Handling::take_in) {
      journal::report_left_out(portion.items.front(), portion.refusal);
    } else {
      behind =
          co_await dependencies_.store.run([outcomes, items = portion.items, snapshot = dependencies_.configuration(),
                                            find_register = dependencies_.find_register](Transaction& tx) {
            return journal::take_back(tx, items, *snapshot, find_register);
          });
    }
    if (!portions.settle(behind)) {
      report(log::Level::warn, "journal.take_back_failed", behind.error());
      co_return false;
    }
    if (behind) taken_back_ += *behind;
    if (stopping_) co_return false;
  }
  co_return true;
}

asio::awaitable<void> Recovery::await_posts() {
  if (ends_.empty()) {
    const auto read = co_await dependencies_.store.run([](Transaction& tx) { return tx.positions(); });
    if (!read) co_return report(log::Level::warn, "journal.take_back_failed", read.error());
    ends_ = co_await dependencies_.published.ends_of_posts(*read);
  }
  if (ends_.empty()) co_return;
  const auto looked = co_await dependencies_.store.run([ends = ends_](Transaction& tx) {
    const auto read = tx.positions();
    return std::pair(kafka::reached(read, ends) ? std::optional(journal::open_again(tx)) : std::nullopt,
                     of_the_logs_that_are_read(ends, read));
  });
  if (!looked) co_return report(log::Level::warn, "journal.take_back_failed", looked.error());
  const auto& [suspects, ends_hold] = *looked;
  if (!ends_hold) ends_.clear();
  if (!suspects) co_return;
  // An alarm: what could not be asked, a person must answer for.
  log::error("alarm.journal_taken_back", {{"taken_back", taken_back_}, {"suspects", *suspects}});
  see(Stage::open, durability_);
}

}  // namespace kassaflow::fiscalizer
