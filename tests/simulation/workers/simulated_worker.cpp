#include "simulated_worker.hpp"

#include <boost/asio/co_spawn.hpp>

#include "journal/intake.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/rethrow.hpp"

namespace kassaflow::simulation {

using fiscalizer::journal::Transaction;
namespace asio = boost::asio;

namespace {
constexpr std::size_t kBatch = 50;
}  // namespace

SimulatedWorker::SimulatedWorker(Surroundings surroundings, std::string name)
    : surroundings_(std::move(surroundings)),
      name_(std::move(name)),
      clock_(surroundings_.clock),
      store_(clock_, surroundings_.memory, surroundings_.fate) {
  worker_ = std::make_unique<fiscalizer::Worker>(fiscalizer::WorkerDependencies{
      .executor = io_.get_executor(),
      .clock = clock_,
      .settings = surroundings_.settings,
      .id = WorkerId(name_),
      .store = store_,
      .keeper = io_.get_executor(),
      .lease_store = surroundings_.lease_store,
      .publish = surroundings_.publish,
      .configuration = surroundings_.configuration,
      .make_driver =
          [this](const registers::RegisterSettings& settings) {
            return settings.protocol->make_driver(settings, surroundings_.settings.durations, surroundings_.transport,
                                                  clock_);
          },
      .jitter = [this] { return surroundings_.below(1000) / 1000.0; },
      .life_timer = [this] { return surroundings_.life_timer(*this); }});
}

void SimulatedWorker::start() {
  asio::post(io_, [this] { worker_->start(); });
  asio::co_spawn(io_, take_in(), kRethrow);
}

void SimulatedWorker::stop() {
  if (std::exchange(stopping_, true)) return;
  asio::co_spawn(
      io_,
      [this]() -> asio::awaitable<void> {
        co_await worker_->stop();
        stopped_ = dead_ = true;
      },
      kRethrow);
}

void SimulatedWorker::assign(std::set<std::size_t> partitions) {
  partitions_ = std::move(partitions);
  positions_known_ = false;
}

asio::awaitable<void> SimulatedWorker::take_in() {
  while (!stopping_) {
    bool any = false;
    if (!positions_known_) {
      auto read = co_await store_.run([](Transaction& tx) { return tx.positions(); });
      positions_known_ = read.has_value();
      if (read) positions_ = std::move(*read);
    }
    if (positions_known_) {
      for (const auto partition : std::set(partitions_)) {
        any = co_await take_in(surroundings_.posts, partition) || any;
        any = co_await take_in(surroundings_.callbacks, partition) || any;
      }
    }
    if (any) worker_->taken_in();
    co_await async::pause_for(clock_, std::chrono::milliseconds(50 + surroundings_.below(500)));
  }
}

asio::awaitable<bool> SimulatedWorker::take_in(const Log& log, std::size_t partition) {
  const auto next = std::pair(log.topic(), static_cast<std::int32_t>(partition));
  const auto batch = log.read(partition, positions_[next].next_offset, kBatch);
  if (batch.empty()) co_return false;
  const auto stored = co_await store_.run([batch](Transaction& tx) { return fiscalizer::journal::take_in(tx, batch); });
  if (!stored) {
    positions_known_ = false;  // as the consumer does: it reads again from where the journal is
    co_return false;
  }
  positions_[next].next_offset = batch.back().offset + 1;
  co_return true;
}

}  // namespace kassaflow::simulation
