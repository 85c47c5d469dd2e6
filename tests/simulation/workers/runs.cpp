#include "runs.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <system_error>

namespace kassaflow::simulation {

namespace {

constexpr std::size_t kTextLimit = 2000;

// Goes through the pipe in one piece.
struct Message {
  Figures figures;
  int receipt = 0;
  char rule[64] = "";
  char text[kTextLimit] = "";
};
static_assert(sizeof(Message) <= 4096, "PIPE_BUF of Linux");

void copy(std::string_view from, char* to, std::size_t size) {
  const auto length = std::min(from.size(), size - 1);
  std::memcpy(to, from.data(), length);
  to[length] = '\0';
}

std::string name_of(const Plan& plan) { return "seed " + std::to_string(plan.seed) + ": "; }

// In the child.
Message run(const Plan& plan) {
  const auto report = simulate(plan);
  Message message;
  message.figures = report.figures;
  std::string text;
  for (const auto& wrong : report.wrong) text += name_of(plan) + wrong.what + "\n";
  if (!report.wrong.empty()) {
    message.receipt = report.wrong.front().receipt;
    copy(report.wrong.front().rule, message.rule, sizeof message.rule);
    copy(text, message.text, sizeof message.text);
  }
  return message;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

void Runs::start(const Plan& plan, const std::string& log) {
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    // Alarms are what days like these are for.
    if (std::freopen(log.c_str(), "w", stderr) == nullptr) _exit(2);
    const auto message = run(plan);
    std::fflush(stderr);
    _exit(write(ends[1], &message, sizeof message) == sizeof message ? 0 : 2);
  }
  close(ends[1]);
  running_.emplace(child, Run{plan, ends[0]});
}

Ended Runs::end_one() {
  int status = 0;
  const auto run = running_.extract(wait(&status)).mapped();
  Message message;
  const bool told = read(run.pipe, &message, sizeof message) == sizeof message;
  close(run.pipe);
  if (!told) {
    return {run.plan,
            {},
            "every run ends",
            0,
            name_of(run.plan) + "its process ended with status " + std::to_string(status) + "\n"};
  }
  return {run.plan, message.figures, message.rule, message.receipt, message.text};
}

}  // namespace kassaflow::simulation
