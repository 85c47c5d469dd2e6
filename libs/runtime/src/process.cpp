#include "process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "kassaflow/log/alarms.hpp"

namespace kassaflow::runtime {
namespace {

static_assert(metrics::values_of("kassaflow_alarms_total", "event") == std::size(log::kAlarms));

// Of /proc/self/stat, numbered as in proc(5).
class Stat {
 public:
  static std::optional<Stat> read() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    Stat stat;
    const auto name_ends = line.rfind(')');  // the name before it may hold blanks
    std::size_t at = name_ends == std::string::npos ? line.size() : name_ends + 2;
    for (std::size_t field = kFirst; at < line.size() && field < stat.fields_.size(); ++field) {
      const auto end = std::min(line.find(' ', at), line.size());
      std::from_chars(line.data() + at, line.data() + end, stat.fields_[field]);
      at = end + 1;
    }
    return stat;
  }
  [[nodiscard]] double at(std::size_t field) const { return static_cast<double>(fields_.at(field)); }

 private:
  static constexpr std::size_t kFirst = 3;  // the state, a letter
  std::array<std::int64_t, 25> fields_{};
};

constexpr std::size_t kUserTicks = 14;
constexpr std::size_t kSystemTicks = 15;
constexpr std::size_t kThreads = 20;
constexpr std::size_t kStartTicks = 22;  // since the machine was started
constexpr std::size_t kResidentPages = 24;

// When the machine was started, Unix time.
double boot_time_s() {
  std::ifstream file("/proc/stat");
  std::string word;
  double value = 0;
  while (file >> word) {
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

std::optional<double> open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ++count;
  }
  if (error) return std::nullopt;
  return count - 1;  // without the one that reads the folder
}

void show_alarms(metrics::Metrics& metrics) {
  const auto counts = log::alarms_logged();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    metrics.counter("kassaflow_alarms_total", {{"event", std::string(log::kAlarms[i])}})
        .raise_to(static_cast<double>(counts[i]));
  }
}

}  // namespace

std::size_t allow_most_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit most = limit;
  most.rlim_cur = most.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &most) == 0 ? most.rlim_cur : limit.rlim_cur;
}

void show_process(metrics::Metrics& metrics) {
  metrics.gauge("kassaflow_build_info", {{"version", KASSAFLOW_VERSION}}).set(1);
  show_alarms(metrics);
  if (const auto stat = Stat::read()) {
    static const auto kTicks = static_cast<double>(sysconf(_SC_CLK_TCK));
    static const auto kPage = static_cast<double>(sysconf(_SC_PAGESIZE));
    static const double kBoot_s = boot_time_s();
    metrics.counter("process_cpu_seconds_total").raise_to((stat->at(kUserTicks) + stat->at(kSystemTicks)) / kTicks);
    metrics.gauge("process_threads").set(stat->at(kThreads));
    metrics.gauge("process_resident_memory_bytes").set(stat->at(kResidentPages) * kPage);
    metrics.gauge("process_start_time_seconds").set(kBoot_s + stat->at(kStartTicks) / kTicks);
  }
  if (const auto open = open_files()) metrics.gauge("process_open_fds").set(*open);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) metrics.gauge("process_max_fds").set(static_cast<double>(limit.rlim_cur));
}

}  // namespace kassaflow::runtime
