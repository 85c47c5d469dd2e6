#pragma once
// The heart of a fiscalizer: holds shards, drives the lanes of their pools, decides what others heard, tells outcomes.
// It knows the journal's store, a way to publish, drivers and a clock, and nothing of PostgreSQL, Kafka or gRPC:
// app.hpp has those. So the same code runs in a process and in a simulation.
//
// Lives on one executor thread, but for the leases' keeper (leases.hpp); nothing here is locked.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "dispatcher.hpp"
#include "journal/journal.hpp"
#include "journal/store.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "lane.hpp"
#include "leases.hpp"
#include "outcome_publisher.hpp"
#include "recovery.hpp"
#include "settings.hpp"

namespace kassaflow::fiscalizer {

struct WorkerDependencies {
  boost::asio::any_io_executor executor;
  async::Clock& clock;
  const FiscalizerSettings& settings;
  WorkerId id;  // of this life: a worker that starts again has another
  journal::Store& store;
  boost::asio::any_io_executor keeper;  // of the leases: a heartbeat waits for no work of `executor`
  LeaseStore& lease_store;              // nor for other work of the store
  PublishOutcome publish;
  Published& published;
  std::function<std::shared_ptr<const configuration::Snapshot>()> configuration;  // in force now
  std::function<std::unique_ptr<registers::Driver>(const registers::RegisterSettings& settings)> make_driver;
  std::function<double()> jitter;   // 0..1
  std::size_t probes_at_once = 64;  // each takes a connection
  std::function<std::unique_ptr<LifeTimer>()> life_timer = [] { return std::make_unique<KillTimer>(); };
  // Called on the executor.
  std::function<void(const Finished&)> finished = [](const Finished&) {};
  AttemptEnded attempt_ended = [](const registers::Protocol&, const registers::Finding&) {};
};

class Worker {
 public:
  explicit Worker(WorkerDependencies dependencies);

  void start();
  // Nothing is started any more, and each shard is given away when nothing is under way on it: no pool stands still for
  // another's register.
  void begin_stop();
  // Bytes and answers under way are waited for, shards given away. Then nothing runs here.
  boost::asio::awaitable<void> stop();

  // Each register of a shard that is ours gets a lane, every other lane goes. Called when another configuration is in
  // force; costs by what changed, and once by the whole configuration when that is another.
  void reconcile();
  // Something was taken in, with receipts of these pools.
  void taken_in(const std::set<PoolId>& pools);
  // A person has decided about a receipt; about an attempt of that register, where it is not empty.
  void decided(const RegisterId& register_id);

  [[nodiscard]] std::vector<int> shards() const { return leases_.held(); }
  // The journal as it was last seen.
  [[nodiscard]] const Recovery& recovery() const { return recovery_; }
  [[nodiscard]] std::vector<Lane::View> views() const;
  [[nodiscard]] std::set<PoolId> pools() const;  // of its lanes
  [[nodiscard]] Leases::Takeovers takeovers() const { return leases_.takeovers(); }

 private:
  void spawn(boost::asio::awaitable<void> task);
  void opened();
  [[nodiscard]] LaneDependencies lane_dependencies();
  void look_at_configuration();
  void look_at_shards();
  bool settle_lanes(int shard);
  void start_lane(const configuration::Register& entry, const Fence& fence);
  boost::asio::awaitable<void> accompany(std::shared_ptr<Lane> lane, boost::asio::awaitable<void> life);
  [[nodiscard]] std::map<std::int64_t, std::shared_ptr<Lane>> unanswered();
  void wanted(const PoolId& pool);
  // What happened beside the lanes.
  boost::asio::awaitable<void> follow_up();
  boost::asio::awaitable<void> settle_evidence(Undecided undecided);
  void tell_lane(const RegisterId& register_id, const Heard& heard, Kind kind, const Settled& settled);
  boost::asio::awaitable<void> read_callback(CalledBack callback);
  [[nodiscard]] std::unique_ptr<registers::Driver> driver_for(const registers::RegisterSettings& settings) const;

  WorkerDependencies dependencies_;
  Journal journal_;
  Leases leases_;
  Dispatcher dispatcher_;
  OutcomePublisher publisher_;
  Recovery recovery_;
  async::Gate probes_;
  const LaneDependencies lane_dependencies_;
  std::map<RegisterId, std::shared_ptr<Lane>> lanes_;
  // By shard: the registers of the configuration that was looked at last, the lanes, and who held it when it was.
  struct Shard {
    std::vector<std::shared_ptr<const configuration::Register>> registers;
    std::vector<std::shared_ptr<Lane>> lanes;
    std::optional<Fence> held;
  };
  std::vector<Shard> shards_;
  std::shared_ptr<const configuration::Snapshot> looked_at_;
  std::set<int> unsettled_;      // shards whose lanes are not yet as they should be
  std::set<RegisterId> asking_;  // whose lanes may have something unanswered
  async::Event wake_;
  bool stopping_ = false;
  int running_ = 0;
  async::Event all_done_;
};

}  // namespace kassaflow::fiscalizer
