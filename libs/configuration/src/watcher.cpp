#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "kassaflow/async/back_off.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/rpc/channel.hpp"
#include "kassaflow/v1/registry.grpc.pb.h"
#include "model.hpp"

namespace kassaflow::configuration {
namespace {

using std::chrono::milliseconds;

// While the registry is away the last snapshot stays in force, so there is no hurry; the bound keeps a return quick.
constexpr milliseconds kBackOffMin{100};
constexpr milliseconds kBackOffMax{5000};
constexpr int kEventLimit = 64 * 1024 * 1024;

std::shared_ptr<grpc::Channel> open_channel(const Watcher::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kEventLimit);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);  // a silent dead registry is noticed
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  return rpc::open_channel(options.identity, "registry", options.registry_grpc, arguments);
}

}  // namespace

struct Watcher::Impl {
  Impl(Options given, std::function<void(std::shared_ptr<const Snapshot>)> callback)
      : options(std::move(given)), on_change(std::move(callback)), snapshot(std::make_shared<const Snapshot>()) {}

  const Options options;
  const std::function<void(std::shared_ptr<const Snapshot>)> on_change;

  mutable std::mutex mutex;
  std::shared_ptr<const Snapshot> snapshot;
  bool in_sync = false;
  std::jthread thread;

  using Stream = grpc::ClientReaderWriter<v1::WatchRequest, v1::WatchEvent>;

  void run(const std::stop_token& stopped) {
    const auto stub = v1::Registry::NewStub(open_channel(options));
    int failures = 0;
    bool away = false;
    milliseconds pause{0};
    do {
      away = !follow(*stub, away, stopped);
      if (!away) failures = 0;
      pause = async::back_off(kBackOffMin, kBackOffMax, failures++, async::jitter());
    } while (async::pause_unless(stopped, pause));
  }

  // One stream, to its end. True when it brought a whole snapshot. While the registry is `away`, whose failure is in
  // the log, the call waits for it: between calls nobody would drive the channel, which then comes back many seconds
  // late.
  bool follow(v1::Registry::Stub& stub, bool away, const std::stop_token& stopped) {
    grpc::ClientContext context;
    context.set_wait_for_ready(away);
    const std::stop_callback end_the_call(stopped, [&context] { context.TryCancel(); });
    const auto stream = stub.Watch(&context);
    const bool synced = report(*stream, 0) && read_all(*stream);
    context.TryCancel();
    const grpc::Status status = stream->Finish();
    const std::lock_guard lock(mutex);
    in_sync = false;
    if (!stopped.stop_requested()) {
      log::warn("configuration.registry_away",
                {{"status", static_cast<int>(status.error_code())}, {"reason", status.error_message()}});
    }
    return synced;
  }

  bool report(Stream& stream, std::uint64_t revision) const {
    v1::WatchRequest request;
    request.set_service(options.service);
    request.set_instance(options.instance);
    request.set_in_force_revision(revision);
    return stream.Write(request);
  }

  bool read_all(Stream& stream) {
    Model model;  // each stream begins with everything
    bool synced = false;
    v1::WatchEvent event;
    while (stream.Read(&event)) {
      if (event.snapshot_begin()) model = Model();
      for (const std::string& reason : model.apply(event)) {
        log::error("configuration.document_refused", {{"reason", reason}});
      }
      if (!event.snapshot_end()) continue;
      publish(model.build(event.revision()));
      synced = true;
      if (!report(stream, event.revision())) break;
    }
    return synced;
  }

  void publish(std::shared_ptr<const Snapshot> next) {
    {
      const std::lock_guard lock(mutex);
      snapshot = next;
      in_sync = true;
    }
    if (on_change) on_change(std::move(next));
  }

  void stop() {
    thread.request_stop();
    if (thread.joinable()) thread.join();
  }
};

Watcher::Watcher(Options options, std::function<void(std::shared_ptr<const Snapshot>)> on_change)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(on_change))) {}

Watcher::~Watcher() { stop(); }

void Watcher::start() {
  impl_->thread = std::jthread([this](const std::stop_token& stopped) { impl_->run(stopped); });
}

void Watcher::stop() { impl_->stop(); }

std::shared_ptr<const Snapshot> Watcher::current() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->snapshot;
}

bool Watcher::connected() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->in_sync;
}

}  // namespace kassaflow::configuration
