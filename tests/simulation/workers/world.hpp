#pragma once
// What a run happens in: time, registers, the journal, Kafka, and workers between them. Who lives there (merchant,
// people, registry, status) and what goes wrong with workers (misfortune.hpp) have files of their own; how requests and
// transactions fail is drawn here.

#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dice.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/v1/records.pb.h"
#include "log.hpp"
#include "manual_clock.hpp"
#include "memory_lease_store.hpp"
#include "registers/bit_node.hpp"
#include "registers/itkassa_cloud.hpp"
#include "registers/random_faults.hpp"
#include "simulated_worker.hpp"
#include "simulation.hpp"

namespace kassaflow::simulation {

namespace asio = boost::asio;

inline constexpr std::size_t kPartitions = 4;
inline constexpr const char* kTenant = "acme";
inline constexpr const char* kInstallation = "acme-main";
inline constexpr const char* kInstallationSecret = "9f3c1e";
// Of whom nothing is seen but what strangers write in his name.
inline constexpr const char* kOtherTenant = "other";
inline constexpr const char* kOtherInstallation = "other-main";
inline constexpr const char* kOtherPool = "other-shop";
inline constexpr const char* kApiKey = "shop-api-key";
inline constexpr const char* kCallbackKey = "0123456789abcdef0123456789abcdef";

// What a register is known by at its node, and in the cloud.
[[nodiscard]] std::string token_of(const std::string& register_id);
[[nodiscard]] std::string item_of(const std::string& register_id);

// A register where it stands.
struct Till {
  Till(Clock& clock, const std::string& name, bool is_bit) : at(clock, name), bit(is_bit) {}
  FiscalRegister at;
  bool bit;  // else of the cloud
};

class World {
 public:
  explicit World(const Plan& plan);

  const Plan plan;
  Dice dice;
  asio::io_context io;  // of everything but the workers
  async::ManualClock clock;
  Agenda agenda{io.get_executor(), clock};
  SimulatedTransport transport{agenda};
  BitNode node{agenda};
  ItkassaCloud cloud{agenda};
  std::map<std::string, Till> tills;  // by register
  fiscalizer::FiscalizerSettings settings;
  fiscalizer::journal::Memory memory{clock};
  Log posts{"kassaflow.receipts", kPartitions};
  Log callbacks{"kassaflow.callbacks", kPartitions};
  Log outcomes{"kassaflow.outcomes", kPartitions};
  SimulatedWorker::Configuration configuration;  // the registry's latest; workers get it by and by
  // Never taken away: what a dead one still waits for may come, and then nobody is there.
  std::vector<std::unique_ptr<SimulatedWorker>> workers;
  Report report;

  // What is lost with the journal only the clouds know: in such a run none forgets a task (README).
  bool journal_is_lost = false;
  bool trouble = false;
  bool posting = true;              // the merchant is not through
  Clock::time_point night_until{};  // nobody works before
  Clock::time_point store_away_until{};
  Clock::time_point registers_away_until{};

  // Whoever looks on.
  std::function<void(const v1::ReceiptOutcome&)> on_outcome = [](const auto&) {};  // it is in the log
  std::function<void(const BitNode::Packet&)> on_packet = [](const auto&) {};
  std::function<void(const ItkassaCloud::Visit&)> on_visit = [](const auto&) {};
  fiscalizer::AskPromise ask_promise;

  [[nodiscard]] bool suffers(Kind kind) const { return trouble && !plan.without.contains(kind); }
  [[nodiscard]] bool is_night() const { return clock.now() < night_until; }
  void spawn(asio::awaitable<void> task) { asio::co_spawn(io, std::move(task), kRethrow); }
  // Runs all that is ready, and lets time pass, until then or until it is enough.
  void go_on_until(Clock::time_point until, const std::function<bool()>& enough);
  [[nodiscard]] Clock::duration passed() const { return clock.now() - started_; }

  SimulatedWorker& start_worker();
  [[nodiscard]] std::vector<SimulatedWorker*> living() const;   // also frozen ones
  [[nodiscard]] std::vector<SimulatedWorker*> running() const;  // and not asked to stop
  // The group gives each partition to one; whoever does not hear of it goes on with its own.
  void share_partitions();
  void end_trouble();

  void say(const std::string& what) const;  // for the story
  void wrong(std::string_view rule, int receipt, const std::string& what);

 private:
  void add_till(const std::string& id, bool bit);
  void draw_faults();
  SimulatedWorker::Version version_of_the_next();
  void bury_dead();
  bool run_ready();
  std::unique_ptr<fiscalizer::LifeTimer> life_timer(SimulatedWorker& worker);
  fiscalizer::journal::Fate fate(const SimulatedWorker& worker);
  asio::awaitable<Result<kafka::Position>> publish(const ReceiptId& receipt, std::string record);
  asio::awaitable<int> called_back(Callback callback);

  // Each of its own, so that one kind of trouble does not change another.
  RandomFaults roads_;
  RandomFaults packets_;
  RandomFaults requests_;
  RandomFaults tasks_;
  Dice order_;  // who goes first
  Dice store_;
  Dice kafka_;
  Dice ingress_;
  Dice workers_;
  Dice versions_;
  fiscalizer::journal::MemoryLeaseStore lease_store_{io.get_executor(), clock, memory};
  std::map<WorkerId, SimulatedWorker*> by_id_;
  std::vector<SimulatedWorker*> living_;  // and those who died since the clock went on
  Clock::time_point started_{};
};

}  // namespace kassaflow::simulation
