#include "world.hpp"

#include <algorithm>
#include <cstdio>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::simulation {

using fiscalizer::journal::Fate;
using fiscalizer::journal::MemoryLeaseStore;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kTroublePerThousand = 120;
constexpr auto kInQueue = 3min;  // a task in the cloud, a callback after it, at the longest
// Clocks are off by so much at the most, in a million; what the rules say of time they say by a worker's clock.
constexpr std::uint32_t kFastest = 2000;
constexpr double kByAnyClock = 0.99;

}  // namespace

std::string token_of(const std::string& register_id) { return "token-" + register_id; }

// Its letters as hexadecimal digits.
std::string item_of(const std::string& register_id) {
  std::string digits;
  for (const char letter : register_id) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(letter));
    digits += two;
  }
  digits.insert(0, 12 - digits.size(), '0');
  return "22222222-2222-8333-8444-" + digits;
}

World::World(const Plan& how)
    : plan(how),
      dice(plan.seed, "world"),
      roads_(plan.seed + 1, kTroublePerThousand),
      packets_(plan.seed + 2, kTroublePerThousand),
      requests_(plan.seed + 3, kTroublePerThousand),
      tasks_(plan.seed + 4, kTroublePerThousand),
      order_(plan.seed, "order"),
      store_(plan.seed, "store"),
      kafka_(plan.seed, "kafka"),
      ingress_(plan.seed, "ingress"),
      workers_(plan.seed, "workers"),
      versions_(plan.seed, "versions") {
  transport.add("kkt.example:44735", node);
  transport.add("qapi.example", cloud);
  node.deduplicate(dice.below(2) == 0);
  journal_is_lost = !plan.without.contains(Kind::restores) && Dice(plan.seed, "lost").below(2) == 0;
  memory.have_standby(!journal_is_lost);
  for (const auto* id : {"left", "right", "old"}) add_till(id, true);
  for (const auto* id : {"east", "west", "new"}) add_till(id, false);
  cloud.call_back(kApiKey, kCallbackKey, [this](Callback callback) { return called_back(std::move(callback)); });
  if (!plan.without.contains(Kind::nights)) {
    // Shifts that others opened may be old when we come.
    for (auto& [id, till] : tills) {
      if (dice.below(2) == 0) till.at.open_shift_by_hand();
      clock.advance(dice.up_to(4h));
    }
  }
  started_ = clock.now();
  draw_faults();
}

void World::add_till(const std::string& id, bool bit) {
  auto& till = tills.try_emplace(id, clock, id, bit).first->second;
  if (bit) {
    node.add(token_of(id), till.at);
  } else {
    cloud.add(kApiKey, item_of(id), till.at);
  }
}

void World::draw_faults() {
  lease_store_.road = [this](const WorkerId&) { return MemoryLeaseStore::Road{store_.up_to(4ms), store_.up_to(4ms)}; };
  lease_store_.passable = [this](const WorkerId& id) {
    if (!trouble) return true;
    const bool lost = suffers(Kind::commits) && store_.happens(10);
    return clock.now() >= store_away_until && by_id_.at(id)->reaches_store() && !lost;
  };
  transport.trouble([this](const http::Request& request) {
    if (suffers(Kind::outages) && clock.now() < registers_away_until) {
      return Trouble{.connection = Trouble::Connection::refused};
    }
    if (!suffers(Kind::connections)) return Trouble();
    const auto late =
        settings.durations.at(request.url.starts_with("https") ? "itkassa_repost_grace" : "bit_quiet") * kByAnyClock;
    return roads_.trouble(request, std::chrono::duration_cast<Clock::duration>(late));
  });
  node.fault([this](const BitNode::Packet& packet) {
    on_packet(packet);
    return suffers(Kind::answers) ? packets_.of_packet() : BitFault();
  });
  cloud.request_fault([this](const ItkassaCloud::Visit& visit) {
    on_visit(visit);
    if (!suffers(Kind::answers)) return RequestFault();
    auto fault = requests_.of_request(visit.operation);
    fault.twice = false;  // nobody can help that: the protocol's own deduplication has failed (exactly-once.md 7)
    return fault;
  });
  cloud.task_fault([this](const ItkassaCloud::Job&) {
    if (!suffers(Kind::answers)) return TaskFault();
    auto fault = tasks_.of_task();
    fault.forgotten = fault.forgotten && !journal_is_lost;
    fault.in_queue = std::min(fault.in_queue, Clock::duration(kInQueue));
    for (auto& callback : fault.callbacks) callback.after = std::min(callback.after, Clock::duration(kInQueue));
    return fault;
  });
}

void World::end_trouble() {
  say("healing");
  trouble = false;
  for (auto& [id, till] : tills) {
    till.at.set_online(true);
    till.at.set_paper(true);
  }
  cloud.release();
  for (auto* worker : living()) {
    worker->lose_store({});
    worker->lose_registers({});
  }
  if (running().empty()) start_worker();
  share_partitions();
}

// --- time ---

// Who of those with something to do goes first is drawn anew each time.
bool World::run_ready() {
  bury_dead();
  bool any = false;
  for (bool more = true; more;) {
    more = io.poll_one() > 0;
    io.restart();
    const auto count = living_.size();
    const auto first = count == 0 ? 0 : order_.below(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) {
      auto& worker = *living_[(first + i) % count];
      if (plan.story) log::configure(worker.name(), log::Level::info);
      more = worker.step() || more;
    }
    any = any || more;
  }
  return any;
}

void World::go_on_until(Clock::time_point until, const std::function<bool()>& enough) {
  for (run_ready(); clock.now() < until && !enough(); run_ready()) {
    auto next = std::min(clock.next(), until);
    for (const auto* worker : living_) {
      if (!worker->dead() && worker->frozen_until() > clock.now()) next = std::min(next, worker->frozen_until());
    }
    const auto second = passed() / 1s;
    clock.advance(next - clock.now());
    if (passed() / 1s != second) say("");
  }
}

// --- workers ---

SimulatedWorker::Version World::version_of_the_next() {
  const auto which = versions_.below(12);
  if (!suffers(Kind::versions) || which > 3) return {};
  ++report.figures.older;
  switch (which) {
    case 0:
      say("the next worker speaks no itkassa");
      return {registers::find_protocol("itkassa")};
    case 1:
      say("the next worker speaks no bit");
      return {registers::find_protocol("bit")};
    case 2:
      say("the next worker cannot read pool mixed");
      return {nullptr, PoolId("mixed")};
    default:
      say("the next worker speaks no itkassa and cannot read pool driver");
      return {registers::find_protocol("itkassa"), PoolId("driver")};
  }
}

SimulatedWorker& World::start_worker() {
  const auto name = "worker-" + std::to_string(workers.size() + 1);
  const double off = static_cast<double>(workers_.below(2 * kFastest + 1)) - kFastest;
  workers.push_back(std::make_unique<SimulatedWorker>(
      SimulatedWorker::Surroundings{
          .machine = clock,
          .settings = settings,
          .memory = memory,
          .lease_store = lease_store_,
          .transport = transport,
          .posts = posts,
          .callbacks = callbacks,
          .outcomes = outcomes,
          .fate = [this](const SimulatedWorker& worker) { return fate(worker); },
          .below = [this](std::uint32_t limit) { return workers_.below(limit); },
          .publish = [this](const ReceiptId& id, std::string record) { return publish(id, std::move(record)); },
          .ask_promise = ask_promise,
          .life_timer = [this](SimulatedWorker& worker) { return life_timer(worker); }},
      name, plan.without.contains(Kind::clocks) ? 0 : off / 1e6, version_of_the_next(), configuration));
  by_id_[WorkerId(name)] = workers.back().get();
  living_.push_back(workers.back().get());
  say(name + " starts");
  workers.back()->start();
  share_partitions();
  return *workers.back();
}

void World::bury_dead() {
  std::erase_if(living_, [](const auto* worker) { return worker->dead(); });
}

std::vector<SimulatedWorker*> World::living() const {
  auto found = living_;
  std::erase_if(found, [](const auto* worker) { return worker->dead(); });
  return found;
}

std::vector<SimulatedWorker*> World::running() const {
  auto found = living();
  std::erase_if(found, [](const auto* worker) { return !worker->runs() || worker->stopping(); });
  return found;
}

void World::share_partitions() {
  const auto members = running();
  if (members.empty()) return;
  std::map<SimulatedWorker*, std::set<std::size_t>> shares;
  const auto first = kafka_.below(static_cast<std::uint32_t>(members.size()));
  for (std::size_t i = 0; i < kPartitions; ++i) shares[members[(first + i) % members.size()]].insert(i);
  for (auto* worker : members) worker->assign(shares[worker]);
}

// Ends a worker that is frozen past its lease around the write, as the timer of a real process does.
class SimulatedLifeTimer final : public fiscalizer::LifeTimer {
 public:
  SimulatedLifeTimer(Agenda agenda, const ProcessClock& clock, std::function<void()> kill)
      : agenda_(agenda), clock_(clock), kill_(std::move(kill)) {}
  ~SimulatedLifeTimer() override { disarm(); }
  bool arm(Clock::duration life) override {
    disarm();
    armed_ = std::make_shared<bool>(true);
    agenda_.after(clock_.by_machine(life), [armed = armed_, kill = kill_] {
      if (*armed) kill();
    });
    return true;
  }
  void disarm() override {
    if (armed_) *armed_ = false;
    armed_.reset();
  }

 private:
  Agenda agenda_;
  const ProcessClock& clock_;
  std::function<void()> kill_;
  std::shared_ptr<bool> armed_;
};

std::unique_ptr<fiscalizer::LifeTimer> World::life_timer(SimulatedWorker& worker) {
  return std::make_unique<SimulatedLifeTimer>(agenda, worker.clock(), [this, &worker] {
    if (worker.dead()) return;
    say(worker.name() + " is ended by its timer");
    worker.kill();
  });
}

Fate World::fate(const SimulatedWorker& worker) {
  Fate fate{Fate::End::committed, store_.up_to(4ms), store_.up_to(4ms)};
  if (trouble && (clock.now() < store_away_until || !worker.reaches_store())) {
    fate.end = Fate::End::unavailable;
    fate.before = store_.up_to(2s);
    return fate;
  }
  if (!suffers(Kind::commits) || !store_.happens(20)) return fate;
  fate.end = static_cast<Fate::End>(1 + store_.below(3));
  fate.before = store_.up_to(500ms);
  fate.after = store_.up_to(500ms);
  return fate;
}

// --- what leaves and what comes ---

asio::awaitable<Result<kafka::Position>> World::publish(const ReceiptId& receipt, std::string record) {
  co_await async::pause_for(clock, kafka_.up_to(20ms));
  const bool lost = suffers(Kind::kafka) && kafka_.happens(30);
  if (lost && kafka_.below(2) == 0) co_return fail(kafka::kNotPersisted, "nobody knows");
  v1::ReceiptOutcome outcome;
  outcome.ParseFromString(record);
  outcomes.append(receipt.str(), std::move(record), clock.unix_ms());
  on_outcome(outcome);
  if (lost) co_return fail(kafka::kNotPersisted, "the answer was lost");
  co_return kafka::Position{};
}

// As ingress does with it.
asio::awaitable<int> World::called_back(Callback callback) {
  const auto& protocol = *registers::find_protocol("itkassa");
  const configuration::Register* one = nullptr;
  for (const auto& [id, known] : configuration->registers) {
    if (known->settings.protocol == &protocol) one = known.get();
  }
  if (one == nullptr) co_return 404;
  const auto header = [&](std::string_view name) -> std::string_view {
    return name == "X-Api-Key" ? std::string_view(callback.api_key) : std::string_view(callback.organization_id);
  };
  if (!protocol.callbacks()->authentic(*one->settings.own, header)) co_return 401;
  if (suffers(Kind::callbacks) && ingress_.happens(50)) co_return 503;
  const auto named = protocol.callbacks()->named_in(callback.body);
  if (!named) co_return 400;
  for (const auto& [id, known] : configuration->registers) {
    if (known->settings.identity != named->identity) continue;
    v1::RegisterCallback record;
    record.set_tenant(known->tenant.str());
    record.set_register_(id.str());
    record.set_pool(known->pool.str());
    record.set_body(callback.body);
    record.set_identity(named->identity.str());
    record.set_attempt_key(named->key);
    record.set_remote_id(named->remote_id);
    callbacks.append(known->pool.str(), record.SerializeAsString(), clock.unix_ms());
  }
  co_return 200;
}

// --- what is told of it ---

void World::say(const std::string& what) const {
  if (!plan.story) return;
  const auto at = passed() / 1ms;
  std::fprintf(stderr, "-- %lld.%03lld s: %s\n", static_cast<long long>(at / 1000), static_cast<long long>(at % 1000),
               what.c_str());
}

void World::wrong(std::string_view rule, int receipt, const std::string& what) {
  say("WRONG: " + what);
  report.wrong.push_back({rule, receipt, what});
}

}  // namespace kassaflow::simulation
