#include "app.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include "journal/intake.hpp"
#include "kassaflow/async/back_off.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/records/topics.hpp"
#include "migrations.hpp"

namespace kassaflow::fiscalizer {

using journal::Transaction;

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kMeasure{1};
constexpr std::chrono::seconds kStopConsumer{5};
constexpr std::chrono::seconds kViews{2};

postgres::DatabaseOptions database_options(const FiscalizerSettings& settings, const runtime::Context& context,
                                           std::size_t threads) {
  postgres::DatabaseOptions options;
  options.uri = settings.postgres.reveal();
  options.application_name = context.instance;
  options.threads = threads;
  options.search_path = kSchema;
  options.metrics = &context.metrics;
  return options;
}

kafka::ProducerOptions producer_options(const FiscalizerSettings& settings, const runtime::Context& context) {
  kafka::ProducerOptions options;
  options.connection = settings.kafka;
  options.client_id = context.instance;
  options.topics = {records::kOutcomesTopic, records::kDeadLettersTopic};
  return options;
}

std::vector<std::string> intake_topics() { return {records::kReceiptsTopic, records::kCallbacksTopic}; }

// The rest is for what prints, for Kafka and for PostgreSQL.
std::size_t probes_at_once(std::size_t open_files) { return std::clamp<std::size_t>(open_files / 8, 16, 1000); }

// What such a server has confirmed does not survive the loss of power: a receipt would be printed twice.
void refuse_without_fsync(journal::Store& store) {
  const auto durability = store.run_blocking([](Transaction& tx) { return tx.durability(); });
  if (durability && !durability->fsync) throw std::runtime_error("PostgreSQL runs with fsync=off: switch it on");
}

}  // namespace

App::App(const runtime::Context& context, const FiscalizerSettings& settings)
    : context_(context),
      settings_(settings),
      counters_(context.metrics),
      database_(database_options(settings, context, 4)),
      intake_database_(database_options(settings, context, 1)),
      lease_database_(database_options(settings, context, 1)),
      lease_store_(lease_database_),
      store_(database_),
      intake_store_(intake_database_),
      topics_(settings.kafka, context.instance,
              {{records::kReceiptsTopic, records::kKeptFor},
               {records::kCallbacksTopic},
               {records::kOutcomesTopic, records::kKeptFor}}),
      producer_(context.executor, producer_options(settings, context)),
      dead_letters_(producer_, context.metrics, records::kDeadLettersTopic, intake_topics()),
      published_(settings.kafka, context.instance),
      network_({.allow_private = context.common.allow_private_endpoints}),
      shared_answers_(network_, context.clock),
      watcher_({settings.registry.grpc, v1::SERVICE_FISCALIZER, context.instance, settings.identity},
               [this](const std::shared_ptr<const configuration::Snapshot>& snapshot) {
                 warn_of_files(snapshot->registers.size());
                 asio::post(context_.executor, [this] { worker_.reconcile(); });
               }),
      worker_({.executor = context.executor,
               .clock = context.clock,
               .settings = settings,
               .id = WorkerId(context.instance),
               .store = store_,
               .keeper = lease_thread_.get_executor(),
               .lease_store = lease_store_,
               .publish = publish_to(producer_),
               .published = published_,
               .configuration = [this] { return watcher_.current(); },
               .make_driver =
                   [this](const registers::RegisterSettings& one) {
                     return one.protocol->make_driver(one, settings_.durations, shared_answers_, context_.clock);
                   },
               .jitter = async::jitter,
               .probes_at_once = probes_at_once(context.open_files),
               .finished = [this](const Finished& finished) { counters_.finished(finished); },
               .attempt_ended = [this](const auto& protocol,
                                       const auto& finding) { counters_.attempt_ended(protocol, finding); }}),
      eraser_(context.executor, context.clock, store_, settings.contents_kept),
      measure_(context.executor, context.clock),
      measured_(context.executor, context.clock) {
  refuse_without_fsync(store_);
  kafka::ConsumerHandler handler;
  handler.positions = [this](const auto& partitions) { return positions_of(!partitions.empty()); };
  handler.move = [this](const kafka::ReadPositions& positions) {
    const auto moved = intake_store_.transact_blocking([&](Transaction& tx) { tx.store_positions(positions); });
    if (!moved) throw std::runtime_error("positions: " + explained(moved.error()));
  };
  handler.on_batch = [this](const std::vector<kafka::Record>& batch) { return on_batch(batch); };
  kafka::ConsumerOptions options;
  options.connection = settings.kafka;
  options.client_id = context.instance;
  options.group = "kassaflow-fiscalizer";
  options.topics = intake_topics();
  consumer_ = std::make_unique<kafka::Consumer>(std::move(options), std::move(handler));

  OperationsHooks hooks;
  hooks.views = [this] { return ask_views(); };
  hooks.settled = [this](const RegisterId& register_id) {
    asio::post(context_.executor, [this, register_id] { worker_.decided(register_id); });
  };
  hooks.finished = [this](const Finished& finished) { counters_.finished(finished); };
  hooks.find_register = [this](const RegisterId& id) {
    const auto snapshot = watcher_.current();
    const auto found = snapshot->registers.find(id);
    return found == snapshot->registers.end() ? nullptr : found->second;
  };
  hooks.ask_promise = ask_status(settings.status_grpc, settings.identity);
  hooks.find_token = [this](const std::string& hash) { return configuration::find_token(*watcher_.current(), hash); };
  operations_ = std::make_unique<Operations>(store_, people::Times{settings.longest_quiet(), settings.longest_answer()},
                                             std::move(hooks), WorkerId(context.instance));
  operations_->start(settings.grpc_address + ":" + std::to_string(settings.grpc_port), settings.identity);

  asio::co_spawn(context_.executor, measure(), kRethrow);
  asio::co_spawn(context_.executor, eraser_.run(), kRethrow);
  watcher_.start();
  consumer_->start();
  worker_.start();  // the last: nothing fails any more while the keeper's thread runs
}

App::~App() {
  lease_thread_.stop();
  lease_thread_.join();
}

// Each register that prints takes a connection, and one worker may have to drive them all.
void App::warn_of_files(std::size_t registers) {
  const bool too_few = registers + probes_at_once(context_.open_files) > context_.open_files;
  if (too_few && !files_warned_) {
    log::warn("open_files.too_few", {{"registers", registers}, {"open_files", context_.open_files}});
  }
  files_warned_ = too_few;
}

// Throws while the store takes nothing in; then the consumer leaves the group, and asks again. In another life of the
// journal it must: its place in the log is no longer the journal's (exactly-once.md 17).
kafka::ReadPositions App::positions_of(bool assigned) {
  auto read = intake_store_.run_blocking([](Transaction& tx) { return journal::where_to_read(tx); });
  if (!read) throw std::runtime_error("positions: " + explained(read.error()));
  if (!assigned && intake_life_ && *intake_life_ != read->life) {
    intake_life_.reset();
    throw std::runtime_error("the journal lives another life");
  }
  if (assigned) intake_life_ = read->life;
  return std::move(read->positions);
}

bool App::on_batch(const std::vector<kafka::Record>& batch) {
  const auto configuration = watcher_.current();
  postgres::Portions portions{std::span(batch)};
  while (const auto* portion = portions.next()) {
    const auto aside = intake_store_.run_blocking(
        [&](Transaction& tx) { return journal::take_in(tx, intake_life_.value_or(Life{}), *configuration, *portion); });
    if (!portions.settle(aside)) {
      report(log::Level::warn, "intake.failed", aside.error(), {{"records", batch.size()}});
      return false;
    }
    if (aside) dead_letters_.tell(*aside);
  }
  std::set<PoolId> pools;
  for (const auto& record : batch) {
    if (record.topic == records::kReceiptsTopic) pools.emplace(record.key);
  }
  asio::post(context_.executor, [this, pools = std::move(pools)] { worker_.taken_in(pools); });
  return true;
}

asio::awaitable<void> App::measure() {
  while (!stopping_) {
    auto waiting = co_await store_.run([shards = worker_.shards()](Transaction& tx) { return tx.waiting(shards); });
    if (waiting) waiting_ = std::move(*waiting);
    co_await measure_.wait_for(kMeasure);
  }
  measured_.notify();
}

void App::update_metrics() {
  if (waiting_) counters_.show_waiting(worker_.pools(), *waiting_, *watcher_.current());
  counters_.show_registers(worker_.views(), context_.clock.unix_s());
  counters_.show_journal(worker_.recovery().stage(), worker_.recovery().durability());
  counters_.show_leases(worker_.shards().size(), worker_.takeovers());
  producer_.show(context_.metrics);
  consumer_->show(context_.metrics);
  topics_.show(context_.metrics);
}

// From gRPC's threads.
std::optional<std::vector<Lane::View>> App::ask_views() {
  auto answer = asio::post(context_.executor, asio::use_future([this] { return worker_.views(); }));
  if (answer.wait_for(kViews) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

std::string App::not_ready() const {
  if (watcher_.current()->revision == 0) return "no configuration from the registry yet";
  if (!database_.healthy()) return "PostgreSQL does not answer";
  const auto stage = worker_.recovery().stage();
  if (stage != Stage::open) return "the journal is not open: " + std::string(to_string(stage));
  if (auto why = consumer_->not_ready(); !why.empty()) return why;
  return topics_.not_ready();
}

asio::awaitable<void> App::shut_down() {
  stopping_ = true;
  measure_.notify();
  worker_.begin_stop();
  {
    // Both wait for threads that may wait for this executor.
    asio::thread_pool elsewhere(1);
    co_await asio::co_spawn(
        elsewhere,
        [this]() -> asio::awaitable<void> {
          consumer_->stop(kStopConsumer);
          operations_->stop();
          co_return;
        },
        asio::use_awaitable);
  }
  co_await eraser_.stop();
  co_await worker_.stop();
  co_await measured_.wait();
  co_await producer_.flush(std::chrono::seconds(2));
  watcher_.stop();
}

}  // namespace kassaflow::fiscalizer
