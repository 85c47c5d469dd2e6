#include "app.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pqxx/pqxx>

#include "kassaflow/async/event.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/bitrix24/answers.hpp"
#include "kassaflow/positions/continues.hpp"
#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/postgres/life.hpp"
#include "kassaflow/records/look_up.hpp"
#include "kassaflow/records/topics.hpp"
#include "migrations.hpp"

namespace kassaflow::status {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto kAnswerLimit = 1500ms;  // a database that is away must not hold CHECK_URL
constexpr auto kMeasure = 1s;
constexpr auto kForget = 1h;
constexpr auto kLookCaughtUp = 5s;
constexpr auto kDrain = 5s;
constexpr const char* kLifeTable = "receipts";

postgres::DatabaseOptions database_options(const StatusSettings& settings, const runtime::Context& context,
                                           std::size_t threads, int statement_timeout_ms) {
  postgres::DatabaseOptions options;
  options.uri = settings.postgres.reveal();
  options.application_name = context.instance;
  options.threads = threads;
  options.search_path = kSchema;
  options.statement_timeout_ms = statement_timeout_ms;
  options.metrics = &context.metrics;
  return options;
}

std::vector<std::string> topics() { return {records::kReceiptsTopic, records::kOutcomesTopic}; }

http::ServerOptions http_options(const StatusSettings& settings, metrics::Metrics& metrics) {
  http::ServerOptions options;
  options.name = "check";
  options.failures = &http::failures_of(metrics, options.name);
  options.address = settings.http_address;
  options.port = settings.http_port;
  options.body_limit = 64 * 1024;
  options.on_bad_request = [](std::string_view, std::string_view) {
    http::Reply reply;
    reply.body = bitrix24::check_wait();
    return reply;
  };
  return options;
}

// What `task` returns, or nullopt when it takes longer than `limit`; the task is then left to end by itself.
template <class T>
asio::awaitable<std::optional<T>> within(std::chrono::milliseconds limit, asio::awaitable<T> task) {
  struct Shared {
    std::optional<T> value;
    async::Event done;
  };
  const auto executor = co_await asio::this_coro::executor;
  auto shared = std::make_shared<Shared>(Shared{{}, async::Event(executor, async::machine_clock())});
  asio::co_spawn(executor, std::move(task), [shared](const std::exception_ptr& bug, T value) {
    kRethrow(bug);
    shared->value = std::move(value);
    shared->done.notify();
  });
  co_await shared->done.wait_for(limit);
  co_return std::move(shared->value);
}

}  // namespace

StatusApp::StatusApp(const runtime::Context& context, const StatusSettings& settings)
    : context_(context),
      settings_(settings),
      counters_(context.metrics),
      database_(database_options(settings, context, 3, 30000)),
      answers_database_(database_options(settings, context, 2, 1000)),
      topics_(settings.kafka, context.instance,
              {{records::kReceiptsTopic, records::kKeptFor}, {records::kOutcomesTopic, records::kKeptFor}}),
      producer_(context.executor,
                {.connection = settings.kafka, .client_id = context.instance, .topics = {records::kDeadLettersTopic}}),
      dead_letters_(producer_, context.metrics, records::kDeadLettersTopic, topics()),
      log_ends_(
          kafka::LogEnds::Options{.connection = settings.kafka, .client_id = context.instance, .topics = topics()}),
      caught_up_for_pushes_(context.clock, log_ends_, database_),
      caught_up_for_answers_(context.clock, log_ends_, answers_database_),
      watcher_({settings.registry.grpc, v1::SERVICE_STATUS, context.instance, settings.identity}),
      access_([this](const std::string& hash) { return configuration::find_token(*watcher_.current(), hash); }),
      grpc_(database_, access_),
      network_({.allow_private = context.common.allow_private_endpoints}),
      traces_(context.executor, context.clock, operators_network_, settings.otlp_traces_url, context.metrics),
      pusher_(pusher_dependencies(), settings),
      check_handler_([this] { return watcher_.current(); }, check_dependencies(), counters_),
      look_ups_(database_),
      look_up_server_(context.executor,
                      {.name = "look-up",
                       .failures = &http::failures_of(context.metrics, "look-up"),
                       .address = settings.look_up_address,
                       .port = settings.look_up_port,
                       .identity = settings.identity,
                       .peer = "ingress"},
                      [this](const http::Inbound& inbound) { return look_ups_(inbound); }),
      http_(context.executor, http_options(settings, context.metrics),
            [this](const http::Inbound& inbound) { return check_handler_(inbound); }) {
  kafka::ConsumerHandler handler;
  handler.positions = [this](const auto& partitions) { return positions_of(!partitions.empty()); };
  handler.move = [this](const kafka::ReadPositions& positions) {
    const auto moved = database_.run_blocking([&](pqxx::work& work) { positions::store(work, positions); });
    if (!moved) throw std::runtime_error("positions: " + explained(moved.error()));
  };
  handler.on_batch = [this](const std::vector<kafka::Record>& batch) { return on_batch(batch); };
  consumer_ = std::make_unique<kafka::Consumer>(
      kafka::ConsumerOptions{
          .connection = settings.kafka, .client_id = context.instance, .group = "kassaflow-status", .topics = topics()},
      handler);
  watcher_.start();
  consumer_->start();
  grpc_.start(settings.grpc_address + ":" + std::to_string(settings.grpc_port), settings.identity);
  asio::co_spawn(context_.executor, pusher_.run(), kRethrow);
  asio::co_spawn(context_.executor, measure(), kRethrow);
  asio::co_spawn(context_.executor, traces_.run(), kRethrow);
  asio::co_spawn(context_.executor, look_whether_caught_up(), kRethrow);
  http_.start();
}

CheckDependencies StatusApp::check_dependencies() {
  return {[this](ReceiptId id) -> asio::awaitable<std::optional<Found>> {
            using Answer = Result<std::optional<ViewEntry>>;
            auto found = co_await within<Answer>(
                kAnswerLimit, answers_database_.run([id](pqxx::work& work) { return sql::find(work, id); }));
            if (!found || !*found) co_return std::nullopt;
            co_return Found{std::move(**found)};
          },
          [this] { return caught_up_for_answers_(); },
          [this](ReceiptId id, std::uint64_t revision) -> asio::awaitable<bool> {
            const auto told = co_await answers_database_.run(
                [id, revision](pqxx::work& work) { return sql::tell_error(work, id, revision); });
            co_return told && *told;
          },
          [this] { return context_.clock.unix_ms(); }};
}

Pusher::Dependencies StatusApp::pusher_dependencies() {
  return {.executor = context_.executor,
          .clock = context_.clock,
          .database = database_,
          .replica = context_.instance,
          .snapshot = [this] { return watcher_.current(); },
          .caught_up = [this] { return caught_up_for_pushes_(); },
          .transport = network_,
          .ended = [this](const ViewEntry& known,
                          std::int64_t pushed_at_ms) { traces_.add(traces::spans_of(known.outcome, pushed_at_ms)); },
          .answered = [this](std::string_view answer) { counters_.pushed(answer); }};
}

// A view that was restored stands at an older place than its consumer (exactly-once.md 17): throws once, so that the
// consumer leaves the group and asks for its positions anew.
kafka::ReadPositions StatusApp::positions_of(bool assigned) {
  kafka::ReadPositions positions;
  std::string life;
  const auto read = database_.run_blocking([&](pqxx::work& work) {
    life = postgres::life(work, kLifeTable);
    positions = positions::load(work);
  });
  if (!read) throw std::runtime_error("positions: " + explained(read.error()));
  if (!assigned && !life_.empty() && life_ != life) {
    life_.clear();
    throw std::runtime_error("the view lives another life");
  }
  if (assigned) life_ = life;
  return positions;
}

bool StatusApp::on_batch(const std::vector<kafka::Record>& batch) {
  const auto configuration = watcher_.current();
  postgres::Portions portions{std::span(batch)};
  while (const auto* portion = portions.next()) {
    std::vector<kafka::SetAside> aside;
    const auto stored = database_.run_blocking([&](pqxx::work& work) {
      if (postgres::life(work, kLifeTable) != life_ && !positions::continues(positions::load(work), portion->items)) {
        throw std::runtime_error("the view lives another life, and has not come so far");
      }
      aside = sql::apply(work, *configuration, *portion, settings_.push_delay.count());
    });
    if (!portions.settle(stored)) {
      report(log::Level::warn, "view.intake_failed", stored.error(), {{"records", batch.size()}});
      return false;
    }
    if (stored) dead_letters_.tell(aside);
  }
  return true;
}

asio::awaitable<void> StatusApp::measure() {
  auto forget_at = context_.clock.now();
  while (!stopping_) {
    const auto backlog = co_await database_.run([](pqxx::work& work) { return sql::backlog(work); });
    if (backlog) counters_.show_backlog(*backlog);
    if (context_.clock.now() >= forget_at) {
      const auto forgotten =
          co_await database_.run([](pqxx::work& work) { return sql::forget_set_aside(work, kafka::kSetAsideKept); });
      if (forgotten) forget_at = context_.clock.now() + kForget;
      if (forgotten && *forgotten > 0) log::info("set_aside.forgotten", {{"records", *forgotten}});
    }
    co_await async::pause_for(context_.clock, kMeasure);
  }
}

// Not at a scrape: it may take as long as the logs' brokers do.
asio::awaitable<void> StatusApp::look_whether_caught_up() {
  CaughtUp caught_up(context_.clock, log_ends_, database_);
  while (!stopping_) {
    counters_.show_caught_up(co_await caught_up());
    co_await async::pause_for(context_.clock, kLookCaughtUp);
  }
}

void StatusApp::update_metrics() {
  consumer_->show(context_.metrics);
  topics_.show(context_.metrics);
  producer_.show(context_.metrics);
}

std::string StatusApp::not_ready() const {
  if (watcher_.current()->revision == 0) return "no configuration from the registry yet";
  if (!database_.healthy()) return "PostgreSQL does not answer";
  if (auto why = consumer_->not_ready(); !why.empty()) return why;
  return topics_.not_ready();
}

asio::awaitable<void> StatusApp::shut_down() {
  stopping_ = true;
  traces_.stop();
  co_await pusher_.stop(kDrain);
  co_await http_.drain(kDrain);
  consumer_->stop(kDrain);
  grpc_.stop();
  co_await producer_.flush(2s);
  watcher_.stop();
}

}  // namespace kassaflow::status
