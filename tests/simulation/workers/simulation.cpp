#include "simulation.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <map>
#include <random>

#include "journal/people.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"
#include "kassaflow/v1/registry.pb.h"
#include "manual_clock.hpp"
#include "memory_lease_store.hpp"
#include "registers/bit_node.hpp"
#include "registers/itkassa_cloud.hpp"
#include "registers/random_faults.hpp"
#include "simulated_worker.hpp"

namespace kassaflow::simulation {

namespace asio = boost::asio;
namespace people = fiscalizer::people;
using async::Clock;
using fiscalizer::journal::Fate;
using fiscalizer::journal::MemoryLeaseStore;
using fiscalizer::journal::Transaction;
using receipts::State;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPartitions = 4;
constexpr std::uint32_t kTroublePerThousand = 120;
constexpr auto kWithin = 3h;       // of healing, until everything has come to its end
constexpr auto kInQueue = 3min;    // a task in the cloud, a callback after it, at the longest
constexpr auto kOnTheWay = 15min;  // whatever is under way when the trouble ends has arrived then
constexpr people::Times kTimes{.quiet = 150s, .answer = 125s};
const std::string kTenant = "acme";
const std::string kInstallation = "acme-main";
const std::string kApiKey = "shop-api-key";
const std::string kCallbackKey = "0123456789abcdef0123456789abcdef";

std::string numbered_guid(const char* first, int number) {
  char text[37];
  std::snprintf(text, sizeof text, "%s-2222-8333-8444-%012d", first, number);
  return text;
}

// What the merchant's portal and the merchant know of a receipt.
struct Known {
  int number = 0;
  PoolId pool;
  std::int64_t total_kopecks = 0;
  std::int64_t date_create_s = 0;
  std::uint64_t revision = 0;  // of the outcome below
  State state = State::queued;
  bool told_error = false;
  bool told_done = false;
};

class Gateway {
 public:
  explicit Gateway(const Plan& plan);
  Report run();

 private:
  // --- the world's time ---
  void go_on_until(Clock::time_point until, const std::function<bool()>& enough = [] { return false; });
  bool run_ready();
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
  bool happens(std::uint32_t per_thousand) { return below(1000) < per_thousand; }
  Clock::duration up_to(Clock::duration longest) {
    return std::chrono::milliseconds(below(static_cast<std::uint32_t>(longest / 1ms) + 1));
  }
  void say(const std::string& what) const;
  void wrong(const std::string& what);

  // --- who lives in it ---
  void add_register(const std::string& id, const PoolId& pool, bool bit);
  SimulatedWorker& add_worker();
  void share_partitions();
  std::unique_ptr<fiscalizer::LifeTimer> life_timer(SimulatedWorker& worker);
  Fate fate();
  asio::awaitable<Result<kafka::Position>> publish(const ReceiptId& receipt, std::string record);
  asio::awaitable<int> called_back(Callback callback);

  // --- what they do ---
  asio::awaitable<void> merchant();
  void post(Known& receipt);
  asio::awaitable<void> misfortune();
  asio::awaitable<void> cashier(FiscalRegister& at);
  void answer_questions();
  Result<people::Done> decide(const std::function<Result<people::Done>(Transaction&)>& body);

  // --- what must be true ---
  void see(const v1::ReceiptOutcome& outcome);
  [[nodiscard]] std::vector<const Document*> documents_of(const ReceiptId& receipt);
  void show_ledgers();
  void judge();
  [[nodiscard]] bool all_ended();

  struct Till {
    Till(Clock& clock, const std::string& name) : at(clock, name) {}
    FiscalRegister at;
    PoolId pool;
    bool bit = false;
  };

  Plan plan_;
  std::mt19937 random_;
  asio::io_context io_;  // of everything but the workers
  async::ManualClock clock_;
  Agenda agenda_{io_.get_executor(), clock_};
  SimulatedTransport transport_{agenda_};
  BitNode node_{agenda_};
  ItkassaCloud cloud_{agenda_};
  RandomFaults faults_;
  fiscalizer::FiscalizerSettings settings_;
  fiscalizer::journal::Memory memory_{clock_};
  MemoryLeaseStore lease_store_{io_.get_executor(), clock_, memory_};
  Log posts_{records::kReceiptsTopic, kPartitions};
  Log callbacks_{records::kCallbacksTopic, kPartitions};
  std::shared_ptr<configuration::Snapshot> configuration_ = std::make_shared<configuration::Snapshot>();
  std::map<std::string, Till> tills_;  // by register
  std::map<ReceiptId, Known> known_;
  // Never taken away: what a dead one still waits for may come, and then nobody is there.
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;
  bool trouble_ = true;
  bool posting_ = true;
  Clock::time_point store_away_until_{};
  Clock::time_point started_{};
  Report report_;
};

Gateway::Gateway(const Plan& plan) : plan_(plan), random_(plan.seed), faults_(plan.seed + 1, kTroublePerThousand) {
  started_ = clock_.now();
  lease_store_.road = [this](const WorkerId&) { return MemoryLeaseStore::Road{up_to(4ms), up_to(4ms)}; };
  lease_store_.passable = [this](const WorkerId&) {
    return !trouble_ || (clock_.now() >= store_away_until_ && !happens(10));
  };
  transport_.add("kkt.example:44735", node_);
  transport_.add("qapi.example", cloud_);
  transport_.trouble([this](const http::Request& request) {
    if (!trouble_) return Trouble();
    return faults_.trouble(request, request.url.starts_with("https") ? settings_.durations.at("itkassa_repost_grace")
                                                                     : settings_.durations.at("bit_quiet"));
  });
  node_.deduplicate(below(2) == 0);
  node_.fault([this](const BitNode::Packet&) { return trouble_ ? faults_.of_packet() : BitFault(); });
  cloud_.request_fault([this](const ItkassaCloud::Visit& visit) {
    if (!trouble_) return RequestFault();
    auto fault = faults_.of_request(visit.operation);
    fault.twice = false;  // nobody can help that: the protocol's own deduplication has failed (exactly-once.md 7)
    return fault;
  });
  cloud_.task_fault([this](const ItkassaCloud::Job&) {
    if (!trouble_) return TaskFault();
    auto fault = faults_.of_task();
    fault.in_queue = std::min(fault.in_queue, Clock::duration(kInQueue));
    for (auto& callback : fault.callbacks) callback.after = std::min(callback.after, Clock::duration(kInQueue));
    return fault;
  });

  for (const auto* id : {"left", "right"}) add_register(id, PoolId("driver"), true);
  for (const auto* id : {"east", "west"}) add_register(id, PoolId("cloud"), false);
  add_register("old", PoolId("mixed"), true);
  add_register("new", PoolId("mixed"), false);
  cloud_.call_back(kApiKey, kCallbackKey, [this](Callback callback) { return called_back(std::move(callback)); });
  configuration_->revision = 1;
}

void Gateway::say(const std::string& what) const {
  if (!plan_.story) return;
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - started_).count();
  std::fprintf(stderr, "-- %lld.%03lld s: %s\n", static_cast<long long>(at / 1000), static_cast<long long>(at % 1000),
               what.c_str());
}

void Gateway::wrong(const std::string& what) {
  say("WRONG: " + what);
  report_.wrong.push_back(what);
}

// --- time ---

// Who of those with something to do goes first is drawn anew each time.
bool Gateway::run_ready() {
  bool any = false;
  for (bool more = true; more;) {
    more = io_.poll_one() > 0;
    io_.restart();
    const auto first = below(static_cast<std::uint32_t>(workers_.size()));
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      more = workers_[(first + i) % workers_.size()]->step() || more;
    }
    any = any || more;
  }
  return any;
}

void Gateway::go_on_until(Clock::time_point until, const std::function<bool()>& enough) {
  for (run_ready(); clock_.now() < until && !enough(); run_ready()) {
    auto next = std::min(clock_.next(), until);
    for (const auto& worker : workers_) {
      if (!worker->dead() && worker->frozen_until() > clock_.now()) next = std::min(next, worker->frozen_until());
    }
    const auto second = (clock_.now() - started_) / 1s;
    clock_.advance(next - clock_.now());
    if ((clock_.now() - started_) / 1s != second) say("");
  }
}

// --- who lives in it ---

void Gateway::add_register(const std::string& id, const PoolId& pool, bool bit) {
  auto& till = tills_.try_emplace(id, clock_, id).first->second;
  till.pool = pool;
  till.bit = bit;
  v1::Register document;
  document.set_id(id);
  document.set_exclusive(true);
  if (bit) {
    document.set_endpoint("http://kkt.example:44735");
    document.set_registration_number(till.at.registration_number());
    document.mutable_bit()->set_kkt_token("token-" + id);
    if (node_.deduplicates()) document.mutable_bit()->set_deduplication(v1::DEDUPLICATION_VERIFIED);
    node_.add("token-" + id, till.at);
  } else {
    const auto item = numbered_guid("22222222", static_cast<int>(tills_.size()));
    document.set_endpoint(std::string("https://qapi.example") + ItkassaCloud::kBase);
    document.mutable_itkassa()->set_cre_item_id(item);
    document.mutable_itkassa()->set_api_key(kApiKey);
    document.mutable_itkassa()->set_callback_key(kCallbackKey);
    cloud_.add(kApiKey, item, till.at);
  }
  auto known = std::make_shared<configuration::Register>();
  known->pool = pool;
  known->tenant = TenantId(kTenant);
  known->settings = registers::read_settings(document).value();
  known->settings.timezone = "Europe/Moscow";
  configuration_->registers[RegisterId(id)] = known;
  configuration_->registers_by_pool[pool].push_back(known);
  auto& shop = configuration_->pools[pool];
  if (shop) return;
  auto made = std::make_shared<configuration::Pool>();
  made->id = pool;
  made->tenant = TenantId(kTenant);
  made->till.inn = "7701234567";
  made->till.taxation = fiscal::Taxation::usn_income;
  made->till.payment_address = "https://shop.example.ru";
  made->till.timezone = "Europe/Moscow";
  made->till.cashier_name = "Иванова А.А.";
  shop = made;
}

SimulatedWorker& Gateway::add_worker() {
  const auto name = "worker-" + std::to_string(workers_.size() + 1);
  workers_.push_back(std::make_unique<SimulatedWorker>(
      SimulatedWorker::Surroundings{
          .clock = clock_,
          .settings = settings_,
          .memory = memory_,
          .lease_store = lease_store_,
          .transport = transport_,
          .posts = posts_,
          .callbacks = callbacks_,
          .fate = [this] { return fate(); },
          .configuration = [this] { return configuration_; },
          .below = [this](std::uint32_t limit) { return below(limit); },
          .publish = [this](const ReceiptId& id, std::string record) { return publish(id, std::move(record)); },
          .life_timer = [this](SimulatedWorker& worker) { return life_timer(worker); }},
      name));
  say(name + " starts");
  workers_.back()->start();
  share_partitions();
  return *workers_.back();
}

// The group gives each partition to one; whoever does not hear of it goes on with its own.
void Gateway::share_partitions() {
  std::vector<SimulatedWorker*> living;
  for (const auto& worker : workers_) {
    if (!worker->dead() && worker->runs()) living.push_back(worker.get());
  }
  if (living.empty()) return;
  std::map<SimulatedWorker*, std::set<std::size_t>> shares;
  const auto first = below(static_cast<std::uint32_t>(living.size()));
  for (std::size_t i = 0; i < kPartitions; ++i) shares[living[(first + i) % living.size()]].insert(i);
  for (auto* worker : living) worker->assign(shares[worker]);
}

// Ends a worker that is frozen past its lease around the write, as the timer of a real process does.
class SimulatedLifeTimer final : public fiscalizer::LifeTimer {
 public:
  SimulatedLifeTimer(Agenda agenda, std::function<void()> kill) : agenda_(agenda), kill_(std::move(kill)) {}
  ~SimulatedLifeTimer() override { disarm(); }
  bool arm(Clock::duration life) override {
    disarm();
    armed_ = std::make_shared<bool>(true);
    agenda_.after(life, [armed = armed_, kill = kill_] {
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
  std::function<void()> kill_;
  std::shared_ptr<bool> armed_;
};

std::unique_ptr<fiscalizer::LifeTimer> Gateway::life_timer(SimulatedWorker& worker) {
  return std::make_unique<SimulatedLifeTimer>(agenda_, [this, &worker] {
    if (worker.dead()) return;
    say(worker.name() + " is ended by its timer");
    worker.kill();
  });
}

Fate Gateway::fate() {
  Fate fate{Fate::End::committed, up_to(4ms), up_to(4ms)};
  if (!trouble_) return fate;
  if (clock_.now() < store_away_until_) {
    fate.end = Fate::End::unavailable;
    fate.before = up_to(2s);
    return fate;
  }
  if (!happens(20)) return fate;
  fate.end = static_cast<Fate::End>(1 + below(3));
  fate.before = up_to(500ms);
  fate.after = up_to(500ms);
  return fate;
}

asio::awaitable<Result<kafka::Position>> Gateway::publish(const ReceiptId&, std::string record) {
  co_await async::pause_for(clock_, up_to(20ms));
  const bool lost = trouble_ && happens(30);
  if (lost && below(2) == 0) co_return fail(kafka::kNotPersisted, "nobody knows");
  v1::ReceiptOutcome outcome;
  outcome.ParseFromString(record);
  see(outcome);
  if (lost) co_return fail(kafka::kNotPersisted, "the answer was lost");
  co_return kafka::Position{};
}

// As ingress does with it.
asio::awaitable<int> Gateway::called_back(Callback callback) {
  const auto& protocol = *registers::find_protocol("itkassa");
  const configuration::Register* one = nullptr;
  for (const auto& [id, known] : configuration_->registers) {
    if (known->settings.protocol == &protocol) one = known.get();
  }
  const auto header = [&](std::string_view name) -> std::string_view {
    return name == "X-Api-Key" ? std::string_view(callback.api_key) : std::string_view(callback.organization_id);
  };
  if (!protocol.callbacks()->authentic(*one->settings.own, header)) co_return 401;
  if (trouble_ && happens(50)) co_return 503;
  const auto named = protocol.callbacks()->named_in(callback.body);
  if (!named) co_return 400;
  for (const auto& [id, known] : configuration_->registers) {
    if (known->settings.identity != named->identity) continue;
    v1::RegisterCallback record;
    record.set_register_(id.str());
    record.set_pool(known->pool.str());
    record.set_body(callback.body);
    record.set_identity(named->identity.str());
    record.set_attempt_key(named->key);
    record.set_remote_id(named->remote_id);
    callbacks_.append(known->pool.str(), record.SerializeAsString(), clock_.unix_ms());
  }
  co_return 200;
}

// --- what they do ---

void Gateway::post(Known& receipt) {
  fiscal::Receipt content;
  content.lines.resize(1);
  auto& line = content.lines.front();
  line.name = "Товар " + std::to_string(receipt.number);
  line.quantity = fiscal::Quantity(1000);
  line.price = line.sum = fiscal::Kopecks(receipt.total_kopecks);
  content.payments.cashless = content.total = fiscal::Kopecks(receipt.total_kopecks);
  content.buyer_contact = "buyer@example.ru";
  v1::ReceiptAccepted accepted;
  accepted.set_receipt_id(numbered_guid("11111111", receipt.number));
  accepted.set_post_id(receipts::new_post_id(clock_.unix_ms()));
  accepted.set_tenant(kTenant);
  accepted.set_installation(kInstallation);
  accepted.set_pool(receipt.pool.str());
  accepted.set_unique_id(std::to_string(receipt.number));
  accepted.set_date_create_s(receipt.date_create_s);
  accepted.set_accepted_at_ms(clock_.unix_ms());
  accepted.set_content_digest("digest of " + std::to_string(receipt.number));
  accepted.set_digest_version(1);
  *accepted.mutable_receipt() = records::to_record(content);
  const auto value = accepted.SerializeAsString();
  posts_.append(receipt.pool.str(), value, clock_.unix_ms());
  if (happens(20)) posts_.append(receipt.pool.str(), value, clock_.unix_ms());  // the producer repeated it
}

asio::awaitable<void> Gateway::merchant() {
  const std::vector<PoolId> pools = {PoolId("driver"), PoolId("cloud"), PoolId("mixed")};
  for (int number = 1; number <= plan_.receipts; ++number) {
    const auto id = ReceiptId(numbered_guid("11111111", number));
    auto& receipt = known_[id];
    receipt.number = number;
    receipt.pool = pools[below(3)];
    receipt.total_kopecks = 10'000 + 10 * number;
    receipt.date_create_s = clock_.unix_s();
    post(receipt);
    ++report_.figures.receipts;
    if (happens(50)) post(receipt);  // the portal asks again
    if (happens(20)) {               // … and the merchant prints an older one again
      auto& older = known_.at(
          ReceiptId(numbered_guid("11111111", 1 + static_cast<int>(below(static_cast<std::uint32_t>(number))))));
      older.date_create_s = std::max(older.date_create_s + 1, clock_.unix_s());
      older.told_error = false;
      post(older);
    }
    co_await async::pause_for(clock_, up_to(4s));
  }
  posting_ = false;
}

asio::awaitable<void> Gateway::misfortune() {
  while (posting_) {
    co_await async::pause_for(clock_, 5s + up_to(60s));
    std::vector<SimulatedWorker*> living;
    for (const auto& worker : workers_) {
      if (!worker->dead()) living.push_back(worker.get());
    }
    if (living.size() < 2 || (living.size() < 5 && happens(200))) {
      add_worker();
      continue;
    }
    auto& one = *living[below(static_cast<std::uint32_t>(living.size()))];
    switch (below(6)) {
      case 0:
        say(one.name() + " is killed");
        one.kill();
        ++report_.figures.kills;
        if (happens(800)) add_worker();
        break;
      case 1: {
        const auto how_long = happens(500) ? up_to(8s) : up_to(60s);
        say(one.name() + " is frozen for " + std::to_string(how_long / 1ms) + " ms");
        one.freeze(clock_.now() + how_long);
        ++report_.figures.freezes;
        break;
      }
      case 2:
        store_away_until_ = clock_.now() + (happens(500) ? up_to(8s) : up_to(60s));
        say("the journal is away for " + std::to_string((store_away_until_ - clock_.now()) / 1ms) + " ms");
        ++report_.figures.outages;
        break;
      case 3:
        say("the group shares anew");
        break;
      case 4:
        say(one.name() + " is asked to stop");
        one.stop();
        add_worker();
        break;
      default:
        one.clock().calendar_is_off_ms = static_cast<std::int64_t>(below(7200)) * 1000 - 3'600'000;
        say("the calendar of " + one.name() + " jumps");
        break;
    }
    share_partitions();
  }
}

// What people do at a register.
asio::awaitable<void> Gateway::cashier(FiscalRegister& at) {
  while (posting_) {
    co_await async::pause_for(clock_, 1min + up_to(30min));
    switch (below(6)) {
      case 0:
        say("a cashier prints at " + at.name());
        at.print_by_hand(5);
        break;
      case 1:
        say("a cashier closes the shift of " + at.name());
        at.close_shift_by_hand();
        break;
      case 2:
        say("the storage of " + at.name() + " is replaced");
        at.replace_storage();
        break;
      case 3:
        say(at.name() + " goes offline");
        at.set_online(false);
        agenda_.after(up_to(10min), [&at] { at.set_online(true); });
        break;
      case 4:
        say(at.name() + " has no paper");
        at.set_paper(false);
        agenda_.after(up_to(10min), [&at] { at.set_paper(true); });
        break;
      default:
        break;
    }
  }
}

// A person with the ledgers in hand answers what only a person can.
void Gateway::answer_questions() {
  std::vector<std::pair<ReceiptId, std::uint32_t>> asked;
  std::set<ReceiptId> held;
  memory_.transact([&](Transaction& tx) {
    std::set<ReceiptId> ids;
    for (const auto& [id, known] : known_) ids.insert(id);
    for (const auto& [id, row] : tx.lock_receipts(ids)) {
      if (row.state == State::held) held.insert(id);
      for (const auto& [attempt, one] : tx.lock_attempts({}, {id})) {
        // An open one of an uncertain receipt is asked about on and on: the cloud has forgotten it.
        const bool open = one.outcome == receipts::AttemptOutcome::open;
        if (!open || row.state == State::uncertain) asked.emplace_back(id, one.number);
      }
    }
  });
  for (const auto& [id, number] : asked) {
    const auto key = [&] {
      for (const auto& [name, till] : tills_) {
        for (const auto& document : till.at.ledger()) {
          for (const auto* protocol : registers::protocols()) {
            if (document.origin.key == protocol->attempt_key(id.str(), number)) return &document;
          }
        }
      }
      return static_cast<const Document*>(nullptr);
    }();
    const auto done = decide([&](Transaction& tx) -> Result<people::Done> {
      const people::Order order{id, "person", number};
      if (key == nullptr) return people::resolve_not_printed(tx, order, kTimes);
      v1::FiscalDocument document;
      document.set_fn(key->fn);
      document.set_fd(key->fd);
      document.set_fp(key->fp);
      return people::resolve_printed(tx, order, document);
    });
    if (!done) {
      say("a person is refused about " + id.str() + ": " + done.error().message);
      continue;
    }
    ++report_.figures.resolved;
    say("a person says " + std::string(key != nullptr ? "printed" : "not printed") + " of attempt " +
        std::to_string(number) + " of " + id.str());
    for (const auto& worker : workers_) {
      if (!worker->dead()) worker->worker().decided(done->register_id);
    }
  }
  for (const auto& id : held) {
    const auto done = decide([&](Transaction& tx) { return people::retry(tx, {id, "person"}); });
    say(done ? "a person retries " + id.str() : "a person cannot retry " + id.str() + ": " + done.error().message);
  }
}

// What is refused leaves nothing behind.
Result<people::Done> Gateway::decide(const std::function<Result<people::Done>(Transaction&)>& body) {
  Result<people::Done> decided;
  try {
    memory_.transact([&](Transaction& tx) {
      decided = body(tx);
      if (!decided) throw std::runtime_error(decided.error().message);
    });
  } catch (const std::runtime_error&) {
    if (decided) throw;
  }
  return decided;
}

// --- what must be true ---

std::vector<const Document*> Gateway::documents_of(const ReceiptId& receipt) {
  std::vector<const Document*> found;
  for (const auto& [name, till] : tills_) {
    for (const auto& document : till.at.ledger()) {
      if (document.kind == Document::Kind::receipt &&
          document.content.total_kopecks == known_.at(receipt).total_kopecks) {
        found.push_back(&document);
      }
    }
  }
  return found;
}

// As status does: only a higher revision counts. What is told to the portal must be true then.
void Gateway::see(const v1::ReceiptOutcome& outcome) {
  const ReceiptId id(outcome.receipt_id());
  auto& known = known_.at(id);
  if (outcome.revision() <= known.revision) return;
  known.revision = outcome.revision();
  known.state = records::from_record(outcome.state()).value();
  if (known.told_done && known.state != State::done) wrong(id.str() + " was done and is not any more");
  if (known.state == State::done) {
    known.told_done = true;
    const auto documents = documents_of(id);
    const bool true_document = std::ranges::any_of(documents, [&](const auto* document) {
      return document->fn == outcome.fiscal().fn() && document->fd == outcome.fiscal().fd();
    });
    const bool told = !outcome.fiscal().fn().empty() && outcome.fiscal().fd() > 0;
    if (documents.empty() || (told && !true_document)) {
      wrong(id.str() + " is done by " + outcome.fiscal().fn() + "/" + std::to_string(outcome.fiscal().fd()) +
            ", which no ledger has for it");
    }
  }
  if (known.state == State::failed) {
    known.told_error = true;
    if (!documents_of(id).empty()) wrong(id.str() + " has failed and is printed");
  }
}

// The ledgers, for the story.
void Gateway::show_ledgers() {
  for (const auto& [name, till] : tills_) {
    for (const auto& one : till.at.ledger()) {
      const auto at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(one.at - started_).count();
      say(name + " has " + one.fn + "/" + std::to_string(one.fd) + " of " + std::to_string(at_ms) + " ms over " +
          std::to_string(one.content.total_kopecks) + " by " + (one.origin.key.empty() ? "hand" : one.origin.key));
    }
  }
}

void Gateway::judge() {
  show_ledgers();
  for (const auto& [id, known] : known_) {
    const auto documents = documents_of(id);
    report_.figures.documents += static_cast<int>(documents.size());
    if (documents.size() > 1) {
      std::string list;
      for (const auto* one : documents)
        list += " " + one->fn + "/" + std::to_string(one->fd) + " by " + one->origin.key;
      wrong(id.str() + " is printed " + std::to_string(documents.size()) + " times:" + list);
    }
    if (known.state == State::failed && !documents.empty()) wrong(id.str() + " has failed and is printed");
    if (known.state != State::done && known.state != State::failed) {
      wrong(id.str() + " of pool " + known.pool.str() + " is still " + std::string(to_string(known.state)));
    }
  }
}

bool Gateway::all_ended() {
  return std::ranges::all_of(
      known_, [](const auto& one) { return one.second.state == State::done || one.second.state == State::failed; });
}

Report Gateway::run() {
  add_worker();
  add_worker();
  asio::co_spawn(io_, merchant(), kRethrow);
  asio::co_spawn(io_, misfortune(), kRethrow);
  for (auto& [id, till] : tills_) asio::co_spawn(io_, cashier(till.at), kRethrow);
  const auto forever = Clock::time_point::max();
  go_on_until(forever, [this] { return !posting_; });

  say("healing");
  trouble_ = false;
  for (auto& [id, till] : tills_) {
    till.at.set_online(true);
    till.at.set_paper(true);
  }
  cloud_.release();
  if (std::ranges::all_of(workers_, [](const auto& worker) { return worker->dead(); })) add_worker();
  share_partitions();
  const auto until = clock_.now() + kWithin;
  // A person asks once nothing is on the way any more: what the cloud has still in its queue has been executed.
  go_on_until(clock_.now() + kOnTheWay, [this] { return all_ended(); });
  while (clock_.now() < until && !all_ended()) {
    answer_questions();
    go_on_until(clock_.now() + 5min, [this] { return all_ended(); });
  }
  judge();
  report_.figures.virtual_hours = std::chrono::duration<double, std::ratio<3600>>(clock_.now() - started_).count();
  return report_;
}

}  // namespace

Figures& Figures::operator+=(const Figures& other) {
  receipts += other.receipts;
  documents += other.documents;
  resolved += other.resolved;
  kills += other.kills;
  freezes += other.freezes;
  outages += other.outages;
  virtual_hours += other.virtual_hours;
  return *this;
}

Report simulate(const Plan& plan) { return Gateway(plan).run(); }

}  // namespace kassaflow::simulation
