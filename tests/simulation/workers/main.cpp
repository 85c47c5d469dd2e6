// simulate [--seed N] [--seeds N] [--receipts N] [--story]
//
// Runs seeds N, N+1, …, each in a process of its own, two at a time; the first that goes wrong is told with its story's
// command. Exit code 1 when one did.

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <thread>

#include "kassaflow/log/log.hpp"
#include "simulation.hpp"

namespace {

using kassaflow::simulation::Plan;
using kassaflow::simulation::Report;

// What a child tells by its pipe: figures, then what went wrong.
struct Figures {
  int receipts = 0, documents = 0, resolved = 0, kills = 0, freezes = 0, outages = 0, wrong = 0;
  double virtual_hours = 0;
};

int run_child(const Plan& plan, int pipe) {
  const auto report = kassaflow::simulation::simulate(plan);
  const Figures figures{report.receipts,
                        report.documents,
                        report.resolved,
                        report.kills,
                        report.freezes,
                        report.outages,
                        static_cast<int>(report.wrong.size()),
                        report.virtual_hours};
  if (write(pipe, &figures, sizeof figures) != sizeof figures) return 2;
  for (const auto& what : report.wrong) std::printf("seed %u: %s\n", plan.seed, what.c_str());
  std::fflush(stdout);
  return report.wrong.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  std::uint32_t seeds = 1;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--story") == 0) {
      plan.story = true;
    } else if (std::strcmp(argv[i], "--seed") == 0 && has_value) {
      plan.seed = static_cast<std::uint32_t>(std::stoul(argv[++i]));
    } else if (std::strcmp(argv[i], "--seeds") == 0 && has_value) {
      seeds = static_cast<std::uint32_t>(std::stoul(argv[++i]));
    } else if (std::strcmp(argv[i], "--receipts") == 0 && has_value) {
      plan.receipts = std::stoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: simulate [--seed N] [--seeds N] [--receipts N] [--story]\n");
      return 2;
    }
  }
  kassaflow::log::configure("simulation", plan.story ? kassaflow::log::Level::info : kassaflow::log::Level::error);

  const auto began = std::chrono::steady_clock::now();
  const auto at_once = std::max(1U, std::thread::hardware_concurrency());
  std::map<pid_t, std::pair<std::uint32_t, int>> children;  // seed and pipe
  Figures all;
  std::uint32_t next = plan.seed;
  std::uint32_t failed = 0;
  while (next < plan.seed + seeds || !children.empty()) {
    if (next < plan.seed + seeds && children.size() < at_once) {
      int ends[2];
      if (pipe(ends) != 0) return 2;
      Plan one = plan;
      one.seed = next++;
      std::fflush(stdout);
      const pid_t child = fork();
      if (child < 0) return 2;
      if (child == 0) {
        if (!one.story && freopen("/dev/null", "w", stderr) == nullptr)
          _exit(2);  // alarms are what days like these are for
        _exit(run_child(one, ends[1]));
      }
      close(ends[1]);
      children.emplace(child, std::pair(one.seed, ends[0]));
      continue;
    }
    int status = 0;
    const pid_t ended = wait(&status);
    const auto [seed, end] = children.extract(ended).mapped();
    Figures figures;
    const bool told = read(end, &figures, sizeof figures) == sizeof figures;
    close(end);
    all.receipts += figures.receipts;
    all.documents += figures.documents;
    all.resolved += figures.resolved;
    all.kills += figures.kills;
    all.freezes += figures.freezes;
    all.outages += figures.outages;
    all.virtual_hours += figures.virtual_hours;
    if (status == 0 && told) continue;
    ++failed;
    if (!told) std::printf("seed %u: the process ended with status %d\n", seed, status);
    std::printf("seed %u went wrong: simulate --seed %u --receipts %d --story\n", seed, seed, plan.receipts);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf(
      "%u seeds, %d receipts, %d documents, %d resolved by a person; %d kills, %d freezes, %d outages; %.0f virtual "
      "hours in "
      "%.1f s: %.0f receipts a second; %u seeds went wrong\n",
      seeds, all.receipts, all.documents, all.resolved, all.kills, all.freezes, all.outages, all.virtual_hours,
      took.count(), all.receipts / took.count(), failed);
  return failed == 0 ? 0 : 1;
}
