#include "src/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "kassaflow/log/log.hpp"

namespace kassaflow::runtime {
namespace {

class ProcessMetricsTest : public testing::Test {
 protected:
  std::string exposed() {
    show_process(metrics_);
    return metrics_.exposition();
  }
  // -1: it is not shown.
  double value_of(const std::string& series) {
    const auto text = exposed();
    const auto at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + series.size() + 2, nullptr);
  }

  metrics::Metrics metrics_{200};
};

TEST_F(ProcessMetricsTest, TellWhatTheProcessIs) {
  EXPECT_EQ(value_of(std::string("kassaflow_build_info{version=\"") + KASSAFLOW_VERSION + "\"}"), 1);
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(value_of("process_start_time_seconds"), now - 24 * 3600);
  EXPECT_LT(value_of("process_start_time_seconds"), now + 2);
  EXPECT_GT(value_of("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(value_of("process_max_fds"), value_of("process_open_fds"));
  EXPECT_GE(value_of("process_cpu_seconds_total"), 0);
}

TEST_F(ProcessMetricsTest, CountThreadsAndFiles) {
  const auto threads = value_of("process_threads");
  const auto files = value_of("process_open_fds");
  EXPECT_GE(threads, 1);
  EXPECT_GE(files, 3);
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::jthread other([](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  EXPECT_EQ(value_of("process_threads"), threads + 1);
  EXPECT_EQ(value_of("process_open_fds"), files + 1);
  close(file);
  EXPECT_EQ(value_of("process_open_fds"), files);
}

TEST_F(ProcessMetricsTest, CountAlarmsFromTheStart) {
  const std::string series = "kassaflow_alarms_total{event=\"alarm.foreign_receipt\"}";
  const auto before = value_of(series);
  EXPECT_GE(before, 0);
  log::error("alarm.foreign_receipt");
  log::error("receipt.foreign");
  EXPECT_EQ(value_of(series), before + 1);
  EXPECT_EQ(value_of("kassaflow_alarms_total{event=\"alarm.shift\"}"), 0);
}

}  // namespace
}  // namespace kassaflow::runtime
