#include "registry.hpp"

#include <algorithm>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::simulation {

using fiscalizer::journal::Transaction;
namespace people = fiscalizer::people;
using namespace std::chrono_literals;

namespace {

constexpr auto kInForce = 10s;   // how long it is waited for
constexpr auto kUnderWay = 30s;  // how long what is under way on a retired register is
constexpr auto kOnTheWay = 1s;   // to a worker, at the longest

}  // namespace

Registry::Registry(World& world) : world_(world), dice_(world.plan.seed, "registry") {
  pool_ids_ = {PoolId("driver"), PoolId("cloud"), PoolId("mixed")};
  cashboxes_ = pool_ids_;
  for (const auto& id : pool_ids_) pool(id, "Иванова А.А.");
  for (const auto* id : {"left", "right"}) registers_[id].pool = pool_ids_[0];
  for (const auto* id : {"east", "west"}) registers_[id].pool = pool_ids_[1];
  for (const auto* id : {"old", "new"}) registers_[id].pool = pool_ids_[2];
  for (const auto& [id, entry] : registers_) document(id);
  publish();
}

void Registry::document(const std::string& id) {
  const auto& till = world_.tills.at(id);
  auto& entry = registers_.at(id);
  v1::Register written;
  written.set_id(id);
  written.set_exclusive(true);
  if (till.bit) {
    written.set_endpoint("http://kkt.example:44735");
    written.set_registration_number(till.at.registration_number());
    written.mutable_bit()->set_kkt_token(token_of(id));
    if (world_.node.deduplicates()) written.mutable_bit()->set_deduplication(v1::DEDUPLICATION_VERIFIED);
  } else {
    written.set_endpoint(std::string("https://qapi.example") + ItkassaCloud::kBase);
    written.mutable_itkassa()->set_cre_item_id(item_of(id));
    written.mutable_itkassa()->set_api_key(kApiKey);
    written.mutable_itkassa()->set_callback_key(kCallbackKey);
  }
  auto known = std::make_shared<configuration::Register>();
  known->pool = entry.pool;
  known->tenant = TenantId(kTenant);
  known->settings = registers::read_settings(written).value();
  known->settings.timezone = "Europe/Moscow";
  known->retired = entry.retired;
  known->revision = revision_ + 1;  // in which it is published
  entry.document = std::move(known);
}

void Registry::pool(const PoolId& id, const std::string& cashier) {
  auto made = std::make_shared<configuration::Pool>();
  made->id = id;
  made->tenant = TenantId(kTenant);
  made->till.inn = "7701234567";
  made->till.taxation = fiscal::Taxation::usn_income;
  made->till.payment_address = "https://shop.example.ru";
  made->till.timezone = "Europe/Moscow";
  made->till.cashier_name = cashier;
  pools_[id] = std::move(made);
}

void Registry::publish() {
  auto next = std::make_shared<configuration::Snapshot>();
  next->revision = ++revision_;
  for (const auto& [id, made] : pools_) next->pools.emplace(id, made);
  for (const auto& [id, entry] : registers_) {
    if (entry.deleted) continue;
    next->registers.emplace(RegisterId(id), entry.document);
    next->registers_by_pool[entry.pool].push_back(entry.document);
  }
  auto installation = std::make_shared<configuration::Installation>();
  installation->id = InstallationId(kInstallation);
  installation->tenant = TenantId(kTenant);
  installation->secret = Secret(kInstallationSecret);
  next->installations.emplace(installation->id, installation);
  next->installations_by_secret.emplace(kInstallationSecret, installation);
  auto other_pool = std::make_shared<configuration::Pool>();
  other_pool->id = PoolId(kOtherPool);
  other_pool->tenant = TenantId(kOtherTenant);
  next->pools.emplace(other_pool->id, other_pool);
  auto other_installation = std::make_shared<configuration::Installation>();
  other_installation->id = InstallationId(kOtherInstallation);
  other_installation->tenant = TenantId(kOtherTenant);
  next->installations.emplace(other_installation->id, other_installation);
  world_.configuration = next;
  for (auto* worker : world_.living()) {
    world_.agenda.after(dice_.up_to(kOnTheWay), [worker, next] { worker->configure(next); });
  }
}

asio::awaitable<void> Registry::in_force() {
  const auto revision = revision_;
  const auto until = world_.clock.now() + kInForce;
  const auto lags = [revision](const auto* worker) { return worker->in_force() < revision; };
  while (world_.clock.now() < until && std::ranges::any_of(world_.living(), lags)) {
    co_await async::pause_for(world_.clock, 100ms);
  }
}

// As a fiscalizer does it for the registry; nullopt: none answers.
std::optional<people::Unsettled> Registry::retire_at_fiscalizers(const std::string& id, std::uint64_t revision) {
  const auto askable = world_.running();
  if (askable.empty()) return std::nullopt;
  auto& store = askable.front()->store();
  const people::Times times{world_.settings.longest_quiet(), world_.settings.longest_answer()};
  if (!store.transact_blocking([&](Transaction& tx) { tx.retire(RegisterId(id), revision); })) return std::nullopt;
  const auto left = store.run_blocking([&](Transaction& tx) { return people::unsettled(tx, RegisterId(id), times); });
  return left ? std::optional(*left) : std::nullopt;
}

asio::awaitable<bool> Registry::retire(const std::string& id) {
  auto& entry = registers_.at(id);
  entry.retired = true;
  document(id);
  publish();
  const auto revision = revision_;
  co_await in_force();  // who does not know it yet is stopped by the journal
  auto left = retire_at_fiscalizers(id, revision);
  const auto until = world_.clock.now() + kUnderWay;
  while (left && !left->blockers.empty() && left->under_way && world_.clock.now() < until) {
    co_await async::pause_for(world_.clock, 1s);
    left = retire_at_fiscalizers(id, revision);
  }
  const bool free = left && left->blockers.empty();
  world_.say(id + (free ? " is retired" : " cannot be retired now"));
  entry.retired = false;
  if (!free) {
    document(id);
    publish();
  }
  co_return free;
}

asio::awaitable<void> Registry::remove(const std::string& id) {
  if (!co_await retire(id)) co_return;
  auto& entry = registers_.at(id);
  entry.deleted = true;
  world_.say(id + " is deleted");
  publish();
  co_await async::pause_for(world_.clock, dice_.up_to(2min));
  if (!entry.deleted) co_return;  // the trouble is over
  if (dice_.below(2) == 0) entry.pool = dice_.one_of(pool_ids_);
  entry.deleted = false;
  world_.say(id + " is added again to " + entry.pool.str());
  document(id);
  publish();
}

asio::awaitable<void> Registry::move(const std::string& id) {
  if (!co_await retire(id)) co_return;
  auto& entry = registers_.at(id);
  entry.pool = dice_.one_of(pool_ids_);
  world_.say(id + " is moved to " + entry.pool.str());
  document(id);
  publish();
}

// The last one of a pool stays.
bool Registry::may_go(const std::string& id) const {
  const auto& pool = registers_.at(id).pool;
  return std::ranges::count_if(registers_,
                               [&](const auto& one) { return one.second.pool == pool && !one.second.deleted; }) > 1;
}

asio::awaitable<void> Registry::change() {
  std::vector<std::string> ids;
  for (const auto& [id, entry] : registers_) ids.push_back(id);
  while (world_.posting) {
    co_await async::pause_for(world_.clock, 20s + dice_.up_to(3min));
    const auto id = dice_.one_of(ids);
    const auto what = dice_.below(6);
    if (!world_.suffers(Kind::configuration) || world_.is_night() || registers_.at(id).deleted) continue;
    ++world_.report.figures.changes;
    switch (what) {
      case 0:
      case 1:
        if (may_go(id)) co_await move(id);
        break;
      case 2:
        if (may_go(id)) co_await remove(id);
        break;
      case 3:
        world_.say("the document of " + id + " is applied anew");
        document(id);
        publish();
        break;
      case 4: {
        const auto& changed = dice_.one_of(pool_ids_);
        world_.say("pool " + changed.str() + " has another cashier");
        pool(changed, "Кассир " + std::to_string(revision_));
        publish();
        break;
      }
      default:
        dice_.one_of(cashboxes_) = dice_.one_of(pool_ids_);
        world_.say("a cashbox has another pool");
        break;
    }
  }
}

void Registry::restore() {
  for (auto& [id, entry] : registers_) {
    if (!entry.deleted && !entry.retired) continue;
    entry.deleted = entry.retired = false;
    document(id);
  }
  publish();
}

}  // namespace kassaflow::simulation
