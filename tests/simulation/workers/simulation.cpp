#include "simulation.hpp"

#include <algorithm>
#include <memory>

#include "books.hpp"
#include "bounds.hpp"
#include "merchant.hpp"
#include "misfortune.hpp"
#include "people.hpp"
#include "registry.hpp"
#include "status.hpp"
#include "strangers.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

using namespace std::chrono_literals;

namespace {

constexpr auto kWithin = 3h;       // of healing, until everything has come to its end
constexpr auto kOnTheWay = 15min;  // whatever is under way when the trouble ends has arrived then
constexpr auto kPersonLooks = 5min;

}  // namespace

Report simulate(const Plan& plan) {
  // Never destroyed: what the dead still wait for would come to life. The process ends with the run (runs.cpp).
  World& world = *std::make_unique<World>(plan).release();
  Registry registry(world);
  Books books(world);
  Status status(world, books);
  Merchant merchant(world, books, registry, status);
  People people(world, books);
  Misfortune misfortune(world, status);
  Strangers strangers(world, books);
  Bounds bounds(world, books);

  world.start_worker();
  if (plan.workers > 1) world.start_worker();
  world.spawn(status.read());
  world.spawn(status.push());
  world.spawn(merchant.sell());
  world.spawn(merchant.ask());
  world.spawn(people.meddle());
  for (auto& [id, till] : world.tills) world.spawn(people.cashier(till.at));
  world.spawn(registry.change());
  world.spawn(strangers.write());
  misfortune.begin();
  world.go_on_until(Clock::time_point::max(), [&] { return !world.posting; });

  world.end_trouble();
  misfortune.replace_older();
  registry.restore();
  world.spawn(strangers.publish_again());
  const auto until = world.clock.now() + kWithin;
  const auto enough = [&] { return books.all_ended(); };
  // A person asks once nothing is on the way any more: what the cloud has still in its queue has been executed.
  world.go_on_until(world.clock.now() + kOnTheWay, enough);
  while (world.clock.now() < until && !enough()) {
    people.answer_questions();
    world.go_on_until(world.clock.now() + kPersonLooks, enough);
  }
  books.judge();
  bounds.judge_healing();

  bounds.begin_idle();
  world.go_on_until(world.clock.now() + 1min, [] { return false; });
  bounds.judge_idle();
  world.report.figures.virtual_hours = std::chrono::duration<double, std::ratio<3600>>(world.passed()).count();
  return world.report;
}

Figures& Figures::operator+=(const Figures& other) {
  receipts += other.receipts;
  documents += other.documents;
  resolved += other.resolved;
  misled += other.misled;
  kills += other.kills;
  freezes += other.freezes;
  outages += other.outages;
  restores += other.restores;
  changes += other.changes;
  topics += other.topics;
  older += other.older;
  virtual_hours += other.virtual_hours;
  passed = std::max(passed, other.passed);
  sends = std::max(sends, other.sends);
  reports = std::max(reports, other.reports);
  questions = std::max(questions, other.questions);
  probes = std::max(probes, other.probes);
  idle_transactions = std::max(idle_transactions, other.idle_transactions);
  return *this;
}

}  // namespace kassaflow::simulation
