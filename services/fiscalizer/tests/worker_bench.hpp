#pragma once
// A worker on virtual time, over the journal in memory.

#include <gtest/gtest.h>

#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "manual_time.hpp"
#include "memory_lease_store.hpp"
#include "memory_store.hpp"
#include "worker.hpp"

namespace kassaflow::fiscalizer {

class NothingPublished final : public Published {
 public:
  bool away = false;
  boost::asio::awaitable<std::optional<std::vector<std::string>>> latest() override {
    if (away) co_return std::nullopt;
    co_return std::vector<std::string>();
  }
  boost::asio::awaitable<bool> read(Take take) override { co_return co_await take({}); }
  boost::asio::awaitable<std::vector<kafka::LogEnd>> ends_of_posts(kafka::ReadPositions) override {
    co_return std::vector<kafka::LogEnd>();
  }
};

class NoTimer final : public LifeTimer {
 public:
  bool arm(async::Clock::duration /*life*/) override { return true; }
  void disarm() override {}
};

class WorkerBench : public testing::Test {
 protected:
  // By whoever has the registers, before they go.
  void stop() {
    if (!worker_) return;
    time_.run(worker_->stop());
    time_.run_out();
  }

  static ReceiptId id_of(int number) {
    char text[37];
    std::snprintf(text, sizeof text, "11111111-2222-8333-8444-%012d", number);
    return ReceiptId(text);
  }
  // A register of itkassa's, with its pool.
  void add(configuration::Snapshot& snapshot, const RegisterId& id, const PoolId& pool) const {
    auto entry = std::make_shared<configuration::Register>();
    entry->revision = 1;
    entry->pool = pool;
    entry->tenant = kTenant;
    entry->settings.id = id;
    entry->settings.identity = RegisterIdentity("itkassa:" + id.str());
    entry->settings.protocol = registers::find_protocol("itkassa");
    snapshot.revision = 1;
    snapshot.registers.emplace(id, entry);
    snapshot.registers_by_pool[pool].push_back(entry);
    snapshot.pools.emplace(pool, std::make_shared<configuration::Pool>(pool, kTenant));
  }
  void start(std::function<std::unique_ptr<registers::Driver>(const RegisterId& id)> make_driver,
             std::function<double()> jitter, std::size_t probes_at_once = 1000) {
    worker_ = std::make_unique<Worker>(WorkerDependencies{
        .executor = time_.executor(),
        .clock = time_.clock(),
        .settings = settings_,
        .id = WorkerId("worker"),
        .store = store_,
        .keeper = time_.executor(),
        .lease_store = lease_store_,
        .publish = [this](const ReceiptId&, const std::string&) -> boost::asio::awaitable<Result<kafka::Position>> {
          ++told_;
          co_return kafka::Position{};
        },
        .published = published_,
        .configuration = [this] { return configuration_; },
        .make_driver = [make = std::move(make_driver)](const registers::RegisterSettings& one) { return make(one.id); },
        .jitter = std::move(jitter),
        .probes_at_once = probes_at_once,
        .life_timer = [] { return std::make_unique<NoTimer>(); }});
    worker_->start();
  }
  // In that order, behind what is there. The worker is not told.
  void queue(int first, int last, const PoolId& pool, bool suspect = false) {
    fiscal::Receipt receipt;
    receipt.lines.resize(1);
    const auto content = records::to_record(receipt).SerializeAsString();
    memory_.transact([&](journal::Transaction& tx) {
      std::vector<NewReceipt> arrived;
      for (int number = first; number <= last; ++number) {
        auto& one = arrived.emplace_back();
        one.id = id_of(number);
        one.unique_id = std::to_string(number);
        one.row.tenant = kTenant;
        one.row.installation = InstallationId("acme-main");
        one.row.pool = pool;
        one.row.content = content;
        one.row.readable = true;
        one.row.suspect = suspect;
      }
      tx.insert_receipts(arrived);
    });
  }

  const TenantId kTenant{"acme"};
  FiscalizerSettings settings_;
  async::ManualTime time_;
  int transactions_ = 0;
  journal::Memory memory_{time_.clock()};
  journal::MemoryStore store_{time_.clock(), memory_, [this] {
                                ++transactions_;
                                return journal::Fate{};
                              }};
  journal::MemoryLeaseStore lease_store_{time_.executor(), time_.clock(), memory_};
  NothingPublished published_;
  int told_ = 0;
  std::shared_ptr<const configuration::Snapshot> configuration_ = std::make_shared<configuration::Snapshot>();
  std::unique_ptr<Worker> worker_;
};

}  // namespace kassaflow::fiscalizer
