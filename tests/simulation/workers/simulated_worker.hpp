#pragma once
// One fiscalizer of the simulation: the real worker on an io_context of its own, which the world runs step by step, or
// leaves alone for a while (frozen), or for ever (killed).

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>

#include "log.hpp"
#include "memory_store.hpp"
#include "worker.hpp"

namespace kassaflow::simulation {

// The machine's clock as one process sees it: the calendar may be wrong.
class ProcessClock final : public async::Clock {
 public:
  explicit ProcessClock(async::Clock& machine) : machine_(machine) {}
  [[nodiscard]] time_point now() const override { return machine_.now(); }
  [[nodiscard]] std::int64_t unix_ms() const override { return machine_.unix_ms() + calendar_is_off_ms; }
  [[nodiscard]] std::unique_ptr<async::Timer> timer(const boost::asio::any_io_executor& executor) override {
    return machine_.timer(executor);
  }
  std::int64_t calendar_is_off_ms = 0;

 private:
  async::Clock& machine_;
};

class SimulatedWorker {
 public:
  // What the world gives a worker.
  struct Surroundings {
    async::Clock& clock;
    const fiscalizer::FiscalizerSettings& settings;
    fiscalizer::journal::Memory& memory;
    fiscalizer::LeaseStore& lease_store;
    http::Transport& transport;
    const Log& posts;
    const Log& callbacks;
    std::function<fiscalizer::journal::Fate()> fate;
    std::function<std::shared_ptr<const configuration::Snapshot>()> configuration;
    std::function<std::uint32_t(std::uint32_t limit)> below;  // draws
    std::function<boost::asio::awaitable<Result<kafka::Position>>(const ReceiptId&, std::string)> publish;
    std::function<std::unique_ptr<fiscalizer::LifeTimer>(SimulatedWorker&)> life_timer;
  };
  SimulatedWorker(Surroundings surroundings, std::string name);

  void start();
  // Asked to stop, as by SIGTERM; stopped() some time later.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }
  // Which partitions the group has given it; two may believe that they have one.
  void assign(std::set<std::size_t> partitions);

  // Runs one handler, if there is one that is ready.
  bool step() { return runs() && io_.poll_one() > 0; }
  [[nodiscard]] bool runs() const { return !dead_ && clock_.now() >= frozen_until_; }
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  void kill() { dead_ = true; }
  void freeze(async::Clock::time_point until) { frozen_until_ = until; }
  [[nodiscard]] async::Clock::time_point frozen_until() const { return frozen_until_; }
  [[nodiscard]] ProcessClock& clock() { return clock_; }
  [[nodiscard]] fiscalizer::Worker& worker() { return *worker_; }

 private:
  boost::asio::awaitable<void> take_in();
  boost::asio::awaitable<bool> take_in(const Log& log, std::size_t partition);

  Surroundings surroundings_;
  std::string name_;
  boost::asio::io_context io_;
  ProcessClock clock_;
  fiscalizer::journal::MemoryStore store_;
  std::unique_ptr<fiscalizer::Worker> worker_;
  std::set<std::size_t> partitions_;
  kafka::ReadPositions positions_;
  bool positions_known_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  bool dead_ = false;
  async::Clock::time_point frozen_until_{};
};

}  // namespace kassaflow::simulation
