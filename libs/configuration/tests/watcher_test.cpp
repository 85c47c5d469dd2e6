// The watcher against a registry of our own making: what it publishes, what it reports, how it survives.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/rpc/server.hpp"
#include "kassaflow/v1/registry.grpc.pb.h"
#include "test_tokens.hpp"

namespace kassaflow::configuration {
namespace {

// Sends `events` on each stream, then holds it open until it is told to drop it.
class ScriptedRegistry final : public v1::Registry::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::WatchEvent, v1::WatchRequest>;

  grpc::Status Watch(grpc::ServerContext*, Stream* stream) override {
    v1::WatchRequest request;
    if (!stream->Read(&request)) return grpc::Status::OK;
    note(request);
    for (const v1::WatchEvent& event : events) {
      stream->Write(event);
      if (!event.snapshot_end()) continue;
      if (!stream->Read(&request)) return grpc::Status::OK;
      note(request);
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return drops_ > 0 || closing_; });
    if (drops_ > 0) --drops_;
    return {grpc::StatusCode::UNAVAILABLE, "dropped by the test"};
  }

  void drop_stream() {
    const std::lock_guard lock(mutex_);
    ++drops_;
    changed_.notify_all();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }

  std::vector<v1::WatchRequest> wait_for_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return requests_.size() >= count; });
    return requests_;
  }

  std::vector<v1::WatchEvent> events;

 private:
  void note(const v1::WatchRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<v1::WatchRequest> requests_;
  int drops_ = 0;
  bool closing_ = false;
};

v1::WatchEvent pool_event(std::uint64_t revision, const std::string& id, bool begin, bool end) {
  v1::WatchEvent event;
  event.set_revision(revision);
  event.set_snapshot_begin(begin);
  event.set_snapshot_end(end);
  v1::Pool& pool = *event.add_upserts()->mutable_pool();
  pool.set_id(id);
  pool.set_taxation(v1::TAXATION_OSN);
  pool.set_ffd(v1::FFD_1_2);
  return event;
}

class WatcherTest : public testing::Test {
 protected:
  void start() {
    server_ = std::make_unique<rpc::Server>("127.0.0.1:0", identity::files_of("registry"), access_, registry_);
  }

  Watcher::Options options() const {
    return {.registry_grpc = rpc::local(server_->port()),
            .service = v1::SERVICE_FISCALIZER,
            .instance = "fiscalizer-1",
            .identity = identity::files_of("fiscalizer")};
  }

  ~WatcherTest() override {
    registry_.close();
    if (server_) server_->stop();
  }

  ScriptedRegistry registry_;
  rpc::TestTokens tokens_;
  rpc::Access access_{tokens_.find()};
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(WatcherTest, ReportsARevisionOnlyAfterItIsInForce) {
  registry_.events = {pool_event(4, "a", true, false), pool_event(4, "b", false, true),
                      pool_event(5, "c", false, true)};
  start();
  std::vector<std::size_t> seen;
  Watcher watcher(options(),
                  [&](const std::shared_ptr<const Snapshot>& snapshot) { seen.push_back(snapshot->pools.size()); });
  EXPECT_EQ(watcher.current()->revision, 0u);
  watcher.start();
  const auto requests = registry_.wait_for_requests(3);
  EXPECT_EQ(requests[0].service(), v1::SERVICE_FISCALIZER);
  EXPECT_EQ(requests[0].instance(), "fiscalizer-1");
  EXPECT_EQ(requests[0].in_force_revision(), 0u);
  EXPECT_EQ(requests[1].in_force_revision(), 4u);
  EXPECT_EQ(requests[2].in_force_revision(), 5u);
  EXPECT_EQ(watcher.current()->revision, 5u);
  EXPECT_TRUE(watcher.connected());
  watcher.stop();
  EXPECT_EQ(seen, (std::vector<std::size_t>{2, 3}));
}

TEST_F(WatcherTest, KeepsTheLastSnapshotWhileTheRegistryIsAwayAndComesBack) {
  registry_.events = {pool_event(4, "a", true, true)};
  start();
  Watcher watcher(options());
  watcher.start();
  registry_.wait_for_requests(2);
  registry_.drop_stream();
  registry_.wait_for_requests(4);
  EXPECT_EQ(watcher.current()->pools.size(), 1u);
  EXPECT_EQ(watcher.current()->revision, 4u);
}

TEST_F(WatcherTest, StopsWhileTheRegistryIsUnreachable) {
  Watcher watcher({.registry_grpc = "127.0.0.1:1",
                   .service = v1::SERVICE_STATUS,
                   .instance = "status-1",
                   .identity = identity::files_of("status")});
  watcher.start();
  watcher.stop();
  EXPECT_FALSE(watcher.connected());
  EXPECT_EQ(watcher.current()->revision, 0u);
}

}  // namespace
}  // namespace kassaflow::configuration
