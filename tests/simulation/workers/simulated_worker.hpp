#pragma once
// One fiscalizer of the simulation: the real worker on an io_context of its own, which the world runs step by step, or
// leaves alone for a while (frozen), or for ever (killed). Its clock may run fast or slow.

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>

#include "log.hpp"
#include "memory_store.hpp"
#include "process.hpp"
#include "retries.hpp"
#include "worker.hpp"

namespace kassaflow::simulation {

class SimulatedWorker {
 public:
  // What the world gives a worker.
  struct Surroundings {
    async::Clock& machine;
    const fiscalizer::FiscalizerSettings& settings;
    fiscalizer::journal::Memory& memory;
    fiscalizer::LeaseStore& lease_store;
    http::Transport& transport;
    const Log& posts;
    const Log& callbacks;
    const Log& outcomes;
    std::function<fiscalizer::journal::Fate(const SimulatedWorker&)> fate;
    std::function<std::uint32_t(std::uint32_t limit)> below;  // draws
    std::function<boost::asio::awaitable<Result<kafka::Position>>(const ReceiptId&, std::string)> publish;
    fiscalizer::AskPromise ask_promise;
    std::function<std::unique_ptr<fiscalizer::LifeTimer>(SimulatedWorker&)> life_timer;
  };
  using Configuration = std::shared_ptr<const configuration::Snapshot>;
  // What an older version of the program does not know.
  struct Version {
    const registers::Protocol* unspoken = nullptr;
    PoolId unread{};  // a word stands in its document since before the worker started
  };
  // `fast`: by how much its clock is, 0.001 for a second in a thousand.
  SimulatedWorker(Surroundings surroundings, std::string name, double fast, Version version,
                  const Configuration& configuration);

  void start();
  // Asked to stop, as by SIGTERM; dead() some time later.
  void stop();
  // Which partitions the group has given it; two may believe that they have one.
  void assign(std::set<std::size_t> partitions);
  // Another configuration reaches it; in force as soon as it runs, unless it has a later one.
  void configure(Configuration configuration);
  [[nodiscard]] std::uint64_t in_force() const { return configuration_->revision; }
  [[nodiscard]] bool is_older() const { return version_.unspoken != nullptr || !version_.unread.empty(); }

  // Runs one handler, if there is one that is ready.
  bool step() { return runs() && io_.poll_one() > 0; }
  [[nodiscard]] bool runs() const { return !dead_ && machine_.now() >= frozen_until_; }
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  void kill() { dead_ = true; }
  void freeze(async::Clock::time_point until) { frozen_until_ = until; }
  [[nodiscard]] async::Clock::time_point frozen_until() const { return frozen_until_; }

  // Cut off from the journal, or from the registers, until then.
  void lose_store(async::Clock::time_point until) { store_away_until_ = until; }
  void lose_registers(async::Clock::time_point until) { transport_.cut_until = until; }
  [[nodiscard]] bool reaches_store() const { return machine_.now() >= store_away_until_; }

  [[nodiscard]] ProcessClock& clock() { return clock_; }
  [[nodiscard]] fiscalizer::Worker& worker() { return *worker_; }
  [[nodiscard]] fiscalizer::journal::Store& store() { return store_; }
  [[nodiscard]] int transactions() const { return transactions_; }  // so far

 private:
  [[nodiscard]] Configuration as_it_reads(const Configuration& configuration) const;
  boost::asio::awaitable<void> take_in();
  boost::asio::awaitable<bool> know_logs_again(bool assigned);
  boost::asio::awaitable<bool> take_in(const Log& log, std::size_t partition);
  boost::asio::awaitable<void> carry_out_retries();

  Surroundings surroundings_;
  std::string name_;
  Version version_;
  async::Clock& machine_;
  boost::asio::io_context io_;
  ProcessClock clock_;
  ProcessTransport transport_;
  Configuration configuration_;
  int transactions_ = 0;
  fiscalizer::journal::MemoryStore store_;
  std::unique_ptr<fiscalizer::Published> published_;
  fiscalizer::Retries retries_;
  std::unique_ptr<fiscalizer::Worker> worker_;
  std::set<std::size_t> partitions_;
  kafka::ReadPositions positions_;
  fiscalizer::Life life_;  // of the journal that says so
  bool positions_known_ = false;
  async::Clock::time_point next_look_{};  // at the logs
  std::set<PoolId> grown_;                // by what was taken in since the worker was told
  bool stopping_ = false;
  bool dead_ = false;
  async::Clock::time_point frozen_until_{};
  async::Clock::time_point store_away_until_{};
};

}  // namespace kassaflow::simulation
