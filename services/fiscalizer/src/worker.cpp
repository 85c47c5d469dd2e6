#include "worker.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "contained_driver.hpp"
#include "kassaflow/async/all.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/id.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;

namespace {
constexpr std::chrono::milliseconds kFollowUp{200};
constexpr std::chrono::milliseconds kLook{50};
}  // namespace

Worker::Worker(WorkerDependencies dependencies)
    : dependencies_(std::move(dependencies)),
      journal_(dependencies_.executor, dependencies_.clock, dependencies_.store, dependencies_.id,
               {.refusals_before_held = dependencies_.settings.refusals_before_held}),
      leases_(dependencies_.keeper, dependencies_.executor, dependencies_.clock, dependencies_.lease_store,
              {dependencies_.id, dependencies_.settings.lease, dependencies_.life_timer}),
      dispatcher_(dependencies_.executor, dependencies_.clock, journal_, [this](const PoolId& pool) { wanted(pool); }),
      publisher_(dependencies_.executor, dependencies_.clock, dependencies_.store, dependencies_.publish, leases_),
      recovery_({.executor = dependencies_.executor,
                 .clock = dependencies_.clock,
                 .store = dependencies_.store,
                 .leases = leases_,
                 .published = dependencies_.published,
                 .late_bytes = dependencies_.settings.late_bytes(),
                 .configuration = dependencies_.configuration,
                 .find_register =
                     [this](const RegisterId& id) {
                       const auto snapshot = dependencies_.configuration();
                       const auto found = snapshot->registers.find(id);
                       return found == snapshot->registers.end()
                                  ? std::nullopt
                                  : std::optional(journal::KnownRegister{
                                        found->second->settings.identity, found->second->settings.protocol,
                                        driver_for(found->second->settings)->capabilities().query_by_key});
                     },
                 .opened = [this] { opened(); }}),
      probes_(dependencies_.executor, dependencies_.clock, dependencies_.probes_at_once),
      lane_dependencies_(lane_dependencies()),
      shards_(receipts::kShards),
      wake_(dependencies_.executor, dependencies_.clock),
      all_done_(dependencies_.executor, dependencies_.clock) {
  journal_.on_commit([this] { publisher_.kick(); });
  journal_.on_finished(dependencies_.finished);
  leases_.on_change([this] {
    look_at_shards();
    reconcile();
    publisher_.kick();
  });
  leases_.busy_when([this] {
    std::set<int> shards;
    for (const auto& [id, lane] : lanes_) {
      if (lane->busy()) shards.insert(lane->fence().shard);
    }
    return shards;
  });
}

void Worker::start() {
  asio::co_spawn(dependencies_.keeper, leases_.run(), kRethrow);
  spawn(dispatcher_.run());
  spawn(publisher_.run());
  spawn(follow_up());
  spawn(recovery_.run());
}

void Worker::opened() {
  for (const auto& [id, lane] : lanes_) lane->remember_again();
  reconcile();
  dispatcher_.kick();
  publisher_.kick();
}

void Worker::spawn(asio::awaitable<void> task) {
  ++running_;
  asio::co_spawn(dependencies_.executor, std::move(task), [this](const std::exception_ptr& bug) {
    --running_;
    all_done_.notify();
    kRethrow(bug);
  });
}

void Worker::taken_in(const std::set<PoolId>& pools) {
  dispatcher_.queued(pools);
  publisher_.kick();
  wake_.notify();
}

void Worker::decided(const RegisterId& register_id) {
  if (const auto lane = lanes_.find(register_id); lane != lanes_.end()) lane->second->remember_again();
  dispatcher_.kick();
  publisher_.kick();
}

LaneDependencies Worker::lane_dependencies() {
  const auto& configuration = dependencies_.configuration;
  return {.executor = dependencies_.executor,
          .clock = dependencies_.clock,
          .settings = dependencies_.settings,
          .journal = journal_,
          .dispatcher = dispatcher_,
          .leases = leases_,
          .find_register =
              [configuration](const RegisterId& id) {
                const auto snapshot = configuration();
                const auto found = snapshot->registers.find(id);
                return found == snapshot->registers.end() ? nullptr : found->second;
              },
          .find_pool =
              [configuration](const PoolId& id) {
                const auto snapshot = configuration();
                const auto found = snapshot->pools.find(id);
                return found == snapshot->pools.end() ? nullptr : found->second;
              },
          .registers_of_pool =
              [configuration](const PoolId& id) {
                const auto snapshot = configuration();
                std::vector<RegisterId> registers;
                if (const auto found = snapshot->registers_by_pool.find(id);
                    found != snapshot->registers_by_pool.end()) {
                  for (const auto& one : found->second) registers.push_back(one->settings.id);
                }
                for (const auto& [unknown, pool] : snapshot->unknown_registers) {
                  if (pool == id) registers.push_back(unknown);
                }
                return registers;
              },
          .make_driver = [this](const registers::RegisterSettings& settings) { return driver_for(settings); },
          .jitter = dependencies_.jitter,
          .doubted = [this](const RegisterId& id) { decided(id); },
          .attempt_ended = dependencies_.attempt_ended,
          .asks = [this](const RegisterId& id) { asking_.insert(id); },
          .probes = probes_};
}

void Worker::reconcile() {
  if (stopping_) return;
  look_at_configuration();
  std::erase_if(unsettled_, [this](int shard) { return settle_lanes(shard); });
}

void Worker::look_at_configuration() {
  auto snapshot = dependencies_.configuration();
  if (snapshot == looked_at_) return;
  looked_at_ = std::move(snapshot);
  for (auto& shard : shards_) shard.registers.clear();
  for (const auto& [id, entry] : looked_at_->registers) {
    shards_[static_cast<std::size_t>(receipts::shard_of(entry->pool))].registers.push_back(entry);
    const auto lane = lanes_.find(id);
    if (lane != lanes_.end() && lane->second->document() != entry.get()) lane->second->look_at_document();
  }
  for (int shard = 0; shard < receipts::kShards; ++shard) unsettled_.insert(shard);
}

void Worker::look_at_shards() {
  const auto kept = leases_.kept();
  for (int number = 0; number < receipts::kShards; ++number) {
    const auto epoch = kept.find(number);
    const auto held = epoch == kept.end() ? std::nullopt : std::optional(Fence{number, epoch->second});
    auto& shard = shards_[static_cast<std::size_t>(number)];
    if (shard.held == held) continue;
    shard.held = held;
    unsettled_.insert(number);
  }
}

// False: there is something left to do. A lane goes when it has finished, and one that is to come waits for the lane
// that its register had before.
bool Worker::settle_lanes(int number) {
  auto& shard = shards_[static_cast<std::size_t>(number)];
  bool settled = true;
  std::erase_if(shard.lanes, [&](const std::shared_ptr<Lane>& lane) {
    const auto known = looked_at_->registers.find(lane->register_id());
    const bool keep =
        known != looked_at_->registers.end() && known->second->pool == lane->pool() && shard.held == lane->fence();
    if (!keep) lane->stop();
    if (lane->finished()) {
      lanes_.erase(lane->register_id());
      dispatcher_.refresh(lane->pool());
      return true;
    }
    settled = settled && keep;
    return false;
  });
  if (!shard.held) return settled;
  const bool may_start = leases_.may_start(number) == shard.held;
  for (const auto& entry : shard.registers) {
    const auto lane = lanes_.find(entry->settings.id);
    if (lane == lanes_.end() && may_start) {
      start_lane(*entry, *shard.held);
    } else if (lane == lanes_.end() || lane->second->pool() != entry->pool) {
      settled = false;
    }
  }
  return settled;
}

void Worker::start_lane(const configuration::Register& entry, const Fence& fence) {
  const auto& id = entry.settings.id;
  auto lane = std::make_shared<Lane>(lane_dependencies_, *entry.settings.protocol, id, entry.pool, fence);
  lanes_.emplace(id, lane);
  shards_[static_cast<std::size_t>(fence.shard)].lanes.push_back(lane);
  spawn(accompany(lane, lane->run()));
  spawn(accompany(lane, lane->ask_on()));
}

asio::awaitable<void> Worker::accompany(std::shared_ptr<Lane> lane, asio::awaitable<void> life) {
  co_await std::move(life);
  unsettled_.insert(lane->fence().shard);  // it may have stopped by itself
}

// Of all lanes, and whose they are.
std::map<std::int64_t, std::shared_ptr<Lane>> Worker::unanswered() {
  std::map<std::int64_t, std::shared_ptr<Lane>> attempts;
  std::erase_if(asking_, [&](const RegisterId& id) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) return true;
    const auto asked = lane->second->unanswered();
    for (const auto attempt : asked) attempts.emplace(attempt, lane->second);
    return asked.empty();
  });
  return attempts;
}

// A receipt waits, and no lane for it.
void Worker::wanted(const PoolId& pool) {
  const auto snapshot = dependencies_.configuration();
  const auto registers = snapshot->registers_by_pool.find(pool);
  if (registers == snapshot->registers_by_pool.end()) return;
  for (const auto& entry : registers->second) {
    if (const auto lane = lanes_.find(entry->settings.id); lane != lanes_.end()) lane->second->wanted();
  }
}

asio::awaitable<void> Worker::follow_up() {
  while (!stopping_) {
    reconcile();
    const auto asking = unanswered();
    std::vector<std::int64_t> attempts;
    for (const auto& [attempt, lane] : asking) attempts.push_back(attempt);
    if (auto shards = leases_.held(); !shards.empty()) {
      if (auto news = co_await journal_.news(std::move(shards), std::move(attempts))) {
        for (const auto attempt : news->answered) asking.at(attempt)->answered(attempt);
        std::vector<asio::awaitable<void>> tasks;
        for (auto& undecided : news->undecided) tasks.push_back(settle_evidence(std::move(undecided)));
        for (auto& callback : news->callbacks) tasks.push_back(read_callback(std::move(callback)));
        co_await async::all(dependencies_.clock, std::move(tasks));
      }
    }
    co_await wake_.wait_for(kFollowUp);
  }
}

// Evidence that nobody has decided about. An earlier owner of the shard appended it after it had lost the shard, or a
// callback brought it.
asio::awaitable<void> Worker::settle_evidence(Undecided undecided) {
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
  } else if (lane->second->current_attempt() == heard.attempt) {
    lane->second->ask_now();  // what a callback says of a storage binds nothing
  }
  if (!heard.final || !settled.news || settled.not_its_storage) lane->second->remember_again();
}

// What a callback tells counts for the attempt it names, whatever became of that (exactly-once.md 5): a late "printed"
// is never thrown away. Anything but an end is a hint; the lane asks for itself.
asio::awaitable<void> Worker::read_callback(CalledBack callback) {
  const auto& attempt = callback.attempt;
  const auto snapshot = dependencies_.configuration();
  const auto lane = lanes_.find(callback.register_id);
  const auto entry = snapshot->registers.find(callback.register_id);
  if (entry != snapshot->registers.end() && entry->second->settings.identity != callback.identity) {
    // Taken in before it was known here which register that is: no lane of another hears of it (I5).
    log::error("alarm.foreign_callback",
               {{"receipt", attempt.receipt.str()}, {"register", callback.register_id.str()}, {"key", attempt.key}});
    co_return co_await journal_.pass_over(callback.evidence);
  }
  std::optional<registers::Finding> finding;
  if (lane != lanes_.end() && lane->second->driver() != nullptr) {
    finding = lane->second->driver()->read_callback(ref_of(attempt), callback.body);
  } else if (entry != snapshot->registers.end()) {  // it has moved to another shard since the attempt
    finding = driver_for(entry->second->settings)->read_callback(ref_of(attempt), callback.body);
  } else if (snapshot->unknown_registers.contains(callback.register_id)) {
    co_return;  // another version of the program reads it
  } else {
    log::error("alarm.callback_unread",
               {{"receipt", attempt.receipt.str()}, {"register", callback.register_id.str()}, {"key", attempt.key}});
  }
  // "Not printed" of bytes that left twice is about one of the two (exactly-once.md 5): the lane asks.
  const bool of_one_sending = finding && finding->fact == registers::Fact::not_printed && attempt.sends > 1;
  if (!finding || of_one_sending || !is_certain(*finding)) {
    if (lane != lanes_.end() && lane->second->current_attempt() == attempt.id) lane->second->ask_now();
    if (finding) {
      log::write(
          finding->alarm ? log::Level::error : log::Level::info,
          finding->alarm ? "alarm.contradiction" : "callback.hint",
          {{"receipt", attempt.receipt.str()}, {"register", callback.register_id.str()}, {"code", finding->code}});
    }
    co_return co_await journal_.pass_over(callback.evidence);
  }
  Heard heard;
  heard.attempt = attempt.id;
  heard.key = attempt.key;
  heard.receipt = attempt.receipt;
  heard.fence.shard = callback.shard;
  heard.stored = callback.evidence;
  heard.send = callback.send;
  heard.called_back = true;
  heard.finding = std::move(*finding);
  co_await settle_evidence({std::move(heard), callback.register_id, attempt.kind});
}

std::unique_ptr<registers::Driver> Worker::driver_for(const registers::RegisterSettings& settings) const {
  return std::make_unique<ContainedDriver>(dependencies_.make_driver(settings), settings.id);
}

std::set<PoolId> Worker::pools() const {
  std::set<PoolId> result;
  for (const auto& [id, lane] : lanes_) result.insert(lane->pool());
  return result;
}

std::vector<Lane::View> Worker::views() const {
  std::vector<Lane::View> result;
  result.reserve(lanes_.size());
  for (const auto& [id, lane] : lanes_) result.push_back(lane->view());
  return result;
}

void Worker::begin_stop() {
  stopping_ = true;
  wake_.notify();
  for (const auto& [id, lane] : lanes_) lane->stop();
  leases_.leave();
}

asio::awaitable<void> Worker::stop() {
  begin_stop();
  const auto any_left = [this] {
    return std::ranges::any_of(lanes_, [](const auto& lane) { return !lane.second->finished(); });
  };
  while (any_left()) co_await all_done_.wait_for(kLook);
  dispatcher_.stop();
  publisher_.stop();
  recovery_.stop();
  co_await leases_.stop();
  while (running_ > 0) co_await all_done_.wait_for(kLook);
}

}  // namespace kassaflow::fiscalizer
