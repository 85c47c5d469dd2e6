#include "kassaflow/runtime/service.hpp"

#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "ask_health.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/base/words.hpp"
#include "kassaflow/http/server.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/text/visible.hpp"
#include "process.hpp"

namespace kassaflow::runtime {
namespace {

namespace asio = boost::asio;

constexpr Words<log::Level, 4> kLevels{{{"debug", log::Level::debug},
                                        {"info", log::Level::info},
                                        {"warn", log::Level::warn},
                                        {"error", log::Level::error}}};

std::string make_instance(const std::string& name) {
  char host[256] = "host";
  gethostname(host, sizeof host - 1);
  const auto started =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  return name + "-" + host + "-" + std::to_string(getpid()) + "-" + std::to_string(started);
}

http::Reply plain(int status, std::string body) { return {status, "text/plain; charset=utf-8", std::move(body)}; }

// The app, once what it stands on is there.
struct Life {
  std::unique_ptr<App> app;
  std::string missing = "starting";  // while there is no app
};

http::Handler admin_handler(Life& life, metrics::Metrics& metrics) {
  return [&life, &metrics](const http::Inbound& inbound) -> asio::awaitable<http::Reply> {
    if (inbound.target == "/healthz") co_return plain(200, "ok\n");
    if (inbound.target == "/readyz") {
      const auto why = life.app ? life.app->not_ready() : life.missing;
      co_return why.empty() ? plain(200, "ready\n") : plain(503, visible(why) + "\n");
    }
    if (inbound.target == "/metrics") {
      show_process(metrics);
      if (life.app) life.app->update_metrics();
      co_return http::Reply{200, "text/plain; version=0.0.4; charset=utf-8", metrics.exposition()};
    }
    co_return plain(404, "try /healthz, /readyz or /metrics\n");
  };
}

// An exception that left a thread.
[[noreturn]] void end_with_a_line() {
  log::error("thread.failed", {{"error", what_of(std::current_exception())}});
  std::abort();
}

// Throws what `prepare` and `start` throw.
asio::awaitable<void> begin(const ServiceDefinition& definition, const Context& context, Life& life) {
  if (definition.prepare) {
    asio::thread_pool aside(1);
    for (;;) {
      auto missing = co_await asio::co_spawn(
          aside, [&]() -> asio::awaitable<std::string> { co_return definition.prepare(); }, asio::use_awaitable);
      if (missing.empty()) break;
      if (missing != life.missing) log::warn("start.waits", {{"missing", missing}});
      life.missing = std::move(missing);
      co_await async::pause_for(context.clock, std::chrono::seconds(1));
    }
  }
  life.app = definition.start(context);
}

int serve(const ServiceDefinition& definition, const CommonSettings& common) {
  signal(SIGPIPE, SIG_IGN);
  std::set_terminate(end_with_a_line);
  asio::io_context io(1);
  metrics::Metrics metrics(common.label_limit);
  const Context context{io.get_executor(), async::machine_clock(), metrics, common, make_instance(definition.name),
                        allow_most_files()};

  Life life;
  std::unique_ptr<http::Server> admin;
  try {
    http::ServerOptions options;
    options.address = common.admin_address;
    options.port = common.admin_port;
    options.name = "admin";
    options.failures = &http::failures_of(metrics, options.name);
    options.on_bad_request = [](std::string_view, std::string_view reason) {
      return reason == "internal" ? plain(500, "internal error\n") : plain(400, "bad request\n");
    };
    admin = std::make_unique<http::Server>(context.executor, options, admin_handler(life, metrics));
    admin->start();
  } catch (const std::exception& error) {
    log::error("start.failed", {{"error", error.what()}});
    return 1;
  }

  int exit_code = 0;
  asio::co_spawn(io, begin(definition, context, life), [&](const std::exception_ptr& failure) {
    if (!failure) {
      log::info("started", {{"instance", context.instance}, {"admin_port", admin->port()}});
      return;
    }
    log::error("start.failed", {{"error", what_of(failure)}});
    exit_code = 1;
    io.stop();
  });
  asio::signal_set signals(io, SIGTERM, SIGINT);
  asio::steady_timer deadline(io);
  signals.async_wait([&](const boost::system::error_code& error, int number) {
    if (error) return;
    log::info("stopping", {{"signal", number}});
    if (!life.app) {  // nothing is in flight, and `prepare` may not come back soon
      log::info("stopped", {{"exit_code", 0}});
      log::flush();
      std::_Exit(0);
    }
    deadline.expires_after(common.shutdown_deadline);
    deadline.async_wait([&](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      log::error("stop.deadline", {{"shutdown_deadline_ms", common.shutdown_deadline.count()}});
      // What is in flight is in the journal; nothing may keep the process.
      _exit(1);
    });
    asio::co_spawn(io, life.app->shut_down(), [&](std::exception_ptr failure) {
      if (failure) {
        log::error("stop.failed", {{"error", what_of(failure)}});
        exit_code = 1;
      }
      deadline.cancel();
      io.stop();
    });
  });

  // What becomes ready together is logged together.
  log::gather([&io] { asio::post(io, log::flush); });
  try {
    io.run();
  } catch (...) {  // left a task that nobody waits for (base/rethrow.hpp)
    log::error("task.failed", {{"error", what_of(std::current_exception())}});
    std::_Exit(EX_SOFTWARE);
  }
  log::gather({});
  log::flush();
  admin.reset();
  log::info("stopped", {{"exit_code", exit_code}});
  life.app.reset();
  return exit_code;
}

}  // namespace

void CommonSettings::add_to(settings::Settings& keys) {
  using namespace std::chrono_literals;
  keys.host(admin_address, "admin_address", "address of /healthz, /readyz and /metrics");
  keys.port(admin_port, "admin_port", "port of /healthz, /readyz and /metrics");
  keys.choice(log_level, "log_level", kLevels, "what is below it is not logged");
  keys.duration(shutdown_deadline, "shutdown_deadline", 1s, 15min,
                "how long a SIGTERM may take before the process gives up with exit code 1; nothing is lost then");
  keys.number<std::size_t>(label_limit, "label_limit", 1, 100000, "label sets",
                           "distinct label sets of one metric before the rest falls into `other`");
  keys.flag(allow_private_endpoints, "allow_private_endpoints",
            "register and portal addresses may be loopback or private, and typed secrets short; false where tenants "
            "are strangers");
}

int run_service(const ServiceDefinition& definition, int argc, char** argv) {
  CLI::App cli("kassaflow " + definition.name);
  cli.require_subcommand(1);
  std::string config;
  auto* serve_command = cli.add_subcommand("serve", "run the service");
  auto* check_command = cli.add_subcommand("check-config", "say whether the configuration is valid");
  bool want_ready = false;
  auto* health_command = cli.add_subcommand("check-health", "ask the service that runs with this configuration");
  health_command->add_flag("--ready", want_ready, "whether it is ready, not only alive");
  auto* print_command =
      cli.add_subcommand("print-default-config", "print every setting with its description and default");
  std::vector<CLI::App*> with_settings{serve_command, check_command, health_command};
  for (const auto& tool : definition.tools) {
    with_settings.push_back(cli.add_subcommand(tool.name, tool.description));
  }
  for (auto* command : with_settings)
    command->add_option("--config", config, "YAML file; KASSAFLOW_* variables override it");
  CLI11_PARSE(cli, argc, argv);

  settings::Settings keys;
  CommonSettings common = definition.common;
  common.add_to(keys);
  definition.add_settings(keys);
  if (print_command->parsed()) {
    std::cout << keys.default_yaml();
    return 0;
  }
  auto problems = keys.load(config, settings::process_environment());
  if (problems.empty() && definition.check_settings) {
    if (auto problem = definition.check_settings(common); !problem.empty()) problems.push_back(std::move(problem));
  }
  for (const auto& problem : problems) std::cerr << visible(problem) << '\n';
  if (!problems.empty()) return 1;
  if (check_command->parsed()) {
    std::cout << "the configuration is valid\n";
    return 0;
  }
  if (health_command->parsed()) {
    const auto wrong = ask_health(common.admin_address, common.admin_port, want_ready ? "/readyz" : "/healthz");
    if (wrong.empty()) return 0;
    std::cerr << visible(wrong) << '\n';
    return 1;
  }
  log::configure(definition.name, common.log_level);
  for (const auto& tool : definition.tools) {
    if (!cli.got_subcommand(tool.name)) continue;
    try {
      return tool.run();
    } catch (const std::exception& error) {
      std::cerr << visible(error.what()) << '\n';
      return 1;
    }
  }
  return serve(definition, common);
}

}  // namespace kassaflow::runtime
