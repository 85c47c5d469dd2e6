// Runs seeds N, N+1, …, as many at once as there are cores. The first that goes wrong is made as small as it goes, and
// its story is told. Exit code 1 when one did.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "kassaflow/log/log.hpp"
#include "runs.hpp"
#include "shrink.hpp"
#include "simulation.hpp"
#include "story.hpp"

namespace {

using kassaflow::simulation::Ended;
using kassaflow::simulation::Figures;
using kassaflow::simulation::Kind;
using kassaflow::simulation::kKinds;
using kassaflow::simulation::Plan;
using kassaflow::simulation::Runs;

std::string command_of(const Plan& plan) {
  std::string command = "simulate --seed " + std::to_string(plan.seed) + " --receipts " + std::to_string(plan.receipts);
  if (plan.workers != Plan().workers) command += " --workers " + std::to_string(plan.workers);
  if (plan.calm > 0) command += " --calm " + std::to_string(plan.calm);
  if (!plan.without.empty()) command += " --without";
  const char* separator = " ";
  for (const auto& [kind, name] : kKinds) {
    if (!plan.without.contains(kind)) continue;
    command += separator + std::string(name);
    separator = ",";
  }
  return command;
}

// A run whose log is kept.
std::pair<Ended, std::string> told(Plan plan) {
  plan.story = true;
  char name[] = "/tmp/simulation-XXXXXX";
  const int file = mkstemp(name);
  if (file < 0) return {Ended{plan, {}, {}, 0, {}}, {}};
  close(file);
  Runs runs;
  runs.start(plan, name);
  auto ended = runs.end_one();
  std::ostringstream text;
  text << std::ifstream(name).rdbuf();
  unlink(name);
  return {std::move(ended), text.str()};
}

void explain(const Ended& wrong) {
  std::printf("the smallest plan that breaks \"%s\" is looked for …\n", wrong.rule.c_str());
  const auto fails = [&](const Plan& plan) {
    Runs runs;
    runs.start(plan);
    return runs.end_one().rule == wrong.rule;
  };
  const auto smallest = kassaflow::simulation::shrink(wrong.plan, fails);
  const auto [ended, written] = told(smallest);
  std::printf("%s\n%s%s", command_of(smallest).c_str(), ended.text.c_str(),
              kassaflow::simulation::story_of(ended.receipt, written).c_str());
}

void print(const Figures& all, std::uint32_t seeds, double took_s, int wrong) {
  std::printf(
      "%u seeds, %d receipts, %d documents, %d resolved by a person, %d misled by one; %d kills, %d freezes, %d "
      "outages, %d restores and restarts of the journal, "
      "%d changes of the configuration, %d topics made again, %d workers of an older version; %.0f virtual hours in "
      "%.1f s, %.0f receipts a "
      "second\n"
      "after the trouble at most %d sends of a receipt, %d commands about a shift, %d questions and %d probes a "
      "minute, "
      "%d transactions of a worker in an idle minute; at most %d passed a receipt of their pool\n"
      "%d seeds went wrong\n",
      seeds, all.receipts, all.documents, all.resolved, all.misled, all.kills, all.freezes, all.outages, all.restores,
      all.changes, all.topics, all.older, all.virtual_hours, took_s, all.receipts / took_s, all.sends, all.reports,
      all.questions, all.probes, all.idle_transactions, all.passed, wrong);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Bad days of whole gateways on virtual time");
  Plan plan;
  std::uint32_t seeds = 1;
  std::vector<Kind> without;
  bool shrinks = true;
  std::map<std::string, Kind> kinds;
  for (const auto& [kind, name] : kKinds) kinds.emplace(name, kind);
  cli.add_option("--seed", plan.seed, "the first")->capture_default_str();
  cli.add_option("--seeds", seeds, "how many")->capture_default_str()->check(CLI::Range(1, 1000000));
  cli.add_option("--receipts", plan.receipts, "of each")->capture_default_str()->check(CLI::Range(1, 1000000));
  cli.add_option("--workers", plan.workers, "at once, at most")->capture_default_str()->check(CLI::Range(1, 100));
  cli.add_option("--calm", plan.calm, "receipts before the trouble begins")->capture_default_str();
  cli.add_option("--without", without, "kinds of trouble that are left out")
      ->delimiter(',')
      ->transform(CLI::CheckedTransformer(kinds));
  cli.add_flag("--story", plan.story, "all that happens, and the workers' log, on standard error");
  cli.add_flag("--shrink,!--no-shrink", shrinks, "make the first seed that goes wrong smaller, and tell its story");
  CLI11_PARSE(cli, argc, argv);
  plan.without.insert(without.begin(), without.end());
  kassaflow::log::configure("simulation", plan.story ? kassaflow::log::Level::info : kassaflow::log::Level::error);

  const auto began = std::chrono::steady_clock::now();
  const std::size_t at_once = std::max(1U, std::thread::hardware_concurrency());
  Runs runs;
  Figures all;
  int wrong = 0;
  std::optional<Ended> first;
  const auto end_one = [&] {
    const auto ended = runs.end_one();
    all += ended.figures;
    if (ended.rule.empty()) return;
    ++wrong;
    std::printf("%sseed %u went wrong: %s\n", ended.text.c_str(), ended.plan.seed, command_of(ended.plan).c_str());
    if (!first) first = ended;
  };
  for (std::uint32_t i = 0; i < seeds; ++i, ++plan.seed) {
    if (runs.running() == at_once) end_one();
    runs.start(plan, plan.story ? "/dev/stderr" : "/dev/null");
  }
  while (runs.running() > 0) end_one();
  const auto took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (first && shrinks && !plan.story) explain(*first);
  print(all, seeds, took_s, wrong);
  return wrong == 0 ? 0 : 1;
}
