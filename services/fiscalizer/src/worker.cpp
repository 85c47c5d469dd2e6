#include "worker.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <pqxx/pqxx>

#include "journal_rows.hpp"
#include "kassaflow/async/back_off.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/kafka/dead_letters.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/positions/positions.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/topics.hpp"
#include "migrations.hpp"

namespace kassaflow::fiscalizer {

using postgres::IntArray;

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kFollowUp{200};
constexpr std::chrono::seconds kMeasure{1};
constexpr std::chrono::seconds kStopConsumer{5};
constexpr std::chrono::seconds kViews{2};
constexpr std::chrono::milliseconds kLook{50};

postgres::DatabaseOptions database_options(const FiscalizerSettings& settings, const runtime::Context& context,
                                           std::size_t threads) {
  postgres::DatabaseOptions options;
  options.uri = settings.postgres.reveal();
  options.application_name = context.instance;
  options.threads = threads;
  options.search_path = kSchema;
  return options;
}

kafka::ProducerOptions producer_options(const FiscalizerSettings& settings, const runtime::Context& context) {
  kafka::ProducerOptions options;
  options.connection = settings.kafka;
  options.client_id = context.instance;
  options.topics = {records::kOutcomesTopic, records::kDeadLettersTopic};
  return options;
}

}  // namespace

Worker::Worker(const runtime::Context& context, const FiscalizerSettings& settings)
    : context_(context),
      settings_(settings),
      database_((postgres::migrate(settings.postgres.reveal(), kSchema, migrations()),
                 database_options(settings, context, 4))),
      intake_database_(database_options(settings, context, 1)),
      lease_database_(database_options(settings, context, 1)),
      producer_(context.executor, producer_options(settings, context)),
      network_({.allow_private = context.common.allow_private_endpoints}),
      journal_(context.executor, context.clock, database_, WorkerId(context.instance),
               {.refusals_before_held = settings.refusals_before_held}),
      leases_(context.executor, context.clock, lease_database_, {WorkerId(context.instance), settings.lease}),
      dispatcher_(context.executor, context.clock, journal_),
      publisher_(context.executor, context.clock, database_, producer_, leases_),
      watcher_({settings.registry.grpc, v1::SERVICE_FISCALIZER, context.instance},
               [this](const std::shared_ptr<const configuration::Snapshot>&) {
                 asio::post(context_.executor, [this] { reconcile(); });
               }),
      wake_(context.executor, context.clock),
      measure_(context.executor, context.clock),
      all_done_(context.executor, context.clock) {
  kafka::ConsumerHandler handler;
  handler.positions = [this](const auto&) {
    positions::Positions positions;
    const auto read = intake_database_.run_blocking([&](pqxx::work& work) { positions = positions::load(work); });
    if (!read) throw std::runtime_error("positions: " + explained(read.error()));
    return positions;
  };
  handler.on_batch = [this](const std::vector<kafka::Record>& batch) { return on_batch(batch); };
  kafka::ConsumerOptions options;
  options.connection = settings.kafka;
  options.client_id = context.instance;
  options.group = "kassaflow-fiscalizer";
  options.topics = {records::kReceiptsTopic, records::kCallbacksTopic};
  consumer_ = std::make_unique<kafka::Consumer>(std::move(options), std::move(handler));

  OperationsHooks hooks;
  hooks.views = [this] { return ask_views(); };
  hooks.settled = [this](const RegisterId& register_id) {
    asio::post(context_.executor, [this, register_id] {
      if (const auto lane = lanes_.find(register_id); lane != lanes_.end()) lane->second->remember_again();
      dispatcher_.kick();
      publisher_.kick();
    });
  };
  hooks.finished = [this](const Finished& finished) { count(finished); };
  hooks.ask_promise = ask_status(settings.status_grpc);
  operations_ =
      std::make_unique<Operations>(database_, people::Times{settings.longest_quiet(), settings.longest_answer()},
                                   std::move(hooks), WorkerId(context.instance));
  operations_->start(settings.grpc_address + ":" + std::to_string(settings.grpc_port));

  journal_.on_commit([this] { publisher_.kick(); });
  journal_.on_finished([this](const Finished& finished) { count(finished); });
  leases_.on_change([this] {
    reconcile();
    publisher_.kick();
  });
  leases_.busy_when([this](int shard) {
    return std::ranges::any_of(
        lanes_, [shard](const auto& lane) { return lane.second->fence().shard == shard && lane.second->sending(); });
  });
  spawn(leases_.run());
  spawn(dispatcher_.run());
  spawn(publisher_.run());
  spawn(follow_up());
  spawn(measure());
  watcher_.start();
  consumer_->start();
}

Worker::~Worker() = default;

void Worker::spawn(asio::awaitable<void> task) {
  ++running_;
  asio::co_spawn(context_.executor, std::move(task), [this](const std::exception_ptr& bug) {
    --running_;
    all_done_.notify();
    kRethrow(bug);
  });
}

bool Worker::on_batch(const std::vector<kafka::Record>& batch) {
  std::vector<kafka::Record> unreadable;
  const auto stored = intake_database_.run_blocking([&](pqxx::work& work) { unreadable = take_in(work, batch); });
  if (!stored) {
    report(log::Level::warn, "intake.failed", stored.error(), {{"records", batch.size()}});
    return false;
  }
  kafka::send_dead_letters(producer_, records::kDeadLettersTopic, unreadable);
  asio::post(context_.executor, [this] {
    dispatcher_.kick();
    publisher_.kick();
    wake_.notify();
  });
  return true;
}

LaneDependencies Worker::lane_context() {
  return {context_.executor,
          context_.clock,
          settings_,
          journal_,
          dispatcher_,
          leases_,
          [this](const RegisterId& id) {
            const auto snapshot = watcher_.current();
            const auto found = snapshot->registers.find(id);
            return found == snapshot->registers.end() ? nullptr : found->second;
          },
          [this](const PoolId& id) {
            const auto snapshot = watcher_.current();
            const auto found = snapshot->pools.find(id);
            return found == snapshot->pools.end() ? nullptr : found->second;
          },
          [this](const PoolId& id) {
            const auto snapshot = watcher_.current();
            std::vector<RegisterId> registers;
            if (const auto found = snapshot->registers_by_pool.find(id); found != snapshot->registers_by_pool.end()) {
              for (const auto& one : found->second) registers.push_back(one->settings.id);
            }
            for (const auto& [unknown, pool] : snapshot->unknown_registers) {
              if (pool == id) registers.push_back(unknown);
            }
            return registers;
          },
          [this](const registers::RegisterSettings& settings) {
            return settings.protocol->make_driver(settings, settings_.durations, network_, context_.clock);
          },
          async::jitter};
}

void Worker::reconcile() {
  if (stopping_) return;
  const auto snapshot = watcher_.current();
  for (auto entry = lanes_.begin(); entry != lanes_.end();) {
    auto& lane = *entry->second;
    const auto known = snapshot->registers.find(entry->first);
    const bool keep = known != snapshot->registers.end() && known->second->pool == lane.pool() &&
                      leases_.holds(lane.fence()) && !leases_.releasing(lane.fence().shard);
    if (!keep) lane.stop();
    if (!lane.finished()) {
      ++entry;
      continue;
    }
    dispatcher_.refresh(lane.pool());
    entry = lanes_.erase(entry);
  }
  for (const auto& [id, entry] : snapshot->registers) {
    const auto fence = leases_.may_start(receipts::shard_of(entry->pool));
    if (!fence || lanes_.contains(id)) continue;
    auto lane = std::make_shared<Lane>(lane_context(), *entry->settings.protocol, id, entry->pool, *fence);
    lanes_.emplace(id, lane);
    measure_.notify();
    spawn([](std::shared_ptr<Lane> running) -> asio::awaitable<void> { co_await running->run(); }(lane));
    spawn([](std::shared_ptr<Lane> running) -> asio::awaitable<void> { co_await running->ask_on(); }(lane));
  }
}

asio::awaitable<void> Worker::follow_up() {
  while (!stopping_) {
    reconcile();
    std::map<std::int64_t, std::shared_ptr<Lane>> unanswered;
    std::vector<std::int64_t> attempts;
    for (const auto& [id, lane] : lanes_) {
      for (const auto attempt : lane->unanswered()) {
        unanswered.emplace(attempt, lane);
        attempts.push_back(attempt);
      }
    }
    if (auto shards = leases_.held(); !shards.empty()) {
      if (auto news = co_await journal_.news(std::move(shards), std::move(attempts))) {
        for (const auto attempt : news->answered) unanswered.at(attempt)->answered(attempt);
        for (auto& undecided : news->undecided) co_await settle_evidence(std::move(undecided));
        for (auto& callback : news->callbacks) co_await handle_callback(std::move(callback));
      }
    }
    co_await wake_.wait_for(kFollowUp);
  }
}

// Evidence that an earlier owner of the shard appended after it had lost it.
asio::awaitable<void> Worker::settle_evidence(Journal::Undecided undecided) {
  auto& heard = undecided.heard;
  const auto fence = leases_.may_start(heard.fence.shard);
  if (!fence) co_return;
  heard.fence = *fence;
  const auto settled = co_await journal_.settle(heard);
  tell_lane(undecided.register_id, heard, undecided.kind, settled);
}

// Whoever heard it, the lane learns it the same way.
void Worker::tell_lane(const RegisterId& register_id, const Heard& heard, Kind kind, const Settled& settled) {
  dispatcher_.kick();
  const auto lane = lanes_.find(register_id);
  if (lane == lanes_.end()) return;
  if (heard.final && settled.news) {
    lane->second->ended(heard.attempt, kind, heard.finding);
  } else {
    lane->second->remember_again();
  }
}

// What a callback tells counts for the attempt it names, whatever became of that (exactly-once.md 5): a late "printed"
// is never thrown away. Anything but an end is a hint; the lane asks for itself.
asio::awaitable<void> Worker::handle_callback(Journal::Callback callback) {
  const auto found = lanes_.find(callback.register_id);
  if (found == lanes_.end()) {
    // Its lane is not here yet, or only another version of the program speaks with it; or the register is gone, which
    // nothing unsettled survives.
    const auto snapshot = watcher_.current();
    const auto& id = callback.register_id;
    if (!snapshot->registers.contains(id) && !snapshot->unknown_registers.contains(id)) {
      co_await journal_.handled(callback.id);
    }
    co_return;
  }
  const auto lane = found->second;
  const auto names = lane->named_in_callback(callback.body);
  const auto attempts = names ? co_await journal_.named(lane->identity(), *names) : std::vector<Attempt>{};
  if (!attempts) co_return;
  for (const auto& attempt : *attempts) {
    auto finding = lane->read_callback(attempt, callback.body);
    if (!finding) continue;
    // "Not printed" of bytes that left twice is about one of the two (exactly-once.md 5): the lane asks.
    const bool of_one_sending = finding->fact == registers::Fact::not_printed && attempt.sends > 1;
    if (of_one_sending || !is_certain(*finding)) {
      if (lane->current_attempt() == attempt.id) lane->ask_now();
      log::write(
          finding->alarm ? log::Level::error : log::Level::info,
          finding->alarm ? "alarm.contradiction" : "callback.hint",
          {{"receipt", attempt.receipt.str()}, {"register", callback.register_id.str()}, {"code", finding->code}});
      continue;
    }
    Heard heard;
    heard.attempt = attempt.id;
    heard.fence = lane->fence();
    heard.callback = callback.id;
    heard.send = attempt.sends;
    heard.finding = std::move(*finding);
    const auto settled = co_await journal_.settle(heard);
    tell_lane(callback.register_id, heard, attempt.kind, settled);
    co_return;
  }
  co_await journal_.handled(callback.id);
}

void Worker::count(const Finished& finished) {
  context_.metrics
      .counter("kassaflow_receipts_finished_total", "receipts that came to their end",
               {{"tenant", finished.tenant.str()}, {"outcome", std::string(receipts::to_string(finished.state))}})
      .add();
  if (finished.state != receipts::State::done) return;
  if (finished.test) {
    context_.metrics
        .counter("kassaflow_test_receipts_total", "receipts whose document has no legal force",
                 {{"tenant", finished.tenant.str()}})
        .add();
  }
  context_.metrics
      .histogram("kassaflow_receipt_seconds", "accepted to fiscalized",
                 {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600})
      .observe(finished.seconds);
}

asio::awaitable<void> Worker::measure() {
  using metrics::Metrics;
  struct Row {
    PoolId pool;
    double depth = 0, oldest_s = 0, uncertain = 0;
  };
  while (!stopping_) {
    auto rows = co_await database_.run([shards = leases_.held()](pqxx::work& work) {
      IntArray list;
      for (const int shard : shards) list.add(shard);
      std::vector<Row> result;
      for (const auto& row : work.exec_params(
               "select pool, count(*) filter (where state = 'queued'), "
               "coalesce(extract(epoch from now() - min(accepted_at) filter (where state = 'queued')), 0), "
               "count(*) filter (where state in ('uncertain', 'held')) "
               "from receipts where state in ('queued', 'uncertain', 'held') and shard = any($1::int[]) group by pool",
               list.str())) {
        result.push_back(
            {PoolId(row[0].as<std::string>()), row[1].as<double>(), row[2].as<double>(), row[3].as<double>()});
      }
      // A receipt that is done may have an attempt that nobody can say the end of: perhaps a second document.
      for (const auto& row : work.exec_params(
               "with asked as materialized (select distinct receipt from attempts where question in ('open', 'asked')) "
               "select r.pool, count(*) from asked join receipts r on r.id = asked.receipt "
               "where r.state in (" +
                   sql::states_in(receipts::Phase::ended) + ") and r.shard = any($1::int[]) group by r.pool",
               list.str())) {
        result.push_back({PoolId(row[0].as<std::string>()), 0, 0, row[1].as<double>()});
      }
      return result;
    });
    if (rows) {
      std::map<PoolId, Row> pools;  // one that has nothing to wait for is 0, not absent
      for (const auto& [id, lane] : lanes_) pools.try_emplace(lane->pool());
      for (const auto& row : *rows) {
        auto& pool = pools[row.pool];
        pool.depth += row.depth;
        pool.oldest_s = std::max(pool.oldest_s, row.oldest_s);
        pool.uncertain += row.uncertain;
      }
      std::vector<Metrics::Sample> depth, oldest, uncertain;
      for (const auto& [pool, row] : pools) {
        depth.push_back({{{"pool", pool.str()}}, row.depth});
        oldest.push_back({{{"pool", pool.str()}}, row.oldest_s});
        uncertain.push_back({{{"pool", pool.str()}}, row.uncertain});
      }
      context_.metrics.gauges("kassaflow_queue_depth", "receipts waiting for a register", depth, Metrics::Rest::sum);
      context_.metrics.gauges("kassaflow_queue_oldest_seconds", "age of the oldest waiting receipt", oldest,
                              Metrics::Rest::max);
      context_.metrics.gauges("kassaflow_uncertain_receipts", "receipts that wait for proof or a person", uncertain,
                              Metrics::Rest::sum);
    }
    std::vector<Metrics::Sample> up;
    for (const auto& [id, lane] : lanes_) up.push_back({{{"register", id.str()}}, lane->up() ? 1.0 : 0.0});
    context_.metrics.gauges("kassaflow_register_up", "1 when the register takes receipts", up, Metrics::Rest::min);
    co_await measure_.wait_for(kMeasure);
  }
}

void Worker::update_metrics() { consumer_->show_lag(context_.metrics); }

std::vector<Lane::View> Worker::views() const {
  std::vector<Lane::View> result;
  for (const auto& [id, lane] : lanes_) result.push_back(lane->view());
  return result;
}

// From gRPC's threads.
std::optional<std::vector<Lane::View>> Worker::ask_views() {
  auto answer = asio::post(context_.executor, asio::use_future([this] { return views(); }));
  if (answer.wait_for(kViews) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

std::string Worker::not_ready() const {
  if (watcher_.current()->revision == 0) return "no configuration from the registry yet";
  if (!database_.healthy()) return "PostgreSQL does not answer";
  if (!consumer_->healthy()) return "Kafka does not answer";
  return {};
}

asio::awaitable<void> Worker::shut_down() {
  // Stop intake, let what is on its way finish or be left in the journal, give the shards away.
  stopping_ = true;
  wake_.notify();
  measure_.notify();
  for (const auto& [id, lane] : lanes_) lane->stop();
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
  const auto any_left = [this] {
    return std::ranges::any_of(lanes_, [](const auto& lane) { return !lane.second->finished(); });
  };
  while (any_left()) co_await all_done_.wait_for(kLook);
  dispatcher_.stop();
  publisher_.stop();
  co_await leases_.stop();
  while (running_ > 0) co_await all_done_.wait_for(kLook);
  co_await producer_.flush(std::chrono::seconds(2));
  watcher_.stop();
}

}  // namespace kassaflow::fiscalizer
