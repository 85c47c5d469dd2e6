#pragma once
// The life of a service process: sub-commands, settings, executor thread, admin endpoint, SIGTERM.
//
//   int main(int argc, char** argv) { return run_service({.name = "ingress", …}, argc, argv); }
//
// Sub-commands: serve, check-config, check-health, print-default-config, the service's tools. `serve --config FILE`.
// Exit codes: 0 stopped; 1 could not start, or not stop in time; 70 a bug: an exception left a task nobody waits for.
// An exception that leaves a thread aborts the process, with a line in the log as well.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/metrics/metrics.hpp"
#include "kassaflow/settings/settings.hpp"

namespace kassaflow::runtime {

// The settings of every service.
struct CommonSettings {
  std::string admin_address = "127.0.0.1";
  std::uint16_t admin_port = 0;
  log::Level log_level = log::Level::info;
  settings::Duration shutdown_deadline{25000};
  std::size_t label_limit = 200;  // distinct values a metric label may take before `other`
  bool allow_private_endpoints = false;
  void add_to(settings::Settings& keys);
};

class App {  // what a running service is, seen by the runtime
 public:
  virtual ~App() = default;
  // Empty when ready, else why not (shown by /readyz with 503).
  [[nodiscard]] virtual std::string not_ready() const = 0;
  // Called on each /metrics scrape before exposition, to set gauges. May be a no-op.
  virtual void update_metrics() {}
  // SIGTERM: stop intake, finish or journal what is in flight, leave the group. The process exits 0 when it returns,
  // or at shutdown_deadline with 1.
  virtual boost::asio::awaitable<void> shut_down() = 0;
};

struct Context {
  // One thread: what runs on it needs no locks and must not block. SQL, Kafka and gRPC have threads of their own; more
  // work takes more replicas.
  boost::asio::any_io_executor executor;
  async::Clock& clock;
  metrics::Metrics& metrics;
  const CommonSettings& common;
  std::string instance;    // unique among processes: name, host, pid, start time
  std::size_t open_files;  // how many this process may have: all that the machine allows it (`ulimit -Hn`)
};

// A sub-command beside `serve`, with the same settings.
struct Tool {
  std::string name;
  std::string description;
  std::function<int()> run;  // the exit code; 1 when it throws
};

struct ServiceDefinition {
  std::string name;
  CommonSettings common = {};                                             // where this service's defaults are others
  std::function<void(settings::Settings&)> add_settings;                  // the service's own keys
  std::function<std::string(const CommonSettings&)> check_settings = {};  // what bounds cannot say; empty = fine
  // What must be in place before `start`: empty, or what is missing, which /readyz shows until a later call finds it
  // there. Called on a thread of its own, once a second. Throws when it cannot start: exit code 1.
  std::function<std::string()> prepare = {};
  std::function<std::unique_ptr<App>(const Context&)> start;  // throws when it cannot start: exit code 1
  std::vector<Tool> tools = {};
};

int run_service(const ServiceDefinition& definition, int argc, char** argv);

}  // namespace kassaflow::runtime
