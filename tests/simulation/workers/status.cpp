#include "status.hpp"

#include "kassaflow/async/pause.hpp"
#include "kassaflow/configuration/snapshot.hpp"

namespace kassaflow::simulation {

using receipts::PortalWord;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kPushDelay_ms = 2000;
constexpr auto kCaughtUp = 2s;  // as CaughtUp waits
constexpr std::size_t kBatch = 50;
constexpr auto kLookAtLogs = 1500ms;

}  // namespace

Status::Status(World& world, Books& books)
    : world_(world),
      books_(books),
      dice_(world.plan.seed, "status"),
      view_(kPushDelay_ms),
      handler_([this] { return world_.configuration; },
               {.find = [this](ReceiptId receipt) -> asio::awaitable<std::optional<status::Found>> {
                  co_await async::pause_for(world_.clock, dice_.up_to(20ms));
                  co_return away() ? std::nullopt : std::optional(status::Found{view_.find(receipt)});
                },
                .caught_up = [this] { return caught_up(); },
                .tell_error = [this](ReceiptId receipt, std::uint64_t revision) -> asio::awaitable<bool> {
                  co_await async::pause_for(world_.clock, dice_.up_to(20ms));
                  co_return !away() && view_.tell_error(receipt, revision);
                },
                .now_ms = [this] { return world_.clock.unix_ms(); }},
               counters_) {
  world_.ask_promise = [this](const fiscalizer::Wish& wish) { return withhold_error(wish); };
}

kafka::ReadPosition Status::position(const Log& log, std::size_t partition) const {
  const auto known = view_.positions().find({log.topic(), static_cast<std::int32_t>(partition)});
  return known == view_.positions().end() ? kafka::ReadPosition() : known->second;
}

// As its consumer does, which reads on all the time.
void Status::know_logs_again() {
  if (world_.clock.now() < next_look_) return;
  next_look_ = world_.clock.now() + kLookAtLogs;
  kafka::ReadPositions moved;
  for (const auto* log : {&world_.posts, &world_.outcomes}) {
    for (std::size_t partition = 0; partition < log->partitions(); ++partition) {
      const auto known = position(*log, partition);
      if (log->look(partition, known) == kafka::Continuity::same) continue;
      moved[{log->topic(), static_cast<std::int32_t>(partition)}] = {known.log + 1, 0, 0, {}};
    }
  }
  view_.move(moved);
}

asio::awaitable<void> Status::read() {
  for (;;) {
    co_await async::pause_for(world_.clock, world_.is_night() ? 1min : 20ms + dice_.up_to(200ms));
    if (away()) continue;
    know_logs_again();
    for (const auto* log : {&world_.posts, &world_.outcomes}) {
      for (std::size_t partition = 0; partition < log->partitions(); ++partition) {
        const auto next = position(*log, partition);
        auto batch = log->read(partition, next.next_offset, kBatch);
        for (auto& record : batch) record.log = next.log;
        if (!batch.empty()) {
          (void)view_.apply(*world_.configuration, {std::span<const kafka::Record>(batch)}, world_.clock.unix_ms());
        }
      }
    }
  }
}

asio::awaitable<bool> Status::caught_up() {
  std::vector<kafka::LogEnd> ends;
  for (const auto* log : {&world_.posts, &world_.outcomes}) log->add_ends(ends, view_.positions());
  const auto until = world_.clock.now() + kCaughtUp;
  while (!kafka::reached(view_.positions(), ends)) {
    if (world_.clock.now() >= until) co_return false;
    co_await async::pause_for(world_.clock, 20ms);
  }
  co_return !away();
}

fiscalizer::Promise Status::withhold_error(const fiscalizer::Wish& wish) {
  if (away()) return fiscalizer::Promise::away;
  const auto verdict =
      view_.withhold_error(wish.receipt, {wish.tenant, wish.installation}, static_cast<std::uint64_t>(wish.revision));
  if (verdict == v1::WithholdErrorResponse::WITHHELD) return fiscalizer::Promise::given;
  return verdict == v1::WithholdErrorResponse::TOLD ? fiscalizer::Promise::too_late : fiscalizer::Promise::not_yet;
}

asio::awaitable<void> Status::check(ReceiptId receipt) {
  auto& known = books_.receipts().at(receipt);
  const auto posts = known.posts.size();
  const std::string target = std::string("/b24/") + kInstallationSecret + "/check";
  const std::string body = "uuid=" + receipt.str();
  const http::Inbound question{.method = "POST", .target = target, .body = body, .header = {}};
  const auto reply = co_await handler_(question);
  if (reply.body.find("\"DONE\"") != std::string::npos) books_.told(known, PortalWord::done, posts);
  if (reply.body.find("\"ERROR\"") != std::string::npos) books_.told(known, PortalWord::error, posts);
}

// As Pusher does, at a portal that takes everything.
asio::awaitable<void> Status::push() {
  for (;;) {
    co_await async::pause_for(world_.clock, world_.is_night() ? 1min : 500ms + dice_.up_to(3s));
    if (away()) continue;
    for (const auto& receipt : view_.due(world_.clock.unix_ms())) {
      auto& known = books_.receipts().at(receipt);
      const auto posts = known.posts.size();
      auto entry = view_.find(receipt);
      const auto portal = world_.configuration->installations.at(InstallationId(kInstallation));
      const auto answer = status::answer_for(entry, *portal);
      if (answer == status::Answer::wait) continue;
      if (answer == status::Answer::error_if_current) {
        if (!co_await caught_up()) continue;
        entry = view_.find(receipt);
        if (status::answer_for(entry, *portal) != status::Answer::error_if_current ||
            !view_.tell_error(receipt, entry->outcome.revision())) {
          continue;
        }
      }
      books_.told(known, answer == status::Answer::done ? PortalWord::done : PortalWord::error, posts);
      if (dice_.below(10) == 0) continue;  // the portal's answer is lost: it is pushed again
      view_.pushed(receipt, entry->outcome, world_.clock.unix_ms());
    }
  }
}

}  // namespace kassaflow::simulation
