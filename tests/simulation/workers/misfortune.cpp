#include "misfortune.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kassaflow/async/pause.hpp"

namespace kassaflow::simulation {

using namespace std::chrono_literals;

namespace {

constexpr auto kGrace = 160s;  // of the platform: above shutdown_deadline

std::string in_ms(Clock::duration time) { return std::to_string(time / 1ms) + " ms"; }

// Shorter or longer than a lease.
Clock::duration some_time(Dice& dice) { return dice.below(2) == 0 ? dice.up_to(8s) : dice.up_to(60s); }

}  // namespace

Misfortune::Misfortune(World& world, Status& status) : world_(world), status_(status) {}

void Misfortune::begin() {
  const auto dice = [this](const char* name) { return Dice(world_.plan.seed, name); };
  world_.spawn(strike(Kind::kills, dice("kills"), [this](Dice&, SimulatedWorker& one) {
    world_.say(one.name() + " is killed");
    one.kill();
    ++world_.report.figures.kills;
    world_.share_partitions();
  }));
  world_.spawn(strike(Kind::freezes, dice("freezes"), [this](Dice& chance, SimulatedWorker& one) {
    const auto how_long = some_time(chance);
    world_.say(one.name() + " is frozen for " + in_ms(how_long));
    one.freeze(world_.clock.now() + how_long);
    ++world_.report.figures.freezes;
    world_.share_partitions();
  }));
  world_.spawn(
      strike(Kind::outages, dice("outages"), [this](Dice& chance, SimulatedWorker& one) { outage(chance, one); }));
  world_.spawn(strike(Kind::restores, dice("restores"),
                      [this, backup = world_.memory.backup()](Dice& chance, SimulatedWorker&) mutable {
                        if (chance.below(2) == 0) {
                          world_.say("the journal is copied");
                          backup = world_.memory.backup();
                        } else {
                          disaster(chance, *backup);
                        }
                      }));
  world_.spawn(strike(Kind::kafka, dice("kafka"), [this](Dice&, SimulatedWorker&) {
    world_.say("the group shares anew");
    world_.share_partitions();
  }));
  world_.spawn(strike(Kind::stops, dice("stops"), [this](Dice&, SimulatedWorker& one) {
    world_.start_worker();
    stop(one);
  }));
  world_.spawn(strike(Kind::clocks, dice("clocks"), [this](Dice& chance, SimulatedWorker& one) {
    one.clock().calendar_is_off_ms = static_cast<std::int64_t>(chance.below(7200)) * 1000 - 3'600'000;
    world_.say("the calendar of " + one.name() + " jumps");
  }));
  world_.spawn(strike(Kind::topics, dice("topics"), [this](Dice& chance, SimulatedWorker&) { make_again(chance); }));
  world_.spawn(platform());
  world_.spawn(restart_all());
  world_.spawn(night());
}

asio::awaitable<void> Misfortune::strike(Kind kind, Dice dice, std::function<void(Dice&, SimulatedWorker&)> what) {
  while (world_.posting) {
    co_await async::pause_for(world_.clock, 20s + dice.up_to(6min));
    const auto living = world_.living();
    const auto which = dice.below(1000);
    if (living.empty() || !world_.suffers(kind) || world_.is_night()) continue;
    what(dice, *living[which % living.size()]);
  }
}

void Misfortune::replace_older() {
  for (auto* worker : world_.living()) {
    if (!worker->is_older() || worker->stopping()) continue;
    world_.start_worker();
    stop(*worker);
  }
}

void Misfortune::outage(Dice& dice, SimulatedWorker& one) {
  const auto how_long = some_time(dice);
  const auto until = world_.clock.now() + how_long;
  ++world_.report.figures.outages;
  switch (dice.below(5)) {
    case 0:
      world_.say("the journal is away for " + in_ms(how_long));
      world_.store_away_until = until;
      break;
    case 1:
      world_.say(one.name() + " is cut off from the journal for " + in_ms(how_long));
      one.lose_store(until);
      break;
    case 2:
      world_.say("no register can be reached for " + in_ms(how_long));
      world_.registers_away_until = until;
      break;
    case 3:
      world_.say(one.name() + " is cut off from the registers for " + in_ms(how_long));
      one.lose_registers(until);
      break;
    default:
      world_.say("status is away for " + in_ms(how_long));
      status_.go_away(until);
      break;
  }
}

// It is away for a while, and lives another life when it is back.
void Misfortune::disaster(Dice& dice, const fiscalizer::journal::Memory::Backup& backup) {
  ++world_.report.figures.restores;
  world_.store_away_until = world_.clock.now() + some_time(dice);
  if (world_.journal_is_lost && dice.below(2) == 0) {
    world_.say("the journal is restored from its copy");
    world_.memory.restore(backup);
  } else if (dice.below(2) == 0) {
    world_.say("the journal is started again");
    world_.memory.start_again();
  } else {
    world_.say("the journal fails over");
    world_.memory.fail_over();
  }
}

// Posts that were answered with a UUID and not yet read come again, from where they are kept; with them some that were
// read. Callbacks do not, nor do outcomes: those an operator publishes again (kafka-log-changed.md).
void Misfortune::make_again(Dice& dice) {
  auto& log = *std::array{&world_.posts, &world_.callbacks, &world_.outcomes}.at(dice.below(3));
  const auto older = static_cast<std::int64_t>(dice.below(40));
  if (world_.journal_is_lost) return;  // two disasters at once are a person's
  kafka::ReadPositions stored;
  world_.memory.transact([&](auto& tx) { stored = tx.positions(); });
  std::vector<std::int64_t> from;
  for (std::size_t partition = 0; partition < log.partitions(); ++partition) {
    from.push_back(log.end(partition));
    if (&log != &world_.posts) continue;
    for (const auto* positions : {&std::as_const(stored), &status_.positions()}) {
      const auto known = positions->find({log.topic(), static_cast<std::int32_t>(partition)});
      const bool reads_it =
          known != positions->end() && log.read_before(partition, known->second) == kafka::Continuity::same;
      from.back() = std::min(from.back(), reads_it ? std::max<std::int64_t>(0, known->second.next_offset - older) : 0);
    }
  }
  world_.say(log.topic() + " is deleted and made again");
  log.make_again(from, world_.clock.unix_ms());
  ++world_.report.figures.topics;
}

void Misfortune::stop(SimulatedWorker& worker) {
  world_.say(worker.name() + " is asked to stop");
  worker.stop();
  world_.share_partitions();
  world_.agenda.after(kGrace, [this, &worker] {
    if (worker.dead()) return;
    world_.say(worker.name() + " has not stopped, and is killed");
    worker.kill();
  });
}

// Two workers at least, mostly; the plan's many at most.
asio::awaitable<void> Misfortune::platform() {
  Dice dice(world_.plan.seed, "platform");
  const auto least = static_cast<std::size_t>(std::min(2, world_.plan.workers));
  while (world_.posting) {
    co_await async::pause_for(world_.clock, 3s + dice.up_to(20s));
    const bool one_more = dice.happens(100);
    const auto living = world_.living().size();
    if (world_.is_night()) continue;
    if (living < least || (one_more && living < static_cast<std::size_t>(world_.plan.workers))) world_.start_worker();
  }
}

// A new release: one after the other is replaced.
asio::awaitable<void> Misfortune::restart_all() {
  Dice dice(world_.plan.seed, "restarts");
  while (world_.posting) {
    co_await async::pause_for(world_.clock, 2min + dice.up_to(20min));
    if (!world_.suffers(Kind::stops) || world_.is_night()) continue;
    world_.say("all workers are restarted in turn");
    for (auto* worker : world_.living()) {
      if (worker->dead() || worker->stopping() || world_.is_night()) continue;
      world_.start_worker();
      stop(*worker);
      while (!worker->dead()) co_await async::pause_for(world_.clock, 1s);
    }
  }
}

// Nobody works for hours: the shifts that are open grow old.
asio::awaitable<void> Misfortune::night() {
  Dice dice(world_.plan.seed, "night");
  if (dice.below(4) != 0) co_return;
  co_await async::pause_for(world_.clock, dice.up_to(20min));
  const auto how_long = 8h + dice.up_to(18h);
  if (!world_.suffers(Kind::nights) || !world_.posting) co_return;
  world_.say("night, for " + in_ms(how_long));
  world_.night_until = world_.clock.now() + how_long;
  for (auto* worker : world_.living()) {
    if (dice.below(2) == 0) {
      worker->kill();
    } else {
      stop(*worker);
    }
  }
  co_await async::pause_until(world_.clock, world_.night_until);
  world_.say("morning");
  world_.start_worker();
}

}  // namespace kassaflow::simulation
