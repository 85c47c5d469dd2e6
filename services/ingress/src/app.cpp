#include "app.hpp"

#include <atomic>
#include <chrono>

#include "kassaflow/kafka/producer.hpp"
#include "kassaflow/kafka/topic_check.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/records/topics.hpp"
#include "routes.hpp"

namespace kassaflow::ingress {

namespace asio = boost::asio;
using configuration::Snapshot;
using configuration::Watcher;

namespace {

// The latest snapshot, with the index callbacks need.
class Configuration {
 public:
  void take(std::shared_ptr<const Snapshot> snapshot) {
    current_.store(std::make_shared<const CloudRegisters>(std::move(snapshot)));
  }
  [[nodiscard]] std::shared_ptr<const CloudRegisters> registers() const { return current_.load(); }

 private:
  std::atomic<std::shared_ptr<const CloudRegisters>> current_{std::make_shared<const CloudRegisters>()};
};

class Ingress final : public runtime::App {
 public:
  Ingress(const runtime::Context& context, const IngressSettings& settings)
      : settings_(settings),
        clock_(context.clock),
        counters_(context.metrics),
        limits_(settings.limits, counters_),
        watcher_(Watcher::Options{settings.registry.grpc, v1::SERVICE_INGRESS, context.instance, settings.identity},
                 [this](std::shared_ptr<const Snapshot> snapshot) { configuration_.take(std::move(snapshot)); }),
        metrics_(context.metrics),
        topics_(settings.kafka, context.instance,
                {{records::kReceiptsTopic, records::kKeptFor}, {records::kCallbacksTopic}}),
        producer_(context.executor,
                  kafka::ProducerOptions{.connection = settings.kafka,
                                         .client_id = context.instance,
                                         .topics = {records::kReceiptsTopic, records::kCallbacksTopic},
                                         .message_timeout = settings.message_timeout()}),
        publisher_(producer_),
        duplicates_(context.executor, StatusDuplicates::Options{.status_look_up = settings.status_look_up,
                                                                .identity = settings.identity,
                                                                .timeout = settings.lookup_timeout}),
        print_(print_dependencies()),
        callback_(callback_dependencies()),
        routes_(print_, callback_),
        server_(context.executor, server_options(context.metrics),
                [this](const http::Inbound& inbound) { return routes_.handle(inbound); }) {
    watcher_.start();
    server_.start();
    log::info("ingress.listens", {{"address", settings.http_address}, {"port", server_.port()}});
  }

  [[nodiscard]] std::string not_ready() const override {
    if (watcher_.current()->revision == 0) return "no configuration from the registry yet";
    if (!producer_.healthy()) return "Kafka is not reachable, or its topics are not known yet";
    return topics_.not_ready();
  }

  void update_metrics() override {
    topics_.show(metrics_);
    producer_.show(metrics_);
  }

  asio::awaitable<void> shut_down() override {
    co_await server_.drain(settings_.print_deadline);
    co_await producer_.flush(settings_.message_timeout());
    watcher_.stop();
  }

 private:
  PrintHandler::Dependencies print_dependencies() {
    return {.snapshot = [this] { return watcher_.current(); },
            .now_ms = [this] { return clock_.unix_ms(); },
            .publisher = publisher_,
            .duplicates = duplicates_,
            .counters = counters_,
            .limits = limits_,
            .deadline = settings_.print_deadline,
            .form_limits = {.body_bytes = settings_.body_limit}};
  }

  CallbackHandler::Dependencies callback_dependencies() {
    return {.registers = [this] { return configuration_.registers(); },
            .now_ms = [this] { return clock_.unix_ms(); },
            .publisher = publisher_,
            .limits = limits_};
  }

  http::ServerOptions server_options(metrics::Metrics& metrics) {
    http::ServerOptions options;
    options.name = "print";
    options.failures = &http::failures_of(metrics, options.name);
    options.address = settings_.http_address;
    options.port = settings_.http_port;
    options.body_limit = settings_.body_limit;
    options.body_limit_of = Routes::body_limit_of;
    options.on_bad_request = [this](std::string_view target, std::string_view reason) {
      return routes_.bad_request(target, reason);
    };
    return options;
  }

  const IngressSettings settings_;
  async::Clock& clock_;
  Counters counters_;
  Limits limits_;
  Configuration configuration_;
  Watcher watcher_;
  metrics::Metrics& metrics_;
  kafka::TopicCheck topics_;
  kafka::Producer producer_;
  KafkaPublisher publisher_;
  StatusDuplicates duplicates_;
  PrintHandler print_;
  CallbackHandler callback_;
  Routes routes_;
  http::Server server_;
};

}  // namespace

std::unique_ptr<runtime::App> start(const runtime::Context& context, const IngressSettings& settings) {
  return std::make_unique<Ingress>(context, settings);
}

}  // namespace kassaflow::ingress
