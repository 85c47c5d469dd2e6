// Runs seeds N, N+1, …, each in a process of its own, as many at once as there are cores. Each that goes wrong is told
// with the command that tells its story. Exit code 1 when one did.

#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <thread>

#include "kassaflow/log/log.hpp"
#include "simulation.hpp"

namespace {

using kassaflow::simulation::Figures;
using kassaflow::simulation::Plan;

class Runs {
 public:
  // False when no process can be made.
  bool start(const Plan& plan) {
    int ends[2];
    if (pipe(ends) != 0) return false;
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) _exit(run(plan, ends[1]));
    close(ends[1]);
    if (child < 0) return false;
    running_.emplace(child, Run{plan, ends[0]});
    return true;
  }
  [[nodiscard]] std::size_t running() const { return running_.size(); }

  // Waits for one to end.
  void end_one() {
    int status = 0;
    const auto run = running_.extract(wait(&status)).mapped();
    Figures figures;
    const bool told = read(run.pipe, &figures, sizeof figures) == sizeof figures;
    close(run.pipe);
    if (told) all_ += figures;
    if (told && status == 0) return;
    ++wrong_;
    if (!told) std::printf("seed %u: its process ended with status %d\n", run.plan.seed, status);
    std::printf("seed %u went wrong: simulate --seed %u --receipts %d --story\n", run.plan.seed, run.plan.seed,
                run.plan.receipts);
  }
  [[nodiscard]] const Figures& all() const { return all_; }
  [[nodiscard]] int wrong() const { return wrong_; }

 private:
  struct Run {
    Plan plan;
    int pipe;
  };

  // In the child. Nothing is destroyed at its end: what the dead of the simulation wait for would come to life.
  static int run(const Plan& plan, int pipe) {
    // Alarms are what days like these are for.
    if (!plan.story && std::freopen("/dev/null", "w", stderr) == nullptr) return 2;
    const auto report = kassaflow::simulation::simulate(plan);
    for (const auto& what : report.wrong) std::printf("seed %u: %s\n", plan.seed, what.c_str());
    std::fflush(stdout);
    if (write(pipe, &report.figures, sizeof report.figures) != sizeof report.figures) return 2;
    return report.wrong.empty() ? 0 : 1;
  }

  std::map<pid_t, Run> running_;
  Figures all_;
  int wrong_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Bad days of whole gateways on virtual time");
  Plan plan;
  std::uint32_t seeds = 1;
  cli.add_option("--seed", plan.seed, "the first")->capture_default_str();
  cli.add_option("--seeds", seeds, "how many")->capture_default_str()->check(CLI::Range(1, 1000000));
  cli.add_option("--receipts", plan.receipts, "of each")->capture_default_str()->check(CLI::Range(1, 1000000));
  cli.add_flag("--story", plan.story, "what happens, and the workers' log, on standard error");
  CLI11_PARSE(cli, argc, argv);
  kassaflow::log::configure("simulation", plan.story ? kassaflow::log::Level::info : kassaflow::log::Level::error);

  const auto began = std::chrono::steady_clock::now();
  const std::size_t at_once = std::max(1U, std::thread::hardware_concurrency());
  Runs runs;
  for (std::uint32_t i = 0; i < seeds; ++i, ++plan.seed) {
    if (runs.running() == at_once) runs.end_one();
    if (!runs.start(plan)) {
      std::perror("simulate");
      return 2;
    }
  }
  while (runs.running() > 0) runs.end_one();
  const auto took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const auto& all = runs.all();
  std::printf(
      "%u seeds, %d receipts, %d documents, %d resolved by a person; %d kills, %d freezes, %d outages; %.0f virtual "
      "hours "
      "in %.1f s, %.0f receipts a second; %d seeds went wrong\n",
      seeds, all.receipts, all.documents, all.resolved, all.kills, all.freezes, all.outages, all.virtual_hours, took_s,
      all.receipts / took_s, runs.wrong());
  return runs.wrong() == 0 ? 0 : 1;
}
