#include "app.hpp"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <sodium.h>

#include <stdexcept>
#include <thread>

#include "fiscalizers.hpp"
#include "grpc_service.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/postgres/connection_string.hpp"
#include "kassaflow/rpc/server.hpp"
#include "migrations.hpp"
#include "rules.hpp"

namespace kassaflow::registry {
namespace {

using namespace std::chrono_literals;

// How soon a watcher of this replica hears of a change made through another one, and the other hears that it is in
// force.
constexpr std::chrono::milliseconds kRevisionPoll{500};
constexpr int kMessageLimit = 64 * 1024 * 1024;
constexpr int kThreadLimit = 512;  // each watching process takes two

// For streams to every process that stay open.
void tune(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMessageLimit);
  builder.SetMaxSendMessageSize(kMessageLimit);
  grpc::ResourceQuota quota;
  quota.SetMaxThreads(kThreadLimit);
  builder.SetResourceQuota(quota);
  // A process that vanished without a word is not waited for longer than this.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
}

class RegistryApp final : public runtime::App {
 public:
  RegistryApp(const RegistrySettings& settings, const runtime::Context& context, Keyring keyring,
              const IdMaster& id_master)
      : store_({.postgres = settings.postgres.reveal(),
                .allow_private_endpoints = context.common.allow_private_endpoints,
                .secret_grace = settings.secret_grace,
                .metrics = &context.metrics},
               std::move(keyring), id_master),
        replica_(context.instance),
        access_([this](const std::string& hash) { return store_.find_token(hash); }),
        service_(store_, watchers_,
                 {.replica = context.instance,
                  .public_url = settings.public_url,
                  .retire = retire_at_fiscalizers(settings.fiscalizer_grpc, settings.identity),
                  .access = access_}),
        watching_(context.metrics.gauge("kassaflow_registry_watchers")) {
    if (const auto ready = store_.prepare(); !ready) throw std::runtime_error(explained(ready.error()));
    if (const auto recent = store_.recent_watchers()) watchers_.expect(*recent);
    const std::string address = settings.grpc_address + ":" + std::to_string(settings.grpc_port);
    server_ = std::make_unique<rpc::Server>(address, settings.identity, access_, service_, tune);
    log::info("grpc.listening", {{"port", server_->port()}});
    poller_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
  }

  ~RegistryApp() override { stop(); }

  [[nodiscard]] std::string not_ready() const override {
    return store_.healthy() ? std::string() : "PostgreSQL is not reachable";
  }

  void update_metrics() override { watching_.set(static_cast<double>(watchers_.states().size())); }

  boost::asio::awaitable<void> shut_down() override {
    stop();
    co_return;
  }

 private:
  void poll(const std::stop_token& stop) {
    do {
      if (const auto revision = store_.revision()) watchers_.announce(*revision);
      if (const auto told = store_.tell_watchers(replica_, watchers_.states()); !told) {
        report(log::Level::warn, "watchers.not_told", told.error());
      }
    } while (async::pause_unless(stop, kRevisionPoll));
  }

  void stop() {
    poller_.request_stop();
    watchers_.close();
    server_->stop();
    if (!poller_.joinable()) return;
    poller_.join();
    (void)store_.tell_watchers(replica_, {});  // otherwise they count for some seconds more
  }

  Store store_;
  Watchers watchers_;
  const std::string replica_;
  rpc::Access access_;
  GrpcService service_;
  metrics::Gauge& watching_;
  std::unique_ptr<rpc::Server> server_;
  std::jthread poller_;
};

}  // namespace

void RegistrySettings::add_to(settings::Settings& keys) {
  keys.host(grpc_address, "grpc_address", "address to serve gRPC on");
  keys.port(grpc_port, "grpc_port", "port to serve gRPC on");
  keys.secret(
      postgres, "postgres",
      "libpq URI of the database; while it is away nothing is changed, and services keep their last configuration");
  schema.add_to(keys);
  keys.secret(master_key, "master_key",
              "keys that seal credentials, 32 bytes each as hex or base64; the first seals, all open");
  keys.secret(id_master, "id_master", "32 bytes as hex or base64 that receipt ids are made of; never change it");
  keys.peers(fiscalizer_grpc, "fiscalizer_grpc",
             "the fiscalizers: before a register is deleted, one of them must say that nothing is unsettled; "
             "while none answers, it is not deleted");
  identity.add_to(keys);
  keys.duration(secret_grace, "secret_grace", 0s, 30 * 24h,
                "how long a changed secret of an installation, or callback key of a register, is still answered beside "
                "the new one; then it is nobody's");
  keys.text(public_url, "public_url", "where callbacks reach the edge, such as https://kassa.example.ru");
}

std::string RegistrySettings::check() const {
  if (const std::string wrong = postgres::wrong_with(postgres); !wrong.empty()) return "postgres " + wrong;
  if (const auto keys = Keyring::parse(master_key); !keys) return "master_key: " + explained(keys.error());
  if (const auto key = IdMaster::parse(id_master); !key) return "id_master: " + explained(key.error());
  if (const std::string wrong = check_url(public_url, true); !wrong.empty()) return "public_url " + wrong;
  if (public_url.ends_with('/')) return "public_url must not end with a slash";
  if (std::string wrong = identity.check(); !wrong.empty()) return wrong;
  return {};
}

std::unique_ptr<runtime::App> start_registry(const RegistrySettings& settings, const runtime::Context& context) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  auto keyring = Keyring::parse(settings.master_key);
  const auto id_master = IdMaster::parse(settings.id_master);
  if (!keyring || !id_master) throw std::runtime_error(settings.check());
  return std::make_unique<RegistryApp>(settings, context, std::move(*keyring), *id_master);
}

}  // namespace kassaflow::registry
