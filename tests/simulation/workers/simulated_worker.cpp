#include "simulated_worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "journal/intake.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/rethrow.hpp"

namespace kassaflow::simulation {

using fiscalizer::journal::Transaction;
namespace asio = boost::asio;

namespace {
constexpr std::size_t kBatch = 50;
constexpr std::chrono::seconds kRetries{1};  // as the thread of a real process looks for what a dead one left
constexpr std::int64_t kLatest = 10;
constexpr std::chrono::milliseconds kLookAtLogs{1500};

// As from Kafka, at once.
class PublishedLog final : public fiscalizer::Published {
 public:
  explicit PublishedLog(const SimulatedWorker::Surroundings& surroundings) : surroundings_(surroundings) {}

  asio::awaitable<std::optional<std::vector<std::string>>> latest() override {
    std::vector<std::string> values;
    const auto& log = surroundings_.outcomes;
    for (std::size_t partition = 0; partition < log.partitions(); ++partition) {
      const auto from = std::max<std::int64_t>(0, log.end(partition) - kLatest);
      for (auto& record : log.read(partition, from, kLatest)) values.push_back(std::move(record.value));
    }
    co_return values;
  }
  asio::awaitable<bool> read(Take take) override {
    const auto& log = surroundings_.outcomes;
    for (std::size_t partition = 0; partition < log.partitions(); ++partition) {
      for (std::int64_t from = 0; from < log.end(partition); from += kBatch) {
        std::vector<std::string> values;
        for (auto& record : log.read(partition, from, kBatch)) values.push_back(std::move(record.value));
        if (!co_await take(std::move(values))) co_return false;
      }
    }
    co_return true;
  }
  asio::awaitable<std::vector<kafka::LogEnd>> ends_of_posts(kafka::ReadPositions read) override {
    std::vector<kafka::LogEnd> ends;
    for (const auto* log : {&surroundings_.posts, &surroundings_.callbacks}) log->add_ends(ends, read);
    co_return ends;
  }

 private:
  const SimulatedWorker::Surroundings& surroundings_;
};
}  // namespace

SimulatedWorker::SimulatedWorker(Surroundings surroundings, std::string name, double fast, Version version,
                                 const Configuration& configuration)
    : surroundings_(std::move(surroundings)),
      name_(std::move(name)),
      version_(std::move(version)),
      machine_(surroundings_.machine),
      clock_(machine_, fast),
      transport_(machine_, clock_, surroundings_.transport),
      configuration_(as_it_reads(configuration)),
      store_(clock_, surroundings_.memory,
             [this] {
               ++transactions_;
               return surroundings_.fate(*this);
             }),
      published_(std::make_unique<PublishedLog>(surroundings_)),
      retries_(store_, surroundings_.ask_promise, [this] { worker_->decided({}); }) {
  worker_ = std::make_unique<fiscalizer::Worker>(fiscalizer::WorkerDependencies{
      .executor = io_.get_executor(),
      .clock = clock_,
      .settings = surroundings_.settings,
      .id = WorkerId(name_),
      .store = store_,
      .keeper = io_.get_executor(),
      .lease_store = surroundings_.lease_store,
      .publish = surroundings_.publish,
      .published = *published_,
      .configuration = [this] { return configuration_; },
      .make_driver =
          [this](const registers::RegisterSettings& settings) {
            return settings.protocol->make_driver(settings, surroundings_.settings.durations, transport_, clock_);
          },
      .jitter = [this] { return surroundings_.below(1000) / 1000.0; },
      .life_timer = [this] { return surroundings_.life_timer(*this); }});
}

void SimulatedWorker::start() {
  asio::post(io_, [this] { worker_->start(); });
  asio::co_spawn(io_, take_in(), kRethrow);
  asio::co_spawn(io_, carry_out_retries(), kRethrow);
}

void SimulatedWorker::stop() {
  if (std::exchange(stopping_, true)) return;
  asio::co_spawn(
      io_,
      [this]() -> asio::awaitable<void> {
        co_await worker_->stop();
        dead_ = true;
      },
      kRethrow);
}

void SimulatedWorker::assign(std::set<std::size_t> partitions) {
  partitions_ = std::move(partitions);
  positions_known_ = false;
}

void SimulatedWorker::configure(Configuration configuration) {
  asio::post(io_, [this, configuration = std::move(configuration)] {
    if (configuration->revision <= configuration_->revision) return;
    configuration_ = as_it_reads(configuration);
    worker_->reconcile();
  });
}

// As configuration::Model does it.
SimulatedWorker::Configuration SimulatedWorker::as_it_reads(const Configuration& configuration) const {
  if (!is_older()) return configuration;
  auto read = std::make_shared<configuration::Snapshot>(*configuration);
  read->pools.erase(version_.unread);
  const auto unspoken = [this](const auto& one) { return one->settings.protocol == version_.unspoken; };
  std::erase_if(read->registers, [&](const auto& entry) {
    if (!unspoken(entry.second)) return false;
    read->unknown_registers.emplace(entry.first, entry.second->pool);
    return true;
  });
  for (auto& [pool, registers] : read->registers_by_pool) std::erase_if(registers, unspoken);
  return read;
}

asio::awaitable<void> SimulatedWorker::take_in() {
  while (!stopping_) {
    bool any = false;
    if (!positions_known_) {
      auto read = co_await store_.run([](Transaction& tx) { return fiscalizer::journal::where_to_read(tx); });
      positions_known_ = read.has_value();
      if (read) {
        positions_ = std::move(read->positions);
        life_ = std::move(read->life);
        positions_known_ = co_await know_logs_again(true);
      }
    } else if (clock_.now() >= next_look_) {
      positions_known_ = co_await know_logs_again(false);
    }
    if (positions_known_) {
      for (const auto partition : std::set(partitions_)) {
        any = co_await take_in(surroundings_.posts, partition) || any;
        any = co_await take_in(surroundings_.callbacks, partition) || any;
      }
    }
    if (any) worker_->taken_in(std::exchange(grown_, {}));
    co_await async::pause_for(clock_, std::chrono::milliseconds(50 + surroundings_.below(500)));
  }
}

// As kafka::Consumer does it: another log is read from its beginning. False: the journal did not answer.
asio::awaitable<bool> SimulatedWorker::know_logs_again(bool assigned) {
  next_look_ = clock_.now() + kLookAtLogs;
  kafka::ReadPositions moved;
  for (const auto* log : {&surroundings_.posts, &surroundings_.callbacks}) {
    for (const auto partition : partitions_) {
      const auto where = std::pair(log->topic(), static_cast<std::int32_t>(partition));
      const auto known = positions_.find(where);
      if (known == positions_.end()) continue;
      const auto& position = known->second;
      const auto found = assigned ? log->read_before(partition, position) : log->look(partition, position);
      if (found == kafka::Continuity::another) moved[where] = {position.log + 1, 0, 0, {}};
    }
  }
  if (moved.empty()) co_return true;
  const auto stored = co_await store_.transact([moved](Transaction& tx) { tx.store_positions(moved); });
  if (!stored) co_return false;
  for (const auto& [where, position] : moved) kafka::advance(positions_[where], position);
  co_return true;
}

asio::awaitable<bool> SimulatedWorker::take_in(const Log& log, std::size_t partition) {
  const auto next = std::pair(log.topic(), static_cast<std::int32_t>(partition));
  auto batch = log.read(partition, positions_[next].next_offset, kBatch);
  if (batch.empty()) co_return false;
  for (auto& record : batch) record.log = positions_[next].log;
  postgres::Portions portions{std::span<const kafka::Record>(batch)};
  while (const auto* next_portion = portions.next()) {
    const auto stored =
        co_await store_.run([portion = *next_portion, life = life_, configuration = configuration_](Transaction& tx) {
          return fiscalizer::journal::take_in(tx, life, *configuration, portion);
        });
    if (!portions.settle(stored)) {
      positions_known_ = false;  // as the consumer does: it reads again from where the journal is
      co_return false;
    }
  }
  kafka::advance(positions_[next], kafka::after(batch).at(next));
  if (&log == &surroundings_.posts) {
    for (const auto& record : batch) grown_.emplace(record.key);
  }
  co_return true;
}

asio::awaitable<void> SimulatedWorker::carry_out_retries() {
  while (!stopping_) {
    retries_.carry_out_all();
    co_await async::pause_for(clock_, kRetries);
  }
}

}  // namespace kassaflow::simulation
