#include "worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <pqxx/pqxx>

#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/pool_run.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/runtime/log.hpp"
#include "migrations.hpp"

namespace kassaflow::fiscalizer {

using postgres::IntArray;

namespace asio = boost::asio;
using runtime::Level;
using runtime::log;

namespace {

constexpr const char* kSchema = "fiscalizer";
constexpr std::chrono::milliseconds kFollowUp{200};
constexpr std::chrono::seconds kMeasure{1};
constexpr std::chrono::seconds kStopConsumer{5};

postgres::PoolOptions pool_options(const FiscalizerSettings& settings, const runtime::Context& context,
                                   std::size_t threads) {
  postgres::PoolOptions options;
  options.uri = settings.postgres.reveal();
  options.application_name = context.instance;
  options.threads = threads;
  options.search_path = kSchema;
  return options;
}

kafka::ProducerOptions producer_options(const FiscalizerSettings& settings, const runtime::Context& context) {
  kafka::ProducerOptions options;
  options.brokers = settings.kafka;
  options.client_id = context.instance;
  return options;
}

}  // namespace

Worker::Worker(runtime::Context context, const FiscalizerSettings& settings)
    : context_(context),
      settings_(settings),
      pool_((postgres::migrate(settings.postgres.reveal(), kSchema, migrations()), pool_options(settings, context, 4))),
      intake_pool_(pool_options(settings, context, 1)),
      producer_(context.executor, producer_options(settings, context)),
      journal_(context.executor, pool_, context.instance),
      leases_(context.executor, pool_, {context.instance, settings.lease}),
      dispatcher_(context.executor, journal_),
      publisher_(context.executor, pool_, producer_, leases_),
      watcher_({settings.registry_grpc, "fiscalizer", context.instance},
               [this](const std::shared_ptr<const configuration::Snapshot>&) {
                 asio::post(context_.executor, [this] { reconcile(); });
               }),
      wake_(context.executor),
      all_done_(context.executor) {
  kafka::ConsumerHandler handler;
  handler.positions = [this](const auto&) {
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> positions;
    const auto read = intake_pool_.run_blocking([&](pqxx::work& work) { positions = stored_positions(work); });
    if (!read) throw std::runtime_error("positions: " + read.error().message);
    return positions;
  };
  handler.on_batch = [this](const std::vector<kafka::Record>& batch) { return on_batch(batch); };
  kafka::ConsumerOptions options;
  options.brokers = settings.kafka;
  options.client_id = context.instance;
  options.group = "kassaflow-fiscalizer";
  options.topics = {kReceiptsTopic, kCallbacksTopic};
  consumer_ = std::make_unique<kafka::Consumer>(std::move(options), std::move(handler));

  operations_ = std::make_unique<Operations>(
      pool_, settings.bit_quiet,
      [this] {
        return asio::co_spawn(
                   context_.executor, [this]() -> asio::awaitable<std::vector<Lane::View>> { co_return views(); },
                   asio::use_future)
            .get();
      },
      [this](const std::string& register_id) {
        asio::post(context_.executor, [this, register_id] {
          if (const auto lane = lanes_.find(register_id); lane != lanes_.end()) lane->second->remember_again();
          dispatcher_.kick();
          publisher_.kick();
        });
      },
      context.instance);
  operations_->start(settings.grpc_address + ":" + std::to_string(settings.grpc_port));

  journal_.on_commit([this] { publisher_.kick(); });
  leases_.on_change([this] {
    reconcile();
    publisher_.kick();
  });
  leases_.busy_when([this](int shard) {
    for (const auto& [id, lane] : lanes_) {
      if (lane->shard() == shard && lane->busy()) return true;
    }
    return false;
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
  asio::co_spawn(context_.executor, std::move(task), [this](std::exception_ptr error) {
    --running_;
    all_done_.notify();
    if (error) std::rethrow_exception(error);  // a bug: better dead than half alive
  });
}

bool Worker::on_batch(const std::vector<kafka::Record>& batch) {
  std::vector<kafka::Record> unreadable;
  const auto stored = intake_pool_.run_blocking([&](pqxx::work& work) { unreadable = take_in(work, batch); });
  if (!stored) {
    log(Level::warn, "intake.failed", {{"records", batch.size()}, {"error", stored.error().message}});
    return false;
  }
  for (const auto& record : unreadable) {
    log(Level::error, "alarm.unreadable_record",
        {{"topic", record.topic}, {"partition", record.partition}, {"offset", record.offset}});
    asio::co_spawn(context_.executor,
                   producer_.send(kDeadLettersTopic, record.key, record.value, {{"origin", record.topic}}),
                   [](std::exception_ptr, const Result<kafka::Position>& sent) {
                     if (!sent) log(Level::error, "dead_letter.not_sent", {{"code", sent.error().code}});
                   });
  }
  asio::post(context_.executor, [this] {
    dispatcher_.kick();
    publisher_.kick();
    wake_.notify();
  });
  return true;
}

LaneContext Worker::lane_context() {
  return {context_.executor,
          settings_,
          journal_,
          dispatcher_,
          leases_,
          context_.metrics,
          {context_.common.allow_private_endpoints},
          [this](const std::string& id) {
            const auto snapshot = watcher_.current();
            const auto found = snapshot->registers.find(id);
            return found == snapshot->registers.end() ? nullptr : found->second;
          },
          [this](const std::string& id) {
            const auto snapshot = watcher_.current();
            const auto found = snapshot->pools.find(id);
            return found == snapshot->pools.end() ? nullptr : found->second;
          },
          [this](const std::string& id) {
            const auto snapshot = watcher_.current();
            std::vector<std::string> registers;
            if (const auto found = snapshot->registers_by_pool.find(id); found != snapshot->registers_by_pool.end()) {
              for (const auto& one : found->second) registers.push_back(one->settings.id);
            }
            return registers;
          }};
}

void Worker::reconcile() {
  if (stopping_) return;
  const auto snapshot = watcher_.current();
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    const bool keep =
        snapshot->registers.contains(lane->first) && leases_.holds(lane->second->shard(), lane->second->epoch());
    if (!keep) lane->second->stop();
    lane = lane->second->finished() ? lanes_.erase(lane) : std::next(lane);
  }
  for (const auto& [id, entry] : snapshot->registers) {
    const int shard = receipts::shard_of(entry->pool);
    const auto epoch = leases_.may_start(shard);
    if (!epoch || lanes_.contains(id)) continue;
    auto lane = std::make_shared<Lane>(lane_context(), id, entry->pool, shard, *epoch);
    lanes_.emplace(id, lane);
    spawn([](std::shared_ptr<Lane> running) -> asio::awaitable<void> { co_await running->run(); }(lane));
  }
}

asio::awaitable<void> Worker::follow_up() {
  while (!stopping_) {
    reconcile();
    const auto shards = leases_.held();
    if (!shards.empty()) {
      if (auto told = co_await journal_.undecided(shards)) {
        for (auto& one : *told) {
          const auto epoch = leases_.may_start(one.shard);
          if (!epoch) continue;
          one.epoch = *epoch;
          co_await journal_.settle(std::move(one));
          dispatcher_.kick();
        }
      }
      if (auto callbacks = co_await journal_.callbacks(shards)) {
        for (auto& callback : *callbacks) co_await handle_callback(std::move(callback));
      }
    }
    co_await wake_.wait_for(kFollowUp);
  }
}

asio::awaitable<void> Worker::handle_callback(Journal::Callback callback) {
  const auto found = lanes_.find(callback.register_id);
  if (found == lanes_.end()) co_return;  // its lane is not here yet
  const auto lane = found->second;
  if (!lane->deliver(callback.body)) {
    if (const auto attempts = co_await journal_.unsettled(callback.register_id)) {
      for (const auto& attempt : *attempts) {
        auto finding = lane->read_callback(attempt, callback.body);
        if (!finding || finding->fact != registers::Fact::printed) continue;
        Told told;
        told.attempt = attempt.id;
        told.shard = lane->shard();
        told.epoch = lane->epoch();
        told.finding = std::move(*finding);
        co_await journal_.settle(std::move(told));
        lane->remember_again();
      }
    }
  }
  co_await journal_.handled(callback.id);
}

asio::awaitable<void> Worker::measure() {
  struct Row {
    std::string pool;
    double depth, oldest_s, uncertain;
  };
  struct Finished {
    std::string tenant, outcome;
    double seconds;
  };
  Event pause(context_.executor);
  std::int64_t finished_up_to = -1;
  while (!stopping_) {
    auto rows = co_await pool_.run([shards = leases_.held()](pqxx::work& work) {
      IntArray list;
      for (const int shard : shards) list.add(shard);
      std::vector<Row> result;
      for (const auto& row : work.exec_params(
               "select pool, count(*) filter (where state = 'queued'), "
               "coalesce(extract(epoch from now() - min(accepted_at) filter (where state = 'queued')), 0), "
               "count(*) filter (where state in ('uncertain', 'held')) "
               "from receipts where state in ('queued', 'uncertain', 'held') and shard = any($1::int[]) group by pool",
               list.str())) {
        result.push_back({row[0].as<std::string>(), row[1].as<double>(), row[2].as<double>(), row[3].as<double>()});
      }
      return result;
    });
    if (rows) {
      std::vector<std::map<std::string, std::string>> keep;
      for (const auto& row : *rows) {
        const std::map<std::string, std::string> labels{{"pool", row.pool}};
        keep.push_back(labels);
        context_.metrics.gauge("kassaflow_queue_depth", "receipts waiting for a register", labels).set(row.depth);
        context_.metrics.gauge("kassaflow_queue_oldest_seconds", "age of the oldest waiting receipt", labels)
            .set(row.oldest_s);
        context_.metrics.gauge("kassaflow_uncertain_receipts", "receipts that wait for proof or a person", labels)
            .set(row.uncertain);
      }
      for (const auto* name :
           {"kassaflow_queue_depth", "kassaflow_queue_oldest_seconds", "kassaflow_uncertain_receipts"}) {
        context_.metrics.retain(name, keep);
      }
    }
    // Finished receipts are counted from the journal, by the worker that holds them; a restart starts counting at its
    // own start.
    auto finished = co_await pool_.run([shards = leases_.held(), finished_up_to](pqxx::work& work) {
      IntArray list;
      for (const int shard : shards) list.add(shard);
      std::vector<Finished> result;
      const auto top = work.exec("select last_value from journal_sequence")[0][0].as<std::int64_t>();
      if (finished_up_to >= 0) {
        for (const auto& row : work.exec_params("select tenant, state, extract(epoch from changed_at - accepted_at) "
                                                "from receipts where state in ('done', 'failed') "
                                                "and sequence > $1 and sequence <= $2 and shard = any($3::int[])",
                                                finished_up_to, top, list.str())) {
          result.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<double>()});
        }
      }
      return std::pair(top, result);
    });
    if (finished) {
      finished_up_to = finished->first;
      for (const auto& row : finished->second) {
        context_.metrics
            .counter("kassaflow_receipts_finished_total", "receipts that came to their end",
                     {{"tenant", row.tenant}, {"outcome", row.outcome}})
            .add();
        if (row.outcome == "done") {
          context_.metrics
              .histogram("kassaflow_receipt_seconds", "accepted to fiscalized",
                         {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600})
              .observe(row.seconds);
        }
      }
    }
    co_await pause.wait_for(kMeasure);
  }
}

void Worker::update_metrics() {
  for (const auto& lag : consumer_->lag()) {
    context_.metrics
        .gauge("kassaflow_kafka_lag", "records not yet taken in",
               {{"topic", lag.topic}, {"partition", std::to_string(lag.partition)}})
        .set(static_cast<double>(std::max<std::int64_t>(0, lag.end - lag.position)));
  }
}

std::vector<Lane::View> Worker::views() {
  std::vector<Lane::View> result;
  for (const auto& [id, lane] : lanes_) result.push_back(lane->view());
  return result;
}

std::string Worker::not_ready() const {
  if (watcher_.current()->revision == 0) return "no configuration from the registry yet";
  if (!pool_.healthy()) return "PostgreSQL does not answer";
  if (!consumer_->healthy()) return "Kafka does not answer";
  return {};
}

asio::awaitable<void> Worker::shut_down() {
  // Stop intake, let what is in flight finish or be left in the journal, give the shards away.
  consumer_->stop(kStopConsumer);
  operations_->stop();
  stopping_ = true;
  wake_.notify();
  for (const auto& [id, lane] : lanes_) lane->stop();
  const auto any_busy = [this] {
    return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane.second->busy(); });
  };
  while (any_busy()) co_await all_done_.wait_for(std::chrono::milliseconds(50));
  dispatcher_.stop();
  publisher_.stop();
  co_await leases_.stop();
  while (running_ > 0) co_await all_done_.wait_for(std::chrono::milliseconds(50));
  co_await producer_.flush(std::chrono::seconds(2));
  watcher_.stop();
}

}  // namespace kassaflow::fiscalizer
