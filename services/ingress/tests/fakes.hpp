#pragma once
// What the handlers see of the world, in memory.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "duplicates.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "kassaflow/v1/registry.pb.h"
#include "publisher.hpp"

namespace kassaflow::ingress {

template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
  std::optional<T> result;
  auto guard = boost::asio::make_work_guard(context);  // what it waits for may come from other threads
  boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, T value) {
    guard.reset();
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  context.restart();
  context.run();
  return std::move(result.value());
}

template <class T>
T run(boost::asio::awaitable<T> work) {
  boost::asio::io_context context;
  return run(context, std::move(work));
}

class FakePublisher final : public Publisher {
 public:
  boost::asio::awaitable<Published> publish(Message message, std::chrono::steady_clock::time_point) override {
    if (breaks) throw std::runtime_error("broken");
    messages.push_back(std::move(message));
    co_return answer;
  }
  std::vector<Message> messages;
  Published answer = Published::durable;
  bool breaks = false;
};

class FakeDuplicates final : public Duplicates {
 public:
  LookUp ask(const ReceiptId& receipt) override {
    const auto known = contents.find(receipt);
    return LookUp::answered(known == contents.end() ? std::nullopt : std::optional(known->second));
  }
  std::map<ReceiptId, PrintedContent> contents;
};

// The document of its register, as ingress is sent it.
inline v1::Register kkt_of(const std::string& tenant) {
  v1::Register document;
  document.set_id(tenant + "-kkt");
  document.mutable_itkassa()->set_cre_item_id(tenant == "acme" ? "11111111-2222-3333-4444-55555555aaaa"
                                                               : "99999999-2222-3333-4444-555555555555");
  document.mutable_itkassa()->set_callback_key(tenant + "-key");
  return document;
}

// Tenant acme with portal acme-main (secret "s3cr3t"), cashbox box-1 that wants GATEWAY.TOKEN = kx, and an itkassa
// register. Tenant other has a portal of its own (secret "0th3r"), two cashboxes and a register behind another token.
inline std::shared_ptr<configuration::Snapshot> make_snapshot() {
  using namespace configuration;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->revision = 1;
  for (const std::string tenant : {"acme", "other"}) {
    auto pool = std::make_shared<Pool>();
    pool->id = PoolId(tenant + "-shop");
    pool->tenant = TenantId(tenant);
    pool->till.inn = "7701234567";
    snapshot->pools[pool->id] = pool;

    auto installation = std::make_shared<Installation>();
    installation->id = InstallationId(tenant + "-main");
    installation->tenant = TenantId(tenant);
    installation->secret = Secret(tenant == "acme" ? "s3cr3t" : "0th3r");
    installation->id_key.emplace(Secret(tenant + "-id-key-of-thirty-two-bytes-----"));
    installation->vat = {{0, fiscal::Vat::none},
                         {1, fiscal::Vat::none},
                         {2, fiscal::Vat::vat_10},
                         {3, fiscal::Vat::vat_22},
                         {4, fiscal::Vat::vat_0}};
    Cashbox cashbox;
    cashbox.id = CashboxId(tenant + "-box");
    cashbox.number = "box-1";
    cashbox.pool = pool->id;
    cashbox.required_params["GATEWAY.TOKEN"] = Secret("kx");
    installation->cashboxes_by_number["box-1"] = cashbox;
    if (tenant == "other") {
      cashbox.number = "box-2";
      installation->cashboxes_by_number["box-2"] = cashbox;
    }
    snapshot->installations[installation->id] = installation;
    snapshot->installations_by_secret[installation->secret.reveal()] = installation;

    auto kkt = std::make_shared<Register>();
    kkt->pool = pool->id;
    kkt->tenant = TenantId(tenant);
    kkt->settings = registers::read_settings(kkt_of(tenant)).value();
    kkt->callback_token = Secret(tenant + "-token");
    snapshot->registers[kkt->settings.id] = kkt;
    snapshot->registers_by_pool[pool->id].push_back(kkt);
    snapshot->registers_by_callback_token[kkt->callback_token.reveal()].push_back(kkt);
  }
  return snapshot;
}

// The body of one of the portal's own requests.
inline std::string fixture(const std::string& name) {
  std::ifstream file(std::string(KASSAFLOW_FIXTURES) + "/" + name + ".http", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t end = text.find("\r\n\r\n");
  EXPECT_NE(end, std::string::npos) << name;
  return end == std::string::npos ? "" : text.substr(end + 4);
}

// The body of one of the inputs from real life.
inline std::string case_body(const std::string& name) {
  std::ifstream file(std::string(KASSAFLOW_CASES) + "/" + name + ".form", std::ios::binary);
  std::string body((std::istreambuf_iterator<char>(file)), {});
  EXPECT_FALSE(body.empty()) << name;
  return body;
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

}  // namespace kassaflow::ingress
