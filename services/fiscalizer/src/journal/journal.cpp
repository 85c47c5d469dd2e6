#include "journal.hpp"

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "taking_back.hpp"

namespace kassaflow::fiscalizer {

using async::Event;
using journal::Transaction;
namespace asio = boost::asio;

namespace {
constexpr std::size_t kBatchLimit = 256;
constexpr std::chrono::milliseconds kStorePause{200};  // between tries while the store is away

bool refused_by_database(const Error& error) {
  return error.code == postgres::kData || error.code == postgres::kRefused;
}
}  // namespace

// Requests that wait while a transaction runs travel together in the next one.
template <class Request, class Answer>
struct Journal::Group : std::enable_shared_from_this<Group<Request, Answer>> {
  struct Waiting {
    Request request;
    Event done;
    std::optional<Answer> answer;
    Waiting(Request r, const asio::any_io_executor& executor, async::Clock& clock)
        : request(std::move(r)), done(executor, clock) {}
  };
  // Turns a batch of requests into as many answers.
  using Flush = std::function<asio::awaitable<std::vector<Answer>>(std::vector<Request>)>;

  Group(asio::any_io_executor e, async::Clock& c, Flush f) : executor(std::move(e)), clock(c), flush(std::move(f)) {}

  asio::awaitable<Answer> ask(Request request) {
    auto mine = std::make_shared<Waiting>(std::move(request), executor, clock);
    waiting.push_back(mine);
    if (!running) {
      running = true;
      asio::co_spawn(executor, run(this->shared_from_this()), kRethrow);
    }
    while (!mine->answer) co_await mine->done.wait();
    co_return std::move(*mine->answer);
  }

  static asio::awaitable<void> run(std::shared_ptr<Group> self) {
    while (!self->waiting.empty()) {
      const std::size_t size = std::min(self->waiting.size(), kBatchLimit);
      std::vector<std::shared_ptr<Waiting>> batch(self->waiting.begin(),
                                                  self->waiting.begin() + static_cast<std::ptrdiff_t>(size));
      self->waiting.erase(self->waiting.begin(), self->waiting.begin() + static_cast<std::ptrdiff_t>(size));
      std::vector<Request> requests;
      requests.reserve(size);
      for (const auto& one : batch) requests.push_back(one->request);
      auto answers = co_await self->flush(requests);
      // Refused as a group: one by one, so that what the database cannot hold of one lane does not stop the others.
      if (size > 1 && !answers.front() && refused_by_database(answers.front().error())) {
        for (std::size_t i = 0; i < size; ++i) answers[i] = (co_await self->flush({requests[i]})).front();
      }
      for (std::size_t i = 0; i < batch.size(); ++i) {
        batch[i]->answer = std::move(answers[i]);
        batch[i]->done.notify();
      }
    }
    self->running = false;
  }

  asio::any_io_executor executor;
  async::Clock& clock;
  Flush flush;
  std::vector<std::shared_ptr<Waiting>> waiting;
  bool running = false;
};

Journal::Journal(asio::any_io_executor executor, async::Clock& clock, journal::Store& store, WorkerId worker,
                 const Limits& limits)
    : executor_(executor), clock_(clock), store_(store), worker_(std::move(worker)), limits_(limits) {
  using OpenAnswer = Result<std::int64_t>;
  opening_ = std::make_shared<Group<NewAttempt, OpenAnswer>>(
      executor, clock, [this](std::vector<NewAttempt> batch) -> asio::awaitable<std::vector<OpenAnswer>> {
        auto shared = std::make_shared<const std::vector<NewAttempt>>(std::move(batch));
        auto ids = co_await store_.run(
            [shared, worker = worker_](Transaction& tx) { return journal::open_attempts(tx, worker, *shared); });
        std::vector<OpenAnswer> answers;
        for (std::size_t i = 0; i < shared->size(); ++i) {
          if (!ids) {
            answers.emplace_back(tl::unexpected(ids.error()));
          } else if ((*ids)[i] == 0) {
            answers.emplace_back(fail(kStale, "the receipt, its register or its shard is no longer free"));
          } else {
            answers.emplace_back((*ids)[i]);
          }
        }
        if (ids) on_commit_();
        co_return answers;
      });
  settling_ = std::make_shared<Group<Heard, Result<Settled>>>(
      executor, clock, [this](std::vector<Heard> batch) -> asio::awaitable<std::vector<Result<Settled>>> {
        auto shared = std::make_shared<const std::vector<Heard>>(std::move(batch));
        auto settled = co_await store_.run([shared, worker = worker_, limits = limits_](Transaction& tx) {
          return journal::settle(tx, worker, limits, *shared);
        });
        std::vector<Result<Settled>> answers;
        for (std::size_t i = 0; i < shared->size(); ++i) {
          if (settled) {
            if ((*settled)[i].finished) on_finished_(*(*settled)[i].finished);
            answers.emplace_back((*settled)[i]);
          } else {
            answers.emplace_back(tl::unexpected(settled.error()));
          }
        }
        if (settled) on_commit_();
        co_return answers;
      });
}

asio::awaitable<Result<std::int64_t>> Journal::open_attempt(NewAttempt attempt) {
  auto opened = co_await opening_->ask(attempt);
  if (opened || opened.error().code != postgres::kInDoubt) co_return opened;
  // The COMMIT's answer was lost. Nothing was sent yet, so whichever way it went is fine once it is known.
  for (;;) {
    auto found = co_await store_.run(
        [attempt](Transaction& tx) { return tx.open_attempt(attempt.identity, attempt.key, attempt.fence.epoch); });
    if (found && *found != 0) co_return *found;
    if (found) co_return fail(kGivenUp, "the attempt was not stored so far");
    co_await async::pause_for(clock_, kStorePause);
  }
}

asio::awaitable<Settled> Journal::settle(Heard heard) {
  for (;;) {
    auto settled = co_await settling_->ask(heard);
    if (settled && !settled->later) co_return *settled;
    if (!settled) report(log::Level::warn, "journal.settle_retry", settled.error(), {{"attempt", heard.attempt}});
    co_await async::pause_for(clock_, kStorePause);
  }
}

asio::awaitable<Result<int>> Journal::allow_resend(std::int64_t attempt, Fence fence) {
  auto send = co_await store_.run(
      [=, worker = worker_](Transaction& tx) { return journal::allow_resend(tx, worker, attempt, fence); });
  if (send && *send == 0) co_return fail(kStale, "the attempt is closed, or the shard is no longer ours");
  co_return send;
}

asio::awaitable<bool> Journal::doubt(NewAttempt attempt, bool askable) {
  auto doubted = co_await store_.run(
      [attempt, askable, worker = worker_](Transaction& tx) { return journal::doubt(tx, worker, attempt, askable); });
  if (!doubted) report(log::Level::warn, "journal.doubt_failed", doubted.error(), {{"receipt", attempt.receipt.str()}});
  if (doubted) on_commit_();
  co_return doubted && *doubted;
}

asio::awaitable<void> Journal::refuse(const Queued& receipt, receipts::Step why, Fence fence, std::string error) {
  auto refused = co_await store_.run([receipt, why, fence, error, worker = worker_](Transaction& tx) {
    return journal::refuse(tx, worker, receipt, why, fence, error);
  });
  if (!refused) {
    report(log::Level::warn, "journal.refuse_failed", refused.error(), {{"receipt", receipt.id.str()}});
    co_return;
  }
  if (*refused) on_finished_(**refused);
  on_commit_();
}

asio::awaitable<Result<RegisterMemory>> Journal::remember(RegisterId register_id, RegisterIdentity identity,
                                                          bool askable) {
  co_return co_await store_.run([=](Transaction& tx) { return journal::remember(tx, register_id, identity, askable); });
}

asio::awaitable<Result<std::vector<Queued>>> Journal::queue(std::vector<PoolId> pools, int per_pool,
                                                            std::vector<PoolId> without_suspects) {
  co_return co_await store_.run([pools = std::move(pools), per_pool, without_suspects = std::move(without_suspects)](
                                    Transaction& tx) { return tx.queue(pools, per_pool, without_suspects); });
}

asio::awaitable<Result<std::vector<PoolId>>> Journal::queued_pools() {
  co_return co_await store_.run([](Transaction& tx) { return tx.queued_pools(); });
}

asio::awaitable<Result<journal::News>> Journal::news(std::vector<int> shards, std::vector<std::int64_t> unanswered) {
  co_return co_await store_.run([shards = std::move(shards), unanswered = std::move(unanswered)](Transaction& tx) {
    return journal::news(tx, shards, unanswered);
  });
}

asio::awaitable<void> Journal::pass_over(std::int64_t evidence) {
  auto done = co_await store_.run([evidence](Transaction& tx) {
    tx.pass_over(evidence);
    return true;
  });
  if (!done) report(log::Level::warn, "journal.evidence_not_marked", done.error(), {{"evidence", evidence}});
}

}  // namespace kassaflow::fiscalizer
